"""A file with one number a sample, such as its state, that several processes share."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.cache._files import IntArray, sync, write_at, write_rows
from aliquot.cache._manifest import damaged

ABSENT, IN_COLUMNS, ALONE = 0, 1, 2
"""The states of a sample: not cached, in the memory maps, by itself in lmdb."""


def new_file(path: Path, size: int, *, zeros: bool) -> None:
    """Make a file of `size` bytes, in place of one that may be there.

    A file that processes have mapped is never cut, which would end them; it is replaced.

    Parameters
    ----------
    path : pathlib.Path
        Where.
    size : int
        How long.
    zeros : bool
        Whether all of it is written, so that it has its place on the disk; else it has a hole.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        os.ftruncate(fd, size)
        if zeros:
            write_at(fd, bytes(size), 0)
            sync(fd)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)


def map_file(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Map a file for reading, if it has the right size."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    try:
        found = path.stat().st_size
    except OSError as error:
        raise damaged(path.parent, f"{path.name} cannot be opened ({error.strerror})") from None
    if found != size:
        raise damaged(path.parent, f"{path.name} has {found} bytes and should have {size}")
    if not size:  # an empty file cannot be mapped
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(path, dtype, "r", shape=shape))


class Table:
    """A number for each sample: read through a memory map, written by `write_rows`.

    Parameters
    ----------
    path : pathlib.Path
        The file, which is there.
    dtype : numpy.dtype
        That of the numbers.
    samples : int
        How many.
    fd : int or None
        A descriptor to write with; `None` if the folder is read-only.
    """

    def __init__(self, path: Path, dtype: Any, samples: int, fd: int | None) -> None:
        self._numbers = map_file(path, np.dtype(dtype), (samples,))
        self._fd = fd

    def at(self, indices: IntArray) -> NDArray[Any]:
        """Give the numbers of some samples, as they are now."""
        return self._numbers.take(indices)

    def all(self) -> NDArray[Any]:
        """Give the numbers of all samples, as they are now."""
        return self._numbers.copy()

    def write(self, indices: IntArray, numbers: Any) -> None:
        """Set the numbers of some samples."""
        if self._fd is None or not len(indices):
            return
        of_all = np.broadcast_to(np.asarray(numbers, self._numbers.dtype), indices.shape)
        data = np.ascontiguousarray(of_all).view(np.uint8).reshape(len(indices), -1)
        write_rows(self._fd, data, indices)

    def sync(self) -> None:
        """Have what was written reach the disk."""
        if self._fd is not None:
            sync(self._fd)
