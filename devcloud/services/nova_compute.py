"""nova-compute: real guests in QEMU, without KVM.

KVM is not asked for: in a virtual machine it is often absent, and where it is there, an ordinary guest kernel
may hang. The guest of this cloud boots in a few seconds without it.
"""

from devcloud import ini, waiting
from devcloud.commands import STAND_INS
from devcloud.identity import Login
from devcloud.processes import spawn
from devcloud.services import cinder, libvirt
from devcloud.services.nova import API, CONFIG, DATA, FOLDER
from devcloud.services.nova_workers import heartbeat
from devcloud.settings import BIN, NODE

PROCESSES = ("nova-compute",)
COMPUTE = FOLDER / "compute.conf"


def configure() -> None:
    privsep = {"helper_command": f"{BIN}/privsep-helper --config-file {CONFIG} --config-file {COMPUTE}"}
    ini.write(
        COMPUTE,
        {
            # An ephemeral disk comes formatted; the default, vfat, would need dosfstools
            "DEFAULT": {"default_ephemeral_format": "ext4"},
            "libvirt": {
                "connection_uri": libvirt.CONNECTION,
                "virt_type": "qemu",
                "cpu_mode": "none",
                # Not q35: Debian's cloud kernel has a driver for IDE, where the config drive is, but none for
                # AHCI
                "hw_machine_type": "x86_64=pc",
                "num_pcie_ports": 0,
                "images_type": "qcow2",
                "inject_partition": -2,
                # MiB of QEMU's translation cache: 40 MiB of memory less for each guest
                "tb_cache_size": 32,
                # Not cinder's: nova may unmount it after the last detach
                "nfs_mount_point_base": DATA / "mnt",
                # Guests are slow to answer a hot-unplug
                "device_detach_attempts": 8,
                "device_detach_timeout": 8,
            },
            "os_brick": {"lock_path": cinder.DATA / "lock"},
            "nova_sys_admin": privsep,
            "vif_plug_ovs_privileged": privsep,
            "privsep_osbrick": privsep,
        },
    )


def start() -> None:
    env = STAND_INS | {"DEVCLOUD_VOLUMES": str(cinder.VOLUMES)}
    spawn("nova-compute", BIN / "nova-compute", "--config-file", CONFIG, "--config-file", COMPUTE, env=env)


def ready() -> None:
    """Wants the host in its cell as well: before that every server is a "No valid host was found"."""
    heartbeat("nova-compute")

    def mapped() -> bool:
        found = Login().call("GET", f"{API}/os-hypervisors")["hypervisors"]
        zones = Login().call("GET", f"{API}/os-availability-zone/detail")["availabilityZoneInfo"]
        return bool(found) and any(NODE in (zone["hosts"] or {}) for zone in zones)

    waiting.until("the host in a cell", mapped, "nova-scheduler")
