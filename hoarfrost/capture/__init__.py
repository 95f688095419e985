"""Stage 1: everything that the project owns, and what it refers to, as a graph of raw bodies."""

from hoarfrost.capture.coverage import uncovered
from hoarfrost.capture.survey import Sight, survey
from hoarfrost.capture.walk import capture

__all__ = ["Sight", "capture", "survey", "uncovered"]
