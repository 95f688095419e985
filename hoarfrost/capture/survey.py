"""What this role on this cloud can read and could restore, before any backup. Changes nothing anywhere.

Decides by looking: everything is listed as a backup would list it. Whether a role may make things is taken from the
declarations of the kinds (the policies of OpenStack as they come) and from what the quotas leave: no service can be
asked for leave without trying.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from hoarfrost.capture.coverage import uncovered
from hoarfrost.capture.walk import AT_ONCE, Listing, listed
from hoarfrost.cloud import Cloud
from hoarfrost.errors import CloudError
from hoarfrost.kinds import Kind
from hoarfrost.kinds.fate import tallied
from hoarfrost.kinds.quota import Quotas
from hoarfrost.kinds.role import holds, only_reads
from hoarfrost.kinds.summary import keeps_bytes
from hoarfrost.kinds.treatment import treatments
from hoarfrost.model import Fate, Finding, Struct

Read = Literal["yes", "absent", "unreadable", "hidden", "failed", "not covered"]
"""``absent``: the cloud has no such service or extension; ``unreadable``: refused; ``hidden``: an empty list that is
not believed; ``failed``: a backup would stop here."""


_WEIGHTS = ("info", "warning", "error")


class Sight(Struct, frozen=True):
    """One kind. ``seen``: the user's own ones; ``free``: how many more the quota allows, -1 if it says nothing.

    ``severity``: that of the weightiest finding about it, "" without any; with an "error" a backup is partial.
    """

    kind: str
    service: str
    read: Read
    seen: int = 0
    requests: int = 0
    restore: str = ""
    free: int = -1
    lost: tuple[Fate, ...] = ()
    why: str = ""
    severity: Literal["", "info", "warning", "error"] = ""

    @property
    def matters(self) -> bool:
        """Whether the project has some of it, or something is in the way of knowing."""
        return bool(self.seen) or self.severity in ("warning", "error")


def survey(cloud: Cloud, kinds: Mapping[str, Kind]) -> list[Sight]:
    """One for each kind that a project can own, then one for each thing that no kind covers."""
    quotas = Quotas(cloud)
    owned = [kind for kind in kinds.values() if kind.owned]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="survey") as pool:
        listings = pool.map(lambda kind: _listing(cloud, kind, quotas), owned)
        sights = [_sight(cloud, kind, listing, quotas) for kind, listing in zip(owned, listings, strict=True)]
    return sights + [_unknown(one) for one in uncovered(cloud, cloud.probe(), kinds)]


def _listing(cloud: Cloud, kind: Kind, quotas: Quotas) -> Listing | CloudError:
    try:
        return listed(cloud, kind, quotas)
    except CloudError as error:
        return error


def _sight(cloud: Cloud, kind: Kind, listing: Listing | CloudError, quotas: Quotas) -> Sight:
    if isinstance(listing, CloudError):
        return Sight(
            kind=kind.name, service=kind.service, read="failed", why=listing.sentence, severity="error"
        )
    resources = [kind.resource(body) for body in listing.bodies]
    own = [one for one in resources if not one.made_by]
    given = getattr(cloud, kind.credential) if kind.credential else ""
    fates = tallied(
        (one, word) for one in own if one.id != given for word in treatments(kind, one.body, cloud)
    )
    refused = [one for one in listing.findings if one.code in ("absent", "unreadable", "hidden")]
    return Sight(
        kind=kind.name,
        service=kind.service,
        read=refused[0].code if refused else "yes",  # type: ignore[arg-type]
        seen=len(own),
        requests=listing.requests,
        restore=_restore(cloud, kind),
        free=_free(kind, quotas, len(resources)) if not refused else -1,
        lost=tuple(one for one in fates if one.word == "lost" and not kind.mapped),
        why=" ".join(f"{one.sentence} {one.hint}".strip() for one in listing.findings),
        severity=max((one.severity for one in listing.findings), key=_WEIGHTS.index, default=""),
    )


def _restore(cloud: Cloud, kind: Kind) -> str:
    if kind.mapped or (kind.recorded and not keeps_bytes(kind)):
        return "mapped" if kind.mapped else "no: recorded only"
    if only_reads(cloud.roles):
        return "no: this role only reads"
    if kind.recorded:
        return "where its bytes are read"
    return "yes" if holds(cloud.roles, kind.makes) else f"only {' or '.join(kind.makes)}"


def _free(kind: Kind, quotas: Quotas, seen: int) -> int:
    try:
        limit, used = quotas.of(kind.service).get(kind.quota, (-1, 0))
    except CloudError:
        return -1
    return max(limit - (seen if used is None else used), 0) if limit >= 0 else -1


def _unknown(finding: Finding) -> Sight:
    return Sight(
        kind="",
        service=finding.address,
        read="not covered",
        restore="no",
        why=finding.sentence,
        severity=finding.severity,
    )
