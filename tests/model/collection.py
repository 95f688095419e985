"""Writers, collectors and a user who forgets backups, as docs/explanation/format.md has them, one store call a step.

A backup is one pack. Every writer has the same content to keep, so that it may use any pack that is there, or put one
of its own; or it refers to what an earlier backup has, without looking at packs. Whoever is not stepped has fallen
asleep. A rule is left out by naming it.
"""

from collections.abc import Iterator
from typing import NamedTuple

RULES = {
    "wait": "a collector waits for the writers that may not have seen its mark",
    "avoid": "a writer uses no pack that is marked",
    "fence": "a writer that is given up finds a tombstone in place of its commit",
    "mark first": "sessions are listed after the mark is there",
    "list again": "what was committed meanwhile is not deleted",
    "random names": "a pack that is put again has another name",
    "parent is there": "a backup is built upon only if it is there after the session is",
    "parent was seen": "and if every collection under way has looked at it",
}

TOMBSTONE = "tombstone"


class Writer(NamedTuple):
    at: str = "begin"
    avoid: frozenset[str] = frozenset()
    seen: tuple[frozenset[str], ...] = ()
    pack: str = ""


class Collector(NamedTuple):
    at: str = "list packs"
    packs: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    wait: frozenset[str] = frozenset()


class Mark(NamedTuple):
    """``sealed``: `packs` are those that go."""

    packs: frozenset[str]
    seen: frozenset[str]
    sealed: bool = False


class State(NamedTuple):
    packs: frozenset[str]
    snaps: frozenset[tuple[str, str]]
    sessions: frozenset[str]
    marks: frozenset[tuple[int, Mark]]
    writers: tuple[Writer, ...]
    collectors: tuple[Collector, ...]

    def writer(self, number: int, **changed: object) -> "State":
        one = self.writers[number]._replace(**changed)  # type: ignore[arg-type]
        return self._replace(writers=(*self.writers[:number], one, *self.writers[number + 1 :]))

    def collector(self, number: int, **changed: object) -> "State":
        one = self.collectors[number]._replace(**changed)  # type: ignore[arg-type]
        return self._replace(collectors=(*self.collectors[:number], one, *self.collectors[number + 1 :]))

    def used(self) -> frozenset[str]:
        return frozenset(pack for _, pack in self.snaps)

    def names(self) -> frozenset[str]:
        return frozenset(name for name, pack in self.snaps if pack != TOMBSTONE)

    def sealed(self, session: str) -> bool:
        return any(name == session for name, _ in self.snaps)


def first(writers: int, collectors: int) -> State:
    return State(
        packs=frozenset({"p0"}),
        snaps=frozenset({("s0", "p0")}),
        sessions=frozenset(),
        marks=frozenset(),
        writers=(Writer(),) * writers,
        collectors=(Collector(),) * collectors,
    )


def lost(state: State) -> bool:
    """A backup that can be seen refers to a pack that is gone."""
    return any(pack != TOMBSTONE and pack not in state.packs for _, pack in state.snaps)


class Protocol:
    def __init__(self, without: str = "") -> None:
        assert not without or without in RULES
        self.without = without

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        for name, pack in state.snaps:
            if pack != TOMBSTONE:
                yield f"forget {name}", state._replace(snaps=state.snaps - {(name, pack)})
        for number in range(len(state.writers)):
            for did, after in self.writer(state, number):
                yield f"w{number} {did}", after
        for number in range(len(state.collectors)):
            for did, after in self.collector(state, number):
                yield f"c{number} {did}", after

    def writer(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one, me = state.writers[number], f"w{number}"
        if one.at == "begin":
            yield "begins", state.writer(number, at="look")._replace(sessions=state.sessions | {me})
        elif one.at == "look":
            avoid = frozenset(pack for _, mark in state.marks for pack in mark.packs)
            seen = tuple(sorted((mark.seen for _, mark in state.marks if not mark.sealed), key=sorted))
            avoid = frozenset() if self.without == "avoid" else avoid
            yield "looks at marks", state.writer(number, at="lean", avoid=avoid, seen=seen)
        elif one.at == "lean":
            yield from self.leans(state, number)
        elif one.at == "commit":
            if state.sealed(me):
                yield "is refused", state.writer(number, at="end")
            else:
                snaps = state.snaps | {(me, one.pack)}
                yield "commits", state.writer(number, at="end")._replace(snaps=snaps)
        elif one.at == "end":
            yield "ends", state.writer(number, at="over")._replace(sessions=state.sessions - {me})

    def leans(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.writers[number]
        free = state.packs - one.avoid
        for pack in free:
            yield f"uses {pack}", state.writer(number, at="commit", pack=pack)
        if not free:
            pack = f"p{number + 1}" if self.without != "random names" else "p0"
            yield (
                f"puts {pack}",
                state.writer(number, at="commit", pack=pack)._replace(packs=state.packs | {pack}),
            )
        parents = set(state.snaps)
        if self.without == "parent is there":
            parents.add(("s0", "p0"))
        for name, pack in parents:
            known = all(name in seen for seen in one.seen) or self.without == "parent was seen"
            if pack != TOMBSTONE and known:
                yield f"builds on {name}", state.writer(number, at="commit", pack=pack)

    def collector(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.collectors[number]
        early = self.without == "mark first"
        if one.at == "list packs":
            gone = frozenset(pack for _, mark in state.marks if mark.sealed for pack in mark.packs)
            yield "lists packs", state.collector(number, at="list backups", packs=state.packs - gone)
        elif one.at == "list backups":
            packs = one.packs - state.used()
            at = "list sessions" if early else "mark"
            yield "lists backups", state.collector(number, at=at, packs=packs, seen=state.names())
        elif one.at == "mark":
            marks = state.marks | {(number, Mark(one.packs, one.seen))}
            yield (
                "marks",
                state.collector(number, at="wait" if early else "list sessions")._replace(marks=marks),
            )
        elif one.at == "list sessions":
            at = "mark" if early else "wait"
            yield "lists sessions", state.collector(number, at=at, wait=state.sessions)
        elif one.at == "wait":
            yield from self.waits(state, number)
        elif one.at == "list again":
            packs = one.packs if self.without == "list again" else one.packs - state.used()
            marks = frozenset(
                (owner, mark if owner != number else Mark(packs, mark.seen, sealed=True))
                for owner, mark in state.marks
            )
            yield "seals", state.collector(number, at="delete", packs=packs)._replace(marks=marks)
        elif one.at == "delete":
            for pack in one.packs:
                after = state.collector(number, packs=one.packs - {pack})
                yield f"deletes {pack}", after._replace(packs=state.packs - {pack})
            if not one.packs:
                marks = frozenset(mark for mark in state.marks if mark[0] != number)
                yield "is through", state.collector(number, at="over", seen=frozenset())._replace(marks=marks)

    def waits(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.collectors[number]
        left = [name for name in one.wait if name in state.sessions and not state.sealed(name)]
        if not left or self.without in ("wait", "fence"):
            yield "goes on", state.collector(number, at="list again", wait=frozenset())
        elif self.without != "fence":
            for name in left:
                yield f"gives up {name}", state._replace(snaps=state.snaps | {(name, TOMBSTONE)})
