"""A plan read in blocks: what NumPy costs a call is shared by many batches."""

import math

import numpy as np

from aliquot._indices import IntArray
from aliquot.sampling._plan import OrderedPlan

_LONGEST = 65_536
# Ranks read every world_size-th batch: as far as this a gap is their stride, beyond it a jump.
_REACH = 64


class Blocks:
    """A plan that gives what another gives, evaluated ahead in blocks.

    A read within the kept block is a copy of a part of it. Any other evaluates a new block from
    its first place on. As long as reads go forward (from the kept block to at most 64 reads
    beyond its end) each block is twice as long as the one before, up to 65,536 places; after a
    jump it is as long as the read. Thus the first batch after a resume is cheap, and the rest is.

    One reader at a time. It can be pickled if the plan can.

    Parameters
    ----------
    plan : OrderedPlan
        What to read: addressable, so that asking twice gives the same.

    Examples
    --------
    >>> from aliquot.sampling._plan import InOrder
    >>> blocks = Blocks(InOrder(10, repeats=1))
    >>> [blocks.indices(start, start + 4).tolist() for start in (0, 4, 8, 12)]
    [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], []]
    """

    def __init__(self, plan: OrderedPlan) -> None:
        self._plan = plan
        self._forget()

    def __getstate__(self) -> OrderedPlan:
        return self._plan

    def __setstate__(self, plan: OrderedPlan) -> None:
        self._plan = plan
        self._forget()

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        if start >= stop:
            return np.empty(0, dtype=np.int64)
        if not (self._start <= start and stop <= self._stop):
            self._evaluate(start, stop - start)
        return self._block[start - self._start : stop - self._start].copy()

    def _forget(self) -> None:
        self._block = np.empty(0, dtype=np.int64)
        self._start, self._stop = 0, -math.inf

    def _evaluate(self, start: int, size: int) -> None:
        forward = self._start <= start <= self._stop + _REACH * size
        length = max(size, min(2 * len(self._block), _LONGEST)) if forward else size
        self._block = self._plan.indices(start, start + length)
        # A short block ends where the plan does: there is nothing to ask for beyond.
        self._stop = start + length if len(self._block) == length else math.inf
        self._start = start
