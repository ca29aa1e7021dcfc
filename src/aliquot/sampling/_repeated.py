"""Each sample several times, next to each other."""

from typing import Any

import numpy as np

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray, check_indices
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling._abstract import PlannedSampler
from aliquot.sampling._plan import OrderedPlan
from aliquot.sampling._standard import StandardSampler


class RepeatSampler(PlannedSampler):
    """Draws every sample `k` times, next to each other, so that each is augmented `k` times.

    Random numbers belong to places, so the copies of a sample have their own.

    Parameters
    ----------
    k : int
        How often, 1 or more.

    Attributes
    ----------
    k : int
        As given.
    length : int or None
        Number of samples; `None` before the sampler meets its data.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If `k` is less than 1 or no integer (a `ValueError` or `TypeError`).

    Notes
    -----
    E. Hoffer et al. 2020, "Augment your batch: improving generalization through instance
    repetition".

    Examples
    --------
    >>> from aliquot import Loader
    >>> twice = RepeatSampler(2)
    >>> loader = Loader([np.arange(5)], batch_size=6, shuffle=True, seed=0, sampler=twice)
    >>> [batch.tolist() for (batch,) in loader]
    [[1, 1, 3, 3, 2, 2], [0, 0, 4, 4]]
    """

    def __init__(self, k: int) -> None:
        if isinstance(k, bool) or not hasattr(k, "__index__"):
            raise ArgumentTypeError(f"k must be an integer of 1 or more, not {k!r}")
        if k < 1:
            raise ArgumentError(f"k must be an integer of 1 or more, not {k}")
        self.k = int(k)
        self.length: int | None = None

    def __repr__(self) -> str:
        return f"RepeatSampler({self.k})"

    def for_length(self, length: int) -> "RepeatSampler":
        """Give this sampler for data of `length` samples."""
        found = RepeatSampler(self.k)
        found.length = length
        return found

    def num_indices_generated(self) -> int:
        """Count the indices of an epoch: `k` times the number of samples."""
        return self._all().length * self.k

    def map_indices(self, indices: Any) -> IntArray:
        """Give `indices` (array, list or slice), checked and with negatives wrapped."""
        return check_indices(indices, self._all().length)

    def in_order_plan(self) -> "_Repeated":
        """Give the epoch in order."""
        return _Repeated(self._all().in_order_plan(), self.k)

    def keyed_plan(self, seed: int, epoch: int) -> "_Repeated":
        """Give a random order made of seed and epoch."""
        return _Repeated(self._all().keyed_plan(seed, epoch), self.k)

    def drawn_plan(self, rng: ShuffleRNG) -> "_Repeated":
        """Give an epoch with one permutation."""
        return _Repeated(self._all().drawn_plan(rng), self.k)

    def _all(self) -> StandardSampler:
        if self.length is None:
            raise ArgumentError(
                "a RepeatSampler does not know the number of samples before it is given to a "
                "data source or a loader"
            )
        return StandardSampler(self.length)


class _Repeated:
    """What another plan gives, each sample `k` times."""

    def __init__(self, plan: OrderedPlan, k: int) -> None:
        self._plan = plan
        self._k = k

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        first = start // self._k
        found = self._plan.indices(first, -(-stop // self._k))
        return np.repeat(found, self._k)[start - first * self._k : stop - first * self._k]
