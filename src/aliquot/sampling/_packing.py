"""Several short samples in one row of a fixed length."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray, digest
from aliquot._random import hash_key, hash_keys
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling._abstract import AbstractSampler
from aliquot.sampling._keyed import Permutation
from aliquot.sampling._lengths import check_lengths
from aliquot.sampling._permuted import permuted

_PACKING = int.from_bytes(b"packing")
_AT_ONCE = 2**18


class Rows(NamedTuple):
    """Samples that are packed into rows."""

    samples: IntArray
    """Which samples, row after row; shape (n,)."""
    row: IntArray
    """The row of each, from 0; shape (n,)."""
    offset: IntArray
    """Where in its row each begins; shape (n,)."""
    length: IntArray
    """How many tokens each has; shape (n,)."""


class PackingSampler(AbstractSampler):
    """Packs every sample once into rows of a fixed length, and draws rows.

    For a `Loader`: its ``batch_size`` counts rows. Columns with one entry a token become arrays
    (rows, tokens, ...), filled up with 0, other columns lists with an array a row. Two columns
    follow, last in a tuple, or in a dict under their names: ``segment_ids``, which number the
    samples of a row from 1 with 0 for padding, and ``positions``, which count the tokens of each
    sample from 0; int32, shape (rows, tokens).

    Parameters
    ----------
    lengths : array of int, shape (n,)
        The number of tokens of each sample, 1 or more.
    tokens : int
        The length of a row.

    Attributes
    ----------
    length : int
        Number of samples.
    tokens : int
        As given.
    num_rows : int
        How many rows there are.
    padding : float
        The share of padding in them.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If `lengths` are no integers of 1 or more, or one is more than `tokens` (a `ValueError` or
        `TypeError`).

    Notes
    -----
    First fit, longest first: each sample goes into the first row with room for it (of 2**18
    samples at a time), which takes at most 11/9 of the fewest rows possible, and 6/9 of a row
    (D. S. Johnson 1973, G. Dósa 2007). What is packed is lengths: which of the samples of a
    length go where is drawn for each epoch, as is the order of rows. So all epochs have the same
    number of rows, and the same padding. It keeps 12 bytes a
    sample and 8 a row.

    Examples
    --------
    >>> from aliquot import Loader
    >>> texts = [np.full(n, n) for n in (3, 5, 2, 1, 4)]
    >>> sampler = PackingSampler([len(text) for text in texts], tokens=8)
    >>> for tokens, segment_ids, positions in Loader([texts], batch_size=2, sampler=sampler):
    ...     print(tokens)
    ...     print(segment_ids)
    [[3 3 3 5 5 5 5 5]
     [1 2 2 4 4 4 4 0]]
    [[1 1 1 2 2 2 2 2]
     [1 2 2 3 3 3 3 0]]
    """

    of_every_sample = True

    def __init__(self, lengths: Any, tokens: int) -> None:
        if isinstance(tokens, bool) or not hasattr(tokens, "__index__"):
            raise ArgumentTypeError(f"tokens must be an integer, not {tokens!r}")
        self.tokens = int(tokens)
        checked = check_lengths(lengths, 1)
        longest = int(np.argmax(checked))
        if checked[longest] > self.tokens:
            raise ArgumentError(
                f"sample {longest} has {checked[longest]} tokens, and a row has only "
                f"{self.tokens}: cut such samples, or give more tokens="
            )
        self.length = len(checked)
        self._packing = _Packing(checked, self.tokens)
        self.num_rows = len(self._packing.starts) - 1
        self.padding = 1 - int(checked.sum()) / (self.num_rows * self.tokens)
        self._digest = digest(checked)

    def __repr__(self) -> str:
        return f"PackingSampler({self.length} lengths, tokens={self.tokens})"

    def num_indices_generated(self) -> int:
        """Count the places of an epoch: the number of rows."""
        return self.num_rows

    def in_order_indices_batch_iterator(self, batch_size: int) -> Iterator[IntArray]:
        """Refuse: rows of several samples are drawn by a `Loader` only."""
        raise NotImplementedError("a PackingSampler packs rows: give it to a Loader")

    def shuffled_indices_batch_iterator(
        self, batch_size: int, shuffle_rng: ShuffleRNG
    ) -> Iterator[IntArray]:
        """Refuse: rows of several samples are drawn by a `Loader` only."""
        return self.in_order_indices_batch_iterator(batch_size)

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return self.length

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch."""
        return f"{self!r} #{self._digest}"

    def row_plan(self, *, shuffle: bool, seed: int, epoch: int) -> "RowPlan":
        """Give the rows of an epoch, any of which can be asked for."""
        key = hash_key(_PACKING, seed, epoch) if shuffle else None
        return RowPlan(self._packing, key)


