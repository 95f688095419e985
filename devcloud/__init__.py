"""A real OpenStack on one machine, for the demo and the tests; it is not part of the product.

`python -m devcloud` (or `./dev cloud`) is the way in.  Read `services/__init__.py` for what runs,
`flavours.py` for what the cloud looks like to its tenants, `settings.py` for its places, ports and passwords.
"""
