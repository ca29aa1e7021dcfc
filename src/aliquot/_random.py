"""(seed, epoch, stage, place, draw) -> random numbers, in arithmetic of our own that is frozen.

Every number is a hash of its address, so that it depends neither on the batch that its sample
came in nor on who computed it. What is made of integers and of products of floats is the same on
every machine, Python and NumPy; `normal` takes logarithms and cosines and is so up to rounding.

The hash is a tree of SplitMix64 (Stafford's finaliser 13 over steps of G), modulo 2**64::

    key = mix(hash_key(DRAWS, seed, epoch, stage) + draw * G)
    value(place, element) = mix(mix(key + place * G) + element * G)

The elements of a draw with a trailing shape are numbered in C order.
"""

from math import isfinite, prod
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError

Bits = NDArray[np.uint64]
Shape = int | tuple[int, ...]

_MASK = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
# NumPy 1.26 would look at the value of a Python integer at each use; its own scalars are faster.
_G, _C1, _C2 = np.uint64(_GAMMA), np.uint64(_FIRST), np.uint64(_SECOND)
_11, _27, _30, _31, _32 = (np.uint64(shift) for shift in (11, 27, 30, 31, 32))
_LOW_HALF = np.uint64(2**32 - 1)

_DRAWS = int.from_bytes(b"draws")
_UNIT = 2.0**-53


def _mixed(word: int) -> int:
    """Mix the bits of one word."""
    word = ((word ^ (word >> 30)) * _FIRST) & _MASK
    word = ((word ^ (word >> 27)) * _SECOND) & _MASK
    return word ^ (word >> 31)


def _mix(words: Bits) -> Bits:
    """Mix the bits of each word, in place; give `words`."""
    moved = words >> _30
    words ^= moved
    words *= _C1
    words ^= np.right_shift(words, _27, out=moved)
    words *= _C2
    words ^= np.right_shift(words, _31, out=moved)
    return words


def hash_key(*integers: int) -> int:
    """Hash a few integers to one of 64 bits, the same on every machine.

    Parameters
    ----------
    *integers : int
        Each 0 or more and less than 2**64. Their order and number count.

    Returns
    -------
    int
        From 0 to 2**64 - 1; for other integers in one position always another one.

    Raises
    ------
    ArgumentError
        If an integer is negative, or 2**64 or more (a `ValueError`).

    Examples
    --------
    >>> hex(hash_key(1, 2)), hex(hash_key(2, 1))
    ('0x4ab8cfe581c6c85b', '0x94926c2e801cb6f9')
    """
    state = len(integers)
    for integer in integers:
        if not 0 <= integer <= _MASK:
            raise ArgumentError(
                f"seeds, epochs and places must be from 0 to 2**64 - 1, not {integer}"
            )
        # index(): a NumPy integer would overflow.
        state = _mixed((state + _GAMMA & _MASK) ^ index(integer))
    return _mixed(state + _GAMMA & _MASK)


def hash_keys(*integers: int | NDArray[np.integer]) -> Bits:
    """Give `hash_key` of the integers in each position of arrays; numbers stand for all positions.

    Parameters
    ----------
    *integers : int or integer array, shape (n,)
        Each 0 or more, and at least one of them an array; they are not checked.

    Returns
    -------
    uint64 array, shape (n,)
        One key a position.

    Examples
    --------
    >>> hash_keys(1, np.array([2, 3]))[0] == hash_key(1, 2)
    np.True_
    """
    shape = np.broadcast_shapes(*(np.shape(part) for part in integers))
    words = np.full(shape, len(integers), dtype=np.uint64)
    for part in integers:
        words += _G
        words ^= np.asarray(part, dtype=np.uint64)
        _mix(words)
    words += _G
    return _mix(words)


def hash_grid(keys: Bits, n: int) -> Bits:
    """Give `hash_places` of ``range(n)`` under each key; uint64, shape (len(keys), n)."""
    return _mix(_mix(keys[:, None] + _spread(np.arange(n))))


def hash_places(key: int, places: NDArray[np.int64]) -> Bits:
    """Hash each place under a key: 64 random bits a place.

    Parameters
    ----------
    key : int
        What `hash_key` gave.
    places : int64 array, shape (n,)
        Any values.

    Returns
    -------
    uint64 array, shape (n,)
        One word a place.
    """
    return _words(key, _spread(places), ())


def to_unit(bits: Bits) -> NDArray[np.float64]:
    """Turn random words into random floats in [0, 1): their upper 53 bits."""
    return (bits >> _11).astype(np.float64) * _UNIT


def _spread(places: NDArray[np.int64]) -> Bits:
    return np.asarray(places, dtype=np.int64).view(np.uint64) * _G


def _words(key: int, spread: Bits, shape: tuple[int, ...]) -> Bits:
    """Hash (place, element); `spread` is a row's place times G."""
    rows = _mix(spread + np.uint64(key))
    if shape == ():
        return _mix(rows)
    elements = np.arange(prod(shape), dtype=np.uint64) * _G
    return _mix(rows[:, None] + elements).reshape(len(rows), *shape)


