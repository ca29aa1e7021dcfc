"""All samples, once a pass."""

import math
from operator import index
from typing import Any

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray, check_indices
from aliquot.sampling._abstract import PlannedSampler
from aliquot.sampling._drawn import DrawnPasses
from aliquot.sampling._keyed import KeyedPasses
from aliquot.sampling._plan import ENDLESS, InOrder, check_repeats


class StandardSampler(PlannedSampler):
    """Draws every sample once a pass, in order or shuffled anew in each pass.

    Parameters
    ----------
    length : int
        Number of samples.
    repeats : int, default 1
        Number of passes that make up an epoch; -1 for no end.

    Attributes
    ----------
    length, repeats : int
        As given.

    Raises
    ------
    ArgumentError
        If `repeats` is 0 or less than -1 (a `ValueError`).

    Examples
    --------
    >>> sampler = StandardSampler(5)
    >>> [batch.tolist() for batch in sampler.in_order_indices_batch_iterator(2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, length: int, repeats: int = 1) -> None:
        self.length = index(length)
        self.repeats = check_repeats(repeats, self.length)

    def __repr__(self) -> str:
        return f"StandardSampler({self.length}, repeats={self.repeats})"

    def num_indices_generated(self) -> int | float:
        """Count the indices of an epoch: ``length * repeats``, or ``numpy.inf``."""
        return math.inf if self.repeats == ENDLESS else self.length * self.repeats

    def map_indices(self, indices: Any) -> IntArray:
        """Give `indices` (array, list or slice), checked and with negatives wrapped."""
        return check_indices(indices, self.length)

    def positions(self) -> range:
        """Give the indices of one pass."""
        return range(self.length)

    def in_order_plan(self) -> InOrder:
        """Give the epoch in order."""
        return InOrder(self.length, self.repeats)

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return self.length

    def keyed_plan(self, seed: int, epoch: int) -> KeyedPasses:
        """Give a random order made of seed and epoch."""
        return KeyedPasses(self.length, self.repeats, seed=seed, epoch=epoch)

    def drawn_plan(self, rng: ShuffleRNG) -> DrawnPasses:
        """Give an epoch with one permutation a pass."""
        return DrawnPasses(self.length, self.repeats, rng)
