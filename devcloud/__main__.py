"""The command line: `python -m devcloud up|down|reset|status|env`; usually called by `./dev cloud`."""

import argparse
import subprocess
import sys

from devcloud import cloud, flavours, namespace
from devcloud.catalogue import CLOUD_NAMES
from devcloud.errors import Failed
from devcloud.settings import CLOUDS, LOG


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev cloud", description="A real OpenStack on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start what does not run; make a new cloud if there is none")
    down = commands.add_parser("down", help="stop everything; the cloud's state stays")
    down.add_argument("--now", action="store_true", help="kill at once, as its state will not be needed")
    reset = commands.add_parser("reset", help="destroy the cloud and make a new one")
    reset.add_argument(
        "--flavour", choices=sorted(flavours.FLAVOURS), default="a", help="its names and shapes"
    )
    commands.add_parser("status", help="what runs, what answers, how much memory it takes")
    commands.add_parser("env", help="print what a shell needs to use the cloud")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments)
    except Failed as error:
        print(f"error: {error}\n  all logs are in {LOG}", file=sys.stderr)
        return 1


def _up(_: argparse.Namespace) -> int:
    namespace.enter(clear_up=lambda: cloud.down(grace=0))
    print(_how_to_use() if cloud.up() else "The devcloud is up already.\n" + _how_to_use())
    return 0


def _down(arguments: argparse.Namespace) -> int:
    namespace.enter(clear_up=lambda: cloud.down(grace=0))
    cloud.down(0 if arguments.now else 4)
    print("The devcloud is down.")
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    """The state can only be removed from outside of the namespace, which has mounts in it."""
    done = subprocess.run([sys.executable, "-m", "devcloud", "down", "--now"], check=False)
    if done.returncode:
        return done.returncode
    cloud.wipe()
    CLOUDS.unlink(missing_ok=True)
    cloud.make_places()
    flavours.CHOSEN.write_text(arguments.flavour)
    return subprocess.run([sys.executable, "-m", "devcloud", "up"], check=False).returncode


def _status(_: argparse.Namespace) -> int:
    return 0 if cloud.status() else 1


def _env(_: argparse.Namespace) -> int:
    if not CLOUDS.exists():
        print("error: there is no devcloud yet: ./dev cloud up", file=sys.stderr)
        return 1
    print(f"export OS_CLIENT_CONFIG_FILE={CLOUDS}")
    return 0


def _how_to_use() -> str:
    names = ", ".join([*CLOUD_NAMES, "devcloud-appcred"])
    return f'To use it:  eval "$(./dev cloud env)"\nClouds:     {names}'


COMMANDS = {"up": _up, "down": _down, "reset": _reset, "status": _status, "env": _env}

if __name__ == "__main__":
    sys.exit(main())