def to_below(bits: Bits, span: int) -> NDArray[np.int64]:
    """Turn random words into integers below `span` (at most 2**63): ``bits * span >> 64``."""
    high, low = bits >> _32, bits & _LOW_HALF
    if span < 2**32:
        factor = np.uint64(span)
        low *= factor
        low >>= _32
        high *= factor
        high += low
        high >>= _32
        return high.view(np.int64)
    span_high, span_low = np.uint64(span >> 32), np.uint64(span & (2**32 - 1))
    crossed = high * span_low
    # At most (2**32 - 1)**2 + 2 * (2**32 - 1) = 2**64 - 1: nothing is carried out of the word.
    middle = (low * span_low >> _32) + (crossed & _LOW_HALF) + low * span_high
    product: Bits = high * span_high + (crossed >> _32) + (middle >> _32)
    return product.view(np.int64)


def _bell(first: Bits, second: Bits) -> NDArray[np.float64]:
    """Turn pairs of random words into normal numbers (Box and Muller's cosine)."""
    radius = np.sqrt(-2.0 * np.log(1.0 - to_unit(first)))
    bell: NDArray[np.float64] = radius * np.cos(2.0 * np.pi * to_unit(second))
    return bell


def _as_shape(shape: Any) -> tuple[int, ...]:
    try:
        sizes = tuple(map(index, shape)) if isinstance(shape, tuple | list) else (index(shape),)
    except TypeError:
        raise ArgumentTypeError(
            f"shape must be an integer or a tuple of integers, not {shape!r}"
        ) from None
    if min(sizes, default=0) < 0:
        raise ArgumentError(f"shape must not be negative, not {shape!r}")
    return sizes


def _check_range(low: Any, high: Any) -> tuple[int, int]:
    """Give the lowest integer of ``[low, high)`` and how many there are."""
    try:
        first, end = (0, index(low)) if high is None else (index(low), index(high))
    except TypeError:
        raise ArgumentTypeError(
            f"integers() takes integers, not low={low!r}, high={high!r}"
        ) from None
    if first >= end:
        raise ArgumentError(f"integers() needs low < high, not low={first}, high={end}")
    if first < -(2**63) or end > 2**63 or end - first > 2**63:
        raise ArgumentError(
            "integers() needs low and high in the range of int64, at most 2**63 apart, "
            f"not low={first}, high={end}"
        )
    return first, end - first


def _check_ends(low: Any, high: Any) -> tuple[float, float]:
    """Give the lowest float and the width."""
    first, end = float(low), float(high)
    if not (first <= end and isfinite(end - first)):
        raise ArgumentError(f"uniform() needs low <= high, both finite, not low={low}, high={high}")
    return first, end - first


def _check_bell(loc: Any, scale: Any) -> tuple[float, float]:
    if not float(scale) >= 0:
        raise ArgumentError(f"normal() needs a scale of 0 or more, not {scale}")
    return float(loc), float(scale)


