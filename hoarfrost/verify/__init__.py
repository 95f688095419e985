"""What was restored against what was captured."""

from hoarfrost.verify.compare import compare

__all__ = ["compare"]
