"""RandAugment and TrivialAugment."""

import pickle

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import _autoaugment
from aliquot.image._autoaugment import RandAugment, TrivialAugmentWide
from aliquot.image._operations import OPERATIONS

NAMES = list(OPERATIONS)


def draws(place=0):
    return SampleDraws(key=31, place=place)


@pytest.fixture
def calls(monkeypatch):
    """Record the changes that are made, instead of making them; give the list."""
    made = []

    def record(name):
        return lambda image, magnitude, *rest: made.append((name, magnitude, *rest)) or image

    monkeypatch.setattr(_autoaugment, "OPERATIONS", {name: record(name) for name in NAMES})
    return made


def table(space, steps, step, side):
    return {name: magnitude(step, steps, side) for name, magnitude, _ in space}


def test_magnitudes_of_randaugment_are_those_of_the_paper():
    """The largest of 31, for a picture of 331 pixels."""
    found = table(_autoaugment._RAND, 31, 30, 331)
    assert found == {
        "Identity": 0,
        "ShearX": 0.3,
        "ShearY": 0.3,
        "TranslateX": 150,
        "TranslateY": 150,
        "Rotate": 30,
        "Brightness": 0.9,
        "Color": 0.9,
        "Contrast": 0.9,
        "Sharpness": 0.9,
        "Posterize": 4,
        "Solarize": 0,
        "AutoContrast": 0,
        "Equalize": 0,
    }


def test_magnitudes_of_trivialaugment_are_those_of_the_paper():
    """The largest of 31, for any picture."""
    found = table(_autoaugment._WIDE, 31, 30, 100)
    assert found == {
        "Identity": 0,
        "ShearX": 0.99,
        "ShearY": 0.99,
        "TranslateX": 32,
        "TranslateY": 32,
        "Rotate": 135,
        "Brightness": 0.99,
        "Color": 0.99,
        "Contrast": 0.99,
        "Sharpness": 0.99,
        "Posterize": 2,
        "Solarize": 0,
        "AutoContrast": 0,
        "Equalize": 0,
    }


def test_magnitudes_go_in_even_steps():
    """Bits are rounded, moves are not cut by rounding."""
    assert table(_autoaugment._RAND, 31, 0, 331)["Posterize"] == 8
    assert table(_autoaugment._RAND, 31, 9, 331)["Posterize"] == 7
    assert table(_autoaugment._RAND, 31, 11, 331)["TranslateX"] == 55.0
    assert table(_autoaugment._WIDE, 31, 15, 331)["TranslateX"] == 16.0


def test_all_changes_are_equally_likely(calls):
    """By chi-square, the 99.9 % point of 13 degrees of freedom."""
    image = np.zeros((2, 2, 3), np.uint8)
    for place in range(1400):
        RandAugment(num_ops=1)(image, rng=draws(place))
    randaugment = [name for name, *_ in calls]
    calls.clear()
    for place in range(1400):
        TrivialAugmentWide()(image, rng=draws(place))
    for made in (randaugment, [name for name, *_ in calls]):
        counts = np.array([made.count(name) for name in NAMES])
        assert ((counts - 100) ** 2 / 100).sum() < 34.5


def test_both_signs_are_equally_likely(calls):
    """Where there are two, and each change has its own; the rest have none."""
    for place in range(700):
        RandAugment(num_ops=2, magnitude=30)(np.zeros((2, 2, 3), np.uint8), rng=draws(place))
    turned = [magnitude for name, magnitude, *_ in calls if name == "Rotate"]
    assert {name for name, magnitude, *_ in calls if magnitude < 0} == set(NAMES[1:10])
    assert set(turned) == {-30, 30}
    assert abs(np.mean(turned)) < 30 * 3.3 / len(turned) ** 0.5


