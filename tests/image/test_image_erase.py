"""Random erasing."""

import pickle

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._erase import RandomErasing


def draws(place=0):
    return SampleDraws(key=77, place=place)


def holes(transform, shape=(60, 80, 1), n=1500):
    """Give (top, left, height, width) of what is erased in each of `n` pictures, zeros for none."""
    found = np.zeros((n, 4), int)
    for place in range(n):
        erased = transform(np.ones(shape, np.uint8), rng=draws(place))[..., 0] == 0
        rows, columns = np.flatnonzero(erased.any(axis=1)), np.flatnonzero(erased.any(axis=0))
        if len(rows):
            found[place] = rows[0], columns[0], len(rows), len(columns)
            assert erased.sum() == len(rows) * len(columns)
    return found


def evenly(values, low, high):
    """Compute chi-square of eight bins, 7 degrees of freedom."""
    counts, _ = np.histogram(values, bins=8, range=(low, high))
    expected = counts.sum() / 8
    return ((counts - expected) ** 2 / expected).sum()


def test_it_comes_with_its_probability():
    """By chi-square."""
    n = int((holes(RandomErasing(p=0.25), n=2000)[:, 2] > 0).sum())
    # The 99.9 % point of chi-square with 1 degree of freedom.
    assert (n - 500) ** 2 / 500 + (n - 500) ** 2 / 1500 < 10.8


def test_the_area_is_drawn_evenly():
    """Up to whole pixels, where every try fits."""
    transform = RandomErasing(p=1, scale=(0.1, 0.3), ratio=(0.8, 1.25))
    found = holes(transform, (150, 200, 1))
    shares = found[:, 2] * found[:, 3] / 30000
    assert (shares.min() > 0.095, shares.max() < 0.305) == (True, True)
    assert evenly(shares, 0.1, 0.3) < 24.3


def test_the_logarithm_of_the_proportions_is_drawn_evenly():
    """The ratio is that of height to width."""
    transform = RandomErasing(p=1, scale=(0.05, 0.05), ratio=(0.25, 2.0))
    found = holes(transform, (300, 400, 1))
    logarithms = np.log(found[:, 2] / found[:, 3])
    assert logarithms.min() < np.log(0.3)
    assert evenly(logarithms, np.log(0.25), np.log(2.0)) < 24.3


def test_all_places_are_equally_likely():
    """From the upper left to the lower right corner."""
    found = holes(RandomErasing(p=1, scale=(0.25, 0.25), ratio=(1, 1)), (16, 16, 1), n=1800)
    assert {tuple(size) for size in found[:, 2:]} == {(8, 8)}
    counts = np.bincount(found[:, 0] * 9 + found[:, 1], minlength=81)
    # The 99.9 % point of chi-square with 80 degrees of freedom.
    assert ((counts - 1800 / 81) ** 2 / (1800 / 81)).sum() < 124.8


def test_what_never_fits_is_not_erased():
    """The rectangle must be smaller than the picture."""
    image = np.ones((5, 5, 3), np.uint8)
    assert RandomErasing(p=1, scale=(1, 1))(image, rng=draws()).tolist() == image.tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("value", "expected"), [(0, [0, 0, 0]), (1.0, [1, 1, 1]), ((0, 1, 0), [0, 1, 0])]
)
def test_the_value_is_written(value, expected, dtype):
    """One for all channels, or one each."""
    image = np.full((6, 6, 3), 9, dtype)
    result = RandomErasing(p=1, value=value)(image, rng=draws())
    colours = {tuple(pixel) for pixel in result.reshape(-1, 3).tolist()}
    assert colours == {(9, 9, 9), tuple(expected)}


def test_random_levels_are_even():
    """All 256, in each pixel and channel on their own."""
    image = np.zeros((200, 200, 3), np.uint8)
    transform = RandomErasing(p=1, scale=(0.3, 0.33), ratio=(1, 1), value="random")
    result = transform(image, rng=draws())
    hole = result[np.flatnonzero(result.any(axis=(1, 2)))][:, np.flatnonzero(result.any((0, 2)))]
    counts = np.bincount(hole.ravel(), minlength=256)
    # The 99.9 % point of chi-square with 255 degrees of freedom.
    assert ((counts - hole.size / 256) ** 2 / (hole.size / 256)).sum() < 330.5


def test_random_floats_are_from_0_to_1():
    """Evenly."""
    image = np.full((100, 100, 1), -1, np.float32)
    result = RandomErasing(p=1, scale=(0.3, 0.33), value="random")(image, rng=draws())
    noise = result[result != -1]
    assert result.dtype == np.float32
    assert (noise.min() >= 0, noise.max() <= 1, evenly(noise, 0, 1) < 24.3) == (True, True, True)


@pytest.mark.parametrize("p", [0, 1])
def test_what_is_given_stays_as_it_is(p):
    """Also if nothing is erased."""
    image = np.ones((6, 6, 3), np.uint8)
    result = RandomErasing(p=p)(image, rng=draws())
    assert (int(image.min()), np.shares_memory(result, image)) == (1, False)


def test_the_draws_are_frozen():
    """The order of draws must not change: this hole is for ever."""
    assert holes(RandomErasing(p=1), n=1).tolist() == [[27, 35, 29, 13]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"p": 2}, ArgumentError, "probability"),
        ({"scale": (0.5, 0.1)}, ArgumentError, "scale must be"),
        ({"scale": (0, 1.5)}, ArgumentError, "from 0 to 1"),
        ({"scale": 0.5}, ArgumentTypeError, "2 numbers"),
        ({"ratio": (0, 1)}, ArgumentError, "more than 0"),
        ({"ratio": (2, 1)}, ArgumentError, "ratio must be"),
        ({"value": "noise"}, ArgumentError, "random"),
        ({"value": None}, ArgumentTypeError, "value"),
    ],
)
def test_arguments_are_checked_at_once(options, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        RandomErasing(**options)


@pytest.mark.parametrize("value", [(1, 2), 300, -1])
def test_a_value_that_does_not_fit_the_picture_is_refused(value):
    """By number and by range."""
    with pytest.raises(ArgumentError, match="value must be"):
        RandomErasing(p=1, value=value)(np.zeros((6, 6, 3), np.uint8), rng=draws())


def test_it_is_a_value():
    """Equal, hashable, picklable, and written as it is made."""
    transform = RandomErasing(scale=[0.1, 0.2], value=[1, 2, 3])
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), repr(copy)) == (
        transform,
        hash(transform),
        "RandomErasing(p=0.5, scale=(0.1, 0.2), ratio=(0.3, 3.3), value=(1, 2, 3))",
    )
