"""Memory of batches that nobody holds any more, for those to come.

The system clears new memory page by page, which takes a tenth of the time of a batch of floats.
"""

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The C library keeps smaller blocks itself.
_LEAST = 1 << 20


class Spare:
    """Gives arrays, and takes their memory back once they and all their views are gone.

    It holds one block at most: a loader begins a batch as one is taken. A pickled one comes back
    with none.

    >>> spare = Spare()
    >>> spare.empty((512, 1024, 3), np.uint8).shape
    (512, 1024, 3)
    """

    def __init__(self) -> None:
        self._blocks: deque[NDArray[np.uint8]] = deque(maxlen=1)

    def __reduce__(self) -> tuple[type["Spare"], tuple[()]]:
        return Spare, ()

    def empty(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Give an array whose values are not set."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size < _LEAST:
            return np.empty(shape, dtype)
        return np.asarray(_Lease(self._block(size), shape, np.dtype(dtype), self._blocks))

    def _block(self, size: int) -> NDArray[np.uint8]:
        while self._blocks:
            try:
                block = self._blocks.pop()
            except IndexError:  # another thread took the last
                break
            if size <= block.nbytes <= 2 * size:
                return block
        return np.empty(size, np.uint8)


class _Lease:
    """What arrays hold as their base; when the last of them goes, so does it."""

    def __init__(
        self, block: NDArray[np.uint8], shape: Any, dtype: np.dtype[Any], blocks: deque[Any]
    ) -> None:
        self._block, self._blocks = block, blocks
        self.__array_interface__ = {
            "version": 3,
            "data": (block.ctypes.data, False),
            "shape": shape,
            "typestr": dtype.str,
        }

    def __del__(self) -> None:
        self._blocks.append(self._block)
