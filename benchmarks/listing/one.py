"""``python -m benchmarks.listing.one KIND COUNT``: one kind in a process of its own, as a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.listing.simulated import Adapter, SimulatedCloud
from hoarfrost.kinds import KINDS
from hoarfrost.model import Graph

BODIES = Path(__file__).parents[2] / "tests/unit/kinds/bodies"


def stored(name: str) -> dict[str, Any] | None:
    """The first body that a real cloud gave, None where none is kept."""
    path = BODIES / f"{name}.json"
    bodies = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return dict(bodies[0]) if bodies else None


def measured(name: str, count: int) -> dict[str, Any]:
    """List it as a capture does, and keep what a capture keeps."""
    kind = KINDS[name]
    whole = stored(kind.under.kind.name) if kind.under else None
    adapter = Adapter(kind, stored(name) or {}, whole, count)
    cloud: Any = SimulatedCloud(adapter, {getattr(kind, "extension", "")})
    before = resource.getrusage(resource.RUSAGE_SELF)
    begun = time.perf_counter()
    graph = Graph(kind.resource(body) for body in kind.enumerate(cloud))
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "kind": name,
        "resources": len(graph),
        "requests": cloud.requests,
        "wall_s": round(wall, 2),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "peak_mib": round(after.ru_maxrss / 1024, 1),
        "grown_mib": round((after.ru_maxrss - before.ru_maxrss) / 1024, 1),
    }


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
