"""Sources that draw what another draws."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from aliquot._address import Address, outside_an_epoch
from aliquot._arguments import ShuffleRNG, check_batch_size, seed_of, shuffle_rng, with_shuffle
from aliquot.data_source._index_batch import count
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.sampling import AbstractSampler


class WrappedDataSource(AbstractDataSource[BatchT_co]):
    """A source that draws what another draws, and does something with its batches.

    Subclass it and write `read_at`.
    """

    def __init__(self, source: AbstractDataSource[Any]) -> None:
        self.source = source
        self.lists_are_tuples = source.lists_are_tuples

    def read_at(self, indices: Any, address: Address) -> BatchT_co:
        """See `AbstractDataSource.read_at`."""
        return cast("BatchT_co", self.source.read_at(indices, address))

    @property
    def is_random_access(self) -> bool:
        """Whether the wrapped source is."""
        return self.source.is_random_access

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch of the wrapped source."""
        return self.source.num_samples(**settings)

    @property
    def reads_ahead(self) -> bool:
        """Whether the wrapped source does."""
        return self.source.reads_ahead

    def will_need(self, indices: Any) -> None:
        """See `AbstractDataSource.will_need`."""
        self.source.will_need(indices)

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return self.source.count_takers()

    def data_length(self) -> int:
        """Give that of the wrapped source."""
        return self.source.data_length()

    def ragged_columns(self) -> list[Any]:
        """Give those of the wrapped source."""
        return self.source.ragged_columns()

    def read_columns(self, indices: Any, on: list[Any]) -> list[Any]:
        """Fetch some columns of the wrapped source."""
        return self.source.read_columns(indices, on)

    def __len__(self) -> int:
        """Count the samples of one pass."""
        return len(self.drawn().positions)

    def drawn(self) -> Drawn:
        """Give what the wrapped source draws."""
        return self.source.drawn()

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give that of the wrapped source."""
        return self.source.epoch_order(recipe)

    def default_epoch_samples(self) -> int | None:
        """Give that of the wrapped source."""
        return self.source.default_epoch_samples()

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Give that of the wrapped source."""
        return self.source.sampling_note(sampler)

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the batches of one epoch."""
        size = check_batch_size(batch_size)
        return (self.read_at(*own) for own in addressed_indices(self, size, shuffle, settings))

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch samples, whatever subset the wrapped source draws from."""
        return self._fetch(indices, mapped=False)

    def samples_by_indices(self, indices: Any) -> BatchT_co:
        """Fetch samples of the subset that the wrapped source draws from."""
        return self._fetch(indices, mapped=True)

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        return self.source.as_indices(indices, mapped=mapped)

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over the indices of one epoch of the wrapped source."""
        self._check_access()
        return self.source.batch_indices_iterator(batch_size, **with_shuffle(shuffle, settings))

    def _fetch(self, indices: Any, *, mapped: bool) -> BatchT_co:
        self._check_access()
        found = self.as_indices(indices, mapped=mapped)
        return self.read_at(found, outside_an_epoch(found))

    def _check_access(self) -> None:
        if not self.is_random_access:
            self._refuse_access()


def addressed_indices(
    source: AbstractDataSource[Any], batch_size: int, shuffle: Any, settings: dict[str, Any]
) -> Iterator[tuple[Any, Address]]:
    """Iterate over the indices of one epoch, each with the address of its batch.

    The seed is a hash of the generator's state before the order is drawn from it.
    """
    rng = shuffle_rng(shuffle)
    batches = source.batch_indices_iterator(batch_size, **with_shuffle(rng, settings))
    return _addressed(batches, rng if source.count_takers() else None)


def _addressed(batches: Iterator[Any], rng: ShuffleRNG | None) -> Iterator[tuple[Any, Address]]:
    seed = seed_of(rng)
    start = 0
    for indices in batches:
        n = count(indices)
        yield indices, Address(seed, 0, np.arange(start, start + n))
        start += n
