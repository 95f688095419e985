"""The late update of a resource that was made before: what could only be set once others were there.

Decides nothing about when; the plan's order has seen to that. What is updated says the kind.
"""

from __future__ import annotations

from hoarfrost.model import Step
from hoarfrost.restore.create import ready
from hoarfrost.restore.work import Work


def link(work: Work, step: Step) -> bool:
    """Whether there was anything to update. May be done twice.

    What it should name may have failed; then it does without, and the next run looks again.
    """
    kind, id = work.kinds[step.kind], work.ids[step.address]
    body, (resolve, missed) = work.resource(step).body, work.asking(step)
    if kind.standing(body):
        kind.adopt(work.cloud, id, body, resolve)
        work.write(step, "done", id)
        return True
    update = kind.late(body, resolve)
    if update:
        kind.finish(work.cloud, id, update)
        ready(work, step, id)
    if not missed():
        work.write(step, "done", id)
    return bool(update)
