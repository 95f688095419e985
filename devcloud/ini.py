"""Writes configuration files, and knows the sections that the services share."""

from collections.abc import Mapping
from pathlib import Path

from devcloud.settings import ETC, HOST, PASSWORD, RABBIT_URL, REGION, STATE, Port, database_url, url

Sections = Mapping[str, Mapping[str, object]]


def write(path: Path, sections: Sections) -> Path:
    """Writes `sections` as an ini file below etc/; a list becomes one line for each of its items."""
    lines: list[str] = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        for key, value in options.items():
            lines += [f"{key} = {_text(item)}" for item in (value if isinstance(value, list) else [value])]
        lines.append("")
    return write_text(path, "\n".join(lines))


def write_text(path: Path, text: str) -> Path:
    target = ETC / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def login(user: str) -> dict[str, object]:
    """How a service logs in as itself."""
    return {
        "auth_type": "password",
        "auth_url": url(Port.KEYSTONE),
        "username": user,
        "password": PASSWORD,
        "project_name": "service",
        "project_domain_id": "default",
        "user_domain_id": "default",
        "region_name": REGION,
    }


def authtoken(user: str) -> dict[str, object]:
    """How a service checks the tokens of its callers."""
    return login(user) | {
        "www_authenticate_uri": url(Port.KEYSTONE),
        "memcached_servers": f"{HOST}:{Port.MEMCACHED}",
        "service_token_roles": "service",
        "service_token_roles_required": True,
    }


def common(service: str, database: str = "") -> dict[str, Mapping[str, object]]:
    """What every OpenStack service here has: logs on standard output, a broker, a database, locks, token
    checks.
    """
    return {
        "DEFAULT": {"transport_url": RABBIT_URL},
        "database": {"connection": database_url(database or service), "max_pool_size": 8, "max_overflow": 20},
        "keystone_authtoken": authtoken(service),
        "oslo_concurrency": {"lock_path": STATE / service / "lock"},
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def merged(*parts: Sections) -> dict[str, dict[str, object]]:
    """Several sets of sections as one; a later part wins, option by option."""
    result: dict[str, dict[str, object]] = {}
    for part in parts:
        for section, options in part.items():
            result.setdefault(section, {}).update(options)
    return result
