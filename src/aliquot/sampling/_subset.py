"""Some of the samples, once a pass."""

import math
from typing import Any

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray, as_index_array, check_indices, digest
from aliquot.sampling._abstract import PlannedSampler
from aliquot.sampling._drawn import DrawnPasses
from aliquot.sampling._keyed import KeyedPasses
from aliquot.sampling._plan import ENDLESS, InOrder, Subset, check_repeats


class SubsetSampler(PlannedSampler):
    """Draws the samples named by an array of indices, once a pass.

    Parameters
    ----------
    indices : array of int, shape (n,)
        The samples to draw. One that stands in it twice is drawn twice a pass.
    repeats : int, default 1
        Number of passes that make up an epoch; -1 for no end.

    Attributes
    ----------
    indices : int64 array, shape (n,)
        The samples.
    length : int
        How many there are.
    repeats : int
        As given.

    Raises
    ------
    ArgumentError
        If `repeats` is 0 or less than -1, or `indices` is not 1-D (a `ValueError`).
    ArgumentTypeError
        If `indices` are not integers (a `TypeError`).

    Examples
    --------
    >>> sampler = SubsetSampler(np.array([7, 3, 5]))
    >>> [batch.tolist() for batch in sampler.in_order_indices_batch_iterator(2)]
    [[7, 3], [5]]
    """

    def __init__(self, indices: Any, repeats: int = 1) -> None:
        self.indices = as_index_array(indices).copy()
        self.length = len(self.indices)
        self.repeats = check_repeats(repeats, self.length)

    def __repr__(self) -> str:
        return f"SubsetSampler({self.length} indices, repeats={self.repeats})"

    def num_indices_generated(self) -> int | float:
        """Count the indices of an epoch: ``length * repeats``, or ``numpy.inf``."""
        return math.inf if self.repeats == ENDLESS else self.length * self.repeats

    def map_indices(self, indices: Any) -> IntArray:
        """Turn positions in the subset (array, list or slice) into indices of the data."""
        return self.indices[check_indices(indices, self.length)]

    def positions(self) -> IntArray:
        """Give the indices of one pass."""
        return self.indices

    def in_order_plan(self) -> Subset:
        """Give the epoch in the order of the subset."""
        return Subset(self.indices, InOrder(self.length, self.repeats))

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return int(self.indices.max(initial=-1)) + 1

    def keyed_plan(self, seed: int, epoch: int) -> Subset:
        """Give a random order made of seed and epoch."""
        passes = KeyedPasses(self.length, self.repeats, seed=seed, epoch=epoch)
        return Subset(self.indices, passes)

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch."""
        return f"{self!r} #{digest(self.indices)}"

    def drawn_plan(self, rng: ShuffleRNG) -> Subset:
        """Give an epoch with one permutation a pass."""
        return Subset(self.indices, DrawnPasses(self.length, self.repeats, rng))
