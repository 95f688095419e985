"""A Neutron by itself, whose own agents would make the routers: its real API and database code, without logins,
broker and agents. Run by the Python of the devcloud as ``lone_neutron.py FOLDER``; says its port and serves one call
at a time, as its database is a file.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

SETTINGS = """\
[DEFAULT]
core_plugin = ml2
service_plugins = router,metering,conntrack_helper
api_paste_config = {paste}
auth_strategy = noauth
state_path = {folder}
log_file = {folder}/neutron.log
transport_url = fake://
[database]
connection = {database}
[oslo_concurrency]
lock_path = {folder}
[ml2]
mechanism_drivers =
type_drivers = local
project_network_types = local
"""


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Of requests, nothing is said."""


def main(folder: Path) -> None:
    database = f"sqlite:///{folder}/neutron.db"
    paste = Path(sys.prefix) / "etc/neutron/api-paste.ini"
    settings = folder / "neutron.conf"
    settings.write_text(SETTINGS.format(folder=folder, paste=paste, database=database), encoding="utf-8")
    head = import_module("neutron.db.migration.models.head")
    head.get_metadata().create_all(import_module("sqlalchemy").create_engine(database))
    os.environ["ASGI_WORKERS"] = "1"
    sys.argv = ["neutron-api", "--config-file", str(settings)]
    api = import_module("neutron.wsgi.api").application
    with make_server("127.0.0.1", 0, api, handler_class=Silent) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
