"""Address scopes and subnet pools: where the ranges of subnets come from.

A subnet says its range to the letter and names the pool besides, so that the pool counts it as taken.
"""

from __future__ import annotations

from hoarfrost.kinds.field import Asked, Keep, Note, Ref, Tags
from hoarfrost.kinds.neutron import Neutron


class AddressScope(Neutron):
    """Within one, no address is given twice, and routers pass packets on without NAT.

    One that another project shares is only mapped.
    """

    path, key, plural = "/v2.0/address-scopes", "address_scope", "address_scopes"
    sdk = "openstack.network.v2.address_scope.AddressScope"
    natural = ("name", "ip_version")
    extension = "address-scope"

    kept = Keep("name", "ip_version")
    of_the_operator = Asked("shared", default=False)


class SubnetPool(Neutron):
    """The prefixes that subnets are cut from. One that another project shares is only mapped."""

    path, key, plural = "/v2.0/subnetpools", "subnetpool", "subnetpools"
    sdk = "openstack.network.v2.subnet_pool.SubnetPool"
    natural = ("name", "prefixes[]")
    extension = "subnet_allocation"

    kept = Keep("name", "description", "prefixes", "default_prefixlen", "min_prefixlen", "max_prefixlen")
    share = Keep("default_quota", why="how much of it one project may take")
    scope = Ref("address_scope_id", to="address_scope", optional=True, extension="address-scope")
    of_the_operator = Asked("shared", "is_default", default=False)
    tags = Tags("tags")
    noted = Note("ip_version", why="follows from the prefixes")
