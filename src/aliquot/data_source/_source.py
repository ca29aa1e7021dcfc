"""What a data source is, and the source that applies a function to another's batches.

The two stand together because each is made from the other.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Generic, NoReturn, TypeVar, cast

from aliquot._arguments import check_batch_size, with_shuffle
from aliquot.data_source._batch_map import Progress, Results, batch_map_concat, batch_map_mean
from aliquot.data_source._stage import apply, name_of
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import num_batches

BatchT_co = TypeVar("BatchT_co", covariant=True)
OutT = TypeVar("OutT")


class AbstractDataSource(Generic[BatchT_co]):
    """Gives mini-batches.

    Subclass it and write `num_samples` and `batch_iterator`; for samples that can be fetched by
    index, subclass `RandomAccessDataSource` instead.

    Examples
    --------
    >>> class Countdown(AbstractDataSource):
    ...     def num_samples(self, **settings):
    ...         return 5
    ...
    ...     def batch_iterator(self, batch_size, shuffle=None):
    ...         for i in range(5, 0, -batch_size):
    ...             yield (np.arange(i, max(i - batch_size, 0), -1),)
    >>> [batch.tolist() for (batch,) in Countdown().batch_iterator(2)]
    [[5, 4], [3, 2], [1]]
    """

    @property
    def is_random_access(self) -> bool:
        """Whether samples can be fetched by index; needed for worker pools."""
        return False

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch.

        Parameters
        ----------
        **settings
            What `batch_iterator` will be given besides the batch size.

        Returns
        -------
        int, float or None
            A number, ``numpy.inf`` for an endless source, `None` if it is not known.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how many samples it has")

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the mini-batches of one epoch.

        Parameters
        ----------
        batch_size : int
            Samples a batch, 1 or more; the last batch may be short.
        shuffle : bool, numpy.random.RandomState or numpy.random.Generator, optional
            `None` or `False`: in order. A generator: in an order drawn from it. `True`: in an
            order that differs each time; NumPy's global generator takes no part in it.
        **settings
            Handed on to the functions of a `CallableDataSource`.

        Returns
        -------
        iterator
            The batches: tuples or dicts of columns.
        """
        raise NotImplementedError(f"{type(self).__name__} has no batch_iterator")

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch the samples at `indices` of the data, whatever subset is drawn from.

        Raises
        ------
        ArgumentTypeError
            If this source is not random-access (a `TypeError`).
        """
        self._refuse_access()

    def samples_by_indices(self, indices: Any) -> BatchT_co:
        """Fetch the samples at positions `indices` of the subset that is drawn from.

        Raises
        ------
        ArgumentTypeError
            If this source is not random-access (a `TypeError`).
        """
        self._refuse_access()

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over what `samples_by_indices_nomapping` takes for each batch of one epoch.

        Raises
        ------
        ArgumentTypeError
            If this source is not random-access (a `TypeError`).
        """
        self._refuse_access()

    def __getitem__(self, indices: Any) -> BatchT_co:
        """Fetch the samples at positions `indices`: the same as `samples_by_indices`."""
        return self.samples_by_indices(indices)

    def __iter__(self) -> NoReturn:
        raise ArgumentTypeError(
            f"{type(self).__name__} is not iterated over directly: "
            "write `for batch in source.batch_iterator(batch_size=64)`"
        )

    def map(self, fn: Callable[..., OutT]) -> "MapDataSource[OutT]":
        """Apply a function to each batch, such as an augmentation.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*batch)`` for tuples, ``fn(batch)`` for dicts. Returns a tuple or list
            of columns, a dict of columns or one array, with as many samples as it was given.

        Returns
        -------
        MapDataSource
            The source of what `fn` returns; a list becomes a tuple.

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.arange(4)]).map(lambda x: (x, x**2))
        >>> next(source.batch_iterator(batch_size=3))
        (array([0, 1, 2]), array([0, 1, 4]))
        """
        return MapDataSource(self, fn)

    def batch_map_concat(
        self,
        func: Callable[..., Any],
        batch_size: int,
        progress_iter_func: Progress | None = None,
        n_batches: int | None = None,
        prepend_args: tuple[Any, ...] | None = None,
        **settings: Any,
    ) -> Results | None:
        """Apply a function to all batches and join its results, sample after sample.

        Parameters
        ----------
        func : callable
            Called as ``func(*batch)`` (``func(batch)`` for dict batches); returns an array with
            one entry a sample, a tuple or list of such, or `None` for nothing.
        batch_size : int
            Samples a batch.
        progress_iter_func : callable, optional
            Shows progress, such as ``tqdm.tqdm``.
        n_batches : int, optional
            Stop after that many batches. An endless source needs it.
        prepend_args : tuple, optional
            Arguments for `func` before those of the batch.
        **settings
            Handed on to `batch_iterator`, such as `shuffle`.

        Returns
        -------
        tuple of arrays (or lists), or None
            The results; `None` if there were none.

        Raises
        ------
        ArgumentError
            If the source is endless and `n_batches` is not given (a `ValueError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.arange(5)])
        >>> source.batch_map_concat(lambda x: x**2, batch_size=3)
        (array([ 0,  1,  4,  9, 16]),)
        """
        n_batches = self._count_batches(batch_size, n_batches, settings)
        batches = self.batch_iterator(batch_size, **settings)
        return batch_map_concat(func, batches, progress_iter_func, n_batches, prepend_args)

    def batch_map_mean(
        self,
        func: Callable[..., Any],
        batch_size: int,
        progress_iter_func: Progress | None = None,
        sum_axis: int | tuple[int, ...] | None = None,
        n_batches: int | None = None,
        prepend_args: tuple[Any, ...] | None = None,
        **settings: Any,
    ) -> Results | None:
        """Apply a function to all batches and give the mean of its results over all samples.

        Parameters
        ----------
        func : callable
            Called as ``func(*batch)`` (``func(batch)`` for dict batches); returns a number or
            array, a tuple or list of such, or `None` for nothing. Each is the sum over the samples
            of the batch, unless `sum_axis` is given.
        batch_size : int
            Samples a batch.
        progress_iter_func : callable, optional
            Shows progress, such as ``tqdm.tqdm``.
        sum_axis : int or tuple of int, optional
            The results are arrays, to be summed along these axes: 0 for one value a sample.
        n_batches : int, optional
            Stop after that many batches. An endless source needs it.
        prepend_args : tuple, optional
            Arguments for `func` before those of the batch.
        **settings
            Handed on to `batch_iterator`, such as `shuffle`.

        Returns
        -------
        tuple of float64 arrays, or None
            The sums over the number of samples; `None` if `func` gave nothing.

        Raises
        ------
        ArgumentError
            If the source is endless and `n_batches` is not given (a `ValueError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.array([1.0, 2.0, 6.0])])
        >>> source.batch_map_mean(lambda x: x.sum(), batch_size=2)
        (np.float64(3.0),)
        """
        n_batches = self._count_batches(batch_size, n_batches, settings)
        batches = self.batch_iterator(batch_size, **settings)
        return batch_map_mean(func, batches, progress_iter_func, sum_axis, n_batches, prepend_args)

    def _count_batches(
        self, batch_size: int, n_batches: int | None, settings: dict[str, Any]
    ) -> int | None:
        if n_batches is not None:
            return n_batches
        n = self.num_samples(**settings)
        if n is None:
            return None
        if math.isinf(n):
            raise ArgumentError(
                "the data source has no end: say how many batches to process with n_batches="
            )
        return num_batches(int(n), batch_size)

    def _refuse_access(self) -> NoReturn:
        raise ArgumentTypeError(
            f"{type(self).__name__} is not random-access here, as not all of its samples can be "
            "fetched by index: only batch_iterator works on it"
        )


