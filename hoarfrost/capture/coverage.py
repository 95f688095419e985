"""What a cloud offers for projects to own and no kind knows: services, and collections of the network service.

Decides what is named. Nothing of it is in a backup, so a collection in which the project has something is a
warning; one that is empty is only mentioned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from hoarfrost.cloud import Cloud
from hoarfrost.cloud.probe import official
from hoarfrost.errors import CloudError
from hoarfrost.kinds import Kind
from hoarfrost.kinds.extension import COLLECTIONS, SERVICE
from hoarfrost.model import CloudPrint, Finding

NOTHING_OWNED = frozenset({"placement", "rating", "metric", "event", "ec2", "s3", "cloudformation", "panel"})
"""Services in which a project has nothing of its own, or only sees what another service has."""


def uncovered(cloud: Cloud, told: CloudPrint, kinds: Mapping[str, Kind]) -> list[Finding]:
    """A finding for each. Asks each unknown collection for one thing of the project."""
    return [*_services(told, kinds), *_collections(cloud, told, kinds)]


def _services(told: CloudPrint, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    known = {kind.service for kind in kinds.values()} | NOTHING_OWNED
    for service in sorted({official(one) for one in told.services} - known):
        yield Finding(
            address=service,
            severity="warning",
            code="not-covered",
            sentence=f"The cloud has a {service} service, which this version does not back up:"
            " what the project has there is not in the backup.",
        )


def _collections(cloud: Cloud, told: CloudPrint, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    known = {kind.path for kind in kinds.values()}
    for alias in told.extensions:
        for path in COLLECTIONS.get(alias, ()):
            if path not in known:
                yield _collection(cloud, alias, path)


def _collection(cloud: Cloud, alias: str, path: str) -> Finding:
    name = path.rpartition("/")[2].replace("_", " ").replace("-", " ")
    held, severity = _held(cloud, path)
    return Finding(
        address=f"{SERVICE} {alias}",
        severity=severity,
        code="not-covered",
        sentence=f"This version does not back up {name} (extension {alias} of the network service){held}.",
    )


def _held(cloud: Cloud, path: str) -> tuple[str, Literal["info", "warning"]]:
    """What can be said of what the project has there, and how much it matters. Parts go with their whole."""
    if "{" in path:
        return "", "info"
    rest = cloud.rest(SERVICE)
    try:
        answer = rest.get(path, project_id=cloud.project_id, limit="1")
    except CloudError:
        try:  # some collections cannot be asked for those of one project (400)
            answer = rest.get(path)
        except CloudError as error:
            return f"; whether the project has some cannot be seen: {error.sentence}", "warning"
    some = any(
        isinstance(value, list) and value for key, value in answer.items() if not key.endswith("_links")
    )
    return ("; the project has some", "warning") if some else ("; the project has none", "info")
