"""Samples in memory that are alike: gathered all at once, as from one array.

Samples of one layout have the same header and the same size. They stand in slots of that size, one
after the other, unless others were stored between them.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aliquot.cache._codec import dtype_from_json, head_of, padded, parsed
from aliquot.cache._files import IntArray
from aliquot.cache._layout import Fixed, columns_of, filled


class Slot(NamedTuple):
    """Where the columns of a sample are, if all of them are arrays."""

    layout: Any
    """Containers with `Fixed` columns."""
    starts: list[int]
    """How far into the sample each column begins."""
    size: int
    """Bytes of a sample."""


def gather(memory: NDArray[np.uint8], begin: int, places: IntArray) -> Any:
    """Give the batch of some samples, which shares no memory with them.

    Parameters
    ----------
    memory : uint8 array
        Where samples are.
    begin : int
        Where the first slot begins.
    places : int64 array, shape (n,), n > 0
        Where the samples begin.

    Returns
    -------
    nested batch, or None
        None if the samples are not alike.
    """
    head = head_of(memory[int(places[0]) :].data)
    slot = _slot(head)
    if slot is None:
        return None
    numbers, beside = np.divmod(places - begin, slot.size)
    if beside.any():
        return None
    end = begin + (int(numbers.max()) + 1) * slot.size
    table = memory[begin:end].reshape(-1, slot.size)
    if table[:, : len(head)][numbers].tobytes() != head * len(numbers):
        return None
    columns = [
        _column(table[:, start : start + column.size], numbers, column)
        for start, column in zip(slot.starts, columns_of(slot.layout), strict=True)
    ]
    return filled(slot.layout, iter(columns))


def _column(table: NDArray[np.uint8], numbers: IntArray, column: Fixed) -> NDArray[Any]:
    shape = (len(numbers), *column.shape)
    if not column.size:
        return np.empty(shape, column.dtype)
    return table[numbers].view(column.dtype).reshape(shape)


@functools.lru_cache(maxsize=64)
def _slot(head: bytes) -> Slot | None:
    layout = _layout(parsed(head))
    if layout is None:
        return None
    starts, size = [], padded(len(head))
    for column in columns_of(layout):
        starts.append(size)
        size += padded(column.size)
    return Slot(layout, starts, size)


def _layout(plain: Any) -> Any:
    """Give the layout that a header tells of; `None` if not all columns are arrays."""
    if not isinstance(plain, dict):
        return None
    ((kind, about),) = plain.items()
    if kind == "t":
        parts = [_layout(part) for part in about]
        return tuple(parts) if parts and None not in parts else None
    if kind == "d":
        named = {key: _layout(part) for key, part in about if isinstance(key, str)}
        return named if len(named) == len(about) > 0 and None not in named.values() else None
    if kind == "A" and isinstance(about, dict) and "a" in about:
        described, shape = about["a"]
        return Fixed(dtype_from_json(described), tuple(shape))
    return None
