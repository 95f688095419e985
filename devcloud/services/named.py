"""BIND, which answers for designate's zones: it fetches them from designate's own small server (mdns)."""

from devcloud import ini, waiting
from devcloud.commands import run
from devcloud.processes import spawn
from devcloud.settings import ETC, HOST, RUN, STATE, Port

PROCESSES = ("named",)
FOLDER = ETC / "named"
CONFIG, KEY = FOLDER / "named.conf", FOLDER / "rndc.key"
DATA = STATE / "named"
SECRET = "aG9hcmZyb3N0LWRldmNsb3VkLWtleS0wMDAwMDAwMDE="  # loopback only, as with every password here


def configure() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    key = f'key "rndc-key" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
    ini.write_text(KEY, key)
    options = f"""options {{
    directory "{DATA}"; pid-file "{RUN}/named.own"; session-keyfile "{RUN}/named.session";
    listen-on port {Port.DNS} {{ {HOST}; }}; listen-on-v6 {{ none; }};
    allow-new-zones yes; recursion no; dnssec-validation no; notify no; minimal-responses yes;
}};
controls {{ inet {HOST} port {Port.RNDC} allow {{ {HOST}; }} keys {{ "rndc-key"; }}; }};
"""
    ini.write_text(CONFIG, key + options)


def start() -> None:
    spawn("named", "/usr/sbin/named", "-g", "-n", "1", "-c", CONFIG)


def ready() -> None:
    waiting.until("named's control channel", _controlled, "named")


def _controlled() -> bool:
    if not waiting.listening(Port.RNDC):
        return False
    run("/usr/sbin/rndc", "-s", HOST, "-p", str(Port.RNDC), "-k", KEY, "status", log="named-rndc", quiet=True)
    return True
