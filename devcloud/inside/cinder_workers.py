"""cinder-scheduler, -volume and -backup as green threads of one process: two interpreters fewer."""

# ruff: noqa: E402, I001 -- eventlet must be in place before anything else is imported
from cinder import monkey_patch

monkey_patch.patch()

import shlex
import sys

import luks_files
import os_brick
from oslo_config import cfg
from oslo_log import log
from oslo_privsep import priv_context
from oslo_service import service as launching

from cinder import objects, service, utils, version
from cinder.cmd import backup, volume  # noqa: F401 -- they register the options of their services
from cinder.common import config, constants  # noqa: F401

CONF = cfg.CONF
objects.register_all()
CONF(sys.argv[1:], project="cinder", version=version.version_string())
log.setup(CONF, "cinder")
priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
os_brick.setup(CONF)

_report_state = service.Service.report_state


def _report_own_state(self):
    # service_id is an attribute of the class, as cinder assumes one service in a process: without this only
    # the last one would send heartbeats, and volumes would fail after a minute with "No weighed backends
    # available".
    service.Service.service_id = self.origin_service_id
    return _report_state(self)


service.Service.report_state = _report_own_state
luks_files.install()

launcher = launching.ServiceLauncher(CONF)
launcher.launch_service(service.Service.create(binary="cinder-scheduler"))
for backend in CONF.enabled_backends:
    launcher.launch_service(
        service.Service.create(
            host=f"{CONF.host}@{backend}",
            service_name=backend,
            binary=constants.VOLUME_BINARY,
            coordination=True,
        )
    )
launcher.launch_service(
    service.Service.create(
        binary="cinder-backup",
        coordination=True,
        service_name="backup",
        process_number=1,
        semaphore=utils.semaphore_factory(CONF.backup_max_operations, CONF.backup_workers),
    )
)
launcher.wait()
