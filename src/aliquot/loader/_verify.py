"""Reading the same samples in several ways, and finding where the results differ."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from aliquot._address import Address
from aliquot._batch import leaves, map_leaves
from aliquot._task import Task
from aliquot.data_source import AbstractDataSource, WrappedDataSource, of_the_batch, take
from aliquot.errors import BatchError
from aliquot.loader._make import Maker, flat
from aliquot.work_pool import Pending


def verify(maker: Maker, tasks: Sequence[Task], submit: Callable[[Task], Pending] | None) -> None:
    """Compare batches with themselves read again, in halves, and all at once by a pool."""
    for task in tasks:
        _verify_inline(maker, task)
    pending = [] if submit is None else [submit(task) for task in tasks]
    for task, one in zip(tasks, pending, strict=False):
        _compare(maker(task).batch, one.result().batch, f"{maker.source!r} read by the pool")


def _verify_inline(maker: Maker, task: Task) -> None:
    for source in _innermost_first(maker.source):
        whole = _read(source, maker.seed, task, slice(None))
        _compare(whole, _read(source, maker.seed, task, slice(None)), f"{source!r} read twice")
        half = 0 if of_the_batch(source) else len(flat(task)[1]) // 2
        for rows in (slice(half), slice(half, None)) if half else ():
            part = map_leaves(itemgetter(rows), whole)
            found = _read(source, maker.seed, task, rows)
            _compare(
                part,
                found,
                f"{source!r} read in parts (a function that mixes the samples of a batch does)",
            )


def _innermost_first(source: AbstractDataSource[Any]) -> list[AbstractDataSource[Any]]:
    """Give the sources below, and below that, so that the first that differs is at fault."""
    below = _innermost_first(source.source) if isinstance(source, WrappedDataSource) else []
    return [*below, source]


def _read(source: AbstractDataSource[Any], seed: int, task: Task, rows: slice) -> Any:
    indices, places = flat(task)
    return source.read_at(take(indices, rows), Address(seed, task.epoch, places[rows]))


def _compare(expected: Any, found: Any, how: str) -> None:
    ours, theirs = list(leaves(expected)), list(leaves(found))
    if [path for path, _ in ours] != [path for path, _ in theirs]:
        raise BatchError(f"the columns differ: {how}")
    for (path, one), (_, other) in zip(ours, theirs, strict=True):
        if not _equal(one, other):
            raise BatchError(f"column {path or 0} differs: {how}")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        floats = one.dtype.kind in "fc" and other.dtype.kind in "fc"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=floats)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(np.all(one == other))
