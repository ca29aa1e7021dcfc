"""Members that take turns by integer shares, so that every turn is arithmetic."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np

from aliquot._indices import IntArray
from aliquot._random import hash_keys
from aliquot.errors import ArgumentError
from aliquot.sampling._permuted import permuted

MOST_PARTS = 10_000


def integer_shares(weights: Sequence[Any]) -> IntArray:
    """Turn weights into the smallest integers that are in proportion to them.

    Weights that are in no such proportion with a sum of up to 10,000 are rounded to it.

    >>> integer_shares([0.7, 0.2, 0.1])
    array([7, 2, 1])
    """
    given = np.asarray(weights, dtype=np.float64)
    if given.ndim != 1 or not given.size or not (np.isfinite(given) & (given > 0)).all():
        raise ArgumentError(f"weights must be finite numbers above 0, not {weights!r:.80}")
    parts = [Fraction(weight).limit_denominator(MOST_PARTS) for weight in (given / given.sum())]
    common = np.lcm.reduce([part.denominator for part in parts], dtype=object)
    exact = common <= MOST_PARTS and sum(parts) == 1
    shares = [int(part * common) for part in parts] if exact else _rounded(given / given.sum())
    if min(shares) == 0:
        raise ArgumentError(
            f"weights are rounded to parts of {MOST_PARTS}, and none of them is left for number "
            f"{shares.index(0)}: {weights!r:.80}"
        )
    return np.array(shares) // gcd(*shares)


def _rounded(parts: Any) -> list[int]:
    """Round to integers of one sum, those with the largest remainders up."""
    scaled = parts * MOST_PARTS
    shares = np.floor(scaled).astype(int)
    shares[np.argsort(shares - scaled, kind="stable")[: MOST_PARTS - shares.sum()]] += 1
    return [int(share) for share in shares]


class Runs:
    """Which member stands at each place, and which of its draws that is.

    Places are cut into runs, in each of which a member has as many places as its share: spread
    evenly, or in keyed order. A last run that is shorter has those that come first when they are
    spread evenly. So how many draws a member has up to the end does not depend on the key.

    Parameters
    ----------
    shares : int array, shape (m,)
        Each 1 or more.

    Examples
    --------
    >>> members, draws = Runs(np.array([3, 1])).at(np.arange(8), None, None)
    >>> members, draws
    (array([0, 0, 1, 0, 0, 0, 1, 0]), array([0, 1, 0, 2, 3, 4, 1, 5]))
    """

    def __init__(self, shares: IntArray) -> None:
        self._shares = shares
        self._length = int(shares.sum())
        members = np.repeat(np.arange(len(shares)), shares)
        own = np.arange(self._length) - np.repeat(np.cumsum(shares) - shares, shares)
        order = np.argsort((own + 0.5) / shares[members], kind="stable")
        self._members, self._own = members[order], own[order]

    def at(
        self, places: IntArray, length: int | None, key: int | None
    ) -> tuple[IntArray, IntArray]:
        """Give the member and its draw at each place.

        Parameters
        ----------
        places : int64 array, shape (n,)
            Any places of the epoch.
        length : int, optional
            Places of the epoch; `None` for no end.
        key : int, optional
            What the order of the runs is made of; `None` for evenly spread.
        """
        run, turn = np.divmod(places, self._length)
        if key is not None:
            n = np.full(len(places), self._length)
            if length is not None:
                n = np.minimum(n, length - run * self._length)
            turn = permuted(n, hash_keys(key, run), turn)
        members = self._members[turn]
        return members, run * self._shares[members] + self._own[turn]

    def place_of(self, member: int, draw: int) -> int:
        """Give the place of a draw when members are spread evenly."""
        run, own = divmod(draw, int(self._shares[member]))
        turn = np.flatnonzero(self._members == member)[own]
        return run * self._length + int(turn)
