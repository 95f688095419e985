"""There and back: a tenant is built, backed up twice, loses its cloud, and is brought back on another one.

The order of events and what is said of them. Every part of it is another file's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openstack.connection import Connection

from demo import ground, tenant
from demo.compare import Comparison, compare
from demo.observe import Observation, observe
from demo.offer import Offer, offer
from demo.product import Product
from demo.telling import Telling, comparison_rows, mib
from demo.temporary import holdings


@dataclass
class Story:
    """``source`` and ``target`` are names of clouds.yaml. ``folder`` gets repository, plan, looks."""

    source: str
    target: str
    folder: Path
    telling: Telling
    product: Product
    backups: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, *, lose_the_cloud: bool) -> bool:
        """True if what came back is what was there."""
        if lose_the_cloud:
            with self.telling.phase("A real OpenStack comes up"):
                ground.old_cloud()
        there, before = self._before()
        if lose_the_cloud:
            with self.telling.phase("The cloud is lost; a new, empty one takes its place"):
                ground.replace(ground.NEW)
        return self._after(there, before)

    def _before(self) -> tuple[Offer, Observation]:
        cloud = ground.connect(self.source)
        names = offer(cloud)
        with self.telling.phase("A plain project member builds a tenant"):
            self.telling.say(f"this cloud offers {names}")
            tenant.build(cloud, names)
        with self.telling.phase("An independent look at it"):
            first = self._look(cloud, "first")
        with self.telling.phase("First backup"):
            made = self.product.run(self.source, "repository", "init")
            self.telling.say(f"repository {made['id']}")
            self._back_up(cloud)
        with self.telling.phase("A day passes: guests write, objects come and go, rules and tags change"):
            tenant.change(cloud)
        with self.telling.phase("A second look"):
            before = self._look(cloud, "before")
            self._seen(before)
            for one in compare(first, before, names, names).differences:
                self.telling.say(f"changed: {one}")
        with self.telling.phase("Second backup: only what changed is stored"):
            self._back_up(cloud)
        return names, before

    def _look(self, cloud: Connection, name: str) -> Observation:
        seen = observe(cloud)
        text = json.dumps(seen, ensure_ascii=False, indent=1, sort_keys=True)
        (self.folder / f"{name}.json").write_text(text, encoding="utf-8")
        self.telling.say(", ".join(f"{len(ones)} {kind}" for kind, ones in seen.items() if ones))
        return seen

    def _seen(self, before: Observation) -> None:
        """Two looks that see nothing are equal: everything that the tenant has must have been seen."""
        if unseen := [kind for kind, ones in before.items() if not ones and kind != "volume_snapshot"]:
            raise RuntimeError(f"the look at the tenant saw nothing of: {', '.join(unseen)}")

    def _back_up(self, cloud: Connection) -> None:
        had = holdings(cloud)
        made = self.product.run(self.source, "backup", "create")
        self.backups.append(made)
        amounts = ", ".join(f"{mib(amount)} {name}" for name, amount in made["bytes"].items())
        self.telling.say(f"{made['status']}: {made['id']}, window {made['window_seconds']} s, {amounts}")
        self._findings(made)
        self.telling.say(f"volumes, snapshots, images of the project before: {_listed(had)}")
        self.telling.say(f"volumes, snapshots, images of the project after:  {_listed(holdings(cloud))}")
        if other := holdings(cloud) ^ had:
            raise RuntimeError(f"the backup left in the project, or took from it: {_listed(other)}")

    def _findings(self, said: dict[str, Any]) -> None:
        for one in said["findings"]:
            self.telling.say(f"{one['severity']}: {one['address']}: {one['sentence']}")

    def _after(self, there: Offer, before: Observation) -> bool:
        cloud = ground.connect(self.target)
        here, plan = offer(cloud), str(self.folder / "plan.yaml")
        with self.telling.phase("A plan for the new cloud"):
            self.telling.say(f"this cloud offers {here}")
            made = self.product.run(self.target, "restore", "plan", self.backups[-1]["id"], "--output", plan)
            self.telling.say(", ".join(f"{count} to {action}" for action, count in made["actions"].items()))
            self._findings(made)
        with self.telling.phase("The plan is applied"):
            self._apply(plan)
            self.telling.say(f"volumes, snapshots, images of the project: {_listed(holdings(cloud))}")
        with self.telling.phase("It is applied again: nothing is made"):
            had = holdings(cloud)
            counts = self._apply(plan)
            if counts.get("created", 0) or holdings(cloud) != had:
                raise RuntimeError(f"the second restore made something: {counts}")
        with self.telling.phase("An independent look at what came back; its guests are asked"):
            comparison = compare(before, self._look(cloud, "after"), there, here)
        return self._ending(comparison)

    def _apply(self, plan: str) -> dict[str, int]:
        done = self.product.run(self.target, "restore", "apply", plan)
        counts: dict[str, int] = done["counts"]
        self.telling.say(
            f"{done['status']}: " + ", ".join(f"{count} {what}" for what, count in counts.items())
        )
        self._findings(done)
        return counts

    def _ending(self, comparison: Comparison) -> bool:
        telling = self.telling
        phases = [(name, f"{seconds:.1f}") for name, seconds in telling.phases.items()]
        telling.table(
            "Time of each phase", ("phase", "s"), [*phases, ("all", f"{sum(telling.phases.values()):.1f}")]
        )
        rows = [
            (
                f"{number}. {one['status']}",
                *(mib(one["bytes"][name]) for name in ("logical", "read", "stored")),
                window,
            )
            for number, one in enumerate(self.backups, 1)
            for window in (one["window_seconds"],)
        ]
        telling.table("Backups", ("backup", "logical", "read", "stored", "window (s)"), rows)
        telling.say(f"peak memory of hoarfrost: {mib(self.product.peak)}")
        columns = ("what", "captured", "restored", "equal")
        telling.table("The tenant, as it was and as it came back", columns, comparison_rows(comparison))
        for one in comparison.differences:
            telling.say(f"DIFFERENT: {one}")
        if comparison.agrees:
            telling.say(the_same(comparison))
        return comparison.agrees


def the_same(comparison: Comparison) -> str:
    """What may be said where no difference counts."""
    free = len(comparison.freed)
    if not free:
        return "The tenant is the same, field by field and byte by byte."
    fields = "one field" if free == 1 else f"{free} fields"
    return (
        f"The tenant is the same byte by byte, and field by field but for {fields} that another cloud gives anew or"
        " calls by another name, such as times and flavors: demo/may_differ.py has each with its reason. Ids are"
        " compared as what they name."
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