class MapDataSource(AbstractDataSource[BatchT_co]):
    """Applies a function to each batch of another data source.

    Parameters
    ----------
    source : AbstractDataSource
        Where batches come from.
    fn : callable
        Called as ``fn(*batch)`` for tuples, ``fn(batch)`` for dicts and single arrays. Returns a
        tuple or list of columns, a dict of columns or one array, with as many samples as it was
        given; a list becomes a tuple.

    Attributes
    ----------
    source, fn
        As given.

    Raises
    ------
    BatchError
        While iterating, if `fn` returns something else (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> source = MapDataSource(ArrayDataSource([np.arange(4)]), lambda x: (x, x**2))
    >>> source.samples_by_indices([3, 1])
    (array([3, 1]), array([9, 1]))
    """

    def __init__(self, source: AbstractDataSource[Any], fn: Callable[..., BatchT_co]) -> None:
        if not callable(fn):
            raise ArgumentTypeError(f"map needs a function, not {fn!r}")
        self.source = source
        self.fn = fn

    def __repr__(self) -> str:
        return f"{self.source!r}.map({name_of(self.fn)})"

    @property
    def is_random_access(self) -> bool:
        """Whether the mapped source is."""
        return self.source.is_random_access

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch of the mapped source."""
        return self.source.num_samples(**settings)

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the batches of one epoch, each passed through the function."""
        size = check_batch_size(batch_size)
        return self._mapped(size, with_shuffle(shuffle, settings))

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch samples from the mapped source and apply the function."""
        self._check_access()
        return self._apply(self.source.samples_by_indices_nomapping(indices))

    def samples_by_indices(self, indices: Any) -> BatchT_co:
        """Fetch samples from the mapped source and apply the function."""
        self._check_access()
        return self._apply(self.source.samples_by_indices(indices))

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over the indices of one epoch of the mapped source."""
        self._check_access()
        return self.source.batch_indices_iterator(batch_size, **with_shuffle(shuffle, settings))

    def _mapped(self, batch_size: int, settings: dict[str, Any]) -> Iterator[BatchT_co]:
        for batch in self.source.batch_iterator(batch_size, **settings):
            yield self._apply(batch)

    def _apply(self, batch: Any) -> BatchT_co:
        return cast("BatchT_co", apply(self.fn, batch))

    def _check_access(self) -> None:
        if not self.is_random_access:
            self._refuse_access()
