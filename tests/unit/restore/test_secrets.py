"""A secret comes back, and is seen nowhere on the way: in no plan, finding, event, outcome, nor in what is shown."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import toycloud
from toycloud import Memory, Toy, ToyCloud, ToyMover, backup_of

from hoarfrost.cli.backup import _shown
from hoarfrost.cli.fidelity import told
from hoarfrost.errors import Refused
from hoarfrost.kinds import KINDS
from hoarfrost.kinds.fate import foreseen
from hoarfrost.kinds.field import Keep, Secret
from hoarfrost.model import Graph
from hoarfrost.plan import plan
from hoarfrost.plan.file import text
from hoarfrost.restore import apply
from hoarfrost.verify import compare

HUSH = "hush-hush-4711"


class Vault(Toy):
    """Has a combination, and another one inside of a field that is shown."""

    path, key, plural = "/vaults", "vault", "vaults"
    kept = Keep("name", "door")
    combination = Secret("combination", "door.code")


VAULT = Vault()
BODY = {"id": "v1", "name": "north", "combination": HUSH, "door": {"code": HUSH, "colour": "red"}}


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(toycloud.KINDS, "vault", VAULT)
    monkeypatch.setitem(KINDS, "vault", VAULT)
    return toycloud.KINDS


def test_a_secret_is_seen_nowhere(toys: Any) -> None:
    cloud: Any = ToyCloud(delay=0)
    backup = backup_of([VAULT.resource(BODY)])
    seen: list[str] = []

    def sink(event: Any) -> None:
        seen.append(msgspec.json.encode(event).decode())

    made = plan(backup, "b", cloud, toys)
    seen += [text(made), repr(made.findings)]
    cloud.fail["post", "north"] = Refused(f"Invalid input for combination: {HUSH!r} is too short")
    movers, storage, ledger = {"thing": ToyMover()}, None, Memory()
    failed = apply(made, backup, cloud, toys, movers, storage, ledger, sink)  # type: ignore[arg-type]
    assert "Invalid input for combination: '***'" in failed.findings[0].sentence
    cloud.fail.clear()
    done = apply(made, backup, cloud, toys, movers, storage, ledger, sink)  # type: ignore[arg-type]
    seen += [repr(failed), repr(done), repr(ledger.entries)]

    (there,) = cloud.bodies["/vaults"].values()
    assert (there["combination"], there["door"]["code"]) == (HUSH, HUSH), "it came back"
    there["combination"], there["door"] = "another", {"code": "another", "colour": "blue"}
    compared = compare(backup, made, done.ids, Graph([VAULT.resource(there)]), toys, cloud)
    assert len(compared.findings) == 2
    seen += [repr(compared), told(compared.fates, False), json.dumps(told(foreseen(backup, toys), True))]

    (shown,) = _shown(backup)
    assert shown["body"]["door"] == {"code": "***", "colour": "red"}
    seen.append(json.dumps(shown))
    assert [one for one in seen if HUSH in one] == []


def test_every_kind_masks_its_secrets() -> None:
    from hoarfrost.kinds.secret import masked, scrubbed

    body = {"+headers": {"x-container-meta-temp-url-key": HUSH, "x-container-read": ".r:*"}, "name": "c"}
    assert HUSH not in json.dumps(masked(KINDS["container"], body))
    assert masked(KINDS["container"], body)["+headers"]["x-container-read"] == ".r:*"
    assert scrubbed(KINDS["container"], body, f"no {HUSH}!") == "no ***!"
