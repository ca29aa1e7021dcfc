"""Plans: which sample stands at which place of an epoch.

An ordered plan answers ``indices(start, stop)`` for any places, and asking twice gives the same.
A plan that draws from a user's generator can be read once only, from its first place onward.
"""

from collections.abc import Iterator
from operator import index
from typing import Protocol

import numpy as np

from aliquot._indices import IntArray
from aliquot.errors import ArgumentError, ArgumentTypeError

ENDLESS = -1
"""The value of ``repeats`` that stands for no end."""


class OrderedPlan(Protocol):
    """An epoch as one order of places."""

    def indices(self, start: int, stop: int) -> IntArray:
        """Give the samples at places ``start`` to ``stop``, fewer where the epoch ends earlier.

        The array is the caller's own.
        """
        ...


def check_repeats(repeats: int, n: int) -> int:
    """Give `repeats`, or say what is wrong with it for a data set of `n` samples."""
    try:
        repeats = index(repeats)
    except TypeError:
        raise ArgumentTypeError(f"repeats must be an integer, not {repeats!r}") from None
    if repeats == 0 or repeats < ENDLESS:
        raise ArgumentError(f"repeats must be 1 or more, or -1 for no end, not {repeats}")
    if repeats == ENDLESS and n == 0:
        raise ArgumentError("an empty data set cannot be repeated without end: repeats=-1")
    return repeats


def clip(stop: int, n: int, repeats: int) -> int:
    """Limit a place to the end of the last pass."""
    return stop if repeats == ENDLESS else min(stop, n * repeats)


class InOrder:
    """Places ``0, 1, 2, ...`` of `n` samples, pass after pass."""

    def __init__(self, n: int, repeats: int) -> None:
        self._n = n
        self._repeats = repeats

    def indices(self, start: int, stop: int) -> IntArray:
        places = np.arange(start, clip(stop, self._n, self._repeats), dtype=np.int64)
        return places if self._repeats == 1 else places % max(self._n, 1)


class Subset:
    """The samples of a subset in the order of a plan over its positions."""

    def __init__(self, subset: IntArray, plan: OrderedPlan) -> None:
        self._subset = subset
        self._plan = plan

    def indices(self, start: int, stop: int) -> IntArray:
        return self._subset[self._plan.indices(start, stop)]


def batches(plan: OrderedPlan, batch_size: int) -> Iterator[IntArray]:
    """Walk a plan from its first place to its end."""
    start = 0
    while len(found := plan.indices(start, start + batch_size)):
        yield found
        start += batch_size
