"""Runs steps as parallel as their order allows, each in a thread; the first failure ends them all."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from devcloud.errors import Failed
from devcloud.settings import STARTED, STATE
from devcloud.waiting import GIVE_UP

DONE = STATE / "done"


@dataclass(frozen=True)
class Step:
    """`after` names the steps that must be done before.  A step that is `once` leaves a mark and is not
    repeated.
    """

    name: str
    action: Callable[[], object]
    after: tuple[str, ...] = ()
    once: bool = False

    @property
    def mark(self) -> Path:
        return DONE / self.name

    @property
    def needed(self) -> bool:
        return not (self.once and self.mark.exists())


class _Skipped(Exception):
    """A step that this one waits for has failed."""


def run(steps: Iterable[Step]) -> None:
    """Runs all steps; raises the first error."""
    DONE.mkdir(parents=True, exist_ok=True)
    steps = list(steps)
    results: dict[str, Future[None]] = {step.name: Future() for step in steps}
    threads = [threading.Thread(target=_perform, args=(step, results)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [error for result in results.values() if (error := result.exception()) and not _follows(error)]
    if errors:
        raise errors[0]


def _follows(error: BaseException) -> bool:
    return isinstance(error, _Skipped) or "as another step failed" in str(error)


def _perform(step: Step, results: dict[str, Future[None]]) -> None:
    own = results[step.name]
    try:
        for name in step.after:
            if results[name].exception():
                raise _Skipped(step.name)
        began = time.time()
        if step.needed:
            step.action()
            if step.once:
                step.mark.touch()
            if time.time() - began > 0.05:
                print(
                    f"[{time.time() - STARTED:5.1f} s] {step.name} ({time.time() - began:.1f} s)", flush=True
                )
    except BaseException as error:  # noqa: BLE001 -- it is handed to the thread that waits
        if not GIVE_UP.is_set():
            print(f"[{time.time() - STARTED:5.1f} s] {step.name} FAILED", flush=True)
        GIVE_UP.set()
        own.set_exception(Failed(f"{step.name}: {error}") if isinstance(error, OSError) else error)
    else:
        own.set_result(None)
