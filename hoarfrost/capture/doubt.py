"""An empty list that is not to be believed: some services show a role nothing where there is something, and no
refusal (a reader's VPN lists).

Decides from two things: which roles the kind says are needed to be shown its things, and what the service itself
counts in its quotas.
"""

from __future__ import annotations

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.kind import Kind
from hoarfrost.kinds.quota import Quotas
from hoarfrost.kinds.role import holds, only_reads
from hoarfrost.model import Finding

HINT = "None of it is in the backup. Back up with a role that is shown it: {}."


def doubt(cloud: Cloud, kind: Kind, quotas: Quotas) -> Finding | None:
    """A finding about the empty listing of ``kind``, None where nothing speaks against it."""
    if not (kind.reads or kind.quota):
        return None
    shown = holds(cloud.roles, kind.reads) or (kind.administered and cloud.looks)
    counted = quotas.used(kind.service, kind.quota)
    told = kind.name.replace("_", " ")
    if counted and not shown:
        return Finding(
            address=kind.name,
            severity="error",
            code="hidden",
            sentence=f"The service counts {counted} of the kind {told} in this project, and shows this role none.",
            hint=HINT.format(" or ".join(kind.reads)),
        )
    if counted:
        return Finding(
            address=kind.name,
            severity="warning",
            code="counted-not-listed",
            sentence=f"The service counts {counted} of the kind {told} in this project, and lists none.",
            hint="If the project has some, none is in the backup; or the count of the quota is out of date.",
        )
    if counted is None and not shown:
        return Finding(
            address=kind.name,
            severity="warning" if only_reads(cloud.roles) else "info",  # of what only operators make
            code="hidden",
            sentence=f"This role is shown an empty list of the kind {told}, whether the project has some or not.",
            hint=HINT.format(" or ".join(kind.reads)),
        )
    return None
