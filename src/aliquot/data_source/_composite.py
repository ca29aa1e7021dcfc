"""Batches with samples from every one of several sources."""

from collections.abc import Iterator, Sequence
from typing import Any

from aliquot._address import Address
from aliquot._arguments import check_batch_size, with_shuffle
from aliquot._batch import describe, length, trim
from aliquot.data_source._index_batch import trim as trim_indices
from aliquot.data_source._members import MembersDataSource
from aliquot.data_source._orders import Recipe, SideBySide
from aliquot.data_source._source import AbstractDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError


class CompositeDataSource(MembersDataSource[Any]):
    """Draws from several data sources side by side, each in an order of its own.

    An epoch is as long as that of the shortest. To go through a small labelled set again and
    again beside a large unlabelled one, give the small one ``repeats=-1``.

    Parameters
    ----------
    datasets : list of AbstractDataSource
        The members.
    flatten : bool, default True
        Join the columns of all members in one tuple (or one dict, if all give dicts) rather than
        giving a tuple with one batch a member.
    trim : bool, default True
        Cut the batches of a step to the shortest among them; a `Loader` does so always.

    Attributes
    ----------
    datasets, flatten, trim
        As given.

    Raises
    ------
    ArgumentError
        If there is no member (a `ValueError`).
    ArgumentTypeError
        If a member is no data source (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> labelled = ArrayDataSource([np.array([10, 20, 30]), np.array([0, 1, 1])], repeats=-1)
    >>> unlabelled = ArrayDataSource([np.arange(5)])
    >>> both = CompositeDataSource([labelled, unlabelled])
    >>> for x, y, u in both.batch_iterator(batch_size=4):
    ...     print(x, y, u)
    [10 20 30 10] [0 1 1 0] [0 1 2 3]
    [20] [1] [4]
    """

    def __init__(
        self,
        datasets: Sequence[AbstractDataSource[Any]],
        flatten: bool = True,
        trim: bool = True,
    ) -> None:
        super().__init__(datasets)
        self.flatten = flatten
        self.trim = trim

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of the shortest member; `None` if one does not know."""
        counts = [member.num_samples(**settings) for member in self.datasets]
        known = [count for count in counts if count is not None]
        return min(known) if len(known) == len(counts) else None

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over one epoch; each step takes one batch of every member."""
        size = check_batch_size(batch_size)
        return self._side_by_side(size, with_shuffle(shuffle, settings))

    def samples_by_indices_nomapping(self, indices: Any) -> Any:
        """Fetch a batch; `indices` is a list or tuple with the indices for each member."""
        self._check_indices(indices)
        return self._join(
            [
                member.samples_by_indices_nomapping(own)
                for member, own in zip(self.datasets, indices, strict=True)
            ]
        )

    def samples_by_indices(self, indices: Any) -> Any:
        """Fetch a batch; `indices` is a list or tuple with the positions for each member."""
        self._check_indices(indices)
        return self._join(
            [
                member.samples_by_indices(own)
                for member, own in zip(self.datasets, indices, strict=True)
            ]
        )

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Iterate over one epoch; each step gives a tuple with the indices for each member."""
        self._check_access()
        size = check_batch_size(batch_size)
        return self._indices_side_by_side(size, with_shuffle(shuffle, settings))

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        self._check_indices(indices)
        return tuple(
            [
                member.as_indices(own, mapped=mapped)
                for member, own in zip(self.datasets, indices, strict=True)
            ]
        )

    def read_members(self, indices: Any, address: Address) -> Any:
        """See `MembersDataSource.read_members`."""
        batches = []
        for member, own in zip(self.datasets, indices, strict=True):
            batches.append(member.read_at(own, address))
            address = address.beyond(member.count_takers())
        return self._join(batches)

    def epoch_order(self, recipe: Recipe) -> SideBySide:
        """Give the orders of the members, side by side."""
        return SideBySide(self._member_orders(recipe))

    def _side_by_side(self, batch_size: int, settings: dict[str, Any]) -> Iterator[Any]:
        members = [member.batch_iterator(batch_size, **settings) for member in self.datasets]
        for batches in zip(*members, strict=False):
            yield self._join(batches)

    def _indices_side_by_side(
        self, batch_size: int, settings: dict[str, Any]
    ) -> Iterator[tuple[Any, ...]]:
        members = [
            member.batch_indices_iterator(batch_size, **settings) for member in self.datasets
        ]
        for indices in zip(*members, strict=False):
            yield trim_indices(indices) if self.trim else indices

    def _check_indices(self, indices: Any) -> None:
        self._check_access()
        if not isinstance(indices, (list, tuple)):
            raise ArgumentTypeError(
                "expected a list with the indices for each data source, "
                f"not {type(indices).__name__}"
            )
        if len(indices) != len(self.datasets):
            raise ArgumentError(
                "expected a list with the indices for each data source: "
                f"{len(self.datasets)} of them, not {len(indices)}"
            )

    def _join(self, batches: Sequence[Any]) -> Any:
        parts = [
            member.columns_of(batch) for member, batch in zip(self.datasets, batches, strict=True)
        ]
        if self.trim:
            shortest = min(map(length, parts))
            parts = [trim(part, shortest) for part in parts]
        return _flatten(parts) if self.flatten else tuple(parts)


def _flatten(parts: list[Any]) -> Any:
    """Join tuples in one tuple (a single column counts as a tuple of one), or dicts in one dict."""
    if not any(isinstance(part, dict) for part in parts):
        return sum((part if isinstance(part, tuple) else (part,) for part in parts), ())
    columns = [key for part in parts if isinstance(part, dict) for key in part]
    if all(isinstance(part, dict) for part in parts) and len(set(columns)) == len(columns):
        return {key: column for part in parts for key, column in part.items()}
    raise BatchError(
        "batches can be joined if all are tuples, or all are dicts without a common name, but "
        f"these are {', '.join(map(describe, parts))}: write flatten=False"
    )
