"""Columns of pictures: what is asked of them, where their axes are, and how to go through them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe
from aliquot.errors import ArgumentError, BatchError
from aliquot.stages._columns import Name
from aliquot.stages._shapes import few

LAYOUTS = ("NHWC", "NCHW")

_BLOCK = 2**18
"""Entries that are worked on at once, so that they stay in the processor's cache."""


def check_layout(layout: Any) -> None:
    """Require one of `LAYOUTS`.

    >>> check_layout("NHWC")
    """
    if layout not in LAYOUTS:
        raise ArgumentError(f"layout must be one of 'NHWC', 'NCHW', not {layout!r}")


def as_images(name: Name, column: Any, *, stage: str, axes: int) -> NDArray[Any]:
    """Give a column as an array with at least `axes` axes a sample, or say why it is none."""
    if isinstance(column, np.ndarray) and column.dtype != object:
        if column.ndim <= axes:
            raise BatchError(
                f"column {name!r} has shape {column.shape}: {stage} needs samples with at least "
                f"{axes} axes"
            )
        return column
    if not isinstance(column, np.ndarray | list):
        raise BatchError(f"column {name!r} is {describe(column)}: {stage} needs one array")
    shapes = few(getattr(sample, "shape", type(sample).__name__) for sample in column)
    raise BatchError(
        f"column {name!r} is a list of {len(column)} samples, of shapes {shapes}: {stage} needs "
        "one array; give ImageFiles a size=, or pad"
    )


def floating(name: Name, array: NDArray[Any], *, stage: str, kinds: str) -> np.dtype[Any]:
    """Give the dtype of what is computed from `array`: float64 for float64, else float32."""
    if array.dtype.kind not in kinds or array.dtype.itemsize > 8:
        words = {"b": "bools", "i": "signed integers", "u": "unsigned integers", "f": "floats"}
        taken = ", ".join(words[kind] for kind in kinds)
        raise BatchError(f"column {name!r} is of dtype {array.dtype}: {stage} takes {taken}")
    return np.dtype(np.float64 if array.dtype == np.float64 else np.float32)


def blocks(array: NDArray[Any]) -> Iterator[slice]:
    """Give the rows of an array in blocks that fit into the cache, one row at least.

    >>> list(blocks(np.zeros((5, 100_000))))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    n = len(array)
    rows = max(1, _BLOCK * n // max(1, array.size))
    return (slice(start, start + rows) for start in range(0, n, rows))
