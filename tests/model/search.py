"""Goes through every state that a system can come to, the nearest first. Knows nothing of what the states mean."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple, TypeVar

State = TypeVar("State", bound=Hashable)


class Found(NamedTuple):
    """``path``: the steps to the nearest state that is wrong; None if there is none."""

    states: int
    path: list[str] | None


def search(
    first: State, steps: Callable[[State], Iterator[tuple[str, State]]], wrong: Callable[[State], bool]
) -> Found:
    came: dict[State, tuple[State, str] | None] = {first: None}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        for name, after in steps(state):
            if after in came:
                continue
            came[after] = (state, name)
            if wrong(after):
                path = []
                at = came[after]
                while at:
                    path.append(at[1])
                    at = came[at[0]]
                return Found(len(came), path[::-1])
            queue.append(after)
    return Found(len(came), None)
