"""From a plan to resources: applied, resumed where a run was cut, and undone."""

from hoarfrost.restore.executor import apply
from hoarfrost.restore.hand_over import HandOver, must_fit
from hoarfrost.restore.ledger import Ledger, made_before, stands
from hoarfrost.restore.outcome import Done, Outcome
from hoarfrost.restore.undo import undo

__all__ = ["Done", "HandOver", "Ledger", "Outcome", "apply", "made_before", "must_fit", "stands", "undo"]
