"""Everything that runs, in one list.

A service is one module of this package.  What it can do is found by the name of the function, in this order:

configure()  writes its configuration, at every `up` prepare()    makes its databases and directories, once
for each cloud start()      starts its processes (named in PROCESSES) ready()      returns when it really
works, or fails with the log to read populate()   makes what a tenant expects to find, once for each cloud,
when the service and keystone's catalogue are ready stop()       clears up what killing its processes leaves
behind

and URL, if there is one, is asked by `status`.
"""

from dataclasses import dataclass
from types import ModuleType

from devcloud.services import (
    barbican,
    ceph,
    cinder,
    cinder_workers,
    designate,
    glance,
    keystone,
    libvirt,
    mariadb,
    memcached,
    named,
    neutron,
    nova,
    nova_compute,
    nova_workers,
    octavia,
    ovn,
    placement,
    rabbitmq,
    swift,
    vpn,
)


@dataclass(frozen=True)
class Service:
    """What each function waits for: the names of services that must be ready, or "<service>.<function>".

    `early`: start() does not wait for prepare(), for an API that only opens its database at the first
    request.  Its imports take seconds, and run beside the making of its tables.
    """

    module: ModuleType
    prepare_after: tuple[str, ...] = ("mariadb",)
    start_after: tuple[str, ...] = ()
    ready_after: tuple[str, ...] = ()
    early: bool = False

    @property
    def name(self) -> str:
        return self.module.__name__.rsplit(".", 1)[1]

    def has(self, function: str) -> bool:
        return hasattr(self.module, function)


CATALOGUE = "keystone.populate"
AS_ADMIN = (CATALOGUE,)
"""For what asks an API, as admin, whether it is ready."""

SERVICES = (
    Service(mariadb, prepare_after=()),
    Service(memcached),
    Service(rabbitmq),
    Service(ovn, prepare_after=()),
    Service(libvirt, prepare_after=()),
    Service(keystone, early=True),
    Service(neutron, start_after=("ovn", "rabbitmq"), ready_after=AS_ADMIN),
    Service(nova, start_after=("rabbitmq",)),
    Service(placement),
    Service(glance, early=True),
    Service(cinder),
    Service(octavia, start_after=("ovn", "rabbitmq")),
    Service(barbican),
    Service(named, prepare_after=()),
    Service(designate, start_after=("rabbitmq", "named"), ready_after=AS_ADMIN),
    Service(swift, prepare_after=()),
    Service(ceph, prepare_after=()),
    Service(
        cinder_workers, prepare_after=(), start_after=("cinder.prepare", "rabbitmq"), ready_after=AS_ADMIN
    ),
    # the conductor logs in to placement when it starts, and dies if nova's user is not there yet
    Service(nova_workers, start_after=("nova.prepare", "rabbitmq", CATALOGUE)),
    Service(
        nova_compute,
        start_after=("nova_workers", "placement", "libvirt", "ovn", CATALOGUE),
        ready_after=AS_ADMIN,
    ),
    Service(vpn, prepare_after=(), start_after=("neutron",)),
)
