"""The orders that samplers give."""

import math

import numpy as np

from aliquot._indices import IntArray
from aliquot.data_source._index_batch import PackedBatch
from aliquot.data_source._orders import Order, Recipe
from aliquot.errors import ArgumentError
from aliquot.sampling import AbstractSampler, Blocks, OrderedPlan, PackingSampler, RowPlan

_ROWS_AHEAD = 1024


def fitting(sampler: AbstractSampler, length: int) -> AbstractSampler:
    """Give a sampler for data of `length` samples, or say that it draws from more."""
    sampler = sampler.for_length(length)
    if sampler.reach() > length:
        raise ArgumentError(
            f"{sampler!r} draws from {sampler.reach()} samples, and the data has only {length}"
        )
    if sampler.of_every_sample and sampler.reach() != length:
        raise ArgumentError(
            f"{sampler!r} needs one of them for each sample, and the data has {length} samples"
        )
    return sampler


def order_of(sampler: AbstractSampler, recipe: Recipe) -> Order:
    """Give the order of a sampler."""
    n = sampler.num_indices_generated()
    length = None if n is None or math.isinf(n) else int(n)
    sampler = sampler.for_steps(recipe.batch_size, recipe.step_size)
    shuffle, seed, epoch = recipe.shuffle, recipe.seed, recipe.epoch
    if isinstance(sampler, PackingSampler):
        rows = sampler.row_plan(shuffle=shuffle, seed=seed, epoch=epoch)
        return RowOrder(rows, sampler.num_rows, sampler.tokens)
    return PlanOrder(
        sampler.plan(shuffle=shuffle, seed=seed, epoch=epoch),
        length,
        batch_shaped=sampler.batch_shaped,
        interleaved=sampler.interleaved,
    )


class PlanOrder:
    """The order of a sampler."""

    packed = False

    def __init__(
        self,
        plan: OrderedPlan,
        length: int | None,
        *,
        batch_shaped: bool = False,
        interleaved: int | None = None,
    ) -> None:
        self.length = length
        self.batch_shaped = batch_shaped
        self.interleaved = interleaved
        self._plan = plan
        self._blocks = Blocks(plan)

    def between(self, start: int, stop: int) -> IntArray:
        """See `Order.between`."""
        return self._blocks.indices(start, stop)

    def at(self, places: IntArray) -> IntArray:
        """See `Order.at`."""
        runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
        return np.concatenate(
            [self._plan.indices(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)]
            or [np.empty(0, np.int64)]
        )

    def real(self, start: int, n: int) -> int:
        """See `Order.real`."""
        return n if self.length is None else max(min(n, self.length - start), 0)


class RowOrder:
    """The order of packed rows: a place is a row, with several samples in it."""

    batch_shaped = False
    interleaved: int | None = None
    packed = True

    def __init__(self, plan: RowPlan, num_rows: int, tokens: int) -> None:
        self.length: int | None = num_rows
        self._num_rows = num_rows
        self._plan = plan
        self._tokens = tokens
        # What was read ahead, as in `Blocks`: the first of its rows, and how many they are.
        self._first, self._read, self._ahead = 0, 0, self.at(np.arange(0))

    def between(self, start: int, stop: int) -> PackedBatch:
        """See `Order.between`."""
        if not self._first <= start <= stop <= self._first + self._read:
            n = max(stop - start, min(2 * self._read, _ROWS_AHEAD, self._num_rows - start))
            self._first, self._read = start, n
            self._ahead = self.at(np.arange(start, start + n))
        return self._ahead.rows(start - self._first, stop - self._first)

    def at(self, places: IntArray) -> PackedBatch:
        """See `Order.at`."""
        return PackedBatch(*self._plan.rows(places), tokens=self._tokens)

    def real(self, start: int, n: int) -> int:
        """See `Order.real`."""
        return max(min(n, self._num_rows - start), 0)
