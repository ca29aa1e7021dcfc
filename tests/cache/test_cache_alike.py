"""Samples in memory, gathered at once."""

import numpy as np
import pytest
from cache_cases import plain, ragged, squares

from aliquot.cache._alike import gather
from aliquot.cache._codec import encode
from aliquot.cache._samples import join, learn, split


def memory_of(*batches):
    """Give bytes with samples one after the other from byte 16 on, and where each begins."""
    data, places = bytearray(16), []
    for batch, n in batches:
        learn(batch, always := {})
        for sample in split(batch, n, always):
            places.append(len(data))
            data += b"".join(encode(sample))
    return np.frombuffer(bytes(data), np.uint8), np.array(places)


BATCHES = [
    squares(range(6)),
    np.arange(6, dtype=np.int8),
    (np.zeros((6, 0)), np.array(list("abcdef"))),
    {"a": ({"b": np.arange(6.0)},)},
]


@pytest.mark.parametrize("batch", BATCHES)
def test_alike_samples_are_gathered(batch):
    """In any order, repeated or not."""
    memory, places = memory_of((batch, 6))
    wanted = np.array([5, 0, 0, 3])
    expected = join([split(batch, 6, {})[row] for row in wanted])
    found = gather(memory, 16, places[wanted])
    assert plain(expected) == plain(found)


@pytest.mark.parametrize(
    "batches",
    [
        [(ragged(range(6)), 6)],
        [(np.zeros((2, 3)), 2), (np.zeros((2, 4)), 2)],
        [(np.zeros((2, 2)), 2), (np.zeros((2, 4), np.float32), 2)],  # the same size
        [(np.zeros(1, np.uint8), 1), (np.zeros((2, 5)), 2)],
        [(np.array(["a", "b"], object), 2)],
        [({}, 1)],
    ],
)
def test_others_are_not(batches):
    """They are read one by one."""
    memory, places = memory_of(*batches)
    assert gather(memory, 16, places) is None
