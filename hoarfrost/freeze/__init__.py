"""All copies of one moment, asked for at once."""

from hoarfrost.freeze.window import freeze

__all__ = ["freeze"]
