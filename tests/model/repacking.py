"""The same with collectors that copy: backups need blobs, a pack holds several, many packs one, listings are old.

A pack holds `x`, which a backup needs, and `y`, which none does; a collector keeps what is needed where it is, or
copies it into a pack of its own. What this adds to collection.py is why collections are numbered and sealed, and what
has to be looked at again. Everybody may fall asleep at any step.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

RULES = {
    "seal": "a collection begins only when the one before it can no longer begin to delete",
    "avoid": "a writer uses no pack that is marked",
    "wait": "a collector waits for the writers that may not have seen its mark",
    "list again": "a pack stays if it alone has a blob that was committed meanwhile",
    "gone": "nothing is kept in a pack that an earlier seal names",
}

Packs = frozenset[tuple[str, str]]
"""Names, and the blobs that each holds."""


class Writer(NamedTuple):
    at: str = "begin"
    avoid: frozenset[str] = frozenset()
    packs: Packs = frozenset()
    blob: str = ""


class Collector(NamedTuple):
    at: str = "begin"
    packs: Packs = frozenset()
    wait: frozenset[str] = frozenset()


class Generation(NamedTuple):
    mark: Packs | None = None
    seal: str = ""


class State(NamedTuple):
    packs: Packs
    snaps: frozenset[tuple[str, str]]
    stones: frozenset[str]
    sessions: frozenset[str]
    generations: tuple[Generation, ...]
    writers: tuple[Writer, ...]
    collectors: tuple[Collector, ...]

    def writer(self, number: int, **changed: object) -> "State":
        one = self.writers[number]._replace(**changed)  # type: ignore[arg-type]
        return self._replace(writers=(*self.writers[:number], one, *self.writers[number + 1 :]))

    def collector(self, number: int, **changed: object) -> "State":
        one = self.collectors[number]._replace(**changed)  # type: ignore[arg-type]
        return self._replace(collectors=(*self.collectors[:number], one, *self.collectors[number + 1 :]))

    def generation(self, number: int, **changed: object) -> "State":
        one = self.generations[number]._replace(**changed)  # type: ignore[arg-type]
        every = (*self.generations[:number], one, *self.generations[number + 1 :])
        return self._replace(generations=every)

    def needed(self) -> frozenset[str]:
        return frozenset(blob for _, blob in self.snaps)

    def final(self) -> Packs:
        return frozenset().union(*(each.mark for each in self.generations if each.mark and each.seal == "go"))


def first(writers: int, collectors: int) -> State:
    return State(
        packs=frozenset({("p", "xy")}),
        snaps=frozenset({("s", "x")}),
        stones=frozenset(),
        sessions=frozenset(),
        generations=(Generation(),) * collectors,
        writers=(Writer(),) * writers,
        collectors=(Collector(),) * collectors,
    )


def lost(state: State) -> bool:
    there = "".join(blobs for _, blobs in state.packs)
    return any(blob not in there for _, blob in state.snaps)


class Protocol:
    def __init__(self, without: str = "") -> None:
        assert not without or without in RULES
        self.without = without

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        if ("s", "x") in state.snaps:
            yield "forget s", state._replace(snaps=state.snaps - {("s", "x")})
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
            marked = [each.mark for each in state.generations if each.mark and each.seal != "void"]
            names = frozenset(name for mark in marked for name, _ in mark)
            avoid = frozenset() if self.without == "avoid" else names
            yield "looks at marks", state.writer(number, at="list", avoid=avoid)
        elif one.at == "list":
            packs = frozenset(pack for pack in state.packs if pack[0] not in one.avoid)
            yield "lists packs", state.writer(number, at="lean", packs=packs)
        elif one.at == "lean":
            for blob in "xy":
                if any(blob in blobs for _, blobs in one.packs):
                    yield f"uses {blob}", state.writer(number, at="commit", blob=blob)
                    continue
                put = state.packs | {(me, blob)}
                yield f"puts {blob}", state.writer(number, at="commit", blob=blob)._replace(packs=put)
        elif one.at == "commit" and me in state.stones:
            yield "is refused", state.writer(number, at="end")
        elif one.at == "commit":
            snaps = state.snaps | {(me, one.blob)}
            yield "commits", state.writer(number, at="end")._replace(snaps=snaps)
        elif one.at == "end":
            yield "ends", state.writer(number, at="over")._replace(sessions=state.sessions - {me})

    def collector(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.collectors[number]
        if one.at == "begin":
            if self.without == "seal" or all(each.seal for each in state.generations[:number]):
                yield "begins", state.collector(number, at="list packs")
            else:
                yield "voids the one before", state.generation(number - 1, seal="void")
        elif one.at == "list packs":
            packs = state.packs - self.gone(state)
            yield "lists packs", state.collector(number, at="list backups", packs=packs)
        elif one.at == "list backups":
            yield from self.chooses(state, number)
        elif one.at == "mark":
            yield "marks", state.collector(number, at="list sessions").generation(number, mark=one.packs)
        elif one.at == "list sessions":
            yield "lists sessions", state.collector(number, at="wait", wait=state.sessions)
        elif one.at == "wait":
            done = {name for name, _ in state.snaps} | state.stones
            left = [name for name in one.wait if name not in done]
            if not left or self.without == "wait":
                yield "goes on", state.collector(number, at="list again", wait=frozenset())
            for name in left:
                yield f"gives up {name}", state._replace(stones=state.stones | {name})
        else:
            yield from self.ends(state, number)

    def gone(self, state: State) -> Packs:
        return frozenset() if self.without == "gone" else state.final()

    def chooses(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        """A place for each blob that is needed: one that is there, or, of all together, a copy."""
        packs, needed = state.collectors[number].packs, sorted(state.needed())
        places = [[pack for pack in packs if blob in pack[1]] for blob in needed]
        for keepers in {frozenset(kept) for kept in product(*places)}:
            yield f"keeps {sorted(keepers)}", state.collector(number, at="mark", packs=packs - keepers)
        if needed and all(places):
            copy = (f"copy{number}", "".join(needed))
            yield "copies", state._replace(packs=state.packs | {copy}).collector(number, at="mark")

    def ends(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.collectors[number]
        if one.at == "list again":
            elsewhere = "".join(blobs for _, blobs in state.packs - one.packs - self.gone(state))
            needed = state.needed() - set(elsewhere)
            spared = {pack for pack in one.packs if needed & set(pack[1])}
            packs = one.packs if self.without == "list again" else one.packs - spared
            yield "lists backups again", state.collector(number, at="seal", packs=packs)
        elif one.at == "seal" and state.generations[number].seal == "void" and self.without != "seal":
            yield "is void", state.collector(number, at="over")
        elif one.at == "seal":
            after = state.collector(number, at="delete").generation(number, mark=one.packs, seal="go")
            yield "seals", after
        elif one.at == "delete":
            for pack in one.packs:
                after = state.collector(number, packs=one.packs - {pack})
                yield f"deletes {pack[0]}", after._replace(packs=state.packs - {pack})
