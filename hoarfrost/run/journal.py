"""The ledger of one run: what it is about to do and what it did, one JSON line each, on disk before the
call returns.

One file per run in the state directory, only ever appended to. It can be lost: what a run leaves in a
cloud is found by name, what it restored is recognised. What the records mean is the business of those who
write them; no secret may be among them.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from hoarfrost.errors import HoarfrostError
from hoarfrost.run.process import start_of

Record = dict[str, Any]

DAY = 86400.0
RESTORES = 400 * DAY
"""Seconds for which it is remembered what a restore made: an undo needs it."""
_JSON = msgspec.json.Decoder(Record)
_HEAD = b'{"begin"'
KEPT = {"backup": 30 * DAY, "leftover": 30 * DAY}
"""Of other runs, which leave nothing that anybody would ask for."""


def state_directory() -> Path:
    """``$HOARFROST_STATE``, else ``hoarfrost`` in ``$XDG_STATE_HOME`` or ``~/.local/state``."""
    if ours := os.environ.get("HOARFROST_STATE"):
        return Path(ours)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "hoarfrost"


class Run(msgspec.Struct, frozen=True):
    """A run as its journal tells it. ``alive``: its process is still there; None if another machine knows."""

    run: str
    kind: str
    began: str
    pid: int
    host: str
    start: str
    facts: Mapping[str, str]
    outcome: str = ""

    @property
    def alive(self) -> bool | None:
        if self.host != socket.gethostname():
            return None
        return start_of(self.pid) == self.start


class Journal:
    """Safe to use from several threads. Begun by `begin`; one that has no `end` belongs to a run that was
    killed."""

    def __init__(self, run: str, file: int) -> None:
        self.run = run
        self._file = file
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, kind: str, **facts: str) -> Journal:
        """``facts`` say what the run is about: ``auth_url``, ``project_id``, ``plan`` ..."""
        runs = state_directory() / "runs"
        runs.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the mode is that of the last folder only
        runs.mkdir(mode=0o700, exist_ok=True)
        _forget_old()
        run = f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(3)}"  # sorts by time
        file = os.open(runs / f"{run}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        journal = cls(run, file)
        began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        pid = os.getpid()
        head = Run(run, kind, began, pid, socket.gethostname(), start_of(pid), facts)
        journal.record({"begin": msgspec.to_builtins(head)})
        _sync(runs)
        return journal

    def record(self, entry: Mapping[str, Any]) -> None:
        """Returns when the entry is on disk."""
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            end = os.lseek(self._file, 0, os.SEEK_END)
            try:
                if os.write(self._file, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file)
            except OSError as error:
                os.ftruncate(self._file, end)  # half a line before others would make the file unreadable
                raise HoarfrostError(
                    f"The journal of this run could not be written: {error.strerror}.",
                    hint="Free some space in the state directory ($HOARFROST_STATE).",
                ) from error

    def end(self, outcome: str) -> None:
        """The last word; nothing can be recorded after it."""
        self.record({"end": outcome})
        with self._lock:
            os.close(self._file)
            self._file = -1

    @classmethod
    def close(cls, run: str, outcome: str) -> None:
        """Say the last word for a run that was killed before it could. A line that was cut short goes."""
        path = state_directory() / "runs" / f"{run}.jsonl"
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
        cls(run, os.open(path, os.O_WRONLY | os.O_APPEND)).end(outcome)

    @staticmethod
    def runs() -> Iterator[Run]:
        """Every run this machine remembers, the oldest first; of a damaged journal what can be read."""
        for path in _files():
            if records := _read(path)[0]:
                yield _run(records)

    @staticmethod
    def open_runs() -> list[Run]:
        """Those that have no end: still at work (``alive``) or killed."""
        return [one for one in Journal.runs() if not one.outcome]

    @staticmethod
    def records(run: str = "", *, whole: bool = True, **facts: str) -> Iterator[Record]:
        """What was recorded by the runs with these facts (``plan="..."``), or by this ``run``, the oldest
        first.

        Where the journal of such a run is damaged, HoarfrostError: who goes on without a line that says what was made
        makes it twice, or leaves it. So too where nobody can say whose it is. Unless not the ``whole`` is asked for.
        """
        for path in _files():
            records, damage = _read(path)
            if run not in ("", path.stem):
                continue
            ours = facts.items() <= _run(records).facts.items() if records else _may_be_of(path, facts)
            if ours and damage and whole:
                hint = "What only that file knows is then not taken back, and may be made once more."
                raise HoarfrostError(damage, hint=f"Remove it if its run is over. {hint}")
            if ours:
                yield from (one for one in records if not {"begin", "end"} & one.keys())

    @staticmethod
    def damaged(**facts: str) -> list[str]:
        """A sentence for each journal of which not everything can be read, and whose run may have made something that
        is asked for later: of these facts, or of none that can be read."""
        told: list[str] = []
        for records, damage in map(_read, _files()):
            run = _run(records) if records else None
            if damage and (run is None or (run.kind not in KEPT and facts.items() <= run.facts.items())):
                told.append(damage)
        return told


def _forget_old() -> None:
    """Remove the journals of runs that ended long ago. One that never ended stays: something may be left of it."""
    now = time.time()
    for path in _files():
        with suppress(FileNotFoundError):  # another run forgets it too
            age = now - path.stat().st_mtime
            records = _read(path)[0] if age > min(KEPT.values()) else []
            if records and (run := _run(records)).outcome and age > KEPT.get(run.kind, RESTORES):
                path.unlink()


def _files() -> list[Path]:
    return sorted((state_directory() / "runs").glob("*.jsonl"))


def _read(path: Path) -> tuple[list[Record], str]:
    """Its records, and what is wrong with it: "" mostly.

    Without a last line that a crash cut short: its call never returned. No records if not even the first is whole.
    """
    *lines, rest = path.read_bytes().split(b"\n")
    records: list[Record] = []
    damage = ""
    if not lines and rest[: len(_HEAD)] != _HEAD[: len(rest)]:
        return [], f"The journal {path} is damaged: it does not begin like one."
    for number, line in enumerate(lines, 1):
        try:
            record = _JSON.decode(line)
            if number == 1:
                msgspec.convert(record.get("begin"), Run)
            records.append(record)
        except ValueError as error:
            damage = damage or f"The journal {path} is damaged in line {number}: {error}"
            if number == 1:
                return [], damage
    return records, damage


def _may_be_of(path: Path, facts: Mapping[str, str]) -> bool:
    """Whether a run of which the first line is lost may be one with these facts: unless a later line says another one
    (its plan)."""
    said: list[Record] = []
    for line in path.read_bytes().split(b"\n"):
        with suppress(ValueError):
            said.append(_JSON.decode(line))
    for key, value in facts.items():
        told = [one[key] for one in said if key in one]
        if told and value not in told:
            return False
    return True


def _run(records: list[Record]) -> Run:
    head = msgspec.convert(records[0]["begin"], Run)
    ends = [one["end"] for one in records if "end" in one]
    return msgspec.structs.replace(head, outcome=str(ends[-1])) if ends else head


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
