"""Samples compared, and changed, whatever they are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import map_leaves

_NUMBERS = (bool, int, float, complex, np.ndarray, np.bool_, np.number, np.datetime64, np.void)
_TYPED = (np.ndarray, np.generic)


def row(batch: Any, number: int) -> Any:
    """Give one sample of a batch.

    >>> row({"x": np.array([1.5, 2.5]), "name": ["a", "b"]}, 1)
    {'x': np.float64(2.5), 'name': 'b'}
    """
    return map_leaves(lambda leaf: leaf[number], batch)


def same(a: Any, b: Any) -> bool:
    """Whether two samples, batches or lists of them are bit for bit the same.

    Python's numbers have no dtype: they equal NumPy's of the same value.

    >>> same((np.array([1.0, np.nan]), "a"), (np.array([1.0, np.nan]), "a"))
    True
    >>> same(np.array([1.0]), np.array([1.0], np.float32)), same(1, np.float32(1))
    (False, True)
    """
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS):
        typed = isinstance(a, _TYPED) and isinstance(b, _TYPED)
        return _same_numbers(np.asarray(a), np.asarray(b), typed=typed)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False  # == would compare entry by entry
    return bool(a == b)


def _same_numbers(a: NDArray[Any], b: NDArray[Any], *, typed: bool) -> bool:
    if a.shape != b.shape or (typed and a.dtype != b.dtype):
        return False
    if a.dtype.hasobject:
        return same(a.ravel().tolist(), b.ravel().tolist())
    if a.dtype == b.dtype:
        return a.tobytes() == b.tobytes()
    both_nan = (a != a) & (b != b)
    return bool(np.all((a == b) | both_nan))


def arrays_in(batch: Any) -> Iterator[NDArray[Any]]:
    """Yield the arrays of a batch, also those that stand in lists.

    >>> [array.shape for array in arrays_in((np.zeros(3), [{"x": np.zeros(2)}, None]))]
    [(3,), (2,)]
    """
    if isinstance(batch, np.ndarray):
        yield batch
    elif isinstance(batch, (tuple, list, dict)):
        for part in batch.values() if isinstance(batch, dict) else batch:
            yield from arrays_in(part)


def spoil(array: NDArray[Any]) -> None:
    """Change every entry of an array in place.

    >>> x = np.array([0.0, 1.0])
    >>> spoil(x)
    >>> same(x[0], 0.0), same(x[1], 1.0)
    (False, False)
    """
    if array.dtype.hasobject:
        array[...] = None
    elif array.dtype.kind == "b":
        np.logical_not(array, out=array)
    else:
        flipped = (np.frombuffer(array.tobytes(), np.uint8) ^ 0xFF).tobytes()
        array[...] = np.frombuffer(flipped, array.dtype).reshape(array.shape)
