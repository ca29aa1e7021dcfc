"""How array-likes are read: those in memory, those on disk, and users' own."""

from aliquot.accessors._reader import Reader, reader_for

__all__ = ["Reader", "reader_for"]
