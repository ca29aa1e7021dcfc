"""Many permutations at once, each read at a few places."""

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray
from aliquot._random import Bits, hash_grid, hash_keys
from aliquot.sampling._keyed import PLACE, SORTED_UP_TO, Permutation

_CELLS = 2**20


def permuted(lengths: IntArray, keys: Bits, places: IntArray) -> IntArray:
    """Give ``Permutation(lengths[i], keys[i]).at(places[i])`` for every `i`.

    Short permutations are sorted together, as the rows of matrices, which costs a hundredth of
    sorting them one by one.

    Parameters
    ----------
    lengths : int64 array, shape (n,)
        1 or more; the same for the same key.
    keys : uint64 array, shape (n,)
        Any bits.
    places : int64 array, shape (n,)
        Each from 0 to its length, without the end.

    Returns
    -------
    int64 array, shape (n,)
        What stands at each place.

    Examples
    --------
    >>> permuted(np.array([5, 5, 3]), np.array([1, 1, 2], np.uint64), np.array([0, 1, 2]))
    array([4, 2, 0])
    >>> Permutation(5, key=1).at(np.arange(5))
    array([4, 2, 3, 1, 0])
    """
    found = np.empty(len(places), dtype=np.int64)
    if not len(places):
        return found
    if not len(found):
        return found
    distinct, first, which = np.unique(keys, return_index=True, return_inverse=True)
    sizes = lengths[first]
    own = hash_keys(distinct, sizes)
    for rows, group in _groups(sizes, which):
        if sizes[group[0]] > SORTED_UP_TO:
            order = Permutation(int(sizes[group[0]]), int(distinct[group[0]]))
            found[rows] = order.at(places[rows])
        else:
            orders = _sorted(sizes[group], own[group])
            found[rows] = orders[np.searchsorted(group, which[rows]), places[rows]]
    return found


def _groups(sizes: IntArray, which: IntArray) -> list[tuple[IntArray, IntArray]]:
    """Divide permutations into groups of like sizes; give the rows and the members of each.

    A group fits a matrix of bounded size. A long permutation is a group of its own.
    """
    width = 2 ** np.ceil(np.log2(sizes)).astype(np.int64)
    by_width = np.argsort(width, kind="stable")
    number = np.empty(len(sizes), dtype=np.int64)
    count = 0
    for value, n in zip(*np.unique(width, return_counts=True), strict=True):
        at_once = 1 if value > SORTED_UP_TO else max(_CELLS // int(value), 1)
        number[count : count + n] = np.arange(n) // at_once
        count += n
    new = np.diff(width[by_width], prepend=0) != 0
    new |= np.diff(number, prepend=-1) != 0
    group_of = np.empty(len(sizes), dtype=np.int64)
    group_of[by_width] = np.cumsum(new) - 1
    of_row = group_of[which]
    rows = np.split(np.argsort(of_row, kind="stable"), np.cumsum(np.bincount(of_row))[:-1])
    members = np.split(np.argsort(group_of, kind="stable"), np.cumsum(np.bincount(group_of))[:-1])
    return list(zip(rows, members, strict=True))


def _sorted(sizes: IntArray, own: Bits) -> NDArray[np.uint64]:
    """Give one permutation a row, as `Permutation` sorts it; what lies beyond its size is none."""
    width = int(sizes.max())
    column = np.arange(width, dtype=np.uint64)
    words = hash_grid(own, width) & ~PLACE
    words |= column
    words[column >= sizes[:, None].astype(np.uint64)] = np.iinfo(np.uint64).max
    words.sort(axis=1)
    return words & PLACE
