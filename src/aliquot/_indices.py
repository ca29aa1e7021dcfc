"""Indices that come from users: checked, and negatives wrapped as in ``X[idx]``."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError

IntArray = NDArray[np.int64]


def as_index_array(indices: Any, *, name: str = "indices") -> IntArray:
    """Give `indices` as a 1-D integer array, without looking at the values.

    >>> as_index_array([3, 1, 2])
    array([3, 1, 2])
    """
    array = np.asarray(indices)
    if array.size == 0 and array.ndim == 1:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        hint = "; for a mask write np.flatnonzero(mask)" if array.dtype.kind == "b" else ""
        raise ArgumentTypeError(f"{name} must be integers, not {array.dtype}{hint}")
    if array.ndim != 1:
        raise ArgumentError(f"{name} must be a 1-D array, not one of shape {array.shape}")
    return array.astype(np.int64, copy=False)


def check_indices(indices: Any, n: int, *, name: str = "indices") -> IntArray:
    """Give `indices` (a 1-D array, a list or a slice) as a 1-D array with values in ``[0, n)``.

    >>> check_indices([0, -1], 10)
    array([0, 9])
    """
    if isinstance(indices, slice):
        return np.arange(*indices.indices(n), dtype=np.int64)
    plain = type(indices) is np.ndarray and indices.dtype == np.int64 and indices.ndim == 1
    array: IntArray = indices if plain else as_index_array(indices, name=name)
    # Seen as unsigned, a negative index is larger than any length: one pass finds both faults.
    if len(array) == 0 or array.view(np.uint64).max() < n:
        return array
    wrong = array[(array < -n) | (array >= n)]
    if len(wrong):
        raise IndexRangeError(f"index {wrong[0]} is out of range for {n} samples")
    return np.where(array < 0, array + n, array)


def digest(array: NDArray[Any]) -> str:
    """Give a short hash of an array, to tell two recipes apart.

    >>> digest(np.arange(3))
    '20afc6f5c2aa'
    """
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=6).hexdigest()
