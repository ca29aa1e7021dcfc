"""Some of the samples of another source, chosen before they are shuffled."""

from collections.abc import Callable, Iterator
from functools import cached_property
from operator import index
from typing import Any

import numpy as np

from aliquot._arguments import check_batch_size, shuffle_rng
from aliquot._indices import IntArray, check_indices, digest
from aliquot.data_source._index_batch import PackedBatch
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._sampler_orders import fitting, order_of
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.data_source._stage import call, name_of
from aliquot.data_source._wrapped import WrappedDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.sampling import AbstractSampler, StandardSampler

_BLOCK = 1024
Positions = range | IntArray


class SelectedDataSource(WrappedDataSource[BatchT_co]):
    """Draws some of the samples of another source.

    Made by the methods `filter`, `take`, `skip` and `shard` of a data source. A loader's sampler
    draws from these samples only: its indices count them from 0.

    Parameters
    ----------
    source : AbstractDataSource
        Where the samples are.
    select : callable
        Called once with the indices that `source` draws, a `range` or an int64 array, when they
        are first asked for; returns those to draw, likewise.
    name : str
        What is chosen, to be shown.

    Attributes
    ----------
    source : AbstractDataSource
        As given.

    Raises
    ------
    ArgumentTypeError
        If the samples of `source` have no indices of their own (a `TypeError`).
    """

    def __init__(
        self,
        source: AbstractDataSource[BatchT_co],
        select: Callable[[Positions], Positions],
        name: str,
    ) -> None:
        source.data_length()
        root: Any = source
        while isinstance(root, WrappedDataSource) and not isinstance(root, SelectedDataSource):
            root = root.source
        if not isinstance(root, SelectedDataSource):
            root.drawn()  # which a source that draws at random refuses
        super().__init__(source)
        self._select = select
        self._name = name

    def __repr__(self) -> str:
        return f"{self.source!r}.{self._name}"

    def __getstate__(self) -> dict[str, Any]:
        # What was chosen travels, rather than the function that chooses.
        return {**self.__dict__, "_select": None, "drawn_once": self.drawn_once}

    @cached_property
    def drawn_once(self) -> Drawn:
        """What is drawn; a filter is run when this is first asked for."""
        before = self.source.drawn()
        return before._replace(positions=self._select(before.positions))

    def drawn(self) -> Drawn:
        """See `AbstractDataSource.drawn`."""
        return self.drawn_once

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch."""
        return self._sampler().num_indices_generated()

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        if not mapped:
            return self.source.as_indices(indices, mapped=False)
        return self._data_indices(check_indices(indices, len(self)))

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[IntArray]:
        """Iterate over the indices of one epoch; they are those of the wrapped source's data."""
        for name in settings:
            raise ArgumentTypeError(
                f"{self._name} knows no setting {name!r}: batch_iterator takes batch_size and "
                "shuffle"
            )
        size, rng = check_batch_size(batch_size), shuffle_rng(shuffle)
        sampler = self._sampler()
        if rng is None:
            return map(self._data_indices, sampler.in_order_indices_batch_iterator(size))
        return map(self._data_indices, sampler.shuffled_indices_batch_iterator(size, rng))

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give the order of the samples that are left, by the recipe's sampler if it has one."""
        sampler: AbstractSampler = self._sampler()
        if recipe.sampler is not None:
            if self.drawn().repeats != 1:
                raise ArgumentError("the source has repeats=, and a sampler decides these itself")
            sampler = fitting(recipe.sampler, len(self))
        return _ChosenOrder(order_of(sampler, recipe), self._data_indices)

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return None

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch."""
        positions, repeats = self.drawn()
        told = repr(positions) if isinstance(positions, range) else f"#{digest(positions)}"
        drawn = f"repeats={repeats}" if sampler is None else sampler.describe()
        return f"Selected({len(positions)} of {told}, {drawn})"

    def _sampler(self) -> StandardSampler:
        return StandardSampler(len(self), repeats=self.drawn().repeats)

    def _data_indices(self, chosen: IntArray) -> IntArray:
        positions = self.drawn().positions
        if isinstance(positions, range):
            return chosen * positions.step + positions.start
        found: IntArray = positions[chosen]
        return found


class _ChosenOrder:
    """An order of positions, told as indices of the data."""

    def __init__(self, order: Order, data_indices: Callable[[IntArray], IntArray]) -> None:
        self.length = order.length
        self.batch_shaped = order.batch_shaped
        self.interleaved = order.interleaved
        self.packed = order.packed
        self.real = order.real
        self._order = order
        self._data_indices = data_indices

    def between(self, start: int, stop: int) -> Any:
        """See `Order.between`."""
        return self._told(self._order.between(start, stop))

    def at(self, places: IntArray) -> Any:
        """See `Order.at`."""
        return self._told(self._order.at(places))

    def _told(self, indices: Any) -> Any:
        if isinstance(indices, PackedBatch):
            return indices._replace(sample_indices=self._data_indices(indices.sample_indices))
        return self._data_indices(indices)


def check_number(value: Any, name: str) -> int:
    """Give an integer of 0 or more."""
    try:
        number = index(value)
    except TypeError:
        raise ArgumentTypeError(f"{name} must be an integer of 0 or more, not {value!r}") from None
    if number < 0:
        raise ArgumentError(f"{name} must be an integer of 0 or more, not {number}")
    return number


def kept_by(
    source: AbstractDataSource[Any], fn: Callable[..., Any], on: Any
) -> Callable[[Positions], Positions]:
    """Give the function that finds the positions whose samples `fn` keeps."""
    if not callable(fn):
        raise ArgumentTypeError(f"filter needs a function, not {fn!r}")
    if source.count_takers():
        raise ArgumentError(
            f"{name_of(fn)} would choose samples by random numbers that differ in each epoch: "
            "write .filter(...) before functions that take rng"
        )
    columns = [on] if isinstance(on, (str, int)) else on

    def keep(positions: Positions) -> IntArray:
        kept = [np.empty(0, dtype=np.int64)]
        for start in range(0, len(positions), _BLOCK):
            block = np.asarray(positions[start : start + _BLOCK], dtype=np.int64)
            if columns is None:
                mask = call(fn, source.columns_of(source.samples_by_indices_nomapping(block)))
            else:
                mask = call(fn, tuple(source.read_columns(block, columns)))
            kept.append(block[_check_mask(mask, len(block), fn)])
        return np.concatenate(kept)

    return keep


def _check_mask(mask: Any, n: int, fn: Callable[..., Any]) -> Any:
    found = np.asarray(mask)
    if found.dtype != np.bool_ or found.shape != (n,):
        raise BatchError(
            f"{name_of(fn)} must return a boolean array of shape ({n},), one entry a sample, not "
            f"{found.dtype} of shape {found.shape}"
        )
    return found
