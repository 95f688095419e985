"""Whether the repository keeps what it promises when everything around it goes wrong: measured, as figures.

``./dev reliability`` runs it; docs/explanation/reliability.md has what came out and says what each word means. Uses
the product through its own interface, and reaches into it only to damage bytes where it hurts.
"""
