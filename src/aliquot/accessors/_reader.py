"""From an array-like to a function that reads many samples of it at once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import map_leaves, stack
from aliquot.accessors._stored import package_of, read_sorted
from aliquot.errors import ArgumentTypeError

IntArray = NDArray[np.int64]
Reader = Callable[[IntArray], Any]
"""Reads the samples at indices that are known to be in range."""


def reader_for(column: Any) -> Reader:
    """Choose how `column` is read, or say why it cannot be.

    >>> reader_for(np.array([10, 20, 30]))(np.array([2, 0]))
    array([30, 10])
    >>> reader_for(["a", "b", "c"])(np.array([2, 0]))
    ['c', 'a']
    """
    if getattr(column, "ndim", 1) == 0:
        raise ArgumentTypeError(
            f"expected an array-like with an axis of samples, not the single value {column!r:.60}"
        )
    if type(column) in (np.ndarray, np.memmap):
        array = np.asarray(column)
        if array.dtype == object:
            return partial(_copied_objects, array)
        if array.flags.c_contiguous:
            # "clip" checks nothing and so needs no buffer: the fastest gather.
            return partial(array.take, axis=0, mode="clip")
        return array.__getitem__  # take would first copy all of an array that is not contiguous
    if isinstance(column, (list, tuple, range)):
        return partial(_copied, column)
    package = package_of(column)
    if package in ("h5py", "zarr"):
        return partial(read_sorted, column, package)
    if package == "pandas":
        raise ArgumentTypeError(
            f"a pandas {type(column).__name__} is indexed by label, not by position: "
            "hand over its columns, such as frame['name'].to_numpy()"
        )
    if isinstance(column, (str, bytes, dict)) or not _can_be_indexed(column):
        raise ArgumentTypeError(
            "expected an array-like (len() and [] with integers), "
            f"not {type(column).__name__}: {column!r:.60}"
        )
    return OwnReader(column)


def count_samples(column: Any) -> int:
    """Count the samples of an array-like; a Zarr array has a shape and no length.

    >>> count_samples(np.zeros((3, 2)))
    3
    """
    return len(column) if hasattr(column, "__len__") else int(column.shape[0])


def _can_be_indexed(column: Any) -> bool:
    return hasattr(column, "__getitem__") and hasattr(column, "__len__")


def _copied(column: Sequence[Any], indices: IntArray) -> Any:
    # A batch is the caller's own: arrays that the column holds must not be handed out themselves.
    return map_leaves(_copy_arrays, _one_by_one(column, indices))


def _copied_objects(array: NDArray[Any], indices: IntArray) -> NDArray[Any]:
    found = array[indices]
    if found.ndim == 1:
        found[:] = [_copy(sample) for sample in found]
    return found


def _copy_arrays(leaf: Any) -> Any:
    return [_copy(sample) for sample in leaf] if isinstance(leaf, list) else leaf


def _copy(sample: Any) -> Any:
    return sample.copy() if isinstance(sample, np.ndarray) else sample


def _one_by_one(column: Sequence[Any], indices: IntArray) -> Any:
    return stack([column[i] for i in indices.tolist()]) if len(indices) else []


class OwnReader:
    """Reads a user's class: many samples at once, or one by one if it takes single indices only.

    Which of the two is found out at the first read that succeeds, and kept.
    """

    def __init__(self, column: Any) -> None:
        self._column = column
        self._takes_arrays: bool | None = None

    def __call__(self, indices: IntArray) -> Any:
        if self._takes_arrays is False:
            return _copied(self._column, indices)
        try:
            found = self._column[indices]
        except Exception as error:
            if self._takes_arrays or not self._takes_ints_only(indices, error):
                raise
        else:
            self._takes_arrays = len(indices) > 0 or self._takes_arrays
            return found
        self._takes_arrays = False if len(indices) else None
        return _copied(self._column, indices)

    def _takes_ints_only(self, indices: IntArray, error: Exception) -> bool:
        """Whether a sample can be read by its number, and not by an array with that number."""
        for number in indices.tolist():
            single = self._error_of(number)
            if single is None:
                return self._error_of(np.array([number])) is not None
            if type(single) is not type(error):
                raise single  # the array was refused, and this is what ails the sample
        return len(indices) == 0

    def _error_of(self, index: Any) -> Exception | None:
        try:
            self._column[index]
        except Exception as error:  # noqa: BLE001
            return error
        return None
