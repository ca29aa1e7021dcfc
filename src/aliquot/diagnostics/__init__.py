"""From counters to words: pure functions that know no loader and no pool."""

from aliquot.diagnostics._report import Report

__all__ = ["Report"]
