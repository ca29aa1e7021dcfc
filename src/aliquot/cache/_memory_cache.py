"""The cache of a source in memory: one for all threads, and for all processes that it is sent to.

::

    int64            where the free room begins; 0 is where the samples begin
    int64 x samples  where each sample is; 0 for those that are not here
    samples          as `_codec` writes them

What does not fit is not kept, and nothing is ever thrown out: in epochs that are shuffled no sample
is more likely to be needed soon than another.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from aliquot.cache._alike import gather
from aliquot.cache._arena import Arena, Handle
from aliquot.cache._codec import Buffer, decode, encode
from aliquot.cache._files import IntArray
from aliquot.cache._found import Found
from aliquot.cache._samples import split


def least_memory(samples: int) -> int:
    """Give the bytes that a cache needs before the first sample.

    >>> least_memory(100)
    808
    """
    return 8 * (1 + samples)


class MemoryCache:
    """The cache of a source in memory.

    Parameters
    ----------
    samples : int
        How many there are in the data.
    memory : int
        The most bytes that the cache takes up, at least `least_memory`.
    handle : Handle, optional
        Where that of the process is from which the source came.

    Examples
    --------
    >>> cache = MemoryCache(10, memory=10_000)
    >>> cache.store(np.array([3, 2]), np.array([9, 4]), {})
    >>> cache.fetch(np.array([2, 3])).complete()
    array([4, 9])
    """

    def __init__(self, samples: int, memory: int, handle: Handle | None = None) -> None:
        self.pid = os.getpid()
        self._memory = memory
        self._arena = Arena(memory, handle)
        numbers = np.frombuffer(self._arena.memory, np.int64, 1 + samples)
        self._free, self._places = numbers[:1], numbers[1:]
        self._bytes = np.frombuffer(self._arena.memory, np.uint8)
        self._begin = least_memory(samples)

    @property
    def handle(self) -> Handle | None:
        """What another process needs to share this; `None` where it cannot."""
        return self._arena.handle

    @property
    def storing(self) -> bool:
        """Whether there is any room."""
        return int(self._free[0]) < self._memory

    def fetch(self, indices: IntArray) -> Found:
        """Give the samples that are here; arrays in them are views of the memory."""
        places = self._places.take(indices)
        rows = np.flatnonzero(places)
        if not len(rows):
            return Found(len(indices))
        batch = gather(self._bytes, self._begin, places[rows])
        if batch is not None:
            return Found(len(indices), None if len(rows) == len(indices) else rows, batch)
        at = zip(rows.tolist(), places[rows].tolist(), strict=True)
        cells = {row: decode(self._bytes[place:].data) for row, place in at}
        return Found(len(indices), cells=cells)

    def store(self, indices: IntArray, batch: Any, always: dict[str, bool]) -> None:
        """Add the samples of a batch that fit; `always` is what `learn` noted."""
        if not self.storing:
            return
        for index, sample in zip(indices.tolist(), split(batch, len(indices), always), strict=True):
            if not self._places[index]:
                self._put(index, encode(sample))

    def _put(self, index: int, parts: Sequence[Buffer]) -> None:
        place = self._reserved(sum(map(len, parts)))
        if place is None:
            return
        at = place
        for part in parts:
            self._arena.memory[at : at + len(part)] = part
            at += len(part)
        with self._arena.alone():  # also what makes the data visible before the place
            self._places[index] = place

    def _reserved(self, size: int) -> int | None:
        """Take room that nobody else is given."""
        with self._arena.alone():
            place = int(self._free[0]) or self._begin
            if place + size > self._memory:
                return None
            self._free[0] = place + size
        return place
