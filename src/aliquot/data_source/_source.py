"""What a data source is, and the sources that apply a function to another's batches or samples.

They stand together because each is made from the other.
"""

import math
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any, Generic, NoReturn, TypeVar, cast

import numpy as np

from aliquot._address import Address, SampleFailures, outside_an_epoch
from aliquot._arguments import ShuffleRNG, check_batch_size, seed_of, shuffle_rng, with_shuffle
from aliquot._batch import length, map_leaves, stack
from aliquot._random import Draws
from aliquot.data_source._batch_map import Progress, Results, batch_map_concat, batch_map_mean
from aliquot.data_source._index_batch import Raw, count, first_at
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._stage import apply, as_batch, call, name_of, takes_rng
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, note_site
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

    def read_at(self, indices: Any, address: Address) -> BatchT_co:
        """Fetch a batch of an epoch: what workers do.

        Parameters
        ----------
        indices : array of int, or what `batch_indices_iterator` gives
            Which samples; of a source that is not random-access, the batch itself as `Raw`.
        address : Address
            Where in the epoch they stand, for randomness.
        """
        if isinstance(indices, Raw):
            return cast("BatchT_co", indices.batch)
        return self.samples_by_indices_nomapping(indices)

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """Give what `read_at` takes for what a user hands over.

        Parameters
        ----------
        indices : array of int, list of int, slice, or what `batch_indices_iterator` gives
            Indices of the data, or positions in the subset that is drawn from.
        mapped : bool
            Whether they are positions.
        """
        return indices

    def count_takers(self) -> int:
        """Count the functions in this source, and in those it is made of, that take ``rng``."""
        return 0

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give the order of an epoch, any place of which can be asked for.

        Raises
        ------
        ArgumentTypeError
            If this source is not random-access (a `TypeError`).
        """
        self._refuse_access()

    def drawn(self) -> Drawn:
        """Tell which of its samples an epoch draws, in order.

        Raises
        ------
        ArgumentTypeError
            If its samples have no numbers of their own, or are drawn at random (a `TypeError`).
        """
        raise ArgumentTypeError(
            f"the samples of a {type(self).__name__} cannot be chosen from one by one: "
            "choose from those of the sources that it is made of"
        )

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return None

    def sampling_note(self) -> str:
        """Tell what the order depends on besides seed and epoch, in a short text."""
        return type(self).__name__

    def __getitem__(self, indices: Any) -> BatchT_co:
        """Fetch the samples at positions `indices`: the same as `samples_by_indices`."""
        return self.samples_by_indices(indices)

    def __iter__(self) -> NoReturn:
        raise ArgumentTypeError(
            f"{type(self).__name__} is not iterated over directly: "
            "write `for batch in source.batch_iterator(batch_size=64)`"
        )

    def map(self, fn: Callable[..., OutT], *, rng: bool | None = None) -> "MapDataSource[OutT]":
        """Apply a function to each batch, such as an augmentation.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*batch)`` for tuples, ``fn(batch)`` for dicts. Returns a tuple or list
            of columns, a dict of columns or one array, with as many samples as it was given.
        rng : bool, optional
            Whether `fn` is given random numbers as ``rng=``; by default if it has a parameter of
            that name without a default. They belong to each sample's place in its epoch, so they
            are the same whatever the batch size and whoever does the work.

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
        return MapDataSource(self, fn, rng=rng)

    def map_samples(
        self, fn: Callable[..., Any], *, rng: bool | None = None
    ) -> "MapSamplesDataSource":
        """Apply a function to each sample, and stack what it returns.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*sample)`` for tuple batches, ``fn(sample)`` for others, with one row
            of each column. Returns a tuple or list, a dict, or one value.
        rng : bool, optional
            As for `map`; in it, ``rng.random()`` and its kin give single numbers, and
            ``rng.generator()`` a `numpy.random.Generator`.

        Returns
        -------
        MapSamplesDataSource
            The source of the stacked results: arrays of one shape and numbers become an array,
            anything else a list.

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.arange(4)]).map_samples(lambda x: x + 0.5)
        >>> source[[3, 1]]
        array([3.5, 1.5])
        """
        return MapSamplesDataSource(self, fn, rng=rng)

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


