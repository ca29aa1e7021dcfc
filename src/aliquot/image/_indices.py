"""From what a user writes in square brackets to positions in a list."""

import operator
from typing import Any

import numpy as np

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError


def is_single(index: object) -> bool:
    """Whether `index` asks for one picture."""
    return isinstance(index, int | np.integer) or (
        isinstance(index, np.ndarray) and index.ndim == 0
    )


def single(index: Any, length: int) -> int:
    """Return one position, negatives wrapped."""
    if isinstance(index, bool) or (isinstance(index, np.ndarray) and index.dtype.kind not in "iu"):
        raise ArgumentTypeError(f"an index must be an integer, not {index!r}")
    return _position(operator.index(index), length)


def several(indices: Any, length: int) -> list[int]:
    """Return positions for a slice or a 1-D array or list of integers, negatives wrapped."""
    if isinstance(indices, slice):
        return list(range(*indices.indices(length)))
    return [_position(index, length) for index in _integers(indices)]


def _position(index: int, length: int) -> int:
    if not -length <= index < length:
        raise IndexRangeError(f"index {index} is out of range for {length} pictures")
    return index + length if index < 0 else index


def _integers(indices: Any) -> list[int]:
    if isinstance(indices, str | bytes | dict | set):
        raise ArgumentTypeError(f"indices must be integers, not {type(indices).__name__}")
    array = np.asarray(indices)
    if array.ndim != 1:
        raise ArgumentError(f"indices must have one dimension, not the shape {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        hint = "; for a mask write np.flatnonzero(mask)" if array.dtype.kind == "b" else ""
        raise ArgumentTypeError(f"indices must be integers, not {array.dtype}{hint}")
    integers: list[int] = array.tolist()
    return integers
