"""What is measured can be lost: with a safeguard taken out, each part finds it."""

import threading
from collections.abc import Callable

import pytest

from hoarfrost.errors import NameTaken
from hoarfrost.repository.packing import Packing
from hoarfrost.repository.stores import local
from hoarfrost.repository.stores.memory import MemoryStore
from hoarfrost.repository.stores.store import Buffer
from reliability import crash, damage, files, fuzz, requests
from reliability.crash import STORIES
from reliability.part import Effort, Violation
from reliability.recording import Call, RecordingStore, crashes
from reliability.world import copied

pytestmark = pytest.mark.slow
FIRST = [story for story in STORIES if story.name == "first backup"]


def test_a_commit_before_the_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    close = Packing.close

    def late(self: Packing) -> None:
        flush(self)
        close(self)

    flush = Packing.flush
    monkeypatch.setattr(Packing, "flush", lambda self: None)
    monkeypatch.setattr(Packing, "close", late)
    assert any("is in no pack" in line for line in crash.measure(Effort(), FIRST).failures)


@pytest.mark.parametrize("synced", ["_write_synced", "_sync_folder"])
def test_a_file_or_a_folder_that_is_not_synced(monkeypatch: pytest.MonkeyPatch, synced: str) -> None:
    instead: dict[str, Callable[..., object]] = {
        "_write_synced": lambda path, data: path.write_bytes(data),
        "_sync_folder": lambda path: None,
    }
    monkeypatch.setattr(local, synced, instead[synced])
    assert files.measure(Effort(), FIRST).failures


def test_a_folder_that_another_run_made_is_synced_by_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        local.LocalStore, "_make_inside", lambda self, folder: local._make_folder(folder), raising=True
    )
    assert any("killed when it had made" in line for line in files.measure(Effort(), FIRST).failures)


def test_what_another_has_seen_is_not_taken_back() -> None:
    """A collector finds the name of a commit taken, whose answer is still on its way, and goes on from there."""
    shown = threading.Event()

    class Shows(MemoryStore):
        def put_new(self, name: str, data: Buffer) -> None:
            super().put_new(name, data)
            shown.set()

    store = RecordingStore(Shows(), pause=0.2)
    writer = threading.Thread(target=store.put_new, args=("snaps/a", b"commit"))
    writer.start()
    assert shown.wait(60)
    with pytest.raises(NameTaken):
        store.put_new("snaps/a", b"tombstone")
    store.delete("sessions/a")
    writer.join()
    calls = store.in_order()
    left = {frozenset(calls[i].name for i in one.kept) for one in crashes(calls)}
    assert left == {frozenset(), frozenset({"snaps/a"}), frozenset({"snaps/a", "sessions/a"})}


def test_which_sets_of_calls_a_crash_may_leave() -> None:
    """a, then b and c at once, then d after b, while c is still under way."""
    times = {"a": (0, 1), "b": (2, 4), "c": (3, 7), "d": (5, 6)}
    calls = [Call(name, b"", *when) for name, when in times.items()]
    left = {"".join(sorted(calls[i].name for i in one.kept)) for one in crashes(calls)}
    assert left == {"", "a", "ab", "ac", "abc", "abd", "abcd"}
    assert {"".join(calls[i].name for i in one.kept) for one in crashes(calls) if one.in_order} == {
        "", "a", "ab", "abc", "abcd",
    }  # fmt: skip


def test_a_decoder_that_trusts_what_it_reads() -> None:
    trusting = fuzz.Decoder(lambda data: bytes(2)[data[0]], [b"\x01abc"])
    inputs, _, wrong = fuzz.fuzzed("trusting", trusting, 5, 1)
    assert inputs > 5
    assert any("IndexError" in line for line in wrong)


def test_other_bytes_than_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes without an error are silent, and that is a failure."""
    there = damage.world()
    name = next(name for name, data in there.objects.items() if name.startswith("packs/") and data[4] == 1)
    broken = bytearray(there.objects[name])
    broken[200] ^= 1
    injected = damage.Injected("flip", name, there.objects | {name: bytes(broken)}, frozenset((name,)))
    assert damage.verdict(there, injected) == "detected"
    monkeypatch.setattr(damage, "restored", lambda repository, ref, ordered=True: b"")
    with pytest.raises(Violation, match="other bytes"):
        damage.verdict(there, injected)


def test_a_run_that_ends_well_without_its_commit() -> None:
    run = next(run for run in requests.RUNS if run.name == "backup")
    start = MemoryStore()
    run.before(start)
    liar = run._replace(act=lambda store: "ab" * 16)
    faulty = requests.FaultyRequest(copied(start.objects), "5xx before it is done", 10_000)
    with pytest.raises(Violation, match="not there"):
        requests.trial(liar, start.objects, faulty, retried=False)