class WrappedDataSource(AbstractDataSource[BatchT_co]):
    """A source that draws what another draws, and does something with its batches.

    Subclass it and write `read_at`.
    """

    def __init__(self, source: AbstractDataSource[Any]) -> None:
        self.source = source

    @property
    def is_random_access(self) -> bool:
        """Whether the wrapped source is."""
        return self.source.is_random_access

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch of the wrapped source."""
        return self.source.num_samples(**settings)

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return self.source.count_takers()

    def drawn(self) -> Drawn:
        """Give what the wrapped source draws."""
        return self.source.drawn()

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give that of the wrapped source."""
        return self.source.epoch_order(recipe)

    def default_epoch_samples(self) -> int | None:
        """Give that of the wrapped source."""
        return self.source.default_epoch_samples()

    def sampling_note(self) -> str:
        """Give that of the wrapped source."""
        return self.source.sampling_note()

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the batches of one epoch."""
        size = check_batch_size(batch_size)
        return (self.read_at(*own) for own in addressed_indices(self, size, shuffle, settings))

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch samples, whatever subset the wrapped source draws from."""
        return self._fetch(indices, mapped=False)

    def samples_by_indices(self, indices: Any) -> BatchT_co:
        """Fetch samples of the subset that the wrapped source draws from."""
        return self._fetch(indices, mapped=True)

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        return self.source.as_indices(indices, mapped=mapped)

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over the indices of one epoch of the wrapped source."""
        self._check_access()
        return self.source.batch_indices_iterator(batch_size, **with_shuffle(shuffle, settings))

    def _fetch(self, indices: Any, *, mapped: bool) -> BatchT_co:
        self._check_access()
        found = self.as_indices(indices, mapped=mapped)
        return self.read_at(found, outside_an_epoch(found))

    def _check_access(self) -> None:
        if not self.is_random_access:
            self._refuse_access()


class MappedDataSource(WrappedDataSource[BatchT_co]):
    """A source whose batches are another's, passed through a function."""

    def __init__(
        self, source: AbstractDataSource[Any], fn: Callable[..., Any], *, rng: bool | None = None
    ) -> None:
        if not callable(fn):
            raise ArgumentTypeError(f"map needs a function, not {fn!r}")
        super().__init__(source)
        self.fn = fn
        self._takes_rng = takes_rng(fn) if rng is None else rng
        self._stage = source.count_takers()
        self._name = name_of(fn)

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return self._stage + self._takes_rng

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the batches of one epoch, each passed through the function."""
        size = check_batch_size(batch_size)
        if self.count_takers() and self.is_random_access:
            return super().batch_iterator(size, shuffle, **settings)
        return self._mapped(size, shuffle, settings)

    def read_at(self, indices: Any, address: Address) -> BatchT_co:
        """See `AbstractDataSource.read_at`."""
        return self.apply(self.source.read_at(indices, address), address)

    def apply(self, batch: Any, address: Address) -> BatchT_co:
        """Pass a batch of the mapped source through the function."""
        raise NotImplementedError

    def _mapped(
        self, batch_size: int, shuffle: Any, settings: dict[str, Any]
    ) -> Iterator[BatchT_co]:
        rng = shuffle_rng(shuffle) if self._takes_rng else None
        seed = seed_of(rng)
        handed_on = with_shuffle(shuffle if rng is None else rng, settings)
        start = 0
        for batch in self.source.batch_iterator(batch_size, **handed_on):
            n = length(as_batch(batch)) if self._takes_rng else 0
            yield self.apply(batch, Address(seed, 0, np.arange(start, start + n)))
            start += n


class MapDataSource(MappedDataSource[BatchT_co]):
    """Applies a function to each batch of another data source.

    Parameters
    ----------
    source : AbstractDataSource
        Where batches come from.
    fn : callable
        Called as ``fn(*batch)`` for tuples, ``fn(batch)`` for dicts and single arrays. Returns a
        tuple or list of columns, a dict of columns or one array, with as many samples as it was
        given; a list becomes a tuple.

    rng : bool, optional
        Whether `fn` is given random numbers as ``rng=``; by default if it has a parameter of that
        name without a default.

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

    def __repr__(self) -> str:
        return f"{self.source!r}.map({self._name})"

    def apply(self, batch: Any, address: Address) -> BatchT_co:
        """Pass a batch of the mapped source through the function."""
        start = perf_counter_ns()
        rng = address.draws(self._stage) if self._takes_rng else None
        result = cast("BatchT_co", apply(self.fn, batch, rng))
        address.count(f"map {self._name}", start)
        return result


