"""The one error of the devcloud: a sentence that says what failed and which log to read."""

from pathlib import Path


class Failed(Exception):
    """A step did not do what it should; the message is all that the user needs."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(f"{sentence}\n  read {log}" if log else sentence)
