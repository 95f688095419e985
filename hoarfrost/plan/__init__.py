"""From a backup and a target to a plan: everything that a restore would do, with its reason, before it
happens.
"""

from hoarfrost.plan.file import id_in, read, write
from hoarfrost.plan.fit import fit
from hoarfrost.plan.mapping import Mappings
from hoarfrost.plan.planner import plan

__all__ = ["Mappings", "fit", "id_in", "plan", "read", "write"]
