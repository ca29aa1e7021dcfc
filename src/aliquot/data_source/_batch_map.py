"""Applying a function to all the batches of an iterator and gathering the results."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from numbers import Number
from typing import Any

import numpy as np

from aliquot._batch import is_column, length
from aliquot.data_source._stage import as_batch, call, name_of
from aliquot.errors import BatchError

Results = tuple[Any, ...]
Progress = Callable[..., Iterable[Any]]
"""A function like ``tqdm.tqdm``: called as ``progress(iterator, total=..., leave=False)``."""


def batch_map_concat(
    func: Callable[..., Any],
    batch_iter: Iterable[Any],
    progress_iter_func: Progress | None = None,
    n_batches: int | None = None,
    prepend_args: tuple[Any, ...] | None = None,
) -> Results | None:
    """Apply a function to batches and join its results, sample after sample.

    Parameters
    ----------
    func : callable
        Called as ``func(*batch)`` (``func(batch)`` for dict batches); returns an array with one
        entry a sample, a tuple or list of such, or `None` for nothing.
    batch_iter : iterator
        Gives the batches.
    progress_iter_func : callable, optional
        Shows progress, such as ``tqdm.tqdm``.
    n_batches : int, optional
        Stop after that many batches; the iterator can then be used further.
    prepend_args : tuple, optional
        Arguments for `func` before those of the batch.

    Returns
    -------
    tuple of arrays (or lists), or None
        The results, each as long as all the batches together; `None` if there were none.

    Raises
    ------
    BatchError
        If `func` returns something else (a `TypeError`).

    Examples
    --------
    >>> X = np.arange(5)
    >>> batches = iter([(X[:3],), (X[3:],)])
    >>> batch_map_concat(lambda x: x**2, batches)
    (array([ 0,  1,  4,  9, 16]),)
    """
    parts = [
        results
        for _, results in _results(func, batch_iter, progress_iter_func, n_batches, prepend_args)
        if results is not None
    ]
    return tuple([_join(func, column) for column in zip(*parts, strict=True)]) if parts else None


def batch_map_mean(
    func: Callable[..., Any],
    batch_iter: Iterable[Any],
    progress_iter_func: Progress | None = None,
    sum_axis: int | tuple[int, ...] | None = None,
    n_batches: int | None = None,
    prepend_args: tuple[Any, ...] | None = None,
) -> Results | None:
    """Apply a function to batches and give the mean of its results over all samples.

    Parameters
    ----------
    func : callable
        Called as ``func(*batch)`` (``func(batch)`` for dict batches); returns a number or array,
        a tuple or list of such, or `None` for nothing. Each is the sum over the samples of the
        batch, unless `sum_axis` is given.
    batch_iter : iterator
        Gives the batches.
    progress_iter_func : callable, optional
        Shows progress, such as ``tqdm.tqdm``.
    sum_axis : int or tuple of int, optional
        The results are arrays, to be summed along these axes first: 0 for one value a sample.
    n_batches : int, optional
        Stop after that many batches; the iterator can then be used further.
    prepend_args : tuple, optional
        Arguments for `func` before those of the batch.

    Returns
    -------
    tuple of float64 arrays, or None
        The sums over the number of samples; `None` if `func` gave nothing.

    Raises
    ------
    BatchError
        If `func` returns something else (a `TypeError`).

    Examples
    --------
    >>> X = np.array([1.0, 2.0, 6.0])
    >>> batches = iter([(X[:2],), (X[2:],)])
    >>> batch_map_mean(lambda x: x.sum(), batches)
    (np.float64(3.0),)
    """
    sums: list[Any] | None = None
    n_samples = 0
    for n, results in _results(func, batch_iter, progress_iter_func, n_batches, prepend_args):
        n_samples += n
        if results is None:
            continue
        if sum_axis is not None:
            results = tuple([np.sum(result, axis=sum_axis) for result in results])
        sums = [a + b for a, b in zip(sums, results, strict=True)] if sums else list(results)
    return None if sums is None else tuple([np.array(s).astype(float) / n_samples for s in sums])


def _results(
    func: Callable[..., Any],
    batch_iter: Iterable[Any],
    progress: Progress | None,
    n_batches: int | None,
    prepend_args: tuple[Any, ...] | None,
) -> Iterator[tuple[int, Results | None]]:
    """Yield the length of each batch and what `func` made of it."""
    batches: Iterable[Any] = islice(batch_iter, n_batches)
    if progress is not None:
        batches = progress(batches, total=n_batches, leave=False)
    for batch in batches:
        columns = as_batch(batch)
        yield length(columns), _as_results(func, call(func, columns, prepend_args or ()))


def _as_results(func: Callable[..., Any], results: Any) -> Results | None:
    if results is None or isinstance(results, tuple):
        return results
    if isinstance(results, list):
        return tuple(results)
    if isinstance(results, (np.ndarray, Number)):
        return (results,)
    raise BatchError(
        f"{name_of(func)} must return an array, a number, a tuple of these or None, "
        f"not a {type(results).__name__}"
    )


def _join(func: Callable[..., Any], parts: tuple[Any, ...]) -> Any:
    for part in parts:
        if not is_column(part):
            raise BatchError(
                f"{name_of(func)} must return arrays with one entry a sample, not {part!r:.40}"
            )
    if all(isinstance(part, list) for part in parts):
        return [sample for part in parts for sample in part]
    return np.concatenate(parts, axis=0)
