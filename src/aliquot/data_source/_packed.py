"""Rows made of several samples each."""

from typing import Any

import numpy as np

from aliquot._batch import as_columns, describe, leaves, map_leaves
from aliquot.data_source._index_batch import PackedBatch
from aliquot.errors import ArgumentError, BatchError

_ADDED = ("segment_ids", "positions")


def pack(batch: Any, packed: PackedBatch, rows: int) -> Any:
    """Put samples into rows.

    Parameters
    ----------
    batch : tuple, dict or column
        What a source gave for the samples of `packed`.
    packed : PackedBatch
        Where each sample belongs.
    rows : int
        How many rows there are.

    Returns
    -------
    tuple or dict
        Arrays of tokens (rows, tokens, ...), lists with an array a row for columns with a single
        value a sample; then ``segment_ids`` and ``positions``, int32 (rows, tokens).

    Raises
    ------
    BatchError
        If a sample has another number of tokens than its length (a `TypeError`).
    ArgumentError
        If a column of a dict has the name of one that is added (a `ValueError`).
    """
    for path, leaf in leaves(batch):
        _check(path, leaf, packed)
    found = map_leaves(lambda leaf: _packed(leaf, packed, rows), batch)
    added = _numbers(packed, rows)
    if not isinstance(found, dict):
        return (*as_columns(found), *added)
    for name in set(_ADDED) & found.keys():
        raise ArgumentError(f"a PackingSampler needs the name {name!r}, which a column has")
    return {**found, **dict(zip(_ADDED, added, strict=True))}


def _check(path: str, leaf: Any, packed: PackedBatch) -> None:
    kinds = {(np.asarray(sample).dtype, np.shape(sample)[1:]) for sample in leaf}
    if all(np.ndim(sample) == 0 for sample in leaf):
        return
    for sample, n, number in zip(leaf, packed.length, packed.sample_indices, strict=True):
        if np.ndim(sample) == 0 or len(sample) != n:
            raise BatchError(
                f"column {path or 0} has {describe(sample)} for sample {number}, whose length is "
                f"{n}: a packed column has one entry a token, or a single value a sample"
            )
    if len(kinds) > 1:
        raise BatchError(
            f"column {path or 0} cannot be packed: its samples differ in dtype, or in shape beyond "
            f"the first axis: {', '.join(f'{dtype} (n, {shape})' for dtype, shape in kinds)}"
        )


def _packed(leaf: Any, packed: PackedBatch, rows: int) -> Any:
    if not len(leaf) or np.ndim(leaf[0]) == 0:
        values = leaf if isinstance(leaf, np.ndarray) else np.asarray(leaf)
        return [values[packed.row == row] for row in range(rows)]
    first = np.asarray(leaf[0])
    whole = np.zeros((rows, packed.tokens, *first.shape[1:]), dtype=first.dtype)
    for sample, row, start, n in zip(leaf, packed.row, packed.offset, packed.length, strict=True):
        whole[row, start : start + n] = sample
    return whole


def _numbers(packed: PackedBatch, rows: int) -> tuple[Any, Any]:
    """Give the number of the sample, from 1 in each row, and of its token, from 0."""
    number = np.zeros((rows, packed.tokens), dtype=np.int32)
    position = np.zeros_like(number)
    first = np.searchsorted(packed.row, packed.row)
    among = np.arange(len(packed.row)) - first + 1
    for own, row, start, n in zip(among, packed.row, packed.offset, packed.length, strict=True):
        number[row, start : start + n] = own
        position[row, start : start + n] = np.arange(n)
    return number, position
