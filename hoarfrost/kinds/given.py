"""What a restore need not look for: the credentials name it (the project, the user)."""

from __future__ import annotations

from collections.abc import Mapping

from hoarfrost.cloud import Cloud
from hoarfrost.kinds.kind import Kind
from hoarfrost.model import Backup


def given(kinds: Mapping[str, Kind], backup: Backup, cloud: Cloud) -> dict[str, str]:
    """Address in the backup -> id on the target, of what the credentials of both sides name."""
    return {
        f"{kind.name}/{getattr(backup, kind.credential)}": str(getattr(cloud, kind.credential))
        for kind in kinds.values()
        if kind.credential
    }
