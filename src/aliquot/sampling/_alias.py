"""Draws with replacement, by weight: Walker's alias table."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray, digest
from aliquot._random import Bits, hash_key, hash_places, to_below

_WEIGHTS = int.from_bytes(b"alias")
_CHUNK = 65_536
_FloatArray = NDArray[np.floating]


class AliasTable:
    """Turns random words into samples, each as likely as its weight says, at one look-up a word.

    The range of words is cut into one cell a sample. A cell belongs to its sample up to a
    threshold, and to one other sample, its alias, from there on.

    Parameters
    ----------
    weights : array of float, shape (n,)
        Finite, 0 or more, with a sum above 0; not checked.

    Notes
    -----
    A. J. Walker 1977; built by the sweep of L. Hübschle-Schneider and P. Sanders 2022, "Parallel
    weighted random sampling", here with running sums over chunks. It takes 12 bytes a sample (16
    from 2**31 samples on) and little more while it is built. The sums are of integers, so they
    neither drift nor differ between machines.

    Examples
    --------
    >>> table = AliasTable(np.array([1.0, 0.0, 3.0]))
    >>> np.bincount(table.at(hash_places(0, np.arange(4000))), minlength=3)
    array([1010,    0, 2990])
    """

    def __init__(self, weights: _FloatArray) -> None:
        n = len(weights)
        self._thresholds = np.empty(n, dtype=np.uint64)
        self._aliases = np.arange(n, dtype=np.int32 if n <= 2**31 else np.int64)
        # The mean as an integer: n of them fit 62 bits.
        self._mean = 2 ** (62 - n.bit_length())
        self._build(weights, n / _sum(weights))

    def at(self, words: Bits) -> IntArray:
        """Give one sample a word.

        Parameters
        ----------
        words : uint64 array, shape (m,)
            Random bits.

        Returns
        -------
        int64 array, shape (m,)
            Numbers from 0 to ``n - 1``.
        """
        n = len(self._aliases)
        cells = to_below(words, n)
        # The upper half of words * n is the cell, and the lower half is where in it.
        own = words * np.uint64(n) < self._thresholds[cells]
        return np.where(own, cells, self._aliases[cells])

    def _build(self, weights: _FloatArray, scale: float) -> None:
        """Fill up the cell of each light sample from a heavy one, both in their order.

        Light samples (weight below the mean) lack something to fill their cells, heavy ones have
        too much. A light one is filled up by the heavy one in whose part of the excess its lack
        begins. A heavy one whose excess is used up becomes light by what the latest light one
        took beyond it, and is filled up by the next.
        """
        light = _Side(weights, scale, self._mean, heavy=False)
        heavy = _Side(weights, scale, self._mean, heavy=True)
        while len(light.samples) and len(heavy.samples):
            lack, excess = light.sums, heavy.sums
            reached = np.searchsorted(lack[:-1], excess[-1])
            own = light.samples[light.done : reached]
            by = np.searchsorted(excess[1:], lack[light.done : reached], side="right")
            self._set(own, np.multiply(weights[own], scale, dtype=np.float64), heavy.samples[by])
            light.done = reached
            # The last heavy one that was read has to wait: its alias would be the next.
            used_up = min(
                np.searchsorted(excess[1:], lack[-1], side="right"), len(heavy.samples) - 1
            )
            ends = excess[1 : used_up + 1]
            beyond = lack[np.searchsorted(lack, ends)] - ends
            self._set(
                heavy.samples[:used_up], 1 - beyond / self._mean, heavy.samples[1 : used_up + 1]
            )
            heavy.drop(used_up)
            light.drop(np.searchsorted(lack[1:], heavy.sums[1]))
            if not len(light.samples):
                light.read()
            elif len(heavy.samples) == 1 and not heavy.read():
                break
        # Rounding leaves a few: heavy ones that are full, light ones that are nearly so.
        last = heavy.samples[-1:] if len(heavy.samples) else light.samples[:1]
        light.drop(light.done)
        for own in heavy.rest():
            self._set(own, np.ones(len(own)), own)
        for own in light.rest():
            self._set(own, np.multiply(weights[own], scale, dtype=np.float64), last)

    def _set(self, samples: IntArray, kept: _FloatArray, aliases: IntArray) -> None:
        """Note which part of their cells samples keep, and whose the rest is."""
        parts = np.clip(kept * 2.0**53, 0, 2.0**53 - 1).astype(np.uint64)
        self._thresholds[samples] = parts << np.uint64(11)
        self._aliases[samples] = aliases


class _Side:
    """The samples on one side of the mean, with the running sum of how far they are from it."""

    def __init__(self, weights: _FloatArray, scale: float, mean: int, *, heavy: bool) -> None:
        self._weights = weights
        self._scale = scale * mean
        self._mean = mean
        self._heavy = heavy
        self._next = 0
        self.samples = np.empty(0, dtype=np.int64)
        """Those that are in hand."""
        self.sums = np.zeros(1, dtype=np.int64)
        """What the samples before each of them sum to, and at the end what all do."""
        self.done = 0
        """How many of them need nothing any more but to be known to others."""
        self.read()

    def read(self) -> bool:
        """Take the next chunk of samples in hand; tell whether there was one."""
        while self._next < len(self._weights):
            start, self._next = self._next, self._next + _CHUNK
            chunk = self._weights[start : self._next].astype(np.float64)
            apart = np.rint(chunk * self._scale).astype(np.int64) - self._mean
            found = np.flatnonzero(apart >= 0 if self._heavy else apart < 0)
            if len(found):
                self.samples = np.concatenate([self.samples, found + start])
                steps = np.concatenate([self.sums[-1:], np.abs(apart[found])])
                self.sums = np.concatenate([self.sums[:-1], np.cumsum(steps)])
                return True
        return False

    def drop(self, n: int) -> None:
        """Let the first `n` samples go."""
        self.samples, self.sums, self.done = self.samples[n:], self.sums[n:], self.done - n

    def rest(self) -> Iterator[IntArray]:
        """Give what is left, chunk by chunk."""
        while len(self.samples):
            yield self.samples
            self.drop(len(self.samples))
            self.read()


def _sum(weights: _FloatArray) -> float:
    """Add up one by one, as NumPy's ``sum`` promises no order."""
    total = 0.0
    for start in range(0, len(weights), _CHUNK):
        total += float(np.cumsum(weights[start : start + _CHUNK], dtype=np.float64)[-1])
    return total


class LazyTable:
    """Gives the alias table of some weights, made at the first call; a copy by pickle has none."""

    def __init__(self, weights: _FloatArray) -> None:
        self._weights = weights
        self._table: AliasTable | None = None

    @cached_property
    def digest(self) -> str:
        """A short hash of the weights."""
        return digest(self._weights)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_table": None}

    def __call__(self) -> AliasTable:
        if self._table is None:
            self._table = AliasTable(self._weights)
        return self._table


class KeyedByWeight:
    """Endless draws with replacement from an alias table; the draw of a place is its own.

    Parameters
    ----------
    table : AliasTable
        What to draw from.
    seed, epoch : int
        Each 0 or more and less than 2**64.

    Examples
    --------
    >>> KeyedByWeight(AliasTable(np.array([1.0, 0.0, 3.0])), seed=0, epoch=0).indices(0, 8)
    array([2, 2, 0, 0, 0, 2, 2, 2])
    """

    def __init__(self, table: AliasTable, seed: int, epoch: int) -> None:
        self._table = table
        self._key = hash_key(_WEIGHTS, seed, epoch)

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`; it never ends."""
        return self._table.at(hash_places(self._key, np.arange(start, stop, dtype=np.int64)))
