"""Sources whose samples can be fetched by index."""

from collections.abc import Iterator
from time import perf_counter_ns
from typing import Any

from aliquot._address import Address, SampleFailures, outside_an_epoch
from aliquot._arguments import check_batch_size, shuffle_rng
from aliquot._indices import check_indices
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._sampler_orders import fitting, order_of
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.data_source._wrapped import addressed_indices
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, note_site, site
from aliquot.sampling import AbstractSampler, StandardSampler, SubsetSampler


class RandomAccessDataSource(AbstractDataSource[BatchT_co]):
    """Gives samples by index, in the order of a sampler.

    Subclass it and write `samples_by_indices_nomapping`.

    Parameters
    ----------
    length : int
        Number of samples in the data.
    indices : array of int, shape (n,), optional
        Draw only these samples. Negative ones count from the end.
    repeats : int, default 1
        Number of passes that make up an epoch; -1 for no end.
    sampler : AbstractSampler, optional
        Decides which samples are drawn, in place of `indices` and `repeats`.
    include_indices : bool, default False
        Whether batches tell which samples are in them.

    Attributes
    ----------
    sampler : AbstractSampler
        Decides which samples are drawn.
    include_indices : bool
        As given.

    Raises
    ------
    ArgumentError
        If `sampler` comes with `indices` or `repeats`, or `repeats` is 0 or less than -1 (a
        `ValueError`).
    IndexRangeError
        If `indices` lie outside the data (an `IndexError`).

    Examples
    --------
    >>> class Squares(RandomAccessDataSource):
    ...     def samples_by_indices_nomapping(self, indices):
    ...         return (indices**2,)
    >>> [batch.tolist() for (batch,) in Squares(length=5).batch_iterator(2)]
    [[0, 1], [4, 9], [16]]
    """

    def __init__(
        self,
        length: int,
        indices: Any = None,
        repeats: int = 1,
        sampler: AbstractSampler | None = None,
        include_indices: bool = False,
    ) -> None:
        if sampler is not None and (repeats != 1 or indices is not None):
            raise ArgumentError(
                "sampler decides which samples are drawn: give it without indices= and repeats="
            )
        self._length = length
        self.include_indices = include_indices
        if sampler is not None:
            self.sampler = fitting(sampler, length)
        elif indices is None:
            self.sampler = StandardSampler(length, repeats=repeats)
        else:
            self.sampler = SubsetSampler(check_indices(indices, length), repeats=repeats)

    @property
    def is_random_access(self) -> bool:
        """Always `True`."""
        return True

    def __len__(self) -> int:
        """Count the samples of one pass."""
        return len(self.drawn().positions)

    def num_samples(self, **settings: Any) -> int | float | None:
        """Count the samples of an epoch, as the sampler does."""
        self._refuse_unknown(settings.keys() - {"shuffle"})
        return self.sampler.num_indices_generated()

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch the samples at `indices` of the data, whatever subset is drawn from.

        Parameters
        ----------
        indices : int64 array, shape (n,)
            Which samples.

        Returns
        -------
        tuple or dict
            The batch, with `n` samples in each column.
        """
        raise NotImplementedError(f"{type(self).__name__} must define samples_by_indices_nomapping")

    def samples_by_indices(self, indices: Any) -> BatchT_co:
        """Fetch the samples at positions `indices` of the subset that is drawn from.

        Parameters
        ----------
        indices : array of int, shape (n,), or list of int, or slice
            Positions; negative ones count from the end.

        Returns
        -------
        tuple or dict
            The batch, with `n` samples in each column.

        Raises
        ------
        IndexRangeError
            If a position lies outside the subset (an `IndexError`).
        """
        mapped = self.as_indices(indices, mapped=True)
        return self.read_at(mapped, outside_an_epoch(mapped))

    def as_indices(self, indices: Any, *, mapped: bool) -> Any:
        """See `AbstractDataSource.as_indices`."""
        return self.sampler.map_indices(indices) if mapped else check_indices(indices, self._length)

    def batch_indices_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[Any]:
        """Iterate over the indices of the batches of one epoch.

        Parameters
        ----------
        batch_size : int
            Samples a batch, 1 or more; the last batch may be short.
        shuffle : bool, numpy.random.RandomState or numpy.random.Generator, optional
            See `batch_iterator`.

        Returns
        -------
        iterator of int64 arrays, shape (batch_size,)
            Indices of the data.
        """
        self._refuse_unknown(settings.keys())
        rng = shuffle_rng(shuffle)
        size = check_batch_size(batch_size)
        if rng is None:
            return self.sampler.in_order_indices_batch_iterator(size)
        return self.sampler.shuffled_indices_batch_iterator(size, rng)

    def batch_iterator(
        self, batch_size: int, shuffle: Any = None, **settings: Any
    ) -> Iterator[BatchT_co]:
        """Iterate over the mini-batches of one epoch.

        Parameters
        ----------
        batch_size : int
            Samples a batch, 1 or more; the last batch may be short.
        shuffle : bool, numpy.random.RandomState or numpy.random.Generator, optional
            `None` or `False`: in order. A generator: in an order drawn from it, from the first
            `next` on. `True`: in an order that differs each time; NumPy's global generator takes
            no part in it.

        Returns
        -------
        iterator of tuple or dict
            The batches.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            At once, if an argument cannot be used (a `ValueError` or `TypeError`).
        """
        if self.count_takers():
            addressed = addressed_indices(self, batch_size, shuffle, settings)
            return (self.read_at(*own) for own in addressed)
        indices = self.batch_indices_iterator(batch_size, shuffle, **settings)
        return (self.read_at(batch, outside_an_epoch(batch)) for batch in indices)

    def read_at(self, indices: Any, address: Address) -> BatchT_co:
        """See `AbstractDataSource.read_at`."""
        start = perf_counter_ns()
        try:
            return self.fetch(indices, address)
        except (MemoryError, BatchError):
            raise
        except Exception as error:
            failures = self._failing_rows(indices, address)
            if not failures:
                error.add_note("each of these samples can be read alone")
                raise
        finally:
            address.count("read", start)
        for row, failure in failures.items():
            place = int(address.places[row]) if row < len(address.places) else None
            note_site(failure, index=int(indices[row]), place=place)
            if site(failure).stage is None:  # else the column has said more
                failure.add_note(f"while reading sample {indices[row]}")
        if address.tolerant:
            raise SampleFailures(failures)
        try:
            raise failure
        finally:
            # An error that its own frame holds would live until the next collection of garbage.
            del failure, failures

    def fetch(self, indices: Any, address: Address) -> BatchT_co:
        """Fetch the samples of a batch, with the random numbers of their places if there are."""
        return self.samples_by_indices_nomapping(indices)

    def _failing_rows(self, indices: Any, address: Address) -> dict[int, Exception]:
        """Read one sample at a time, to find those that cannot be read; or the first of them."""
        failures: dict[int, Exception] = {}
        for row in range(len(indices)):
            alone = slice(row, row + 1)
            try:
                self.fetch(indices[alone], address.rows(alone))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001
                failures[row] = error
                if not address.tolerant:
                    break
        return failures

    def data_length(self) -> int:
        """See `AbstractDataSource.data_length`."""
        return self._length

    def drawn(self) -> Drawn:
        """See `AbstractDataSource.drawn`."""
        repeats: int = getattr(self.sampler, "repeats", 1)
        return Drawn(self.sampler.positions(), repeats)

    def epoch_order(self, recipe: Recipe) -> Order:
        """Give the order of the sampler, or of the recipe's in its place."""
        sampler = self.sampler
        if recipe.sampler is not None:
            if not isinstance(sampler, StandardSampler) or sampler.repeats != 1:
                raise ArgumentError(
                    f"the source has a sampler already, {sampler!r}: a sampler sits on the source "
                    "or on the loader, not on both"
                )
            sampler = fitting(recipe.sampler, self._length)
        return order_of(sampler, recipe)

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return self.sampler.default_epoch_samples()

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch."""
        return (sampler or self.sampler).describe()

    def _refuse_unknown(self, names: Any) -> None:
        for name in names:
            raise ArgumentTypeError(
                f"{type(self).__name__} knows no setting {name!r}: "
                "batch_iterator takes batch_size and shuffle"
            )
