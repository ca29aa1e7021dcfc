"""Sources that apply a function to the batches or samples of another."""

from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any, cast

import numpy as np

from aliquot._address import Address, SampleFailures
from aliquot._arguments import check_batch_size, seed_of, shuffle_rng, with_shuffle
from aliquot._batch import length, map_leaves, stack
from aliquot._random import Draws
from aliquot.data_source._index_batch import first_at
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.data_source._stage import apply, as_batch, call, name_of, takes_rng
from aliquot.data_source._wrapped import WrappedDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, note_site


class MappedDataSource(WrappedDataSource[BatchT_co]):
    """A source whose batches are another's, passed through a function."""

    def __init__(
        self, source: AbstractDataSource[Any], fn: Callable[..., Any], *, rng: bool | None = None
    ) -> None:
        if not callable(fn):
            raise ArgumentTypeError(f"map needs a function, not {fn!r}")
        super().__init__(source)
        self.lists_are_tuples = False
        self.fn = fn
        self._takes_rng = takes_rng(fn) if rng is None else rng
        self._stage = source.count_takers()
        self._name = name_of(fn)

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return self._stage + self._takes_rng

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the batches of one epoch, each passed through the function."""
        size = check_batch_size(batch_size)
        if self.count_takers() and self.is_random_access:
            return super().batch_iterator(size, shuffle, **settings)
        return self._mapped(size, shuffle, settings)

    def read_at(self, indices: Any, address: Address) -> BatchT_co:
        """See `AbstractDataSource.read_at`."""
        return self.apply(self.source.read_at(indices, address), address)

    def ragged_columns(self) -> list[Any]:
        """Refuse: what a function gives is known once it was called."""
        return AbstractDataSource.ragged_columns(self)

    def read_columns(self, indices: Any, on: list[Any]) -> list[Any]:
        """Fetch some columns of what the function gives."""
        return AbstractDataSource.read_columns(self, indices, on)

    def apply(self, batch: Any, address: Address) -> BatchT_co:
        """Pass a batch of the mapped source through the function."""
        raise NotImplementedError

    def _mapped(
        self, batch_size: int, shuffle: Any, settings: dict[str, Any]
    ) -> Iterator[BatchT_co]:
        rng = shuffle_rng(shuffle) if self._takes_rng else None
        seed = seed_of(rng)
        handed_on = with_shuffle(shuffle if rng is None else rng, settings)
        start = 0
        for batch in self.source.batch_iterator(batch_size, **handed_on):
            n = length(self.source.columns_of(batch)) if self._takes_rng else 0
            yield self.apply(batch, Address(seed, 0, np.arange(start, start + n)))
            start += n


class MapDataSource(MappedDataSource[BatchT_co]):
    """Applies a function to each batch of another data source.

    Parameters
    ----------
    source : AbstractDataSource
        Where batches come from.
    fn : callable
        Called as ``fn(*batch)`` for tuples, ``fn(batch)`` for dicts and single arrays. Returns a
        tuple or list of columns, a dict of columns or one array, with as many samples as it was
        given; a list becomes a tuple.

    rng : bool, optional
        Whether `fn` is given random numbers as ``rng=``; by default if it has a parameter of that
        name without a default.

    Attributes
    ----------
    source, fn
        As given.

    Raises
    ------
    BatchError
        While iterating, if `fn` returns something else (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> source = MapDataSource(ArrayDataSource([np.arange(4)]), lambda x: (x, x**2))
    >>> source.samples_by_indices([3, 1])
    (array([3, 1]), array([9, 1]))
    """

    def __repr__(self) -> str:
        return f"{self.source!r}.map({self._name})"

    def apply(self, batch: Any, address: Address) -> BatchT_co:
        """Pass a batch of the mapped source through the function."""
        start = perf_counter_ns()
        rng = address.draws(self._stage) if self._takes_rng else None
        result = cast("BatchT_co", apply(self.fn, self.source.columns_of(batch), rng))
        address.count(f"map {self._name}", start)
        return result


class MapSamplesDataSource(MappedDataSource[Any]):
    """Applies a function to each sample of another data source, and stacks the results.

    Made by `AbstractDataSource.map_samples`, which describes it.

    Parameters
    ----------
    source : AbstractDataSource
        Where batches come from.
    fn : callable
        Called as ``fn(*sample)`` for tuple batches, ``fn(sample)`` for others.
    rng : bool, optional
        Whether `fn` is given random numbers as ``rng=``.

    Attributes
    ----------
    source, fn
        As given.
    """

    def __repr__(self) -> str:
        return f"{self.source!r}.map_samples({self._name})"

    def apply(self, batch: Any, address: Address) -> Any:
        """Pass each sample of a batch of the mapped source through the function."""
        results, failures = self._map_rows(self.source.columns_of(batch), address)
        for error in failures.values():
            raise error
        return results

    def read_at(self, indices: Any, address: Address) -> Any:
        """See `AbstractDataSource.read_at`."""
        batch = self.source.read_at(indices, address)
        results, failures = self._map_rows(self.source.columns_of(batch), address)
        for row, error in failures.items():
            index, place = first_at(indices, row), int(address.places[row])
            note_site(error, index=index, place=place, stage=self._name)
            error.add_note(f"for sample {index}")
            if not address.tolerant:
                raise error
        if failures:
            raise SampleFailures(failures)
        return results

    def _map_rows(self, batch: Any, address: Address) -> tuple[Any, dict[int, Exception]]:
        """Map row after row, up to the first failure unless all failures are wanted."""
        draws = address.draws(self._stage) if self._takes_rng else None
        results: list[Any] = []
        failures: dict[int, Exception] = {}
        start = perf_counter_ns()
        for row in range(length(batch)):
            try:
                results.append(self._map_row(batch, row, draws))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001
                failures[row] = error
                if not address.tolerant:
                    break
        address.count(f"map_samples {self._name}", start)
        return (stack(results) if results else batch), failures

    def _map_row(self, batch: Any, row: int, draws: Draws | None) -> Any:
        sample = map_leaves(lambda leaf: leaf[row], batch)
        rng = None if draws is None else draws.sample(row)
        result = as_batch(call(self.fn, sample, rng=rng))
        if result is None:
            raise BatchError(f"{self._name} must return a sample, but it returned None")
        return result


def before(source: AbstractDataSource[Any], fn: Callable[..., Any]) -> AbstractDataSource[Any]:
    """Give the source whose batches or samples a function of `source` is called with.

    Raises
    ------
    ArgumentError
        If `source` has no such function.
    """
    known = []
    part: Any = source
    while isinstance(part, WrappedDataSource):
        if isinstance(part, MappedDataSource):
            if part.fn is fn or part.fn == fn:
                return part.source
            known.append(name_of(part.fn))
        part = part.source
    raise ArgumentError(
        f"{fn!r} is no function of the source, which has {', '.join(reversed(known)) or 'none'}"
    )
