"""What concatenating and mixing share: the samples of several sources, numbered through."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from aliquot._address import Address, SampleFailures, outside_an_epoch
from aliquot._batch import describe, leaves, merge
from aliquot._indices import check_indices
from aliquot.data_source._members import check_members
from aliquot.data_source._random_access import RandomAccessDataSource
from aliquot.data_source._source import AbstractDataSource
from aliquot.data_source._wrapped import addressed_indices
from aliquot.errors import ArgumentTypeError, BatchError


class JoinedDataSource(RandomAccessDataSource[Any]):
    """Gives batches with samples of any of its members, in ``datasets``, in one."""

    lists_are_tuples = False

    def __init__(self, datasets: Sequence[AbstractDataSource[Any]], indices: Any = None) -> None:
        self.datasets = datasets
        self._starts = np.cumsum([0, *(member.data_length() for member in datasets)])
        super().__init__(int(self._starts[-1]), indices=indices)

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self.datasets))}])"

    def samples_by_indices_nomapping(self, indices: Any) -> Any:
        """Fetch the samples at `indices` of the members' data, one after the other.

        Parameters
        ----------
        indices : array of int, shape (n,), or list of int, or slice
            Which samples: those of the second member begin where the data of the first ends.

        Returns
        -------
        tuple or dict
            The batch, with `n` samples in each column.

        Raises
        ------
        BatchError
            If members give batches of different structure or dtype (a `TypeError`).
        """
        found = check_indices(indices, self._length)
        return self.read_at(found, outside_an_epoch(found))

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over the mini-batches of one epoch."""
        return (
            self.read_at(*own) for own in addressed_indices(self, batch_size, shuffle, settings)
        )

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return sum(member.count_takers() for member in self.datasets)

    def read_at(self, indices: Any, address: Address) -> Any:
        """See `AbstractDataSource.read_at`."""
        parts: list[tuple[Any, Any]] = []
        failures: dict[int, Exception] = {}
        for number, rows, own in self._by_member(indices):
            member = self.datasets[number]
            before = sum(other.count_takers() for other in self.datasets[:number])
            note = f"in data source {number} of {type(self).__name__}"
            try:
                part = member.read_at(own, address.rows(rows).beyond(before))
                parts.append((rows, member.columns_of(part)))
            except SampleFailures as failed:
                for row, error in failed.rows.items():
                    error.add_note(note)
                    failures[int(rows[row])] = error
            except Exception as error:
                error.add_note(note)
                raise
        if failures:
            raise SampleFailures(failures)
        if len(parts) == 1:
            return parts[0][1]
        self._check_alike([part for _, part in parts])
        return merge(len(indices), parts)

    def read_columns(self, indices: Any, on: list[Any]) -> list[Any]:
        """Fetch some columns of the samples at `indices` of the data; no other is read."""
        parts = [
            (rows, self.datasets[number].read_columns(own, on))
            for number, rows, own in self._by_member(indices)
        ]
        return [
            merge(len(indices), [(rows, columns[i]) for rows, columns in parts])
            for i in range(len(on))
        ]

    def _by_member(self, indices: Any) -> Iterator[tuple[int, Any, Any]]:
        """Give each member that is asked, with the rows it fills and its own indices."""
        member_of = np.searchsorted(self._starts, indices, side="right") - 1
        for number in np.unique(member_of) if len(indices) else [0]:
            rows = np.flatnonzero(member_of == number)
            yield int(number), rows, indices[rows] - self._starts[number]

    def _check_alike(self, batches: list[Any]) -> None:
        kinds = [{path: _kind(leaf) for path, leaf in leaves(batch)} for batch in batches]
        for batch, kind in zip(batches, kinds, strict=True):
            if kind != kinds[0]:
                raise BatchError(
                    f"the data sources of a {type(self).__name__} must give the same columns with "
                    f"the same dtypes, not {describe(batches[0])} and {describe(batch)}"
                )


def _kind(leaf: Any) -> Any:
    """Give the dtype; a column of samples that differ in shape has none, texts any length."""
    sample = leaf[0] if isinstance(leaf, list) and leaf else leaf
    if not isinstance(sample, np.ndarray):
        return None
    return sample.dtype.kind if sample.dtype.kind in "US" else sample.dtype


def check_joined(datasets: Any, name: str) -> None:
    """Require data sources whose samples can be numbered through."""
    check_members(datasets, name)
    for number, member in enumerate(datasets):
        if not member.is_random_access:
            raise ArgumentTypeError(
                f"{name} needs samples that can be fetched by index, which those of number "
                f"{number} cannot: {member!r}"
            )
