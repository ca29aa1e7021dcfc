"""Array-likes that threads cannot share as they are."""

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from aliquot._protocols import ArrayLike
from aliquot._scope import at_end_of_worker
from aliquot.accessors._reader import Reader, count_samples, reader_for
from aliquot.errors import ArgumentTypeError


class _Opened:
    """An array-like that is open, and how it is read."""

    def __init__(self, column: ArrayLike) -> None:
        self.column: ArrayLike | None = column
        self.read: Reader | None = None
        try:
            self.read = reader_for(column)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Close it, once, and let it go."""
        column, self.column, self.read = self.column, None, None
        close = getattr(column, "close", None)
        if close is not None:
            close()


class PerWorker:
    """An array-like of which every worker opens its own; made by `per_worker`."""

    def __init__(self, factory: Callable[[], ArrayLike]) -> None:
        if not callable(factory):
            raise ArgumentTypeError(f"per_worker takes a function, not {factory!r}")
        self._factory = factory
        self._mine = threading.local()

    def __reduce__(self) -> tuple[Any, ...]:
        return PerWorker, (self._factory,)

    def __repr__(self) -> str:
        return f"per_worker({self._factory!r})"

    def __len__(self) -> int:
        return count_samples(self._opened().column)

    def __getitem__(self, index: Any) -> Any:
        opened = self._opened()
        return _read(opened.column, opened.read, index)

    def __getattr__(self, name: str) -> Any:
        if name == "describe":  # which not every array-like has
            return self._opened().column.describe  # type: ignore[union-attr]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _opened(self) -> _Opened:
        found: _Opened | None = getattr(self._mine, "opened", None)
        if found is None or found.column is None:
            found = self._mine.opened = _Opened(self._factory())
            at_end_of_worker(found.close)
            weakref.finalize(self, found.close)
        return found


def _read(column: Any, read: Any, index: Any) -> Any:
    """Read as a data source does: an HDF5 dataset in any order, say."""
    return read(index) if isinstance(index, np.ndarray) and index.ndim == 1 else column[index]


def per_worker(factory: Callable[[], ArrayLike]) -> PerWorker:
    """Make an array-like of which every worker opens its own, at its first use.

    For files and connections that threads or processes cannot share. One that has ``close()`` is
    closed when its worker ends, or when the array-like is dropped.

    Parameters
    ----------
    factory : callable
        Opens the array-like. Worker processes need to be able to pickle it.

    Returns
    -------
    PerWorker
        An array-like.

    Examples
    --------
    >>> column = per_worker(lambda: np.arange(5) * 10)
    >>> len(column), column[np.array([3, 1])]
    (5, array([30, 10]))
    """
    return PerWorker(factory)


class Locked:
    """An array-like that one thread at a time reads; made by `locked`."""

    def __init__(self, column: ArrayLike) -> None:
        self._column = column
        self._read = reader_for(column)
        self._lock = threading.RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Locked, (self._column,)

    def __repr__(self) -> str:
        return f"locked({self._column!r})"

    def __len__(self) -> int:
        with self._lock:
            return count_samples(self._column)

    def __getitem__(self, index: Any) -> Any:
        with self._lock:
            return _read(self._column, self._read, index)

    def __getattr__(self, name: str) -> Any:
        if name == "describe":  # which not every array-like has
            return self._column.describe  # type: ignore[attr-defined]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


def locked(column: ArrayLike) -> Locked:
    """Make an array-like that one thread at a time reads.

    Parameters
    ----------
    column : array-like
        One that several threads must not read at once.

    Returns
    -------
    Locked
        An array-like.

    Examples
    --------
    >>> locked(np.arange(5) * 10)[np.array([3, 1])]
    array([30, 10])
    """
    return Locked(column)
