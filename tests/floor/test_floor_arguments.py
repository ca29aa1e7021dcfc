"""Batch sizes and ``shuffle``."""

import random

import numpy as np
import pytest

from aliquot._arguments import check_batch_size, shuffle_rng, with_shuffle
from aliquot.errors import ArgumentError, ArgumentTypeError


@pytest.mark.parametrize("size", [1, np.int64(3), np.uint8(7), np.array(5)])
def test_any_integer_is_a_batch_size(size):
    """NumPy's integers count, and come back as `int`."""
    expected = (int, int(size))
    actual = check_batch_size(size)
    assert expected == (type(actual), actual)


@pytest.mark.parametrize("size", [0, -1, np.int64(-5)])
def test_a_batch_size_below_one_is_refused(size):
    """The message says what was expected and what came."""
    expected = f"batch_size must be an integer of 1 or more, not {int(size)}"
    with pytest.raises(ArgumentError) as caught:
        check_batch_size(size)
    assert expected == str(caught.value)


@pytest.mark.parametrize("size", [2.0, np.float64(3), "4", None, [5], np.array([6, 7])])
def test_a_batch_size_that_is_no_integer_is_refused(size):
    """A float that happens to be whole is one too: it comes from a division gone wrong."""
    expected = f"batch_size must be an integer of 1 or more, not {size!r}"
    with pytest.raises(ArgumentTypeError) as caught:
        check_batch_size(size)
    assert expected == str(caught.value)


@pytest.mark.parametrize("shuffle", [None, False])
def test_no_shuffling_gives_no_generator(shuffle):
    """Both ways of saying so mean in order."""
    assert shuffle_rng(shuffle) is None


@pytest.mark.parametrize("shuffle", [np.random.RandomState(1), np.random.default_rng(1)])
def test_a_generator_is_given_back_itself(shuffle):
    """Its draws continue where the caller left it."""
    assert shuffle is shuffle_rng(shuffle)


def test_true_leaves_the_global_generator_alone():
    """Neither read nor changed: the next number after seeding is the same."""
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    shuffle_rng(True).permutation(10)
    assert expected == np.random.random()


def test_true_ignores_the_seed_of_the_global_generator():
    """Two generators made after the same seeding differ."""
    orders = []
    for _ in range(2):
        np.random.seed(5)
        orders.append(shuffle_rng(True).permutation(1000).tolist())
    assert orders[0] != orders[1]


@pytest.mark.parametrize("shuffle", [42, 0, 1, "yes", random.Random(3), np.arange(4)])
def test_what_is_no_generator_is_refused(shuffle):
    """A seed is the likely slip, so the message shows how to write it."""
    with pytest.raises(ArgumentTypeError) as caught:
        shuffle_rng(shuffle)
    message = str(caught.value)
    assert f"not {shuffle!r}" in message
    assert "for a fixed order write shuffle=np.random.RandomState(seed)" in message


def test_shuffle_is_added_only_if_given():
    """A user's function need not know the word unless it is used."""
    assert with_shuffle(None, {"depth": 2}) == {"depth": 2}


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_given_shuffle_is_handed_on(shuffle):
    """Also `False`, which was said on purpose."""
    assert {"shuffle": shuffle, "depth": 2} == with_shuffle(shuffle, {"depth": 2})
