"""The same with collectors that copy: what backups need is one blob, any number of packs hold it, listings are old.

What this adds to collection.py is why collections are numbered and sealed. Everybody may fall asleep at any step.
"""

from collections.abc import Iterator
from typing import NamedTuple

RULES = {
    "seal": "a collection begins only when the one before it can no longer begin to delete",
    "avoid": "a writer uses no pack that is marked",
}


class Writer(NamedTuple):
    at: str = "begin"
    avoid: frozenset[str] = frozenset()
    packs: frozenset[str] = frozenset()


class Collector(NamedTuple):
    at: str = "begin"
    packs: frozenset[str] = frozenset()
    keeps: str = ""
    wait: frozenset[str] = frozenset()


class Generation(NamedTuple):
    mark: frozenset[str] | None = None
    seal: str = ""


class State(NamedTuple):
    packs: frozenset[str]
    snaps: frozenset[str]
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


def first(writers: int, collectors: int) -> State:
    return State(
        packs=frozenset({"p"}),
        snaps=frozenset({"s"}),
        stones=frozenset(),
        sessions=frozenset(),
        generations=(Generation(),) * collectors,
        writers=(Writer(),) * writers,
        collectors=(Collector(),) * collectors,
    )


def lost(state: State) -> bool:
    return bool(state.snaps) and not state.packs


class Protocol:
    def __init__(self, without: str = "") -> None:
        assert not without or without in RULES
        self.without = without

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        if "s" in state.snaps:
            yield "forget s", state._replace(snaps=state.snaps - {"s"})
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
            avoid = frozenset() if self.without == "avoid" else frozenset().union(*marked)
            yield "looks at marks", state.writer(number, at="list", avoid=avoid)
        elif one.at == "list":
            yield "lists packs", state.writer(number, at="lean", packs=state.packs - one.avoid)
        elif one.at == "lean" and one.packs:
            yield "uses what it has listed", state.writer(number, at="commit")
        elif one.at == "lean":
            yield "puts", state.writer(number, at="commit")._replace(packs=state.packs | {f"p{number}"})
        elif one.at == "commit" and me in state.stones:
            yield "is refused", state.writer(number, at="end")
        elif one.at == "commit":
            yield "commits", state.writer(number, at="end")._replace(snaps=state.snaps | {me})
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
            final = [each.mark for each in state.generations if each.mark and each.seal == "go"]
            packs = state.packs - frozenset().union(*final)
            yield "lists packs", state.collector(number, at="list backups", packs=packs)
        elif one.at == "list backups":
            yield from self.chooses(state, number)
        elif one.at == "mark":
            yield "marks", state.collector(number, at="list sessions").generation(number, mark=one.packs)
        elif one.at == "list sessions":
            yield "lists sessions", state.collector(number, at="wait", wait=state.sessions)
        elif one.at == "wait":
            left = [name for name in one.wait if name not in state.snaps | state.stones]
            if not left:
                yield "goes on", state.collector(number, at="list again", wait=frozenset())
            for name in left:
                yield f"gives up {name}", state._replace(stones=state.stones | {name})
        else:
            yield from self.ends(state, number)

    def chooses(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        packs = state.collectors[number].packs
        if not state.snaps:
            yield "finds all unused", state.collector(number, at="mark")
            return
        for pack in packs:
            yield f"keeps {pack}", state.collector(number, at="mark", keeps=pack, packs=packs - {pack})
        copy = f"copy{number}"
        after = state._replace(packs=state.packs | {copy})
        yield "copies", after.collector(number, at="mark", keeps=copy)

    def ends(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        one = state.collectors[number]
        if one.at == "list again":
            packs = one.packs if one.keeps or not state.snaps else frozenset()
            yield "lists backups again", state.collector(number, at="seal", packs=packs)
        elif one.at == "seal" and state.generations[number].seal == "void" and self.without != "seal":
            yield "is void", state.collector(number, at="over")
        elif one.at == "seal":
            yield "seals", state.collector(number, at="delete").generation(number, seal="go")
        elif one.at == "delete":
            for pack in one.packs:
                after = state.collector(number, packs=one.packs - {pack})
                yield f"deletes {pack}", after._replace(packs=state.packs - {pack})
