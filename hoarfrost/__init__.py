"""Hoarfrost: back up everything an OpenStack project owns, as its tenant, and bring it back on any cloud."""

__version__ = "0.1.0"
