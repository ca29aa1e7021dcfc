"""How array-likes are read: those in memory, those on disk, and users' own."""

from aliquot.accessors._reader import Reader, count_samples, reader_for
from aliquot.accessors._shared import locked, per_worker

__all__ = ["Reader", "count_samples", "locked", "per_worker", "reader_for"]
