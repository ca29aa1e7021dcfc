"""Batches of samples of like length."""

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray, digest
from aliquot._random import hash_key
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling._abstract import EachSampleSampler
from aliquot.sampling._keyed import Permutation
from aliquot.sampling._lengths import check_lengths

_BUCKETS = int.from_bytes(b"buckets")
_CANDIDATES = 512


class BucketSampler(EachSampleSampler):
    """Draws every sample once, in batches of samples of like length, to pad little.

    Lengths are divided into buckets. An epoch goes through the buckets, each in a random order,
    and cuts what it meets into steps (a batch on each rank), which it gives in random order. So a
    batch holds samples of one bucket, or of some that follow each other. The last step, if it is
    short, holds samples of any length, so that with ``drop_last`` all are as likely to be left out.

    Without shuffling, short samples come first, and those of a bucket in their order.

    Parameters
    ----------
    lengths : array of int, shape (n,)
        The length of each sample, 0 or more.
    buckets : int, default 8
        The number of buckets, at most.

    Attributes
    ----------
    length : int
        Number of samples.
    edges : int64 array, shape (at most `buckets`,)
        The largest length in each bucket. They are chosen so that padding all samples to the
        edges of their buckets takes the least (of edges among 512 quantiles of the lengths).
    padding : float
        The share of padding if every sample is padded to its edge: in a batch from one bucket,
        there is no more on average, in whichever order the samples come.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If `lengths` are no integers of 0 or more, or `buckets` is less than 1 (a `ValueError` or
        `TypeError`).

    Notes
    -----
    The order depends on batch size and number of ranks: a state is refused under others. It keeps
    1 byte a sample, and 8 more in each epoch.

    Examples
    --------
    >>> from aliquot import Loader
    >>> lengths = np.array([3, 50, 4, 52, 5, 51, 4, 49])
    >>> sampler = BucketSampler(lengths, buckets=2)
    >>> sampler.edges, round(sampler.padding, 3)
    (array([ 5, 52]), 0.044)
    >>> loader = Loader([lengths], batch_size=2, shuffle=True, seed=0, sampler=sampler)
    >>> [batch.tolist() for (batch,) in loader]
    [[4, 4], [50, 49], [3, 5], [51, 52]]
    """

    batch_shaped = True

    def __init__(self, lengths: Any, buckets: int = 8) -> None:
        if isinstance(buckets, bool) or not hasattr(buckets, "__index__"):
            raise ArgumentTypeError(f"buckets must be an integer of 1 or more, not {buckets!r}")
        if buckets < 1:
            raise ArgumentError(f"buckets must be an integer of 1 or more, not {buckets}")
        checked = check_lengths(lengths, 0)
        self.length = len(checked)
        self.edges = _edges(checked, int(buckets))
        narrow = np.min_scalar_type(len(self.edges))
        self._bucket = np.searchsorted(self.edges, checked).astype(narrow)
        padded = int(self.edges[self._bucket].sum())
        self.padding = 1 - int(checked.sum()) / padded if padded else 0.0
        self._digest = digest(checked)
        self._step_size = 1

    def __repr__(self) -> str:
        return f"BucketSampler({self.length} lengths, buckets={len(self.edges)})"

    def for_steps(self, batch_size: int, step_size: int) -> Self:
        """Give this sampler for steps of a size."""
        found = copy.copy(self)
        found._step_size = step_size
        return found

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed, epoch and step size."""
        return f"{self!r} #{self._digest}"

    def in_order_plan(self) -> "_Steps":
        """Give bucket after bucket."""
        return _Steps(self._bucket, self._step_size, None)

    def keyed_plan(self, seed: int, epoch: int) -> "_Steps":
        """Give a random order made of seed and epoch."""
        return _Steps(self._bucket, self._step_size, hash_key(_BUCKETS, seed, epoch))


class _Steps:
    """Samples in the order of their buckets, cut into steps; it is made when first asked for."""

    def __init__(self, bucket: NDArray[np.unsignedinteger], size: int, key: int | None) -> None:
        self._bucket = bucket
        self._size = size
        self._key = key
        self._full = len(bucket) // size
        self._samples: IntArray | None = None
        self._steps = None if key is None else Permutation(self._full, hash_key(key, 1))

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        if self._samples is None:
            self._samples = self._sorted()
        places = np.arange(start, min(stop, len(self._samples)))
        if self._steps is None:
            in_order: IntArray = self._samples[places]
            return in_order
        step, row = np.divmod(places, self._size)
        full = int(np.searchsorted(step, self._full))
        step[:full] = self._steps.at(step[:full])
        found: IntArray = self._samples[step * self._size + row]
        return found

    def _sorted(self) -> IntArray:
        samples = np.arange(len(self._bucket))
        if self._key is None:
            by_bucket: IntArray = np.argsort(self._bucket, kind="stable")
            return by_bucket
        samples = Permutation(len(samples), hash_key(self._key, 0)).at(samples)
        sorted_ones = samples[: self._full * self._size]
        sorted_ones[:] = sorted_ones[np.argsort(self._bucket[sorted_ones], kind="stable")]
        return samples


def _edges(lengths: IntArray, buckets: int) -> IntArray:
    """Choose upper edges of buckets so that padding to them takes the least.

    The choice among candidates is exact: the best `b` buckets up to a candidate are the best
    ``b - 1`` up to another and one from there.
    """
    quantiles = np.linspace(0, 1, _CANDIDATES)
    candidates = np.unique(np.quantile(lengths, quantiles, method="higher")).astype(np.int64)
    below = np.searchsorted(np.sort(lengths), candidates, side="right")
    # cost[i, j]: what the samples above candidate i - 1 and up to j take, padded to j.
    before = np.concatenate([[0], below[:-1]])
    cost = (below - before[:, None]) * candidates.astype(float)
    cost[np.tril_indices(len(candidates), -1)] = np.inf
    best = cost[0].copy()
    chosen = []
    for _ in range(min(buckets, len(candidates)) - 1):
        tried = np.concatenate([[0.0], best[:-1]])[:, None] + cost
        chosen.append(tried.argmin(axis=0))
        best = tried.min(axis=0)
    last = len(candidates) - 1
    edges = [last]
    for first in reversed(chosen):
        last = int(first[last]) - 1
        if last < 0:
            break
        edges.append(last)
    found: IntArray = candidates[edges[::-1]]
    return found
