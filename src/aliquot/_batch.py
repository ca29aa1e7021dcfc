"""Nested batches: tuples and dicts are containers, all else is a leaf with one entry a sample.

A list is a leaf: it holds samples that differ in shape.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, BatchError


def leaves(batch: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its path, as in ``[0]['image']``.

    >>> [path for path, _ in leaves(([1], {"a": [2]}))]
    ['[0]', "[1]['a']"]
    """
    if isinstance(batch, tuple):
        for i, part in enumerate(batch):
            yield from leaves(part, f"{path}[{i}]")
    elif isinstance(batch, dict):
        for key, part in batch.items():
            yield from leaves(part, f"{path}[{key!r}]")
    else:
        yield path, batch


def is_column(leaf: Any) -> bool:
    """Whether a leaf can have one entry a sample.

    >>> is_column(np.zeros(3)), is_column([]), is_column(np.float64(1)), is_column("text")
    (True, True, False, False)
    """
    return (
        hasattr(leaf, "__len__")
        and getattr(leaf, "ndim", 1) > 0
        and not isinstance(leaf, (str, bytes))
    )


def map_leaves(fn: Callable[[Any], Any], batch: Any) -> Any:
    """Apply `fn` to each leaf, keeping the containers.

    >>> map_leaves(len, ([1, 2], {"a": [3]}))
    (2, {'a': 1})
    """
    if isinstance(batch, tuple):
        return tuple([map_leaves(fn, part) for part in batch])
    if isinstance(batch, dict):
        return {key: map_leaves(fn, part) for key, part in batch.items()}
    return fn(batch)


def length(batch: Any) -> int:
    """Give the number of samples: that of the first leaf.

    >>> length((np.zeros((3, 2)), [1, 2, 3]))
    3
    """
    for _, leaf in leaves(batch):
        if is_column(leaf):
            return len(leaf)
        break
    raise BatchError(f"expected a batch, with an array or list in it, not {batch!r:.80}")


def pick(batch: Any, columns: Sequence[Any]) -> list[Any]:
    """Give some columns of a batch, by position or name; a bare batch is column 0.

    >>> pick({"x": [1, 2], "y": [3, 4]}, ["y"])
    [[3, 4]]
    """
    known = batch if isinstance(batch, dict) else dict(enumerate(as_columns(batch)))
    for name in columns:
        if name not in known:
            raise ArgumentError(f"there is no column {name!r}, only {', '.join(map(repr, known))}")
    return [known[name] for name in columns]


def as_columns(batch: Any) -> tuple[Any, ...]:
    """Give the columns of a tuple, and anything else as the only one."""
    return batch if isinstance(batch, tuple) else (batch,)


def trim(batch: Any, n: int) -> Any:
    """Keep the first `n` samples; a batch that is no longer is given back as it is.

    >>> trim(([1, 2, 3], {"a": [4, 5, 6]}), 2)
    ([1, 2], {'a': [4, 5]})
    """
    return map_leaves(lambda leaf: leaf if len(leaf) <= n else leaf[:n], batch)


def stack(samples: Sequence[Any]) -> Any:
    """Make a batch from single samples.

    Tuples and dicts become tuples and dicts of columns; arrays of one shape and dtype, and
    numbers, become an array with a new first axis; everything else stays a list.

    >>> stack([(1.5, "a"), (2.5, "b")])
    (array([1.5, 2.5]), ['a', 'b'])
    """
    first = samples[0]
    if isinstance(first, tuple):
        return tuple([stack(column) for column in zip(*samples, strict=True)])
    if isinstance(first, dict):
        return {key: stack([sample[key] for sample in samples]) for key in first}
    if isinstance(first, np.ndarray):
        alike = all(
            isinstance(s, np.ndarray) and (s.shape, s.dtype) == (first.shape, first.dtype)
            for s in samples
        )
        return np.stack(samples) if alike else list(samples)
    if all(isinstance(s, (bool, int, float, complex, np.number, np.bool_)) for s in samples):
        return np.array(samples)
    return list(samples)


def merge(n: int, parts: Sequence[tuple[NDArray[np.int64], Any]]) -> Any:
    """Make a batch of `n` samples from parts of it, each with the rows that it fills.

    >>> merge(3, [(np.array([2, 0]), np.array([20, 0])), (np.array([1]), np.array([10]))])
    array([ 0, 10, 20])
    """
    first = parts[0][1]
    if isinstance(first, tuple):
        return tuple([merge(n, [(rows, own[i]) for rows, own in parts]) for i in range(len(first))])
    if isinstance(first, dict):
        return {key: merge(n, [(rows, own[key]) for rows, own in parts]) for key in first}
    kinds = {(own.dtype, own.shape[1:]) for _, own in parts if isinstance(own, np.ndarray)}
    texts = {dtype.kind for dtype, _ in kinds} in ({"U"}, {"S"})
    alike = len(kinds) == 1 or (texts and len({shape for _, shape in kinds}) == 1)
    if alike and all(isinstance(own, np.ndarray) for _, own in parts):
        dtype = max((dtype for dtype, _ in kinds), key=lambda dtype: dtype.itemsize)
        whole = np.empty((n, *first.shape[1:]), dtype)
        for rows, own in parts:
            whole[rows] = own
        return whole
    samples: list[Any] = [None] * n
    for rows, own in parts:
        for row, sample in zip(rows, own, strict=True):
            samples[row] = sample
    return stack(samples)


def describe(batch: Any) -> str:
    """Show shapes, never contents.

    >>> describe((np.zeros((3, 2), np.uint8), ["a", "b", "c"], None))
    '(uint8 (3, 2), list of 3, None)'
    """
    if isinstance(batch, tuple):
        return "(" + ", ".join(map(describe, batch)) + ("," if len(batch) == 1 else "") + ")"
    if isinstance(batch, dict):
        return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in batch.items()) + "}"
    if isinstance(batch, np.ndarray):
        return f"{batch.dtype} {batch.shape}"
    if isinstance(batch, list):
        return f"list of {len(batch)}"
    return "None" if batch is None else f"a {type(batch).__name__}"
