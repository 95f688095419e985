"""One seed: built, seen, backed up, lost, brought back, seen again, judged. Then the project is empty again.

The order of events. The product is only called by its command line (`demo.product`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from demo import ground as demo_ground
from demo.product import Failed, Product
from demo.temporary import holdings
from seeds import draw, ground, handed, people, removal
from seeds.announced import Promises, judge
from seeds.build import build
from seeds.compare import compare
from seeds.look import Look, look
from seeds.look.bodies import Thing
from seeds.look.client import shown
from seeds.rest import Rest


@dataclass(frozen=True)
class Clouds:
    """Names of clouds.yaml: two logins of one project, one of another, and the administrator's."""

    member: str
    manager: str
    other: str
    admin: str

    def login(self, manager: bool) -> str:
        return self.manager if manager else self.member


@dataclass(frozen=True)
class Kept:
    """A seed's tenant in a backup, how it looked, and what the product said when it made the backup."""

    seed: int
    backup: str
    said: list[dict[str, Any]]
    before: Look
    offer: ground.Offer
    manager: bool
    secrets: dict[str, str]
    """Of its application credentials, by name. They are handed in on a new cloud only, so that both ways are seen."""
    shown: tuple[Thing, ...] = ()
    """By the `openstack` client, where it was asked too."""


@dataclass
class Row:
    """What became of one seed in one place. ``failures``: sentences; none is success."""

    seed: int
    into: str
    resources: int = 0
    fields: int = 0
    equal: int = 0
    announced: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0


