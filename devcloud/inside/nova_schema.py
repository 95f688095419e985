"""nova_schema.py --config-file FILE...: all of Nova's databases and cells in one interpreter.

These are nova-manage's api_db sync, cell_v2 map_cell0, cell_v2 create_cell and db sync, in this order.
"""

import sys

from nova import config, objects
from nova.cmd import manage
from oslo_log import log

log.register_options(manage.CONF)
config.parse_args(sys.argv)
log.setup(manage.CONF, "nova")
objects.register_all()
cells = manage.CellV2Commands()
for step in (
    manage.ApiDbCommands().sync,
    cells.map_cell0,
    lambda: cells.create_cell(name="cell1"),
    manage.DbCommands().sync,
):
    failed = step()
    if failed not in (None, 0, True):
        sys.exit(f"{step} returned {failed!r}")
