"""How array-likes are read: those in memory, those on disk, and users' own."""

from aliquot.accessors._reader import Reader, count_samples, reader_for

__all__ = ["Reader", "count_samples", "reader_for"]