class Story:
    """For seeds one after the other, with one repository in ``folder``."""

    def __init__(
        self,
        clouds: Clouds,
        folder: Path,
        say: Callable[[str], None],
        only: str = "",
        client: bool = False,
        administrator: bool = False,
    ) -> None:
        """``client``: ask the `openstack` client too what it sees. ``administrator``: he does all, with people."""
        self._clouds, self._folder, self._say, self._only = clouds, folder, say, only
        self._client, self._administrator = client, administrator
        self._usual: dict[str, set[str]] = {}
        if administrator:
            mine, other = people.logins(clouds.admin, (clouds.member, clouds.other), folder)
            self._clouds = clouds = Clouds(mine, mine, other, clouds.admin)
        self._product = Product(folder)
        self._product.run(clouds.member, "repository", "init")

    def keep(self, seed: int) -> Kept:
        """Build, look, back up, empty."""
        blueprint = draw.tenant(seed, self._only, self._administrator)
        login = self._clouds.login(blueprint.manager)
        rest, offer = self._ground(login, bool(blueprint.of("ndp_proxy")))
        self._empty(rest, offer)
        try:
            with self._timed(f"seed {seed}: {len(blueprint.things)} things built"):
                build(blueprint, rest, offer)
            with self._timed("looked at"):
                before = look(rest, offer)
                self._write(f"{seed}-before", before)
                told = shown(login, rest.project) if self._client else ()
            had = holdings(rest.cloud)
            with self._timed("backed up"):
                made = self._run(login, "backup", "create")
            self._write_json(f"{seed}-backup", made)
            if made["status"] != "complete":
                errors = [one for one in made["findings"] if one["severity"] == "error"]
                raise Unfaithful(f"the backup is {made['status']}: {errors}")
            if holdings(rest.cloud) != had:
                raise Unfaithful(f"the backup left or took {holdings(rest.cloud) ^ had}")
        finally:
            with self._timed("emptied"):
                self._empty(rest, offer)
        secrets = handed.known(blueprint)
        return Kept(seed, made["id"], made["findings"], before, offer, blueprint.manager, secrets, told)

    def bring_back(self, kept: Kept, into: str) -> Row:
        """``into``: ``same``, ``other`` or ``new``."""
        began = time.monotonic()
        row = Row(kept.seed, into, len(kept.before.own()))
        login = self._clouds.other if into == "other" else self._clouds.login(kept.manager)
        rest, offer = self._ground(login)
        self._empty(rest, offer)
        try:
            self._restored(kept, row, login, rest, offer)
        except RuntimeError as error:
            row.failures.append(str(error))
        finally:
            with self._timed("emptied"):
                self._empty(rest, offer)
        row.seconds = time.monotonic() - began
        self._write_json(f"{kept.seed}-{into}", vars(row))
        return row

    def _restored(self, kept: Kept, row: Row, login: str, rest: Rest, offer: ground.Offer) -> None:
        file = self._folder / f"{kept.seed}-{row.into}.yaml"
        file.unlink(missing_ok=True)  # of an earlier round, whose project was emptied and not undone
        with self._timed(f"seed {kept.seed} into {row.into}: planned"):
            plan = self._run(login, "restore", "plan", kept.backup, "--output", str(file))
        self._write_json(f"{kept.seed}-{row.into}-plan", plan)
        secrets = kept.secrets if row.into == "new" else {}
        apply = "restore", "apply", str(file), *handed.arguments(secrets, self._folder)
        with self._timed("restored"):
            applied = self._run(login, *apply)
        self._write_json(f"{kept.seed}-{row.into}-applied", applied)
        with self._timed("looked at"):
            after = look(rest, offer)
            self._write(f"{kept.seed}-{row.into}-after", after)
        row.failures += handed.shut(rest, secrets)
        found = compare(kept.before, after, kept.offer.names, offer.names)
        promises = Promises(yaml.safe_load(file.read_text(encoding="utf-8")), [*kept.said, *plan["findings"]])
        differences, row.fields, row.equal = found.differences, found.fields, found.equal
        if self._client:
            sides = kept.shown, shown(login, rest.project)
            old, new = (Look(things, names) for things, names in zip(sides, found.labels, strict=True))
            second = compare(old, new, kept.offer.names, offer.names)
            row.fields, row.equal = row.fields + second.fields, row.equal + second.equal
            differences += second.differences
        judgement = judge(differences, promises)
        row.announced = [f"{one} ({reason})" for one, reason in judgement.announced]
        row.failures += [str(one) for one in judgement.failures]
        with self._timed("applied again"):
            again = self._run(login, *apply)
        if again["counts"].get("created", 0):
            row.failures.append(f"the second restore made something: {again['counts']}")
        if left := self._product.run(login, "leftover", "list"):
            row.failures.append(f"something temporary is left: {left}")

    def _run(self, cloud: str, *arguments: str) -> Any:
        """Also what a command says that ends with 3: some of it could not be done, and it says which."""
        try:
            return self._product.run(cloud, *arguments)
        except Failed as failed:
            if failed.code == 3 and isinstance(failed.said, dict):
                return failed.said
            raise

    def _ground(self, login: str, scoped: bool = False) -> tuple[Rest, ground.Offer]:
        admin = demo_ground.connect(self._clouds.admin)
        roles = people.entitle(admin, demo_ground.connect(login)) if self._administrator else {}
        rest = Rest(demo_ground.connect(login))
        neighbour = ground.neighbourhood(admin, [rest.project], scoped)
        return rest, ground.offer(rest, neighbour, roles)

    def _empty(self, rest: Rest, offer: ground.Offer) -> None:
        """And proof that it is."""
        manager = Rest(demo_ground.connect(self._clouds.manager))
        removal.empty(rest, manager if manager.project == rest.project else None)
        if self._administrator:
            people.remove(rest, self._usual.setdefault(rest.project, people.paths(rest)))
        if left := look(rest, offer).own():
            raise RuntimeError(f"the project should be empty: {[(one.kind, one.id) for one in left]}")

    def _timed(self, title: str) -> Timed:
        return Timed(title, self._say)

    def _write(self, name: str, seen: Look) -> None:
        self._write_json(name, {"things": seen.json(), "labels": seen.labels})

    def _write_json(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1)
        (self._folder / f"{name}.json").write_text(text, encoding="utf-8")


class Unfaithful(RuntimeError):
    """Something that must not be, other than a difference of a field."""


class Timed:
    """Says what was done and how long it took."""

    def __init__(self, title: str, say: Callable[[str], None]) -> None:
        self._title, self._say = title, say

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._say(f"{self._title}: {time.monotonic() - self._began:.0f} s")
