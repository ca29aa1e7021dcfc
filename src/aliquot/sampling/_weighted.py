"""Samples drawn by weight."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray, as_index_array, check_indices, digest
from aliquot.errors import ArgumentError
from aliquot.sampling._abstract import PlannedSampler
from aliquot.sampling._alias import KeyedByWeight, LazyTable
from aliquot.sampling._drawn import DrawnByWeight
from aliquot.sampling._plan import OrderedPlan, Subset
from aliquot.sampling._race import drawn_race, keyed_race

FloatArray = NDArray[np.float64]


def normalised(weights: NDArray[np.floating], name: str) -> FloatArray:
    """Give `weights` with a sum of 1, or say what is wrong with them."""
    if weights.ndim != 1:
        raise ArgumentError(f"{name} must be a 1-D array, not one of shape {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ArgumentError(f"{name} must be finite and not negative")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not np.isfinite(total):
        raise ArgumentError(f"{name} must have a finite sum: scale them down")
    if total == 0:
        raise ArgumentError(f"{name} must not sum to 0: give at least one sample a weight")
    scaled: FloatArray = weights / total
    return scaled


class WeightedSampler(PlannedSampler):
    """Draws samples at random, each as often as its weight says.

    With replacement there is no end; an epoch of a loader has as many samples as there are
    weights, or its ``epoch_samples``.

    Parameters
    ----------
    weights : array of float, shape (n,)
        How likely each sample is to be drawn; any sum, 0 for never.
    replacement : bool, default True
        Whether a sample can be drawn again. Without, each is drawn at most once an epoch, the
        heavy ones rather early; ``epoch_samples`` of the loader keeps the first of them.

    Attributes
    ----------
    weights : float64 array, shape (n,)
        The weights, scaled to a sum of 1.
    length : int
        How many there are.
    replacement : bool
        As given.

    Raises
    ------
    ArgumentError
        If weights are negative or not finite, or sum to 0 (a `ValueError`).

    Notes
    -----
    In a loader, draws with replacement are made with an alias table (A. J. Walker 1977), which
    takes 12 bytes a sample, those without by an exponential race (P. S. Efraimidis and P. G.
    Spirakis 2006), 8 bytes a sample. An order drawn from a `numpy.random.RandomState` is that of
    its ``choice``, with replacement.

    Examples
    --------
    >>> sampler = WeightedSampler([1, 0, 3])
    >>> sampler.weights
    array([0.25, 0.  , 0.75])
    >>> rng = np.random.RandomState(12345)
    >>> next(sampler.shuffled_indices_batch_iterator(5, rng))
    array([2, 2, 0, 0, 2])
    """

    def __init__(self, weights: ArrayLike, replacement: bool = True) -> None:
        self.weights = normalised(np.asarray(weights, dtype=np.float64), "weights")
        self.length = len(self.weights)
        self.replacement = bool(replacement)
        self._table = LazyTable(self.weights)

    def __repr__(self) -> str:
        without = "" if self.replacement else ", replacement=False"
        return f"WeightedSampler({self.length} weights{without})"

    def num_indices_generated(self) -> int | float:
        """Count the indices of an epoch: ``numpy.inf``, or the samples that can be drawn."""
        return math.inf if self.replacement else int(np.count_nonzero(self.weights))

    def map_indices(self, indices: Any) -> IntArray:
        """Give `indices` (array, list or slice), checked and with negatives wrapped."""
        return check_indices(indices, self.length)

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return self.length

    def keyed_plan(self, seed: int, epoch: int) -> OrderedPlan:
        """Give draws made of seed and epoch."""
        if not self.replacement:
            return keyed_race(self.weights, seed, epoch)
        return KeyedByWeight(self._table(), seed=seed, epoch=epoch)

    def plan(self, *, shuffle: bool, seed: int, epoch: int) -> OrderedPlan:
        """Give the order of an epoch; it is always random."""
        return self.keyed_plan(seed, epoch)

    def default_epoch_samples(self) -> int:
        """Count the samples of a loader's epoch: as many as there are weights."""
        return self.length

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch."""
        return f"{self!r} alias #{self._table.digest}"

    def drawn_plan(self, rng: ShuffleRNG) -> OrderedPlan:
        """Give draws from `rng`."""
        if not self.replacement:
            return drawn_race(self.weights, rng)
        return DrawnByWeight(self.weights, rng)

    @staticmethod
    def class_balancing_sample_weights(y: ArrayLike, n_classes: int | None = None) -> FloatArray:
        """Weigh samples so that every class that occurs is drawn equally often.

        Parameters
        ----------
        y : array of int, shape (n,)
            The class of each sample, 0 or more.
        n_classes : int, optional
            Number of classes, if some do not occur in `y`; it changes no weight.

        Returns
        -------
        float64 array, shape (n,)
            One over (samples of the class times classes that occur); the sum is 1.

        Raises
        ------
        ArgumentError
            If a class is negative, or `n_classes` or more (a `ValueError`).

        Examples
        --------
        >>> WeightedSampler.class_balancing_sample_weights([0, 0, 0, 0, 1])
        array([0.125, 0.125, 0.125, 0.125, 0.5  ])
        """
        classes = as_index_array(y, name="y")
        if len(classes) and classes.min() < 0:
            raise ArgumentError(f"y must hold classes of 0 or more, not {classes.min()}")
        counts = np.bincount(classes)
        if n_classes is not None and len(counts) > n_classes:
            raise ArgumentError(f"y holds class {len(counts) - 1}, but n_classes is {n_classes}")
        weights: FloatArray = 1.0 / (counts[classes].astype(float) * np.count_nonzero(counts))
        return weights

    @staticmethod
    def class_balancing_sampler(y: ArrayLike, n_classes: int | None = None) -> "WeightedSampler":
        """Make a sampler that draws every class equally often.

        Parameters
        ----------
        y : array of int, shape (n,)
            The class of each sample, 0 or more.
        n_classes : int, optional
            Number of classes, if some do not occur in `y`.

        Returns
        -------
        WeightedSampler
            A sampler with the weights of `class_balancing_sample_weights`.
        """
        return WeightedSampler(WeightedSampler.class_balancing_sample_weights(y, n_classes))


class WeightedSubsetSampler(PlannedSampler):
    """Draws from a subset at random, each sample as often as its weight says, without end.

    Parameters
    ----------
    sub_weights : array of float, shape (n,)
        The weight of each sample of the subset; any sum, 0 for never.
    indices : array of int, shape (n,)
        The samples of the subset.

    Attributes
    ----------
    sub_weights : float array, shape (n,)
        The weights, scaled to a sum of 1.
    indices : int64 array, shape (n,)
        The samples.
    length : int
        How many there are.

    Raises
    ------
    ArgumentError
        If the two differ in length, or weights are negative, not finite or sum to 0 (a
        `ValueError`).

    Examples
    --------
    >>> sampler = WeightedSubsetSampler(np.array([1.0, 3.0]), indices=np.array([20, 40]))
    >>> rng = np.random.RandomState(12345)
    >>> next(sampler.shuffled_indices_batch_iterator(5, rng))
    array([40, 40, 20, 20, 40])
    """

    def __init__(self, sub_weights: ArrayLike, indices: Any) -> None:
        self.indices = as_index_array(indices).copy()
        self.length = len(self.indices)
        weights = np.asarray(sub_weights)
        if len(weights) != self.length:
            raise ArgumentError(
                "sub_weights and indices must have the same length, "
                f"not {len(weights)} and {self.length}"
            )
        self.sub_weights = normalised(weights, "sub_weights")
        self._table = LazyTable(self.sub_weights)

    def __repr__(self) -> str:
        return f"WeightedSubsetSampler({self.length} indices)"

    def num_indices_generated(self) -> float:
        """Count the indices of an epoch: always ``numpy.inf``."""
        return math.inf

    def map_indices(self, indices: Any) -> IntArray:
        """Turn positions in the subset (array, list or slice) into indices of the data."""
        return self.indices[check_indices(indices, self.length)]

    def reach(self) -> int:
        """Give how many samples the data must have at least."""
        return int(self.indices.max(initial=-1)) + 1

    def keyed_plan(self, seed: int, epoch: int) -> Subset:
        """Give endless draws from the subset made of seed and epoch."""
        table = self._table()
        return Subset(self.indices, KeyedByWeight(table, seed=seed, epoch=epoch))

    def plan(self, *, shuffle: bool, seed: int, epoch: int) -> OrderedPlan:
        """Give the order of an epoch; it is always random."""
        return self.keyed_plan(seed, epoch)

    def default_epoch_samples(self) -> int:
        """Count the samples of a loader's epoch: as many as there are weights."""
        return self.length

    def describe(self) -> str:
        """Tell everything that the order depends on besides seed and epoch."""
        return f"{self!r} alias #{self._table.digest}{digest(self.indices)}"

    def drawn_plan(self, rng: ShuffleRNG) -> Subset:
        """Give endless draws from the subset."""
        return Subset(self.indices, DrawnByWeight(self.sub_weights, rng))

    @staticmethod
    def class_balancing_sampler(
        y: ArrayLike, indices: Any, n_classes: int | None = None
    ) -> "WeightedSubsetSampler":
        """Make a sampler that draws every class in a subset equally often.

        Parameters
        ----------
        y : array of int, shape (m,)
            The class of each sample of the whole data, 0 or more.
        indices : array of int, shape (n,)
            The samples of the subset.
        n_classes : int, optional
            Number of classes, if some do not occur in the subset.

        Returns
        -------
        WeightedSubsetSampler
            A sampler over `indices`.
        """
        classes = as_index_array(y, name="y")
        chosen = check_indices(indices, len(classes))
        weights = WeightedSampler.class_balancing_sample_weights(classes[chosen], n_classes)
        return WeightedSubsetSampler(weights, chosen)
