"""RabbitMQ, with an epmd of our own: one that RabbitMQ starts would listen everywhere and outlive it."""

from devcloud import waiting
from devcloud.commands import URGENT
from devcloud.ini import write_text
from devcloud.processes import spawn
from devcloud.settings import ETC, HOST, LOG, PASSWORD, RUN, STATE, Port

PROCESSES = ("rabbitmq", "epmd")
DATA = STATE / "rabbitmq"
FOLDER = ETC / "rabbitmq"


def configure() -> None:
    lines = (
        f"listeners.tcp.1 = {HOST}:{Port.RABBITMQ}",
        "default_user = devcloud",  # made at the first start: saves a rabbitmqctl, which takes 2 s
        f"default_pass = {PASSWORD}",
        "default_permissions.configure = .*",
        "default_permissions.read = .*",
        "default_permissions.write = .*",
        "vm_memory_high_watermark.absolute = 1GB",
        "disk_free_limit.absolute = 50MB",
        "log.console = true",
        "log.console.level = warning",
        "log.file = false",
        "collect_statistics_interval = 60000",
    )
    write_text(FOLDER / "rabbitmq.conf", "\n".join(lines) + "\n")
    write_text(FOLDER / "enabled_plugins", "[].\n")
    write_text(FOLDER / "rabbitmq-env.conf", "")
    DATA.mkdir(parents=True, exist_ok=True)


def start() -> None:
    env = {
        "HOME": str(DATA),
        "RABBITMQ_NODENAME": "devcloud@localhost",
        "RABBITMQ_MNESIA_BASE": str(DATA),
        "RABBITMQ_LOG_BASE": str(LOG),
        "RABBITMQ_CONFIG_FILE": str(FOLDER / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(FOLDER / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(FOLDER / "enabled_plugins"),
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(int(Port.RABBITMQ)),
        "RABBITMQ_DIST_PORT": str(int(Port.ERLANG)),
        "RABBITMQ_PID_FILE": str(RUN / "rabbitmq.own"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
        " -kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_PORT": str(int(Port.EPMD)),
        "ERL_EPMD_ADDRESS": HOST,
    }
    spawn("epmd", "/usr/bin/epmd", "-address", HOST, "-port", str(Port.EPMD), env=env)
    # Before the others in the queue for the CPU: many wait for it, and its start takes 4 s, or 10 s among
    # equals.
    spawn("rabbitmq", "/usr/bin/nice", "-n", str(URGENT), "/usr/lib/rabbitmq/bin/rabbitmq-server", env=env)


def ready() -> None:
    waiting.port(Port.RABBITMQ, "rabbitmq")
