"""Glance, the image service, with images as files; its public images come from the flavour."""

from devcloud import database, flavours, guest, ini, waiting, wsgi
from devcloud.commands import run
from devcloud.identity import Login
from devcloud.settings import BIN, ETC, SHARE, STATE, Port, url

PROCESSES = ("glance",)
URL = url(Port.GLANCE)
CONFIG = ETC / "glance/glance-api.conf"
DATA = STATE / "glance"


def configure() -> None:
    ini.write(
        CONFIG,
        ini.merged(
            ini.common("glance"),
            {
                "DEFAULT": {
                    "enabled_backends": "file:file",
                    "enabled_import_methods": "[]",
                    "public_endpoint": URL,
                    "worker_self_reference_url": URL,
                },
                "glance_store": {"default_backend": "file"},
                "file": {"filesystem_store_datadir": DATA / "images"},
                "os_glance_staging_store": {"filesystem_store_datadir": DATA / "staging"},
                "os_glance_tasks_store": {"filesystem_store_datadir": DATA / "tasks"},
                "paste_deploy": {"flavor": "keystone", "config_file": SHARE / "glance/glance-api-paste.ini"},
            },
        ),
    )


def prepare() -> None:
    for folder in ("images", "staging", "tasks"):
        (DATA / folder).mkdir(parents=True, exist_ok=True)
    database.schema(
        "glance",
        make=lambda: run(BIN / "glance-manage", "--config-file", CONFIG, "db_sync", log="glance-schema"),
    )


def start() -> None:
    wsgi.serve("glance", Port.GLANCE, "glance.wsgi.api", env={"OS_GLANCE_CONFIG_DIR": str(CONFIG.parent)})


def ready() -> None:
    waiting.http(URL, "glance")


def populate() -> None:
    admin = Login()
    first, *others = flavours.chosen().images
    _upload(admin, first, "qcow2", guest.image().read_bytes())
    for name in others:
        _upload(admin, name, "raw", name.encode().ljust(1 << 20, b"\0"))


def _upload(admin: Login, name: str, disk_format: str, content: bytes) -> None:
    for half_made in admin.call("GET", f"{URL}/v2/images?name={name.replace(' ', '%20')}")["images"]:
        admin.call("DELETE", f"{URL}/v2/images/{half_made['id']}")
    made = {
        "name": name,
        "disk_format": disk_format,
        "container_format": "bare",
        "visibility": "public",
        "min_disk": 1,
    }
    image = admin.call("POST", f"{URL}/v2/images", made)
    admin.call("PUT", f"{URL}/v2/images/{image['id']}/file", content, Content_Type="application/octet-stream")
