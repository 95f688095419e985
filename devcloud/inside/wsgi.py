"""Runs inside gunicorn: loads one service's WSGI application under the conditions that it expects.

The services read sys.argv while they are imported (and would trip over gunicorn's), and some replace its
signal handlers (the worker would then end by SIGKILL only).
"""

import importlib
import json
import os
import signal
import sys

sys.argv = json.loads(os.environ["DEVCLOUD_ARGV"])
_app = os.environ["DEVCLOUD_APP"]
_handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
if _app.startswith("/"):
    from paste.deploy import loadapp

    application = loadapp(f"config:{_app}", name="main")
else:
    application = importlib.import_module(_app).application
for _number, _handler in _handlers.items():
    signal.signal(_number, _handler)
