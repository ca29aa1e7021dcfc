"""Plans drawn from a user's generator: they are read once, from the first place onward.

The draws of `DrawnPasses` and `DrawnByWeight` are those of BatchUp 0.2.3, call for call, so that
its users keep their orders and the state in which their generator is left.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aliquot._arguments import ShuffleRNG
from aliquot._indices import IntArray
from aliquot.sampling._plan import OrderedPlan, clip


class DrawnPasses:
    """A permutation of `n` places for each pass, drawn when a place in it is first asked for.

    A pass that lies behind is let go, so that an endless plan holds no more than the passes of
    one batch.
    """

    def __init__(self, n: int, repeats: int, rng: ShuffleRNG) -> None:
        self._n = n
        self._repeats = repeats
        self._rng = rng
        self._drawn = 0
        self._passes: dict[int, IntArray] = {}

    def indices(self, start: int, stop: int) -> IntArray:
        self._draw_up_to(stop)
        stop = clip(stop, self._n, self._repeats)
        if start >= stop:
            return np.arange(0)
        first, last = start // self._n, (stop - 1) // self._n
        for gone in [number for number in self._passes if number < first]:
            del self._passes[gone]
        return np.concatenate(
            [
                self._passes[number][max(start - number * self._n, 0) : stop - number * self._n]
                for number in range(first, last + 1)
            ]
        )

    def _draw_up_to(self, stop: int) -> None:
        """Draw the passes that BatchUp would have drawn once place `stop` is reached.

        A batch that ends where its pass ends leaves the next pass undrawn; one that runs on past
        an end draws also the pass that begins exactly at its own end, even after the last.
        """
        if self._drawn == 0:
            self._draw()
        if self._repeats == 1 or stop <= self._drawn * self._n:
            return
        stop = clip(stop, self._n, self._repeats)
        while self._drawn * self._n <= stop and not self._is_over():
            self._draw()

    def _is_over(self) -> bool:
        return self._repeats != -1 and self._drawn > self._repeats

    def _draw(self) -> None:
        self._passes[self._drawn] = self._rng.permutation(self._n)
        self._drawn += 1


class DrawnByWeight:
    """Endless draws with replacement, sample ``i`` with probability ``p[i]``.

    The inversion method of ``RandomState.choice``, with the cumulative sum made once.
    """

    def __init__(self, p: NDArray[np.floating], rng: ShuffleRNG) -> None:
        self._cumulative = np.cumsum(p, dtype=np.float64)
        self._cumulative /= self._cumulative[-1]
        self._rng = rng

    def indices(self, start: int, stop: int) -> IntArray:
        drawn = self._cumulative.searchsorted(self._rng.random(stop - start), side="right")
        return np.asarray(drawn, dtype=np.int64)


class Seeded:
    """A keyed plan whose seed is one number drawn from a generator, when it is first asked."""

    def __init__(self, make: Callable[[int], OrderedPlan], rng: ShuffleRNG) -> None:
        self._make = make
        self._rng = rng
        self._plan: OrderedPlan | None = None

    def indices(self, start: int, stop: int) -> IntArray:
        if self._plan is None:
            self._plan = self._make(int(self._rng.random() * 2**53))
        return self._plan.indices(start, stop)