class MapSamplesDataSource(MappedDataSource[Any]):
    """Applies a function to each sample of another data source, and stacks the results.

    Made by `AbstractDataSource.map_samples`, which describes it.

    Parameters
    ----------
    source : AbstractDataSource
        Where batches come from.
    fn : callable
        Called as ``fn(*sample)`` for tuple batches, ``fn(sample)`` for others.
    rng : bool, optional
        Whether `fn` is given random numbers as ``rng=``.

    Attributes
    ----------
    source, fn
        As given.
    """

    def __repr__(self) -> str:
        return f"{self.source!r}.map_samples({self._name})"

    def apply(self, batch: Any, address: Address) -> Any:
        """Pass each sample of a batch of the mapped source through the function."""
        results, failures = self._map_rows(as_batch(batch), address)
        for error in failures.values():
            raise error
        return results

    def read_at(self, indices: Any, address: Address) -> Any:
        """See `AbstractDataSource.read_at`."""
        batch = self.source.read_at(indices, address)
        results, failures = self._map_rows(as_batch(batch), address)
        for row, error in failures.items():
            index, place = first_at(indices, row), int(address.places[row])
            note_site(error, index=index, place=place, stage=self._name)
            error.add_note(f"for sample {index}")
            if not address.tolerant:
                raise error
        if failures:
            raise SampleFailures(failures)
        return results

    def _map_rows(self, batch: Any, address: Address) -> tuple[Any, dict[int, Exception]]:
        """Map row after row, up to the first failure unless all failures are wanted."""
        draws = address.draws(self._stage) if self._takes_rng else None
        results: list[Any] = []
        failures: dict[int, Exception] = {}
        start = perf_counter_ns()
        for row in range(length(batch)):
            try:
                results.append(self._map_row(batch, row, draws))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001
                failures[row] = error
                if not address.tolerant:
                    break
        address.count(f"map_samples {self._name}", start)
        return (stack(results) if results else batch), failures

    def _map_row(self, batch: Any, row: int, draws: Draws | None) -> Any:
        sample = map_leaves(lambda leaf: leaf[row], batch)
        rng = None if draws is None else draws.sample(row)
        result = as_batch(call(self.fn, sample, rng=rng))
        if result is None:
            raise BatchError(f"{self._name} must return a sample, but it returned None")
        return result


def addressed_indices(
    source: AbstractDataSource[Any], batch_size: int, shuffle: Any, settings: dict[str, Any]
) -> Iterator[tuple[Any, Address]]:
    """Iterate over the indices of one epoch, each with the address of its batch.

    The seed is a hash of the generator's state before the order is drawn from it.
    """
    rng = shuffle_rng(shuffle)
    batches = source.batch_indices_iterator(batch_size, **with_shuffle(rng, settings))
    return _addressed(batches, rng if source.count_takers() else None)


def _addressed(batches: Iterator[Any], rng: ShuffleRNG | None) -> Iterator[tuple[Any, Address]]:
    seed = seed_of(rng)
    start = 0
    for indices in batches:
        n = count(indices)
        yield indices, Address(seed, 0, np.arange(start, start + n))
        start += n
