"""What a data source is.

The methods that wrap one import what they make when they are called, as that is a data source
itself.
"""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

from aliquot._address import Address
from aliquot._batch import pick
from aliquot.data_source._batch_map import Progress, Results, batch_map_concat, batch_map_mean
from aliquot.data_source._index_batch import Raw
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._stage import as_batch, name_of
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import AbstractSampler, num_batches

if TYPE_CHECKING:
    from aliquot.data_source._mapped import MapDataSource, MapSamplesDataSource

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

    lists_are_tuples = True
    """Whether a batch that is a list is one of columns, rather than a bare column of samples that
    differ in shape."""

    @property
    def is_random_access(self) -> bool:
        """Whether samples can be fetched by index; needed for worker pools."""
        return False

    def columns_of(self, batch: Any) -> Any:
        """Give a batch of this source as what functions are called with."""
        return as_batch(batch) if self.lists_are_tuples else batch

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

    @property
    def reads_ahead(self) -> bool:
        """Whether `will_need` makes a difference."""
        return False

    def will_need(self, indices: Any) -> None:
        """Hear of samples that will be read soon, as `read_at` takes them."""

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

    def data_length(self) -> int:
        """Count the samples that can be fetched by index, drawn or not.

        Raises
        ------
        ArgumentTypeError
            If its samples have no numbers of their own (a `TypeError`).
        """
        raise ArgumentTypeError(
            f"the samples of a {type(self).__name__} have no numbers of their own: "
            "work on the sources that it is made of"
        )

    def drawn(self) -> Drawn:
        """Tell which of its samples an epoch draws, in order.

        Raises
        ------
        ArgumentTypeError
            If its samples have no numbers of their own, or are drawn at random (a `TypeError`).
        """
        self.data_length()  # where there are no samples to choose from, it says why
        raise NotImplementedError(f"{type(self).__name__} does not tell which samples it draws")

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return None

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch, in a short text.

        Parameters
        ----------
        sampler : AbstractSampler, optional
            The loader's, in place of the source's own.
        """
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
        from aliquot.data_source._mapped import MapDataSource

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
        from aliquot.data_source._mapped import MapSamplesDataSource

        return MapSamplesDataSource(self, fn, rng=rng)

    def filter(self, fn: Callable[..., Any], on: Any = None) -> "AbstractDataSource[BatchT_co]":
        """Keep the samples for which a function says so.

        The function is called with blocks of samples, in order, once: when the number of samples
        or an order is first asked for.

        Parameters
        ----------
        fn : callable
            Called as ``fn(*columns)`` with some samples of each column in `on`. Returns a boolean
            array, shape (n,): which of them to keep.
        on : str, int, or list of these, optional
            The columns that `fn` looks at, by name in a dict, by position in a tuple: only these
            are read. By default `fn` is given whole batches, as that of `map`.

        Returns
        -------
        SelectedDataSource
            The source of the samples that are kept. Its indices are those of this source.

        Raises
        ------
        ArgumentError
            If a function before it takes ``rng``, so that no sample is ever the same (a
            `ValueError`).
        ArgumentTypeError
            If samples have no indices of their own, or are drawn at random (a `TypeError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource({"x": np.arange(6), "label": np.array([0, 1, 2, 0, 1, 2])})
        >>> few = source.filter(lambda label: label != 1, on="label")
        >>> len(few), few[:3]["x"]
        (4, array([0, 2, 3]))
        """
        from aliquot.data_source._selected import SelectedDataSource, kept_by

        return SelectedDataSource(self, kept_by(self, fn, on), f"filter({name_of(fn)})")

    def take(self, n: int) -> "AbstractDataSource[BatchT_co]":
        """Keep the first `n` samples, in the order of the data, or all if there are fewer.

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> ArrayDataSource([np.arange(6)]).skip(1).take(3)[:]
        (array([1, 2, 3]),)
        """
        from aliquot.data_source._selected import SelectedDataSource, check_number

        n = check_number(n, "n")
        return SelectedDataSource(self, lambda positions: positions[:n], f"take({n})")

    def skip(self, n: int) -> "AbstractDataSource[BatchT_co]":
        """Leave out the first `n` samples, in the order of the data."""
        from aliquot.data_source._selected import SelectedDataSource, check_number

        n = check_number(n, "n")
        return SelectedDataSource(self, lambda positions: positions[n:], f"skip({n})")

    def shard(self, index: int, count: int) -> "AbstractDataSource[BatchT_co]":
        """Keep every `count`-th sample from number `index` on.

        The ranks of a training run need no shards: a `Loader` divides each epoch among them.

        Parameters
        ----------
        index : int
            Which shard, from 0.
        count : int
            How many shards there are.

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.arange(7)])
        >>> source.shard(0, 3)[:], source.shard(2, 3)[:]
        ((array([0, 3, 6]),), (array([2, 5]),))
        """
        from aliquot.data_source._selected import SelectedDataSource, check_number

        index, count = check_number(index, "index"), check_number(count, "count")
        if index >= count:
            raise ArgumentError(f"index must be less than count, not {index} of {count}")
        return SelectedDataSource(
            self, lambda positions: positions[index::count], f"shard({index}, {count})"
        )

    def pad(
        self, columns: Any = None, value: float = 0, to: int | None = None, mask: bool = True
    ) -> "MapDataSource[Any]":
        """Make arrays of columns whose samples differ in length, filled up at the end.

        Parameters
        ----------
        columns : str, int, or list of these, optional
            Which columns, by name in a dict, by position in a tuple. By default those of an
            `ArrayDataSource` whose array-likes have no ``shape`` and whose samples have an axis;
            of a source with functions, they have to be named.
        value : number, default 0
            What to fill up with.
        to : int, optional
            The length to fill up to; by default, that of the longest sample of the batch.
        mask : bool, default True
            `True`: a boolean column (n, length) follows for each, `True` where a sample is:
            last in a tuple, under ``"<name>_mask"`` in a dict. `False`: a column (n,) with the
            lengths instead, ``"<name>_lengths"`` in a dict.

        Returns
        -------
        MapDataSource
            The source of padded batches.

        Raises
        ------
        ArgumentError
            If no column can be told to need it (a `ValueError`).
        BatchError
            While reading, if samples differ in more than their first axis, or are longer than
            `to` (a `TypeError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> texts = [np.array([5, 6, 7]), np.array([8])]
        >>> source = ArrayDataSource([texts, np.array([0, 1])]).pad()
        >>> values, label, mask = source[:]
        >>> values, mask
        (array([[5, 6, 7],
               [8, 0, 0]]), array([[ True,  True,  True],
               [ True, False, False]]))
        """
        if columns is None:
            columns = self.ragged_columns()
        elif isinstance(columns, (str, int)):
            columns = [columns]
        from aliquot.stages import Pad

        return self.map(Pad(tuple(columns), value=value, to=to, mask=mask))

    def ragged_columns(self) -> list[Any]:
        """Give the columns whose samples may differ in shape, by position or name.

        Raises
        ------
        ArgumentError
            If that cannot be told, or there is none (a `ValueError`).
        """
        raise ArgumentError(
            f"it cannot be told which columns of a {type(self).__name__} differ in length: name "
            "them, as in pad(columns=[0]) for tuples or pad(columns=['text']) for dicts"
        )

    def cache(self, *, memory: int | None = None, folder: Any = None) -> "AbstractDataSource[Any]":
        """Keep the samples that were read, in memory or on disk, to read them only once.

        Parameters
        ----------
        memory : int, optional
            Bytes of memory to keep samples in, for all workers of a pool together. What does not
            fit is read anew each time.
        folder : str or os.PathLike, optional
            A folder to keep samples in, for this and later runs. Samples of one shape are kept as
            raw arrays; those that differ need the extra ``cache``.

        Returns
        -------
        CachedDataSource
            A source of the same batches.

        Raises
        ------
        ArgumentError
            If not exactly one of the two is given, or a function before it takes ``rng``, whose
            results differ each time (a `ValueError`).
        ArgumentTypeError
            If samples have no indices of their own (a `TypeError`).

        Examples
        --------
        >>> from aliquot.data_source import ArrayDataSource
        >>> source = ArrayDataSource([np.arange(4)]).map(lambda x: x**2).cache(memory=10**6)
        >>> source[[3, 1]]
        array([9, 1])
        """
        from aliquot.data_source._cached import CachedDataSource

        return CachedDataSource(self, memory=memory, folder=folder)

    def read_columns(self, indices: Any, on: list[Any]) -> list[Any]:
        """Fetch some columns of the samples at `indices` of the data."""
        return pick(self.columns_of(self.samples_by_indices_nomapping(indices)), on)

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
