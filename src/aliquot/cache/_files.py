"""Writing to files: all of it, at a place, never through a memory map.

A disk that fills up gives an error here; through a map it would end the process (SIGBUS).
"""

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from aliquot.cache._codec import Buffer

IntArray = NDArray[np.int64]


def write_at(fd: int, data: Buffer, offset: int) -> None:
    """Write all of `data`, which one call need not do."""
    view = memoryview(data)
    while len(view):
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def runs(indices: IntArray) -> Iterator[tuple[int, int]]:
    """Yield where runs of neighbours begin and end.

    >>> list(runs(np.array([4, 5, 6, 2, 9])))
    [(0, 3), (3, 4), (4, 5)]
    """
    breaks = np.flatnonzero(np.diff(indices) != 1) + 1
    starts = [0, *breaks.tolist()]
    yield from zip(starts, [*starts[1:], len(indices)], strict=True)


def write_rows(fd: int, rows: NDArray[np.uint8], indices: IntArray) -> None:
    """Write rows of bytes, shape (n, row size), where their indices say."""
    size = rows.shape[1]
    for start, stop in runs(indices):
        write_at(fd, rows[start:stop].reshape(-1).data, int(indices[start]) * size)


def sync(fd: int) -> None:
    """Have what was written reach the disk."""
    getattr(os, "fdatasync", os.fsync)(fd)  # macOS has no fdatasync