class _Packing:
    """Which lengths go into which row; a sample stands for any other of its length."""

    def __init__(self, lengths: IntArray, tokens: int) -> None:
        narrow = np.int32 if len(lengths) < 2**31 else np.int64
        by_length = np.argsort(lengths, kind="stable")
        self.lengths = lengths.astype(np.min_scalar_type(tokens))
        self.by_length = by_length.astype(narrow)
        self.counts: IntArray = np.bincount(lengths)
        self.firsts = np.cumsum(self.counts) - self.counts
        """Where each length begins in `by_length`."""
        row = _first_fit(lengths[by_length], tokens)
        self.slots = np.argsort(row, kind="stable").astype(narrow)
        """Positions in `by_length`, row after row."""
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(row))])
        """Where each row begins in `slots`, and where the last ends."""


class RowPlan:
    """The rows of an epoch, in keyed order if there is a key."""

    def __init__(self, packing: _Packing, key: int | None) -> None:
        self._packing = packing
        self._key = key
        n = len(packing.starts) - 1
        self._order = None if key is None else Permutation(n, hash_key(key, 0))

    def rows(self, places: IntArray) -> Rows:
        """Give the rows at some places."""
        packing = self._packing
        number = places if self._order is None else self._order.at(places)
        start, n = packing.starts[number], np.diff(packing.starts)[number]
        row = np.repeat(np.arange(len(number)), n)
        first = np.repeat(np.cumsum(n) - n, n)
        slots = packing.slots[start[row] + np.arange(len(row)) - first]
        lengths = packing.lengths[packing.by_length[slots]].astype(np.int64)
        before = np.cumsum(lengths) - lengths
        among = slots - packing.firsts[lengths]
        if self._key is not None:
            among = permuted(packing.counts[lengths], hash_keys(self._key, lengths), among)
        samples = packing.by_length[packing.firsts[lengths] + among]
        return Rows(samples.astype(np.int64), row, before - before[first], lengths)


def _first_fit(lengths: IntArray, tokens: int) -> IntArray:
    """Give the row of each sample; lengths are sorted."""
    parts = -(-len(lengths) // _AT_ONCE)
    row = np.empty(len(lengths), dtype=np.int64)
    rows = 0
    for part in range(parts):  # each has all lengths in it
        found = _fit(lengths[part::parts], tokens)
        row[part::parts] = found + rows
        rows += int(found.max()) + 1
    return row


def _fit(lengths: IntArray, tokens: int) -> IntArray:
    """Put the longest first; all samples of a length at once, which is the same as in turn."""
    values, firsts, counts = np.unique(lengths, return_index=True, return_counts=True)
    row = np.empty(len(lengths), dtype=np.int64)
    room = np.full(len(lengths), tokens)
    rows = 0
    for value, first, n in zip(values[::-1], firsts[::-1], counts[::-1], strict=True):
        # As many new rows as it may take: those that get nothing stay new.
        reach = rows + -(-n // (tokens // value))
        fits = room[:reach] // value
        before = np.cumsum(fits) - fits
        taken = np.clip(n - before, 0, fits)
        row[first : first + n] = np.repeat(np.arange(reach), taken)
        room[:reach] -= taken * value
        rows = max(rows, int(np.flatnonzero(taken)[-1]) + 1)
    return row
