"""Batches taken apart and put together."""

from typing import NamedTuple

import numpy as np
import pytest
from cache_cases import plain

from aliquot.cache._samples import AmbiguousError, join, learn, learn_alone, split
from aliquot.errors import BatchError


class Point(NamedTuple):
    x: np.ndarray


BATCHES = {
    "arrays": (np.arange(6.0).reshape(3, 2), np.arange(3)),
    "dict": {"x": np.zeros((3, 2), np.uint8), "deep": ({"y": np.array(["a", "bc", "d"])},)},
    "bare": np.array(["2020", "2021", "2022"], "M8[Y]"),
    "ragged": ([np.zeros(1), np.zeros(2), np.zeros(3)],),
    "texts": (["a", None, b"c"], np.arange(3)),
    "objects": np.array(["a", {"b": 1}, (1, 2)], object),
    "structured": np.array([(1, 2.0)] * 3, [("a", "i4"), ("b", "f8")]),
    "lists": ([[1, 2], [3], []],),
    "dicts in a list": ([{"a": np.zeros(2)}, {}, {"b": 1}],),
    "no columns": {"x": np.arange(3), "none": ()},
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_comes_back(name):
    """Bit for bit, and as arrays of its own."""
    batch = BATCHES[name]
    always = {}
    learn(batch, always)
    assert plain(batch) == plain(join(split(batch, 3, always)))


def test_a_list_of_alike_samples_stays_a_list_once_that_is_known():
    """As of pictures that may differ in size."""
    batch = [np.zeros(2), np.ones(2)]
    always = {}
    assert learn(batch, always) is None
    assert always == {"": True}
    assert plain(batch) == plain(join(split(batch, 2, always)))


def test_samples_that_were_in_a_list_are_stacked_if_their_column_is():
    """As those of a Python list of arrays that differ in shape."""
    ragged = [np.zeros(2), np.ones(2), np.zeros(3)]
    always = {}
    assert learn(ragged, always) == 0
    learn_alone(ragged, 0, np.zeros((1, 2)), always)
    samples = split(ragged, 3, always)
    assert plain(np.stack(ragged[:2])) == plain(join(samples[:2]))
    assert plain(ragged) == plain(join(samples))


def test_a_row_read_alone_that_is_a_list_tells():
    """Its column is a list always."""
    ragged = [np.zeros(2), np.zeros(3)]
    always = {}
    learn_alone(ragged, 0, [np.zeros(2)], always)
    assert always == {"": True}


def test_numbers_of_a_mixed_list_are_stacked_alone():
    """``[1, 'a']`` is a list, and ``[1]`` an array."""
    mixed = [1, "a", 2]
    always = {}
    assert learn(mixed, always) == 0
    learn_alone(mixed, 0, np.array([1]), always)
    one, text, two = split(mixed, 3, always)
    assert plain(np.array([1, 2])) == plain(join([one, two]))
    assert plain(mixed) == plain(join([one, text, two]))


def test_texts_in_a_list_tell_nothing_and_need_not():
    """They are never stacked."""
    always = {}
    assert learn(["a", "b"], always) is None
    assert always == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array(["a"]), np.array(["bcd"])),
        (np.array([1]), np.array([2.5])),
        (np.array([1]), ["text"]),
        (np.array([1]), np.zeros((1, 2))),
        (np.zeros((1, 2)), np.array([1])),
        ([None], np.array([1])),
    ],
)
def test_what_depends_on_the_batch_is_not_guessed(one, other):
    """Single values that were taken from arrays of different types."""
    samples = [*split(one, 1, {}), *split(other, 1, {})]
    with pytest.raises(AmbiguousError):
        join(samples)


def test_a_joined_batch_shares_no_memory():
    """Neither arrays nor what is in lists."""
    batch = (np.zeros((2, 3)), [np.zeros(1), [np.zeros(2)]])
    found = join(split(batch, 2, {}))
    assert not np.shares_memory(found[0], batch[0])
    assert not np.shares_memory(found[1][0], batch[1][0])
    assert not np.shares_memory(found[1][1][0], batch[1][1][0])


@pytest.mark.parametrize(
    ("leaf", "told"),
    [
        (np.ma.zeros(2), "numpy.ma"),
        (np.zeros((2, 2), object), "object"),
        (3.5, "a float"),
        ([1, 2, 3], "list of 3, not one entry for each of 2 samples"),
        (Point(np.zeros(2)), "a Point"),
        (None, "None"),
    ],
)
def test_columns_that_cannot_be_cached_are_named(leaf, told):
    """With their path."""
    with pytest.raises(BatchError, match=r"column \['x'\]\[0\] cannot be cached") as caught:
        split({"x": (leaf,)}, 2, {})
    assert told in str(caught.value)
