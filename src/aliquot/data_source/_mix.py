"""Batches mixed of several sources in fixed shares."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from aliquot._arguments import check_batch_size, shuffle_rng
from aliquot._indices import IntArray
from aliquot._random import hash_key
from aliquot.data_source._joined import JoinedDataSource, check_joined
from aliquot.data_source._orders import Drawn, Order, Recipe, interleaved_of
from aliquot.data_source._sampler_orders import PlanOrder
from aliquot.data_source._source import AbstractDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import AbstractSampler, Runs, integer_shares

_MIX = int.from_bytes(b"mix")


class MixDataSource(JoinedDataSource):
    """Draws from several data sources in fixed shares, each in an order of its own.

    Weights become integer shares, and every run of places as long as their sum holds each member
    exactly as often as its share: evenly spread in order, at random places if shuffled. So which
    member stands at a place, and which of its samples, is arithmetic, and counts are exact.

    Parameters
    ----------
    datasets : list of AbstractDataSource
        The members. They give batches of the same structure and dtypes.
    weights : list of float, optional
        How much of the mixture each member is; any sum, above 0. By default the members have
        equal shares. Weights that are not in proportion to integers with a sum of 10,000 at most
        are rounded to that.
    stopping : {"first_exhausted", "all_exhausted"}, default "first_exhausted"
        Whether an epoch ends before the first member would begin anew, or once every member has
        been gone through. Members that are through earlier begin anew, shuffled anew. An endless
        member is never exhausted.

    Attributes
    ----------
    datasets, stopping
        As given.
    shares : int64 array, shape (len(datasets),)
        The integer shares.

    Raises
    ------
    ArgumentError
        If there is no member, a member is empty or packed, weights are not above 0, or `stopping`
        is neither of the two (a `ValueError`).
    ArgumentTypeError
        If a member is no data source, or its samples have no indices of their own (a `TypeError`).

    Examples
    --------
    >>> from aliquot import Loader
    >>> from aliquot.data_source import ArrayDataSource
    >>> a = ArrayDataSource([np.arange(6)])
    >>> b = ArrayDataSource([np.arange(100, 103)])
    >>> mix = MixDataSource([a, b], weights=[0.75, 0.25], stopping="all_exhausted")
    >>> mix.shares
    array([3, 1])
    >>> for (batch,) in Loader(mix, batch_size=4, shuffle=True, seed=0):
    ...     print(batch)
    [101   1   3   5]
    [  4 102   0   2]
    [100   5   1]
    """

    def __init__(
        self,
        datasets: Sequence[AbstractDataSource[Any]],
        weights: Sequence[float] | None = None,
        stopping: str = "first_exhausted",
    ) -> None:
        check_joined(datasets, type(self).__name__)
        weights = [1] * len(datasets) if weights is None else weights
        if len(weights) != len(datasets):
            raise ArgumentError(
                f"weights must be one a data source: {len(datasets)} of them, not {len(weights)}"
            )
        if stopping not in ("first_exhausted", "all_exhausted"):
            raise ArgumentError(
                f'stopping must be "first_exhausted" or "all_exhausted", not {stopping!r}'
            )
        super().__init__(datasets)
        self.shares = integer_shares(weights)
        self.stopping = stopping
        self._runs = Runs(self.shares)

    def __repr__(self) -> str:
        shares = ":".join(map(str, self.shares))
        members = ", ".join(map(repr, self.datasets))
        return f"MixDataSource([{members}], {shares}, stopping={self.stopping!r})"

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch; ``numpy.inf`` if it has no end."""
        length = self._order(1, None).length
        return math.inf if length is None else length

    def drawn(self) -> Drawn:
        """Refuse: at random, there are no positions to choose from."""
        raise ArgumentTypeError(
            "the samples of a MixDataSource cannot be chosen from: choose from those of its members"
        )

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[IntArray]:
        """Iterate over the indices of the batches of one epoch.

        Parameters
        ----------
        batch_size : int
            Samples a batch, 1 or more; the last batch may be short.
        shuffle : bool, numpy.random.RandomState or numpy.random.Generator, optional
            A generator gives the seed, by one draw.

        Returns
        -------
        iterator of int64 arrays, shape (batch_size,)
            Indices of the members' data, one after the other.
        """
        self._refuse_unknown(settings.keys())
        return self._walk(check_batch_size(batch_size), shuffle_rng(shuffle))

    def _walk(self, size: int, rng: Any) -> Iterator[IntArray]:
        order = self._order(size, rng)
        start = 0
        while n := order.real(start, size):
            yield order.between(start, start + n)
            start += n

    def _order(self, size: int, rng: Any) -> Order:
        seed = 0 if rng is None else int(rng.random() * 2**53)
        shuffle = rng is not None
        return self.epoch_order(
            Recipe(seed=seed, epoch=0, shuffle=shuffle, batch_size=size, step_size=size)
        )

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give the order of the mixture."""
        if recipe.sampler is not None:
            raise ArgumentError(
                "a sampler cannot be given for a MixDataSource: give it to its members"
            )
        plan = _MixPlan(self, recipe)
        return PlanOrder(
            plan, plan.length, batch_shaped=plan.batch_shaped, interleaved=plan.interleaved
        )

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return sum(member.default_epoch_samples() or 0 for member in self.datasets) or None

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch."""
        members = ", ".join(member.sampling_note() for member in self.datasets)
        return f"Mix({':'.join(map(str, self.shares))} {self.stopping}: {members})"

    def _end_of(self, lengths: Sequence[int | None]) -> int | None:
        """Give the places of an epoch for the lengths of the members; `None` for no end."""
        known = [(number, n) for number, n in enumerate(lengths) if n is not None]
        if self.stopping == "first_exhausted":
            ends = [self._runs.place_of(number, n) for number, n in known]
            return min(ends, default=None)
        if len(known) < len(lengths):
            return None
        return max(self._runs.place_of(number, n - 1) + 1 for number, n in known)


