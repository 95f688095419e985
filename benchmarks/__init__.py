"""Measurements, beside the tests: speed is never asserted, it is told (docs/explanation/performance.md)."""
