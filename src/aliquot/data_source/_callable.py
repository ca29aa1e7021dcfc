"""Batches from a user's function."""

import math
from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

from aliquot._arguments import with_shuffle
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.data_source._stage import name_of
from aliquot.errors import ArgumentTypeError


def check_count(value: Any, name: str) -> None:
    """Require a number of samples: an `int`, ``numpy.inf`` or `None`."""
    known = isinstance(value, Integral) or (isinstance(value, float) and math.isinf(value))
    if value is not None and not known:
        raise ArgumentTypeError(f"{name} must be an int, numpy.inf or None, not {value!r}")


class CallableDataSource(AbstractDataSource[BatchT_co]):
    """Calls a function to get an iterator over batches.

    Parameters
    ----------
    batch_iterator_fn : callable
        Called as ``fn(batch_size, **settings)``, where the settings (`shuffle` among them) are
        those given to `batch_iterator`; returns an iterator over batches.
    num_samples_fn : callable, int or float, optional
        The number of samples, ``numpy.inf``, or a function called as ``fn(**settings)`` that
        returns it; `None` if it is not known.

    Attributes
    ----------
    batch_iterator_fn, num_samples_fn
        As given.

    Raises
    ------
    ArgumentTypeError
        If an argument is of another type (a `TypeError`).

    Examples
    --------
    >>> X = np.arange(7)
    >>> def batches(batch_size):
    ...     for i in range(0, len(X), batch_size):
    ...         yield (X[i : i + batch_size],)
    >>> source = CallableDataSource(batches, num_samples_fn=7)
    >>> [batch.tolist() for (batch,) in source.batch_iterator(3)]
    [[0, 1, 2], [3, 4, 5], [6]]
    """

    def __init__(
        self,
        batch_iterator_fn: Callable[..., Iterator[BatchT_co]],
        num_samples_fn: Callable[..., int | float | None] | float | None = None,
    ) -> None:
        if not callable(batch_iterator_fn):
            raise ArgumentTypeError(
                f"batch_iterator_fn must be a function, not {batch_iterator_fn!r}"
            )
        if not callable(num_samples_fn):
            check_count(num_samples_fn, "num_samples_fn")
        self.batch_iterator_fn = batch_iterator_fn
        self.num_samples_fn = num_samples_fn

    def __repr__(self) -> str:
        return f"CallableDataSource({name_of(self.batch_iterator_fn)})"

    def num_samples(self, **settings: Any) -> int | float | None:
        """Give the number of samples, or what the function says it is."""
        if callable(self.num_samples_fn):
            return self.num_samples_fn(**settings)
        return self.num_samples_fn

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Call the function for an iterator over batches.

        Parameters
        ----------
        batch_size : int
            Samples a batch.
        shuffle, **settings
            Handed on to the function; `shuffle` only if it is not `None`.
        """
        return self.batch_iterator_fn(batch_size, **with_shuffle(shuffle, settings))