class _MixPlan:
    """The order of a mixture, over indices that are numbered through."""

    def __init__(self, mix: MixDataSource, recipe: Recipe) -> None:
        self._mix = mix
        self._recipe = recipe
        self._key = hash_key(_MIX, recipe.seed, recipe.epoch) if recipe.shuffle else None
        self._orders: dict[tuple[int, int], Order] = {}
        members = [self._order(number, 0) for number in range(len(mix.datasets))]
        for number, order in enumerate(members):
            if order.packed:
                raise ArgumentError(f"data source {number} of a MixDataSource cannot be packed")
            if order.length == 0:
                raise ArgumentError(f"data source {number} of a MixDataSource is empty")
        self._lengths = [order.length for order in members]
        self.length = mix._end_of(self._lengths)
        self.batch_shaped = any(order.batch_shaped for order in members)
        self.interleaved = interleaved_of(members)

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        places = np.arange(start, stop if self.length is None else min(stop, self.length))
        members, draws = self._mix._runs.at(places, self.length, self._key)
        found = np.empty(len(places), dtype=np.int64)
        for number in np.unique(members):
            rows = np.flatnonzero(members == number)
            found[rows] = self._of_member(int(number), draws[rows]) + self._mix._starts[number]
        return found

    def _of_member(self, number: int, draws: IntArray) -> IntArray:
        n = self._lengths[number]
        passes, places = (np.zeros_like(draws), draws) if n is None else np.divmod(draws, n)
        found = np.empty_like(draws)
        for own in np.unique(passes):
            rows = np.flatnonzero(passes == own)
            # The draws of a stretch of places are nearly all of a stretch.
            first, last = int(places[rows].min()), int(places[rows].max())
            order = self._order(number, int(own))
            found[rows] = order.between(first, last + 1)[places[rows] - first]
        return found

    def _order(self, number: int, own: int) -> Order:
        """Give the order of a member in one of its passes; the two latest are kept."""
        order = self._orders.get((number, own))
        if order is None:
            recipe = self._recipe.for_member(number, own)
            order = self._mix.datasets[number].epoch_order(recipe)
            self._orders[number, own] = order
            self._orders.pop((number, own - 2), None)
        return order
