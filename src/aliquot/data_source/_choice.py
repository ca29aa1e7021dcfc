"""Batches each of which comes from one of several sources."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._address import Address
from aliquot._arguments import ShuffleRNG, check_batch_size, shuffle_rng, with_shuffle
from aliquot.data_source._index_batch import ChoiceBatch
from aliquot.data_source._members import MembersDataSource
from aliquot.data_source._orders import Recipe, Turns, spread, steps_of, take_turns
from aliquot.data_source._source import AbstractDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, ExhaustedError
from aliquot.sampling import AbstractSampler, num_batches


class ChoiceDataSource(MembersDataSource[Any]):
    """Draws each batch from one of several data sources, such as different domains.

    Parameters
    ----------
    datasets : list of AbstractDataSource
        The members.
    stratified : bool, default False
        `False`: the members take turns (in a new random order each round, if shuffled) until one
        of them has no batch left. `True`: every batch of every member is given, spread evenly
        over the epoch (or in random order, if shuffled); if a member is endless, as `False`.

    Attributes
    ----------
    datasets, stratified
        As given.

    Raises
    ------
    ArgumentError
        If there is no member; while iterating, if `stratified` and a member does not know its
        number of samples (a `ValueError`).
    ArgumentTypeError
        If a member is no data source (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> a = ArrayDataSource([np.arange(6)])
    >>> b = ArrayDataSource([np.arange(100, 104)])
    >>> source = ChoiceDataSource([a, b], stratified=True)
    >>> [batch.tolist() for (batch,) in source.batch_iterator(batch_size=2)]
    [[0, 1], [100, 101], [2, 3], [4, 5], [102, 103]]
    """

    def __init__(
        self, datasets: Sequence[AbstractDataSource[Any]], stratified: bool = False
    ) -> None:
        super().__init__(datasets)
        self.stratified = stratified

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of all members that know their number."""
        counts = [member.num_samples(**settings) for member in self.datasets]
        known: list[int | float] = [count for count in counts if count is not None]
        return sum(known)

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over one epoch; each step gives a batch of one member."""
        rng = shuffle_rng(shuffle)
        size = check_batch_size(batch_size)
        return self._chosen(size, shuffle, rng, settings)

    def samples_by_indices_nomapping(self, indices: Any) -> Any:
        """Fetch the batch that a `ChoiceBatch` stands for."""
        member = self.datasets[self._number(indices)]
        return member.samples_by_indices_nomapping(indices.sample_indices)

    def samples_by_indices(self, indices: Any) -> Any:
        """Fetch the batch that a `ChoiceBatch` with positions stands for."""
        member = self.datasets[self._number(indices)]
        return member.samples_by_indices(indices.sample_indices)

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[ChoiceBatch]:
        """Iterate over one epoch; each step gives a `ChoiceBatch`."""
        self._check_access()
        rng = shuffle_rng(shuffle)
        size = check_batch_size(batch_size)
        members = [
            member.batch_indices_iterator(size, shuffle=rng, **settings) for member in self.datasets
        ]
        return self._choose(size, members, rng, settings)

    def _chosen(
        self, batch_size: int, shuffle: Any, rng: ShuffleRNG | None, settings: dict[str, Any]
    ) -> Iterator[Any]:
        members = [
            member.batch_iterator(batch_size, shuffle=shuffle, **settings)
            for member in self.datasets
        ]
        for batch, _ in self._choose(batch_size, members, rng, settings):
            yield batch

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        member = self.datasets[self._number(indices)]
        own = member.as_indices(indices.sample_indices, mapped=mapped)
        return indices._replace(sample_indices=own)

    def read_members(self, indices: Any, address: Address) -> Any:
        """See `MembersDataSource.read_members`."""
        number = self._number(indices)
        before = sum(member.count_takers() for member in self.datasets[:number])
        member = self.datasets[number]
        return member.read_at(indices.sample_indices, address.beyond(before))

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch."""
        return f"{super().sampling_note()}, stratified={self.stratified}"

    def epoch_order(self, recipe: Recipe) -> Turns:
        """Give the order of the members' steps."""
        members = self._member_orders(recipe)
        counts = [steps_of(member, recipe) for member in members] if self.stratified else [None]
        known = [count for count in counts if count is not None]
        if len(known) == len(members):
            return spread(members, known, recipe)
        return take_turns(members, recipe)

    def _number(self, indices: Any) -> int:
        self._check_access()
        if not isinstance(indices, ChoiceBatch):
            raise ArgumentTypeError(
                f"expected a ChoiceBatch(sample_indices, ds_index), not a {type(indices).__name__}"
            )
        return int(indices.ds_index)

    def _choose(
        self,
        batch_size: int,
        members: list[Iterator[Any]],
        rng: ShuffleRNG | None,
        settings: dict[str, Any],
    ) -> Iterator[ChoiceBatch]:
        """Walk the iterators of the members, one step of one member at a time."""
        counts = self._batches_per_member(batch_size, rng, settings) if self.stratified else None
        for i in _turns(len(members), rng) if counts is None else _spread(counts, rng):
            try:
                found = next(members[i])
            except StopIteration:
                if counts is None:
                    return
                raise ExhaustedError(
                    f"data source {i} gave fewer than the {counts[i]} batches that its "
                    "num_samples() promised"
                ) from None
            yield ChoiceBatch(found, int(i))

    def _batches_per_member(
        self, batch_size: int, rng: ShuffleRNG | None, settings: dict[str, Any]
    ) -> list[int] | None:
        """Count the batches of each member; `None` if there is no end of them."""
        counts = [member.num_samples(**with_shuffle(rng, settings)) for member in self.datasets]
        if None in counts:
            raise ArgumentError(
                f"stratified=True needs the number of samples of data source {counts.index(None)}"
            )
        if any(math.isinf(n) for n in counts if n is not None):
            return None
        return [num_batches(int(n), batch_size) for n in counts if n is not None]


def _turns(n: int, rng: ShuffleRNG | None) -> Iterator[int]:
    """Give members in turn, without end; shuffled, in a new order each round."""
    for _ in count():
        yield from range(n) if rng is None else rng.permutation(n)


def _spread(counts: Sequence[int], rng: ShuffleRNG | None) -> Iterable[int]:
    """Give each member as often as it has batches."""
    if rng is None:
        return _spread_evenly(np.array(counts))
    turns = np.repeat(np.arange(len(counts)), counts)
    rng.shuffle(turns)
    return turns


def _spread_evenly(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Advance all members in equal steps of their own lengths, as BatchUp 0.2.3 does.

    Its sums and its tolerance are kept, because rounding decides the order.
    """
    longest = counts.max()
    reached = np.zeros(len(counts))
    given = np.where(counts > 0, -1, 0)
    turns = []
    for _ in range(longest):
        whole = np.floor(reached + 0.25 / longest).astype(int)
        turns.append(np.flatnonzero(whole > given))
        given = whole
        reached += counts.astype(float) / longest
    return np.concatenate(turns) if turns else np.arange(0)
