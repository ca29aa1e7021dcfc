"""Orders made of a key: any place of any pass can be asked for, in any order, at the same cost.

An order belongs to a version; a change to any of the arithmetic here, or to the hashes of
`aliquot._random`, adds one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray
from aliquot._random import hash_key, hash_places
from aliquot.errors import ArgumentError
from aliquot.sampling._plan import check_repeats, clip

ORDER_VERSION = 1
"""The version of the orders, for the fingerprint of a state."""

_LARGEST = 2**62
SORTED_UP_TO = 2**16
PLACE = np.uint64(2**16 - 1)
_ROUNDS = 8
_BLOCK = 65_536
# Four buffers of this length in 32 bits fit the second cache.
_CHUNK = 16_384

_ORDER = int.from_bytes(b"order")


class Permutation:
    """A permutation of ``range(n)`` that belongs to a key.

    The rule, fixed by `n` alone:

    * up to 2**16: the places sorted by the upper 48 bits of their hash under the key, ties (one
      in 10**5 orders has any) by place. A real permutation, every order as likely as any
      other; it is sorted at the first use and kept, in 2 bytes a sample.
    * above: with 2**k the smallest power of two that is at least `n`, a Feistel network of 8
      rounds on the upper ``k // 2`` and the lower ``k - k // 2`` bits of the place; a result of
      `n` or more is put through again until it is less (fewer than two evaluations on average).
      It keeps nothing.

    Parameters
    ----------
    n : int
        Number of places, 0 to 2**62.
    key : int
        Any 64 bits.

    Raises
    ------
    ArgumentError
        If `n` is negative or more than 2**62 (a `ValueError`).

    Examples
    --------
    >>> Permutation(5, key=1).at(np.arange(5))
    array([4, 2, 3, 1, 0])
    >>> Permutation(10**15, key=1).at(np.array([0, 1, 10**15 - 1]))
    array([171190062762513, 714500893169564, 977259184835386])
    """

    def __init__(self, n: int, key: int) -> None:
        if not 0 <= n <= _LARGEST:
            raise ArgumentError(f"an order is of 0 to 2**62 samples, not {n}")
        self._n = n
        self._key = key
        # Other lengths under one key have orders that have nothing in common.
        own = hash_key(key, n)
        self._order: _Sorted | _Feistel = _Sorted(n, own) if n <= SORTED_UP_TO else _Feistel(n, own)

    def __reduce__(self) -> tuple[Any, ...]:
        return Permutation, (self._n, self._key)

    def at(self, places: IntArray) -> IntArray:
        """Give what stands at each place.

        Parameters
        ----------
        places : int64 array, shape (m,)
            Places from 0 to ``n - 1``, in any order; they are not checked.

        Returns
        -------
        int64 array, shape (m,)
            One number from 0 to ``n - 1`` a place; the caller's own.
        """
        return self._order.at(places)


class _Sorted:
    """Places in the order of their hashes."""

    def __init__(self, n: int, key: int) -> None:
        self._n = n
        self._key = key
        self._kept: NDArray[np.uint16] | None = None

    def at(self, places: IntArray) -> IntArray:
        if self._kept is None:
            # Sorting words that carry their place is an eighth of the time of argsort.
            words = hash_places(self._key, np.arange(self._n, dtype=np.int64)) & ~PLACE
            words |= np.arange(self._n, dtype=np.uint64)
            words.sort()
            self._kept = (words & PLACE).astype(np.uint16)
        return self._kept[places].astype(np.int64)


class _Feistel:
    """A network that turns one half of a place by a keyed mixer of the other, 8 times.

    The mixer is Ellis's ``lowbias32``, its last shift replaced by taking the upper bits.
    """

    def __init__(self, n: int, key: int) -> None:
        bits = (n - 1).bit_length()
        self._n = n
        self._low_bits = bits - bits // 2
        self._low_mask = np.int64(2**self._low_bits - 1)
        self._shifts = np.uint32(32 - bits // 2), np.uint32(32 - self._low_bits)
        keys = hash_places(key, np.arange(_ROUNDS, dtype=np.int64))
        self._keys = (keys >> np.uint64(32)).astype(np.uint32)

    def at(self, places: IntArray) -> IntArray:
        found = np.array(places, dtype=np.int64)
        for start in range(0, len(found), _BLOCK):
            self._walk(found[start : start + _BLOCK])
        return found

    def _walk(self, values: IntArray) -> None:
        """Replace each value by the first in its cycle that is less than `n`."""
        self._turn(values)
        beyond = np.flatnonzero(values >= self._n)
        while len(beyond):
            again = values[beyond]
            self._turn(again)
            values[beyond] = again
            beyond = beyond[again >= self._n]

    def _turn(self, values: IntArray) -> None:
        for start in range(0, len(values), _CHUNK):
            self._turn_chunk(values[start : start + _CHUNK])

    def _turn_chunk(self, values: IntArray) -> None:
        high = (values >> self._low_bits).astype(np.uint32)
        low = (values & self._low_mask).astype(np.uint32)
        mixed, moved = np.empty_like(high), np.empty_like(high)
        for number in range(0, _ROUNDS, 2):
            high ^= _mix_half(low, self._keys[number], self._shifts[0], mixed, moved)
            low ^= _mix_half(high, self._keys[number + 1], self._shifts[1], mixed, moved)
        values[:] = high
        values <<= self._low_bits
        values |= low


_Half = NDArray[np.uint32]
_M1, _M2 = np.uint32(0x21F0AAAD), np.uint32(0x735A2D97)
_15, _16 = np.uint32(15), np.uint32(16)


def _mix_half(half: _Half, key: np.uint32, shift: np.uint32, mixed: _Half, moved: _Half) -> _Half:
    """Mix one half under the key of a round; give the upper ``32 - shift`` bits, in `mixed`."""
    np.bitwise_xor(half, key, out=mixed)
    np.right_shift(mixed, _16, out=moved)
    mixed ^= moved
    mixed *= _M1
    np.right_shift(mixed, _15, out=moved)
    mixed ^= moved
    mixed *= _M2
    mixed >>= shift
    return mixed


class KeyedPasses:
    """A permutation of `n` places for each pass, made of seed, epoch and the pass's number.

    Parameters
    ----------
    n : int
        Number of samples, 0 to 2**62.
    repeats : int
        Number of passes; -1 for no end.
    seed, epoch : int
        Each 0 or more and less than 2**64.

    Examples
    --------
    >>> KeyedPasses(5, repeats=2, seed=0, epoch=0).indices(0, 10)
    array([1, 3, 2, 0, 4, 4, 1, 0, 3, 2])
    >>> KeyedPasses(5, repeats=2, seed=0, epoch=0).indices(8, 12)
    array([3, 2])
    """

    def __init__(self, n: int, repeats: int, seed: int, epoch: int) -> None:
        self._n = n
        self._repeats = check_repeats(repeats, n)
        self._key = hash_key(_ORDER, seed, epoch)
        # The pass of the last read: a small one is worth keeping.
        self._latest = 0, Permutation(n, hash_key(self._key, 0))

    def indices(self, start: int, stop: int) -> IntArray:
        """See `OrderedPlan.indices`."""
        stop = clip(stop, self._n, self._repeats)
        if start >= stop:
            return np.empty(0, dtype=np.int64)
        found = np.empty(stop - start, dtype=np.int64)
        for number in range(start // self._n, (stop - 1) // self._n + 1):
            first = number * self._n
            here, end = max(start, first), min(stop, first + self._n)
            places = np.arange(here - first, end - first, dtype=np.int64)
            found[here - start : end - start] = self._pass(number).at(places)
        return found

    def _pass(self, number: int) -> Permutation:
        # Read and written in one step each: a read by two threads at once may only work twice.
        latest, permutation = self._latest
        if latest != number:
            permutation = Permutation(self._n, hash_key(self._key, number))
            self._latest = number, permutation
        return permutation
