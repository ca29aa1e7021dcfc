"""Array-likes that threads cannot share as they are."""

import threading
import weakref
from collections.abc import Callable
from typing import Any

from aliquot._protocols import ArrayLike
from aliquot._scope import at_end_of_worker
from aliquot.errors import ArgumentTypeError


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
        return len(self._opened())

    def __getitem__(self, index: Any) -> Any:
        return self._opened()[index]

    def _opened(self) -> ArrayLike:
        found: ArrayLike | None = getattr(self._mine, "opened", None)
        if found is None:
            found = self._mine.opened = self._factory()
            close = getattr(found, "close", None)
            if close is not None:
                at_end_of_worker(close)
                weakref.finalize(self, close)
        return found


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
        self._lock = threading.RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Locked, (self._column,)

    def __repr__(self) -> str:
        return f"locked({self._column!r})"

    def __len__(self) -> int:
        with self._lock:
            return len(self._column)

    def __getitem__(self, index: Any) -> Any:
        with self._lock:
            return self._column[index]


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
