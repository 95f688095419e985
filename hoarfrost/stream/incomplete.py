"""What a mover raises when most of a resource came over, and something of it did not."""

from __future__ import annotations

from hoarfrost.errors import CloudError
from hoarfrost.model import Stream


class Incomplete(CloudError):
    """``stream`` holds what came over; the sentence says what did not."""

    code = "incomplete"

    def __init__(self, sentence: str, stream: Stream) -> None:
        super().__init__(sentence)
        self.stream = stream
