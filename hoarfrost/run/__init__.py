"""The ledger of runs on this machine. Knows no cloud and no repository."""

from hoarfrost.run.journal import Journal, Run, state_directory

__all__ = ["Journal", "Run", "state_directory"]
