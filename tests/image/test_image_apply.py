"""All or none of some transforms."""

import pickle

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._apply import RandomApply
from aliquot.image._colour import Grayscale, RandomGrayscale

IMAGE = np.zeros((1, 1, 1), np.uint8)


def draws(place=0):
    return SampleDraws(key=3, place=place)


def plus_one(image):
    return image + np.uint8(1)


def times_two(image):
    return image * np.uint8(2)


def test_it_comes_with_its_probability():
    """By chi-square, the 99.9 % point of 1 degree of freedom."""
    transform = RandomApply([plus_one], p=0.2)
    n = sum(int(transform(IMAGE, rng=draws(place))[0, 0, 0]) for place in range(2000))
    assert (n - 400) ** 2 / 400 + (n - 400) ** 2 / 1600 < 10.8


def test_transforms_are_applied_in_turn():
    """Each to what the one before gave."""
    assert RandomApply([plus_one, times_two, plus_one], p=1)(IMAGE, rng=draws()).item() == 3


@pytest.mark.parametrize("transform", [RandomApply([plus_one], p=0), RandomApply([], p=1)])
def test_if_nothing_is_applied_there_is_a_copy(transform):
    """The caller may write into it."""
    result = transform(IMAGE, rng=draws())
    assert (result.tolist(), np.shares_memory(result, IMAGE)) == (IMAGE.tolist(), False)


def test_random_numbers_go_to_those_that_take_them():
    """By a parameter named rng without a default, after the draw of its own."""

    def noted(image, *, rng):
        seen.append(rng.random())
        return image

    def optional(image, rng=None):
        seen.append(rng)
        return image

    seen = []
    RandomApply([noted, plus_one, optional, np.copy, noted], p=1)(IMAGE, rng=draws())
    rng = draws()
    first, second, third = rng.random(), rng.random(), rng.random()
    assert (first < 1, seen) == (True, [second, None, third])


def test_it_can_be_nested():
    """It takes random numbers itself."""
    inner = RandomApply([plus_one], p=1)
    assert RandomApply([inner, inner], p=1)(IMAGE, rng=draws()).item() == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((plus_one,), ArgumentTypeError, "must be a list"),
        (([plus_one, 3],), ArgumentTypeError, "must be callable, not 3"),
        (([plus_one], 1.5), ArgumentError, "probability"),
    ],
)
def test_arguments_are_checked_at_once(arguments, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        RandomApply(*arguments)


def test_it_is_a_value():
    """Equal, hashable, picklable, and written as it is made."""
    transform = RandomApply([Grayscale(), RandomGrayscale(0.5)], p=0.3)
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), repr(copy)) == (
        transform,
        hash(transform),
        "RandomApply(transforms=(Grayscale(num_output_channels=1), RandomGrayscale(p=0.5)), p=0.3)",
    )
