"""Every class equally often."""

import math
from typing import Any

import numpy as np

from aliquot._indices import IntArray
from aliquot._random import hash_key
from aliquot.sampling._abstract import EachSampleSampler
from aliquot.sampling._labels import Classes
from aliquot.sampling._shares import Runs

_BALANCED = int.from_bytes(b"balanced")


class ClassBalancedSampler(EachSampleSampler):
    """Draws every class equally often, and the samples of a class one after the other.

    With `c` classes, every run of `c` places holds each class once. The samples of a class are
    gone through pass after pass, shuffled anew in each, so none is drawn twice before all others
    of its class were drawn once. There is no end; an epoch of a loader has as many samples as
    there are labels, or its ``epoch_samples``.

    Parameters
    ----------
    labels : array of int or str, shape (n,)
        The class of each sample.

    Attributes
    ----------
    classes : array, shape (c,)
        The labels that occur, sorted.
    length : int
        Number of samples.

    Raises
    ------
    ArgumentError
        If `labels` are not 1-D or empty (a `ValueError`).

    Notes
    -----
    It keeps 8 bytes a sample. `WeightedSampler.class_balancing_sampler` balances on average only,
    as each of its draws is independent of the others.

    Examples
    --------
    >>> sampler = ClassBalancedSampler(["cat", "cat", "cat", "dog"])
    >>> sampler.plan(shuffle=True, seed=0, epoch=0).indices(0, 8)
    array([3, 0, 3, 1, 3, 2, 1, 3])
    """

    def __init__(self, labels: Any) -> None:
        self._classes = Classes(labels)
        self._runs = Runs(np.ones(len(self._classes), dtype=np.int64))
        self.classes = self._classes.names
        self.length = int(self._classes.counts.sum())

    def __repr__(self) -> str:
        return f"ClassBalancedSampler({self.length} labels of {len(self._classes)} classes)"

    def num_indices_generated(self) -> float:
        """Count the indices of an epoch: always ``numpy.inf``."""
        return math.inf

    def default_epoch_samples(self) -> int:
        """Count the samples of a loader's epoch: as many as there are labels."""
        return self.length

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch."""
        return f"{self!r} {self._classes.describe()}"

    def in_order_plan(self) -> "_Balanced":
        """Give the classes in turn, and their samples in the order of the data."""
        return _Balanced(self._classes, self._runs, None)

    def keyed_plan(self, seed: int, epoch: int) -> "_Balanced":
        """Give a random order made of seed and epoch."""
        return _Balanced(self._classes, self._runs, hash_key(_BALANCED, seed, epoch))


class _Balanced:
    def __init__(self, classes: Classes, runs: Runs, key: int | None) -> None:
        self._classes = classes
        self._runs = runs
        self._key = key

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`; it never ends."""
        classes, draws = self._runs.at(np.arange(start, stop), None, self._key)
        return self._classes.samples(classes, draws, self._key)
