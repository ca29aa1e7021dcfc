"""Batches from an iterator that the user has made."""

from collections.abc import Iterator
from typing import Any

from aliquot.data_source._callable import check_count
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.errors import ExhaustedError


class IteratorDataSource(AbstractDataSource[BatchT_co]):
    """Gives the batches of an iterator, as they come.

    An iterator that is made already knows nothing of a batch size or of shuffling, so those that
    are given to `batch_iterator` are not used.

    Parameters
    ----------
    batch_iter : iterator
        Gives batches. It can be read once.
    n_samples : int or float, optional
        The number of samples, ``numpy.inf``, or `None` if it is not known.

    Attributes
    ----------
    batch_iter, n_samples
        As given.

    Raises
    ------
    ArgumentTypeError
        If `n_samples` is of another type (a `TypeError`).
    ExhaustedError
        While iterating, if the iterator has no batch left to begin with (a `ValueError`).

    Examples
    --------
    >>> source = IteratorDataSource(iter([(np.arange(3),), (np.arange(2),)]))
    >>> [len(batch) for (batch,) in source.batch_iterator(64)]
    [3, 2]
    """

    def __init__(self, batch_iter: Iterator[BatchT_co], n_samples: float | None = None) -> None:
        check_count(n_samples, "n_samples")
        self.batch_iter = batch_iter
        self.n_samples = n_samples

    def __repr__(self) -> str:
        return f"IteratorDataSource({self.batch_iter!r})"

    def num_samples(self, **settings: Any) -> int | float | None:
        """Give the number of samples that was given."""
        return self.n_samples

    def batch_iterator(
        self,
        batch_size: int,
        shuffle: Any = None,
        **settings: Any,
    ) -> Iterator[BatchT_co]:
        """Give what is left of the iterator; the arguments are not used."""
        found = False
        # Not `yield from`: that would close the user's iterator when this one is dropped.
        for batch in self.batch_iter:
            found = True
            yield batch
        if not found and self.n_samples != 0:
            raise ExhaustedError(
                "the iterator has no batches left: it can be read once. To read it anew each "
                "epoch, hand the function that makes it to CallableDataSource"
            )
