"""What a cached sample depends on: the tree of sources, in words and digests."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from aliquot.cache import file_state, fingerprint, stable_repr
from aliquot.data_source._array import ArrayDataSource
from aliquot.data_source._joined import JoinedDataSource
from aliquot.data_source._mapped import MappedDataSource
from aliquot.data_source._selected import SelectedDataSource
from aliquot.data_source._single import SingleDataSource
from aliquot.data_source._source import AbstractDataSource
from aliquot.data_source._told import items, plain_name, sources_in
from aliquot.data_source._wrapped import WrappedDataSource

Versions = NDArray[np.uint64]

_ORDER_ONLY = {"sampler", "_length", "_starts", "_readers", "shares", "stopping", "_runs"}
"""Attributes that say which samples are drawn, or follow from others; not what a sample is."""

_HELD = ("_factory", "_column")
"""What `per_worker` and `locked` hold; the rest of them changes as they are read."""


def recipe_of(source: AbstractDataSource[Any]) -> str:
    """Describe what a source's samples are made of, whichever of them it draws.

    The first line is for people. No line depends on the process, on addresses in memory or on
    where in a file a function stands.

    >>> source = ArrayDataSource([np.arange(3)]).map(np.negative)
    >>> print(recipe_of(source))
    ArrayDataSource(0: int64 (3,)).map(negative)
    MapDataSource: negative ...
      ArrayDataSource: include_indices=False, list
        0: int64 (3,) ...
    """
    return "\n".join([_in_short(source), *_lines(source, "")])


def _in_short(source: AbstractDataSource[Any]) -> str:
    kind = type(source).__name__
    if _gives_the_same(source):
        return _in_short(source.source)
    if isinstance(source, MappedDataSource):
        method = {"MapDataSource": "map", "MapSamplesDataSource": "map_samples"}.get(kind, kind)
        return f"{_in_short(source.source)}.{method}({plain_name(source.fn)})"
    if isinstance(source, ArrayDataSource):
        return f"{kind}({', '.join(f'{k}: {_outline(c)}' for k, c in items(source.data))})"
    inner = ", ".join(_in_short(part) for _, part in sources_in(source))
    return f"{kind}({inner})"


def _lines(source: AbstractDataSource[Any], indent: str) -> Iterator[str]:
    if _gives_the_same(source):
        yield from _lines(source.source, indent)
        return
    below = indent + "  "
    yield f"{indent}{type(source).__name__}: {_about(source)}"
    if isinstance(source, ArrayDataSource):
        for name, column in items(source.data):
            yield f"{below}{name!r}: {_outline(column)} {_digest_of_column(column)}"
    for _, part in sources_in(source):
        yield from _lines(part, below)


def _gives_the_same(source: AbstractDataSource[Any]) -> TypeGuard[WrappedDataSource[Any]]:
    """Whether an index stands for the same sample as in the source that this one wraps."""
    return isinstance(source, SelectedDataSource) or getattr(source, "same_samples", False)


def _about(source: AbstractDataSource[Any]) -> str:
    if isinstance(source, MappedDataSource) and type(source).__module__.startswith("aliquot."):
        return f"{plain_name(source.fn)} {fingerprint(source.fn)}"
    if isinstance(source, ArrayDataSource):
        kind = "dict" if isinstance(source.data, Mapping) else "list"
        code = "" if type(source) is ArrayDataSource else f" {fingerprint(type(source))}"
        return f"include_indices={source.include_indices}, {kind}{code}"
    nested = {name for name, _ in sources_in(source)}
    own = {
        name: value
        for name, value in sorted(vars(source).items())
        if name not in _ORDER_ONLY | nested | {"_name", "_stage"}
    }
    return fingerprint(type(source), own)


def _outline(column: Any) -> str:
    if isinstance(column, (list, tuple, range)):
        return f"{type(column).__name__} of {len(column)}"
    if hasattr(column, "shape") and hasattr(column, "dtype"):
        return f"{column.dtype} {tuple(column.shape)}"
    shown = stable_repr(column)
    return type(column).__name__ if shown is None else " ".join(shown.split())


def _digest_of_column(column: Any) -> str:
    stored = _stored(column)
    if stored:
        return fingerprint(stored)
    if isinstance(column, (np.ndarray, list, tuple, range)):
        return fingerprint(column)
    held = [getattr(column, name, None) for name in _HELD]
    if type(column).__module__.startswith("aliquot.accessors"):
        return fingerprint(type(column), *held)
    if hasattr(column, "made_of"):
        return fingerprint(type(column), column.made_of)
    shown = stable_repr(column)
    if shown is not None:
        return fingerprint(type(column), shown, getattr(column, "paths", None))
    return fingerprint(type(column), dict(sorted(getattr(column, "__dict__", {}).items())))


def _stored(column: Any) -> list[str]:
    """Give place, size and time of change of an HDF5 dataset or Zarr array; nothing for others."""
    packages = {base.__module__.partition(".")[0] for base in type(column).__mro__}
    shape = [str(getattr(column, "dtype", "")), str(getattr(column, "shape", ""))]
    if "h5py" in packages:
        return ["h5py", column.name, *shape, *file_state(column.file.filename)]
    if "zarr" in packages:
        place = str(getattr(column, "store_path", getattr(column, "path", "")))
        folder = place.removeprefix("file://")
        return ["zarr", place, *shape, *file_state(f"{folder}/zarr.json"), *file_state(folder)]
    return []


def versions_of(source: AbstractDataSource[Any]) -> Versions | None:
    """Give a number for each sample that changes when one of its files does.

    Returns
    -------
    uint64 array, shape (n,), or None
        None if no column has files that tell.
    """
    if isinstance(source, JoinedDataSource):
        parts = [versions_of(part) for part in source.datasets]
        if all(part is None for part in parts):
            return None
        lengths = [part.data_length() for part in source.datasets]
        filled = [
            np.zeros(n, np.uint64) if part is None else part
            for n, part in zip(lengths, parts, strict=True)
        ]
        return np.concatenate(filled)
    if isinstance(source, WrappedDataSource):
        return versions_of(source.source)
    if isinstance(source, SingleDataSource):
        return versions_of(source._columns)
    if not isinstance(source, ArrayDataSource):
        return None
    return _combined([np.asarray(c.versions(), np.uint64) for c in _told_columns(source)])


def is_versioned(source: AbstractDataSource[Any]) -> bool:
    """Whether `versions_of` gives an array; no file is looked at."""
    if isinstance(source, JoinedDataSource):
        return any(map(is_versioned, source.datasets))
    if isinstance(source, WrappedDataSource):
        return is_versioned(source.source)
    if isinstance(source, SingleDataSource):
        return is_versioned(source._columns)
    return isinstance(source, ArrayDataSource) and bool(_told_columns(source))


def _told_columns(source: ArrayDataSource[Any]) -> list[Any]:
    return [column for _, column in items(source.data) if hasattr(column, "versions")]


def _combined(columns: list[Versions]) -> Versions | None:
    """Combine the versions of several columns; those of one stay as they are."""
    if not columns:
        return None
    found = columns[0].copy()
    for versions in columns[1:]:
        found = found * np.uint64(0x9E3779B97F4A7C15) ^ (found >> np.uint64(29)) ^ versions
    return found
