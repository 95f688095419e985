"""What was restored against what was captured."""

from hoarfrost.verify.compare import Compared, compare
from hoarfrost.verify.fate import foreseen

__all__ = ["Compared", "compare", "foreseen"]
