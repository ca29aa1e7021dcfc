"""The indices of a batch: an array, a tuple of these for a composite, or a choice of one."""

from typing import Any, NamedTuple

import numpy as np

from aliquot._indices import IntArray


class ChoiceBatch(NamedTuple):
    """The samples of a batch of a `ChoiceDataSource`, and which member they are from."""

    sample_indices: Any
    """What `samples_by_indices_nomapping` of the member takes."""
    ds_index: int
    """Which member: its place in ``datasets``."""


class PackedBatch(NamedTuple):
    """The samples of a batch of packed rows, and where in its rows they stand."""

    sample_indices: IntArray
    """Which samples, row after row; shape (n,)."""
    row: IntArray
    """The row of each, shape (n,)."""
    offset: IntArray
    """Where in its row each begins, shape (n,)."""
    length: IntArray
    """The number of tokens of each, shape (n,)."""
    tokens: int
    """The length of a row."""

    def places(self, rows: IntArray) -> IntArray:
        """Give the place of each sample, for its randomness, from the places of the rows."""
        return rows[self.row] * self.tokens + self.offset

    def rows(self, start: int, stop: int) -> "PackedBatch":
        """Keep some rows that follow each other."""
        first, last = np.searchsorted(self.row, [start, stop])
        return PackedBatch(
            self.sample_indices[first:last].copy(),
            self.row[first:last] - start,
            self.offset[first:last].copy(),
            self.length[first:last].copy(),
            self.tokens,
        )

    def without(self, samples: Any) -> "PackedBatch":
        """Leave some samples out; they leave padding behind."""
        return self._replace(
            sample_indices=np.delete(self.sample_indices, samples),
            row=np.delete(self.row, samples),
            offset=np.delete(self.offset, samples),
            length=np.delete(self.length, samples),
        )


class Raw(NamedTuple):
    """Stands for the indices of a batch that was read already: that of a stream."""

    batch: Any
    state: Any = None
    """That of the stream after the batch, if it has one."""
    last: bool = False
    """Whether the stream ends with the batch."""


def count(indices: Any) -> int:
    """Count the samples.

    >>> count((np.arange(3), ChoiceBatch(np.arange(3), 1)))
    3
    """
    while isinstance(indices, tuple):
        indices = indices[0]
    return len(indices)


def take(indices: Any, rows: Any) -> Any:
    """Keep some of the samples: `rows` is a slice or an array of row numbers.

    >>> take((np.array([4, 5, 6]), ChoiceBatch(np.array([7, 8, 9]), 1)), slice(2))
    (array([4, 5]), ChoiceBatch(sample_indices=array([7, 8]), ds_index=1))
    """
    if isinstance(indices, ChoiceBatch):
        return indices._replace(sample_indices=take(indices.sample_indices, rows))
    if isinstance(indices, tuple):
        return tuple([take(own, rows) for own in indices])
    return indices[rows]


def trim(indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """Cut the indices of every member to the shortest."""
    counts = [count(own) for own in indices]
    shortest = min(counts)
    if max(counts) == shortest:
        return indices
    return tuple([take(own, slice(shortest)) for own in indices])


def first_at(indices: Any, row: int) -> int | None:
    """Give the index that stands in a row; of a composite, that of the first member."""
    while isinstance(indices, tuple):
        indices = indices[0]
    return int(np.asarray(indices)[row])
