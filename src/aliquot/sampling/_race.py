"""Draws without replacement, by weight: an exponential race.

Every sample runs for an exponential time with its weight as the rate, and the order is that of
arrival. It is that of drawing one after the other from those that are left, each as likely as its
weight among them says (P. S. Efraimidis and P. G. Spirakis 2006).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray
from aliquot._random import hash_key, hash_places, to_unit

_RACE = int.from_bytes(b"race")
_CHUNK = 65_536
_LN2 = 0.6931471805599453
_Floats = NDArray[np.float64]


class Race:
    """The order of arrival. It is sorted at the first use and kept, in 8 bytes a sample.

    Times are compared by their upper bits, as many as the number of a sample leaves of 64 (37 for
    10**8 samples); ties are by number.

    Parameters
    ----------
    weights : float64 array, shape (n,)
        Finite, 0 or more. A sample of weight 0 does not arrive.
    uniforms : callable
        Called as ``uniforms(start, stop)``, once from 0 to the end, for a float64 array of
        numbers in [0, 1), one a sample.

    Examples
    --------
    >>> race = Race(np.array([1.0, 0.0, 3.0]), lambda start, stop: np.full(stop - start, 0.5))
    >>> race.indices(0, 3)
    array([2, 0])
    """

    def __init__(self, weights: _Floats, uniforms: Callable[[int, int], _Floats]) -> None:
        self._weights = weights
        self._uniforms = uniforms
        self._order: NDArray[np.uint64] | None = None

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        if self._order is None:
            self._order = self._run()
        return self._order[start:stop].astype(np.int64)

    def _run(self) -> NDArray[np.uint64]:
        n = len(self._weights)
        number = np.uint64(2 ** max(n - 1, 1).bit_length() - 1)
        words = np.empty(n, dtype=np.uint64)
        arriving = 0
        for start in range(0, n, _CHUNK):
            stop = min(start + _CHUNK, n)
            drawn = self._uniforms(start, stop)
            own = np.flatnonzero(self._weights[start:stop])
            with np.errstate(over="ignore"):  # weights below 1e-307 may take for ever
                times = -_log(1 - drawn[own]) / self._weights[start:stop][own]
            # Floats that are not negative are in the order of their bits, of which the first is 0.
            found = (times.view(np.uint64) << np.uint64(1)) & ~number
            found |= (own + start).astype(np.uint64)
            words[arriving : arriving + len(own)] = found
            arriving += len(own)
        order = words[:arriving]
        order.sort()
        order &= number
        return order


def _log(x: _Floats) -> _Floats:
    """Give the natural logarithm by sums and products alone, the same on every machine."""
    part, power = np.frexp(x)
    low = part < 0.7071067811865476
    part = np.where(low, 2 * part, part)
    ratio = (part - 1) / (part + 1)
    square = ratio * ratio
    total = np.full_like(square, 1 / 23)
    for odd in range(21, 0, -2):
        total = total * square + 1 / odd
    found: _Floats = 2 * ratio * total + (power - low) * _LN2
    return found


def keyed_race(weights: _Floats, seed: int, epoch: int) -> Race:
    """Give the race of an epoch."""
    key = hash_key(_RACE, seed, epoch)
    return Race(weights, partial(_keyed, key))


def drawn_race(weights: _Floats, rng: ShuffleRNG) -> Race:
    """Give a race drawn from `rng`."""
    return Race(weights, partial(_drawn, rng))


def _keyed(key: int, start: int, stop: int) -> _Floats:
    return to_unit(hash_places(key, np.arange(start, stop)))


def _drawn(rng: ShuffleRNG, start: int, stop: int) -> _Floats:
    found: _Floats = rng.random(stop - start)
    return found
