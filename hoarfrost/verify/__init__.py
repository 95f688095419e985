"""What was restored against what was captured."""

from hoarfrost.kinds.fate import foreseen
from hoarfrost.verify.compare import Compared, compare

__all__ = ["Compared", "compare", "foreseen"]