def test_all_magnitudes_are_equally_likely(calls):
    """Of TrivialAugment, by chi-square, the 99.9 % point of 30 degrees of freedom."""
    for place in range(14 * 310):
        TrivialAugmentWide()(np.zeros((2, 2, 3), np.uint8), rng=draws(place))
    steps = [round(magnitude * 30) for name, magnitude, *_ in calls if name == "Solarize"]
    counts = np.bincount(steps, minlength=31)
    assert ((counts - len(steps) / 31) ** 2 / (len(steps) / 31)).sum() < 59.7


@pytest.mark.parametrize("n", [0, 1, 5])
def test_as_many_changes_are_made_as_are_asked_for(n, calls):
    """One after the other."""
    RandAugment(num_ops=n)(np.zeros((2, 2, 3), np.uint8), rng=draws())
    assert len(calls) == n


def test_interpolation_and_fill_are_handed_on(calls):
    """One fill a channel; black if it is not given."""
    image = np.zeros((2, 2, 3), np.uint8)
    TrivialAugmentWide(interpolation="bilinear", fill=7)(image, rng=draws())
    TrivialAugmentWide()(image, rng=draws())
    assert [rest for _, _, *rest in calls] == [["bilinear", (7, 7, 7)], ["nearest", (0, 0, 0)]]


def test_moves_are_parts_of_their_own_side(calls):
    """Across of the width, down of the height."""
    for place in range(300):
        RandAugment(magnitude=30)(np.zeros((331, 662, 1), np.uint8), rng=draws(place))
    found = {(name, abs(magnitude)) for name, magnitude, *_ in calls if "Translate" in name}
    assert found == {("TranslateX", 300), ("TranslateY", 150)}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("transform", [RandAugment(4, 30), TrivialAugmentWide()])
def test_what_is_given_stays_as_it_is(transform, channels, smooth):
    """Pictures of one channel too."""
    image = np.ascontiguousarray(smooth(20, 30)[..., :channels])
    image.flags.writeable = False
    for place in range(60):
        result = transform(image, rng=draws(place))
        assert (result.shape, result.dtype) == (image.shape, image.dtype)
        assert result.flags.writeable


def test_the_draws_are_frozen(calls):
    """The order of draws must not change: these changes are for ever."""
    RandAugment(3)(np.zeros((2, 2, 3), np.uint8), rng=draws())
    TrivialAugmentWide()(np.zeros((2, 2, 3), np.uint8), rng=draws())
    assert [(name, round(magnitude, 6)) for name, magnitude, *_ in calls] == [
        ("Color", 0.27),
        ("ShearY", 0.09),
        ("Identity", 0.0),
        ("Color", 0.594),
    ]


@pytest.mark.parametrize("transform", [RandAugment(), TrivialAugmentWide()])
def test_floats_and_alpha_are_refused(transform):
    """The message says what to do."""
    with pytest.raises(ArgumentTypeError, match="not float32: put it before ToFloat"):
        transform(np.zeros((2, 2, 3), np.float32), rng=draws())
    with pytest.raises(ArgumentError, match="1 or 3 channels, not of 4"):
        transform(np.zeros((2, 2, 4), np.uint8), rng=draws())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_ops": -1}, ArgumentError, "num_ops must be 0 or more"),
        ({"num_ops": 1.5}, ArgumentTypeError, "num_ops must be an integer"),
        ({"magnitude": 31}, ArgumentError, "less than num_magnitude_bins=31"),
        ({"magnitude": -1}, ArgumentError, "magnitude must be 0 or more"),
        ({"num_magnitude_bins": 1}, ArgumentError, "2 or more"),
        ({"interpolation": "box"}, ArgumentError, "interpolation"),
        ({"fill": "red"}, ArgumentTypeError, "fill"),
    ],
)
def test_arguments_are_checked_at_once(options, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        RandAugment(**options)


@pytest.mark.parametrize("transform", [RandAugment(fill=[1, 2, 3]), TrivialAugmentWide(10)])
def test_transforms_are_values(transform):
    """Equal, hashable, picklable, and written as they are made."""
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), eval(repr(copy))) == (transform, hash(transform), transform)
