"""Bytes leave the cloud, in bounded memory, into the repository."""

from hoarfrost.stream.movers import MOVERS
from hoarfrost.stream.pipeline import stream

__all__ = ["MOVERS", "stream"]
