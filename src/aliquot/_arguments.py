"""Arguments that several rooms take: batch sizes and ``shuffle``."""

import hashlib
from operator import index
from typing import Any, Protocol

import numpy as np

from aliquot.errors import ArgumentError, ArgumentTypeError


def check_batch_size(batch_size: Any) -> int:
    """Give `batch_size` as an `int`, or say what is wrong with it.

    >>> check_batch_size(64)
    64
    """
    try:
        size = index(batch_size)
    except TypeError:
        raise ArgumentTypeError(
            f"batch_size must be an integer of 1 or more, not {batch_size!r}"
        ) from None
    if size < 1:
        raise ArgumentError(f"batch_size must be an integer of 1 or more, not {size}")
    return size


class ShuffleRNG(Protocol):
    """What is asked of a generator: `numpy.random.RandomState` and `Generator` both have it."""

    def permutation(self, x: Any, /) -> Any: ...

    def random(self, size: Any = None) -> Any: ...

    def shuffle(self, x: Any, /) -> Any: ...


def shuffle_rng(shuffle: Any) -> ShuffleRNG | None:
    """Turn a ``shuffle`` argument into a generator, or `None` for in order.

    `True` gives a generator of its own, seeded by the operating system: NumPy's global generator
    is neither read nor changed.

    >>> shuffle_rng(False) is None
    True
    """
    if shuffle is None or shuffle is False:
        return None
    if shuffle is True:
        return np.random.default_rng()
    if all(callable(getattr(shuffle, name, None)) for name in ("permutation", "random", "shuffle")):
        rng: ShuffleRNG = shuffle
        return rng
    raise ArgumentTypeError(
        "shuffle must be True, False, None, a numpy.random.RandomState or a "
        f"numpy.random.Generator, not {shuffle!r}; "
        "for a fixed order write shuffle=np.random.RandomState(seed)"
    )


def with_shuffle(shuffle: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Add ``shuffle`` to settings that are handed on, to who need not know the word if unused.

    >>> with_shuffle(None, {"depth": 2}), with_shuffle(True, {})
    ({'depth': 2}, {'shuffle': True})
    """
    return settings if shuffle is None else {"shuffle": shuffle, **settings}


def seed_of(rng: Any) -> int:
    """Hash the state of a generator, which is read and not advanced; 0 for `None`.

    >>> seed_of(np.random.RandomState(1)) == seed_of(np.random.RandomState(1))
    True
    """
    if rng is None:
        return 0
    state = rng.get_state(legacy=False) if hasattr(rng, "get_state") else rng.bit_generator.state
    digest = hashlib.blake2b(digest_size=8)
    _feed(digest, state)
    return int.from_bytes(digest.digest(), "little")


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, dict):
        for key in sorted(value):
            digest.update(key.encode())
            _feed(digest, value[key])
    else:
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
