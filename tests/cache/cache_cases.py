"""What the tests of caches share."""

import numpy as np

from aliquot.cache._codec import Cell


def plain(value):
    """Give a value that is equal for what is bit-identical, and for nothing else."""
    if isinstance(value, Cell):
        return value.kind, plain(value.value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return "objects", value.shape, tuple(map(plain, value.flat))
    if isinstance(value, np.ndarray | np.generic):
        return type(value).__name__, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return "dict", tuple((plain(key), plain(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(plain, value))
    return type(value).__name__, repr(value)


def squares(indices):
    """Give a batch with a fixed layout: the squares of its indices, in three dtypes."""
    indices = np.asarray(indices)
    picture = np.broadcast_to((indices % 251)[:, None, None], (len(indices), 3, 4)).astype(np.uint8)
    return {"picture": picture, "square": indices**2, "root": (np.sqrt(indices),)}


def ragged(indices):
    """Give a batch whose samples differ in shape, and have texts."""
    indices = list(map(int, indices))
    return [np.arange(i % 5, dtype=np.int16) + i for i in indices], [f"é{i}" for i in indices]