class Draws:
    """The random numbers of a batch: each call gives one row a sample.

    What a row holds depends on (seed, epoch, stage, its place, the number of the call) and on
    nothing else. A call that is refused does not count.

    Parameters
    ----------
    seed, epoch, stage : int
        The address, each 0 or more and less than 2**64.
    places : int64 array, shape (n,)
        The places of the batch's samples in the epoch.

    Raises
    ------
    ArgumentError
        If a part of the address, a shape or a range cannot be used (a `ValueError`).
    ArgumentTypeError
        If a shape or an end of `integers` is no integer (a `TypeError`).

    Examples
    --------
    >>> draws = Draws(seed=0, epoch=0, stage=0, places=np.array([7, 8]))
    >>> draws.integers(100, shape=3)
    array([[98,  4, 22],
           [ 3, 93, 36]])
    >>> Draws(0, 0, 0, np.array([5, 6, 7])).integers(100, shape=3)[2]
    array([98,  4, 22])
    """

    def __init__(self, seed: int, epoch: int, stage: int, places: NDArray[np.int64]) -> None:
        self._key = hash_key(_DRAWS, seed, epoch, stage)
        self._places = np.asarray(places, dtype=np.int64)
        self._spread = _spread(self._places)
        self._draw = 0

    def __len__(self) -> int:
        return len(self._places)

    def random(self, shape: Shape = ()) -> NDArray[np.float64]:
        """Draw floats in [0, 1), multiples of 2**-53; float64, shape (n, *shape)."""
        return to_unit(self._bits(_as_shape(shape)))

    def randoms(self, calls: int, n: int) -> NDArray[np.float64]:
        """Draw what several calls of `random` would give with shape `n`, in fewer steps.

        float64, shape (calls, rows, n).
        """
        keys = [_mixed((self._key + (self._draw + i) * _GAMMA) & _MASK) for i in range(calls)]
        self._draw += calls
        rows = _mix(self._spread + np.array(keys, dtype=np.uint64)[:, None])
        return to_unit(_mix(rows[..., None] + np.arange(n, dtype=np.uint64) * _G))

    def uniform(
        self, low: float = 0.0, high: float = 1.0, shape: Shape = ()
    ) -> NDArray[np.float64]:
        """Draw floats in [low, high), `high` only by rounding; float64, shape (n, *shape)."""
        first, width = _check_ends(low, high)
        return first + width * self.random(shape)

    def integers(self, low: int, high: int | None = None, shape: Shape = ()) -> NDArray[np.int64]:
        """Draw integers from `low` up to but without `high`, or below `low` if it stands alone.

        int64, shape (n, *shape). None is more likely than another by more than 1 in 2**64.
        """
        first, span = _check_range(low, high)
        return to_below(self._bits(_as_shape(shape)), span) + np.int64(first)

    def normal(
        self, loc: float = 0.0, scale: float = 1.0, shape: Shape = ()
    ) -> NDArray[np.float64]:
        """Draw normal numbers of mean `loc` and deviation `scale`; float64, shape (n, *shape)."""
        mean, deviation = _check_bell(loc, scale)
        pairs = self._bits((*_as_shape(shape), 2))
        return mean + deviation * _bell(pairs[..., 0], pairs[..., 1])

    def seeds(self) -> Bits:
        """Draw a seed for another library a sample; uint64, shape (n,)."""
        return self._bits(())

    def part(self, number: int) -> "Draws":
        """Give the draws of a part of the stage, which have nothing in common with others'."""
        found = self.only(slice(None))
        found._key = hash_key(self._key, number)
        return found

    def only(self, rows: Any) -> "Draws":
        """Give the draws of some rows on their own, from the first call on."""
        found = Draws.__new__(Draws)
        found._key, found._draw = self._key, 0
        found._places, found._spread = self._places[rows], self._spread[rows]
        return found

    def sample(self, row: int) -> "SampleDraws":
        """Give the draws of one row on their own, from the first call on."""
        return SampleDraws(self._key, int(self._places[row]))

    def _bits(self, shape: tuple[int, ...]) -> Bits:
        key = _mixed((self._key + self._draw * _GAMMA) & _MASK)
        self._draw += 1
        return _words(key, self._spread, shape)


class SampleDraws:
    """The random numbers of one sample: the very rows that `Draws` gives it, as scalars.

    The methods and what they raise are those of `Draws`; without a shape they give a `float` or
    an `int`, with one an array of that shape. Calls are counted from the first one on.

    Parameters
    ----------
    key : int
        The hash of (seed, epoch, stage).
    place : int
        The sample's place in the epoch.

    Examples
    --------
    >>> sample = Draws(seed=0, epoch=0, stage=0, places=np.array([7, 8])).sample(0)
    >>> sample.integers(100, shape=3)
    array([98,  4, 22])
    >>> sample.integers(6)
    5
    """

    __slots__ = ("_draw", "_key", "_spread")

    def __init__(self, key: int, place: int) -> None:
        self._key = key
        self._spread = place * _GAMMA & _MASK
        self._draw = 0

    def random(self, shape: Shape = ()) -> Any:
        """Draw a float in [0, 1), or an array of them."""
        if shape == ():
            return (_mixed(self._row()) >> 11) * _UNIT
        return to_unit(self._bits(_as_shape(shape)))

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Shape = ()) -> Any:
        """Draw a float in [low, high), or an array of them."""
        first, width = _check_ends(low, high)
        return first + width * self.random(shape)

    def integers(self, low: int, high: int | None = None, shape: Shape = ()) -> Any:
        """Draw an integer from `low` up to but without `high`, or an array of them."""
        first, span = _check_range(low, high)
        if shape == ():
            return first + (_mixed(self._row()) * span >> 64)
        return to_below(self._bits(_as_shape(shape)), span) + np.int64(first)

    def normal(self, loc: float = 0.0, scale: float = 1.0, shape: Shape = ()) -> Any:
        """Draw a normal number, or an array of them."""
        mean, deviation = _check_bell(loc, scale)
        pairs = self._bits((*_as_shape(shape), 2))
        drawn = mean + deviation * _bell(pairs[..., 0], pairs[..., 1])
        return float(drawn) if shape == () else drawn

    def seeds(self) -> int:
        """Draw a seed for another library."""
        return _mixed(self._row())

    def generator(self) -> np.random.Generator:
        """Make a NumPy generator (Philox) keyed by the address; counts as one draw."""
        row = self._row()
        key = np.array([_mixed(row), _mixed((row + _GAMMA) & _MASK)], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))

    def _row(self) -> int:
        key = _mixed((self._key + self._draw * _GAMMA) & _MASK)
        self._draw += 1
        return _mixed((key + self._spread) & _MASK)

    def _bits(self, shape: tuple[int, ...]) -> Bits:
        key = _mixed((self._key + self._draw * _GAMMA) & _MASK)
        self._draw += 1
        row: Bits = _words(key, np.array([self._spread], dtype=np.uint64), shape)[0]
        return row
