"""Colour jitter and grey."""

import pickle
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import _adjust
from aliquot.image._colour import ColorJitter, Grayscale, RandomGrayscale

JITTER = ColorJitter(0.4, 0.4, 0.4, 0.1)


def draws(place=0):
    return SampleDraws(key=123, place=place)


def test_without_arguments_nothing_changes(smooth):
    """The result is a copy."""
    image = smooth(8, 9)
    result = ColorJitter()(image, rng=draws())
    assert (result.tolist(), np.shares_memory(result, image)) == (image.tolist(), False)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("transform", [JITTER, Grayscale(3), RandomGrayscale(1.0)])
def test_what_is_given_stays_as_it_is(transform, dtype, channels):
    """It may be read-only; alpha comes out as it was."""
    image = np.random.default_rng(0).integers(0, 2, (8, 9, channels)).astype(dtype)
    image.flags.writeable = False
    options = {} if isinstance(transform, Grayscale) else {"rng": draws()}
    result = transform(image, **options)
    assert (result.dtype, result.flags.writeable) == (image.dtype, True)
    assert result[..., 3:].tolist() == image[..., 3:].tolist()


def test_one_number_is_a_distance_from_no_change():
    """Factors are from 0.6 to 1.4 for 0.4, evenly."""
    image = np.full((1, 1, 1), 100, np.uint8)
    jitter = ColorJitter(brightness=0.4)
    levels = [int(jitter(image, rng=draws(place))[0, 0, 0]) for place in range(2000)]
    counts, _ = np.histogram(levels, bins=8, range=(60, 140))
    assert (min(levels), max(levels)) == (60, 139)
    # The 99.9 % point of chi-square with 7 degrees of freedom.
    assert ((counts - 250) ** 2 / 250).sum() < 24.3


def test_a_large_distance_does_not_reach_below_0():
    """Factors are from 0 to 3 for 2."""
    image = np.full((1, 1, 1), 10, np.uint8)
    jitter = ColorJitter(brightness=2)
    levels = {int(jitter(image, rng=draws(place))[0, 0, 0]) for place in range(2000)}
    assert levels == set(range(30))


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
def test_each_change_is_the_one_of_its_name(name, smooth):
    """A range of one factor draws that one."""
    image = smooth(8, 9)
    result = ColorJitter(**{name: (0.3, 0.3)})(image, rng=draws())
    assert result.tolist() == getattr(_adjust, name)(image, 0.3).tolist()


def test_all_orders_are_equally_likely(smooth):
    """Each of the 24 comes out as often, by chi-square."""
    image = smooth(3, 3)
    factors = {"brightness": 1.4, "contrast": 0.5, "saturation": 1.7, "hue": 0.2}
    outcomes = {}
    for order in permutations(factors):
        picture = image
        for name in order:
            picture = getattr(_adjust, name)(picture, factors[name])
        outcomes.setdefault(picture.tobytes(), []).append(order)
    jitter = ColorJitter(**{name: (factor, factor) for name, factor in factors.items()})
    seen = Counter(jitter(image, rng=draws(place)).tobytes() for place in range(2400))
    expected = {key: 100 * len(orders) for key, orders in outcomes.items()}
    assert seen.keys() <= expected.keys()
    # The 99.9 % point of chi-square with 23 degrees of freedom.
    assert sum((seen[key] - n) ** 2 / n for key, n in expected.items()) < 49.7


def test_the_draws_are_frozen(smooth):
    """The order of draws must not change: this picture is for ever."""
    result = JITTER(smooth(8, 9), rng=draws())
    assert result[4, 5].tolist() == [141, 181, 145]


def test_what_is_off_does_not_shift_the_others(smooth):
    """All five draws are made in any case."""
    with_hue, rng = draws(), draws()
    ColorJitter(hue=0.5)(smooth(4, 4), rng=with_hue)
    ColorJitter()(smooth(4, 4), rng=rng)
    assert with_hue.random() == rng.random()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"brightness": -1}, ArgumentError, "distance from 1"),
        ({"contrast": (-0.5, 1)}, ArgumentError, "contrast must be .* 0 or more"),
        ({"saturation": (2, 1)}, ArgumentError, "saturation must be"),
        ({"hue": 0.6}, ArgumentError, "hue must be .* from -0.5 to 0.5"),
        ({"hue": (0, 0.1, 0.2)}, ArgumentError, "2 numbers"),
        ({"brightness": "0.4"}, ArgumentTypeError, "a number or 2 numbers"),
        ({"brightness": None}, ArgumentTypeError, "a number or 2 numbers"),
    ],
)
def test_ranges_are_checked_at_once(options, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        ColorJitter(**options)


def test_grey_has_one_channel_or_three():
    """Alpha stays only where there are colours."""
    image = np.full((1, 1, 4), (200, 100, 50, 7), np.uint8)
    assert Grayscale()(image)[0, 0].tolist() == [124]
    assert Grayscale(3)(image)[0, 0].tolist() == [124, 124, 124, 7]


def test_grey_of_grey_is_itself():
    """In one channel or three."""
    image = np.full((1, 1, 1), 9, np.uint8)
    assert (Grayscale()(image).tolist(), Grayscale(3)(image).tolist()) == ([[[9]]], [[[9, 9, 9]]])


@pytest.mark.parametrize("channels", [0, 2, 4, True, "1"])
def test_grey_has_no_other_number_of_channels(channels):
    """The message says which."""
    with pytest.raises(ArgumentError, match="must be 1 or 3"):
        Grayscale(channels)


def test_random_grey_comes_with_its_probability():
    """By chi-square."""
    image = np.full((1, 1, 3), (200, 100, 50), np.uint8)
    transform = RandomGrayscale(p=0.1)
    n = sum(transform(image, rng=draws(place))[0, 0, 0] == 124 for place in range(3000))
    # The 99.9 % point of chi-square with 1 degree of freedom.
    assert (n - 300) ** 2 / 300 + (n - 300) ** 2 / 2700 < 10.8


@pytest.mark.parametrize("p", [-0.1, 1.1, "0.5", None])
def test_a_probability_is_one(p):
    """From 0 to 1."""
    with pytest.raises(ArgumentError, match="probability"):
        RandomGrayscale(p)


@pytest.mark.parametrize(
    "transform", [JITTER, ColorJitter([0.5, 1]), Grayscale(), RandomGrayscale()]
)
def test_transforms_are_values(transform):
    """Equal, hashable, picklable, and written as they are made."""
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), eval(repr(copy))) == (transform, hash(transform), transform)


@pytest.mark.parametrize("transform", [JITTER, RandomGrayscale()])
def test_a_batch_is_refused(transform):
    """The message names the transform."""
    with pytest.raises(ArgumentError, match=type(transform).__name__):
        transform(np.zeros((2, 4, 4, 3), np.uint8), rng=draws())
