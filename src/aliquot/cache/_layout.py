"""The fixed layout: batches whose columns are arrays, with one shape and dtype a sample each."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from aliquot._batch import leaves
from aliquot.cache._codec import dtype_from_json, dtype_to_json


@dataclass(frozen=True)
class Fixed:
    """What a column has for every sample: an array of this shape and dtype."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of a sample."""
        return math.prod(self.shape) * self.dtype.itemsize


def layout_of(batch: Any) -> Any:
    """Give the layout of a batch: its containers, with `Fixed` columns; `None` if it has none.

    >>> layout_of((np.zeros((5, 2)), np.zeros(5, np.uint8)))
    (Fixed(dtype=dtype('float64'), shape=(2,)), Fixed(dtype=dtype('uint8'), shape=()))
    >>> layout_of(["a", "b"]) is None
    True
    """
    if type(batch) is tuple:
        parts = [layout_of(part) for part in batch]
        return tuple(parts) if parts and None not in parts else None
    if type(batch) is dict:
        named = {key: layout_of(part) for key, part in batch.items()}
        texts = all(type(key) is str for key in named)  # others may be no names in JSON
        return named if named and texts and None not in named.values() else None
    plain = type(batch) in (np.ndarray, np.memmap) and batch.ndim > 0
    if plain and dtype_to_json(batch.dtype) is not None:
        return Fixed(batch.dtype, batch.shape[1:])
    return None


def fits(batch: Any, layout: Any, n: int) -> bool:
    """Whether a batch of `n` samples has a layout."""
    return bool(
        layout is not None
        and layout_of(batch) == layout
        and all(len(leaf) == n for _, leaf in leaves(batch))
    )


def columns_of(layout: Any) -> Iterator[Fixed]:
    """Yield the columns, in the order of the leaves of a batch."""
    for _, column in leaves(layout):
        yield column


def filled(layout: Any, columns: Iterator[Any]) -> Any:
    """Put columns in the containers of a layout, in its order."""
    if isinstance(layout, tuple):
        return tuple([filled(part, columns) for part in layout])
    if isinstance(layout, dict):
        return {key: filled(part, columns) for key, part in layout.items()}
    return next(columns)


def layout_to_json(layout: Any) -> Any:
    """Describe a layout in JSON."""
    if isinstance(layout, tuple):
        return {"tuple": [layout_to_json(part) for part in layout]}
    if isinstance(layout, dict):
        return {"dict": [[key, layout_to_json(part)] for key, part in layout.items()]}
    return {"dtype": dtype_to_json(layout.dtype), "shape": list(layout.shape)}


def layout_from_json(described: dict[str, Any]) -> Any:
    """Give the layout that was described.

    >>> layout = layout_of({"x": np.zeros((5, 2))})
    >>> layout_from_json(layout_to_json(layout)) == layout
    True
    """
    if "tuple" in described:
        return tuple([layout_from_json(part) for part in described["tuple"]])
    if "dict" in described:
        return {key: layout_from_json(part) for key, part in described["dict"]}
    return Fixed(dtype_from_json(described["dtype"]), tuple(described["shape"]))
