"""Samples sorted by their class."""

from typing import Any

import numpy as np

from aliquot._indices import IntArray, digest
from aliquot._random import hash_keys
from aliquot.errors import ArgumentError
from aliquot.sampling._permuted import permuted


class Classes:
    """The samples of each class, and a keyed permutation of them a pass.

    Parameters
    ----------
    labels : array of int or str, shape (n,)
        The class of each sample.
    """

    def __init__(self, labels: Any) -> None:
        array = np.asarray(labels)
        if array.size == 0:
            raise ArgumentError("labels must not be empty: there is nothing to draw")
        if array.ndim != 1 or array.dtype.kind not in "iubUS":
            raise ArgumentError(
                "labels must be a 1-D array of integers or texts, one a sample, not "
                f"{array.dtype} of shape {array.shape}"
            )
        self.names = np.unique(array)
        narrow = np.min_scalar_type(len(self.names))
        number = np.searchsorted(self.names, array).astype(narrow)
        self.counts: IntArray = np.bincount(number)
        self._starts = np.cumsum(self.counts) - self.counts
        self._samples: IntArray = np.argsort(number, kind="stable")
        self._digest = digest(number)

    def __len__(self) -> int:
        return len(self.names)

    def describe(self) -> str:
        """Tell everything about the classes in a short text."""
        return f"#{self._digest}"

    def samples(self, classes: IntArray, draws: IntArray, key: int | None) -> IntArray:
        """Give the sample that is some draw from some class, for each position of the arrays.

        Parameters
        ----------
        classes, draws : int64 array, shape (m,)
            Which class, and how many draws from it come before. Beyond the number of its samples
            a new pass begins.
        key : int, optional
            What the permutations are made of; `None` for the order of the data.
        """
        n = self.counts[classes]
        number, place = np.divmod(draws, n)
        if key is not None:
            place = permuted(n, hash_keys(key, classes, number), place)
        found: IntArray = self._samples[self._starts[classes] + place]
        return found
