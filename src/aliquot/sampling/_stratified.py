"""Every batch with the classes in proportion."""

import copy
from typing import Any, Self

import numpy as np

from aliquot._indices import IntArray
from aliquot._random import hash_key, hash_keys
from aliquot.sampling._abstract import EachSampleSampler
from aliquot.sampling._keyed import Permutation
from aliquot.sampling._labels import Classes
from aliquot.sampling._permuted import permuted

_STRATIFIED = int.from_bytes(b"stratum")
_USUAL = 64


class StratifiedSampler(EachSampleSampler):
    """Draws every sample once, so that each batch has the classes in their proportion.

    A class that is a share `s` of the data has the whole number of samples below or above
    ``s * batch_size`` in every full batch, and likewise in the last one.

    The order is laid out for the batch size of the loader (on each rank) that begins, which is
    part of its fingerprint and state. A loader with another batch size or number of ranks that
    loads the state goes on in the same order.

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
    It keeps 8 bytes a sample. Batches are systematic samples (W. G. Madow 1944) of the samples
    sorted by class, each class in an order of its own: of `m` batches, each takes every `m`-th.

    Examples
    --------
    >>> from aliquot import Loader
    >>> labels = np.array(["cat", "cat", "dog", "cat", "dog", "cat", "cat", "cat", "dog"])
    >>> sampler = StratifiedSampler(labels)
    >>> for (batch,) in Loader([labels], batch_size=3, shuffle=True, seed=0, sampler=sampler):
    ...     print(batch)
    ['cat' 'cat' 'dog']
    ['dog' 'cat' 'cat']
    ['dog' 'cat' 'cat']
    """

    def __init__(self, labels: Any) -> None:
        self._classes = Classes(labels)
        self.classes = self._classes.names
        self.length = int(self._classes.counts.sum())
        self.interleaved: int = _USUAL

    def __repr__(self) -> str:
        return f"StratifiedSampler({self.length} labels of {len(self._classes)} classes)"

    def for_steps(self, batch_size: int, step_size: int) -> Self:
        """Give this sampler laid out for batches of a size."""
        found = copy.copy(self)
        found.interleaved = batch_size
        return found

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed, epoch and batch size."""
        return f"{self!r} {self._classes.describe()}"

    def in_order_plan(self) -> "_Strata":
        """Give the samples of each class in the order of the data."""
        return _Strata(self._classes, self.interleaved, None)

    def keyed_plan(self, seed: int, epoch: int) -> "_Strata":
        """Give a random order made of seed and epoch."""
        return _Strata(self._classes, self.interleaved, hash_key(_STRATIFIED, seed, epoch))


class _Strata:
    """Full batches of one size, and a last one that is short.

    The places of full batches stand for positions in the list of their samples sorted by class:
    place `j` of batch `b` for position ``j * m + t`` with `m` batches and the `b`-th turn `t`.
    """

    def __init__(self, classes: Classes, size: int, key: int | None) -> None:
        n = int(classes.counts.sum())
        self._classes = classes
        self._size = size
        self._key = key
        self._batches = n // size
        self._last = _last_batch(classes.counts, self._batches, size)
        self._ends = np.cumsum(classes.counts - self._last)
        self._last_ends = np.cumsum(self._last)
        self._n = n
        self._turns = None if key is None else Permutation(self._batches, hash_key(key, 0))

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        places = np.arange(start, min(stop, self._n))
        batch, row = np.divmod(places, self._size)
        # Also in order the rows of a batch are mixed: parts of it have the classes in proportion.
        keys = hash_keys(self._key or 0, batch)
        row = permuted(np.minimum(self._size, self._n - batch * self._size), keys, row)
        full = int(np.searchsorted(batch, self._batches))
        turn = batch[:full] if self._turns is None else self._turns.at(batch[:full])
        position = row[:full] * self._batches + turn
        among, draw = _divided(position, self._ends)
        tail, tail_draw = _divided(row[full:], self._last_ends)
        tail_draw += (self._classes.counts - self._last)[tail]
        return self._classes.samples(
            np.concatenate([among, tail]), np.concatenate([draw, tail_draw]), self._key
        )


def _divided(positions: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
    """Give the class that each position lies in, and how far from its start."""
    found = np.searchsorted(ends, positions, side="right")
    return found, positions - np.concatenate([[0], ends])[found]


def _last_batch(counts: IntArray, batches: int, size: int) -> IntArray:
    """Give how many samples of each class are left for the last batch, which is short.

    They are the whole numbers below or above its share of each class, those with the largest
    remainders above. What is left for the full batches then is below or above theirs, too.
    """
    n = int(counts.sum())
    short = n - batches * size
    found, remainder = np.divmod(counts * short, n)
    found[np.argsort(-remainder, kind="stable")[: short - int(found.sum())]] += 1
    return found
