"""What a sampler is, for users who write their own."""

from collections.abc import Iterator
from typing import Any, cast

from aliquot._arguments import ShuffleRNG, check_batch_size
from aliquot._indices import IntArray, check_indices
from aliquot.errors import ArgumentTypeError
from aliquot.sampling._drawn import Seeded
from aliquot.sampling._plan import OrderedPlan, batches


class AbstractSampler:
    """Decides which samples make up an epoch, and in which order.

    Subclass it and write `num_indices_generated` and the two iterators (one of them may go on
    raising `NotImplementedError`); write `map_indices` too if only some samples are drawn from.

    Examples
    --------
    >>> class EvenSampler(AbstractSampler):
    ...     def num_indices_generated(self):
    ...         return 5
    ...
    ...     def in_order_indices_batch_iterator(self, batch_size):
    ...         for i in range(0, 10, 2 * batch_size):
    ...             yield np.arange(i, min(i + 2 * batch_size, 10), 2)
    >>> [batch.tolist() for batch in EvenSampler().in_order_indices_batch_iterator(2)]
    [[0, 2], [4, 6], [8]]
    """

    of_every_sample = False
    """Whether the sampler was given something for each sample, so that the data has as many."""
    batch_shaped = False
    """Whether the order depends on the size of a step, so that it cannot go on with another."""
    interleaved: int | None = None
    """The batch size that the order is laid out for, if it can go on with another."""

    def num_indices_generated(self) -> int | float | None:
        """Count the indices of an epoch.

        Returns
        -------
        int, float or None
            A number, ``numpy.inf`` for an endless sampler, `None` if it is not known.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how many indices it gives")

    def map_indices(self, indices: Any) -> IntArray:
        """Turn positions among the samples drawn from into indices of the data.

        Parameters
        ----------
        indices : array of int, shape (n,)
            Positions.

        Returns
        -------
        array of int, shape (n,)
            Indices of the data; here, `indices` itself.
        """
        return indices  # type: ignore[no-any-return]

    def in_order_indices_batch_iterator(self, batch_size: int) -> Iterator[IntArray]:
        """Iterate over the batches of an epoch in the order of the data.

        Parameters
        ----------
        batch_size : int
            Indices a batch, 1 or more; the last batch may be short.

        Returns
        -------
        iterator of int64 arrays, shape (batch_size,)
            The indices of each batch.

        Raises
        ------
        NotImplementedError
            If this sampler has no order of its own.
        """
        raise NotImplementedError(f"{type(self).__name__} does not support in-order sampling")

    def shuffled_indices_batch_iterator(
        self, batch_size: int, shuffle_rng: ShuffleRNG
    ) -> Iterator[IntArray]:
        """Iterate over the batches of an epoch in a random order.

        Parameters
        ----------
        batch_size : int
            Indices a batch, 1 or more; the last batch may be short.
        shuffle_rng : numpy.random.RandomState or numpy.random.Generator
            Where the order is drawn from, from the first `next` on.

        Returns
        -------
        iterator of int64 arrays, shape (batch_size,)
            The indices of each batch.

        Raises
        ------
        NotImplementedError
            If this sampler cannot shuffle.
        """
        raise NotImplementedError(f"{type(self).__name__} does not support shuffled sampling")

    def positions(self) -> range | IntArray:
        """Give the indices of one pass, in the order of the data.

        Raises
        ------
        ArgumentTypeError
            If samples are drawn at random (a `TypeError`).
        """
        raise ArgumentTypeError(
            f"{self!r} draws at random, so that there is no order to choose from: choose samples "
            "first, and give the sampler to the loader"
        )

    def for_length(self, length: int) -> "AbstractSampler":
        """Give this sampler for data of `length` samples, if that is known only now."""
        return self

    def for_steps(self, batch_size: int, step_size: int) -> "AbstractSampler":
        """Give this sampler for batches of a size, and steps of that size over all ranks."""
        return self

    def plan(self, *, shuffle: bool, seed: int, epoch: int) -> OrderedPlan:
        """Give the order of an epoch, any place of which can be asked for.

        `aliquot.Loader` needs it; the samplers of this package have it.

        Raises
        ------
        ArgumentTypeError
            If this sampler has iterators only (a `TypeError`).
        """
        raise ArgumentTypeError(
            f"a Loader can ask for any place of an epoch, and {type(self).__name__} has only "
            "iterators: give it a method plan(shuffle=, seed=, epoch=) that returns an object "
            "with indices(start, stop)"
        )

    def reach(self) -> int:
        """Give how many samples the data must have at least, as far as that is known."""
        return 0

    def default_epoch_samples(self) -> int | None:
        """Count the samples of a loader's epoch, if the order has no end; `None` for no end."""
        return None

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch, in a short text."""
        told = type(self).__repr__ is not object.__repr__
        return repr(self) if told else type(self).__qualname__


class PlannedSampler(AbstractSampler):
    """A sampler whose iterators walk plans."""

    def keyed_plan(self, seed: int, epoch: int) -> OrderedPlan:
        """Give a random order made of seed and epoch."""
        raise NotImplementedError

    def plan(self, *, shuffle: bool, seed: int, epoch: int) -> OrderedPlan:
        """See `AbstractSampler.plan`."""
        return self.keyed_plan(seed, epoch) if shuffle else self.in_order_plan()

    def in_order_plan(self) -> OrderedPlan:
        """Give the epoch in the order of the data, or raise `NotImplementedError`."""
        raise NotImplementedError(
            f"{type(self).__name__} draws at random: give shuffle=True or a "
            "numpy.random.RandomState"
        )

    def drawn_plan(self, rng: ShuffleRNG) -> OrderedPlan:
        """Give an epoch drawn from `rng`; nothing is drawn before the plan is asked."""
        return Seeded(lambda seed: self.keyed_plan(seed, 0), rng)

    def in_order_indices_batch_iterator(self, batch_size: int) -> Iterator[IntArray]:
        """See `AbstractSampler.in_order_indices_batch_iterator`."""
        size = check_batch_size(batch_size)
        return batches(self._for_batches(size).in_order_plan(), size)

    def shuffled_indices_batch_iterator(
        self, batch_size: int, shuffle_rng: ShuffleRNG
    ) -> Iterator[IntArray]:
        """See `AbstractSampler.shuffled_indices_batch_iterator`."""
        size = check_batch_size(batch_size)
        return batches(self._for_batches(size).drawn_plan(shuffle_rng), size)

    def _for_batches(self, size: int) -> "PlannedSampler":
        return cast("PlannedSampler", self.for_steps(size, size))


class EachSampleSampler(PlannedSampler):
    """A sampler that was given something for each sample of the data: a label, a length."""

    of_every_sample = True
    length: int
    """Number of samples."""

    def map_indices(self, indices: Any) -> IntArray:
        """Give `indices` (array, list or slice), checked and with negatives wrapped."""
        return check_indices(indices, self.length)

    def num_indices_generated(self) -> int | float:
        """Count the indices of an epoch: the number of samples."""
        return self.length

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return self.length
