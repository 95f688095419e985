"""What a mover raises when most of a resource came over, and something of it did not."""

from __future__ import annotations

from hoarfrost.errors import CloudError
from hoarfrost.kinds.kind import Severity
from hoarfrost.model import Stream


class Incomplete(CloudError):
    """Most of a resource came over, and something of it did not.

    ``stream`` holds what came over; the sentence says what did not.
    ``severity`` below "error": it was to be expected, and the backup counts as whole.
    """

    code = "incomplete"

    def __init__(self, sentence: str, stream: Stream, hint: str = "", severity: Severity = "error") -> None:
        super().__init__(sentence, hint=hint)
        self.stream, self.severity = stream, severity
