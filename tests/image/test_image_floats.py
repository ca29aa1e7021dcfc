"""Other dtypes, and mean 0 and deviation 1."""

import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._floats import Normalize, ToDtype, ToFloat

NORMALIZE = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def row(levels, dtype):
    return np.array([levels], dtype)[..., np.newaxis]


@pytest.mark.parametrize(
    ("dtype", "scale", "given", "expected"),
    [
        ("float32", True, row([0, 51, 255], "u1"), [0, np.float32(0.2), 1]),
        ("float32", False, row([0, 51, 255], "u1"), [0, 51, 255]),
        ("float16", True, row([0, 51, 255], "u1"), [0, np.float16(0.2), 1]),
        ("float32", True, row([0, 65535], "u2"), [0, 1]),
        ("float32", True, row([0.5, 3], "f8"), [0.5, 3]),
        ("float32", True, row([0.5, 3], "f2"), [0.5, 3]),
        ("uint8", True, row([0, 0.2, 0.5, 1, 2, -1, np.nan], "f4"), [0, 51, 127, 255, 255, 0, 0]),
        ("uint8", False, row([0, 0.9, 51.5, 300, -1], "f8"), [0, 0, 51, 255, 0]),
        ("uint8", True, row([0, 255, 256, 65535], "u2"), [0, 0, 1, 255]),
        ("uint8", False, row([0, 255, 256, 65535], "u2"), [0, 255, 255, 255]),
        ("uint8", True, row([0, 7], "u1"), [0, 7]),
    ],
)
def test_values_are_turned_to_the_dtype(dtype, scale, given, expected):
    """By hand-computed cases."""
    result = ToDtype(dtype, scale)(given)
    assert (result.dtype.name, result.ravel().tolist()) == (dtype, expected)


def test_there_and_back_is_the_same():
    """All 256 levels, by way of 32 and 16 bits."""
    levels = np.arange(256, dtype=np.uint8).reshape(1, 256, 1)
    for dtype in ("float32", "float16"):
        there = ToDtype(dtype, scale=True)(levels)
        assert ToDtype("uint8", scale=True)(there).tolist() == levels.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), "float32"])
def test_a_dtype_may_be_given_by_its_type(dtype):
    """It is kept by name."""
    assert ToDtype(dtype).dtype == "float32"


def test_to_float_divides_by_255():
    """It is a short name."""
    assert ToFloat() == ToDtype("float32", scale=True)


def test_normalize_is_exact():
    """Divided by 255, less the mean, divided by the deviation, each in float32."""
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * np.uint8(20)
    mean, std = np.float32(NORMALIZE.mean), np.float32(NORMALIZE.std)
    expected = (image / np.float32(255) - mean) / std
    result = NORMALIZE(image)
    assert (result.dtype, result.tolist()) == (np.dtype("float32"), expected.tolist())


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_normalize_after_to_float_is_normalize(dtype):
    """The division is done once."""
    image = np.random.default_rng(0).integers(0, 2, (4, 5, 3)).astype(dtype)
    assert NORMALIZE(ToFloat()(image)).tolist() == NORMALIZE(image).tolist()


def test_one_mean_stands_for_all_channels():
    """Of any number."""
    result = Normalize([0.5], [0.5])(np.full((1, 1, 4), 255, np.uint8))
    assert result.ravel().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
@pytest.mark.parametrize(
    "transform", [NORMALIZE, ToFloat(), ToDtype("float16", True), ToDtype("uint8", True)]
)
def test_a_batch_is_its_pictures(transform, dtype):
    """To the last bit, whatever the layout in memory."""
    rng = np.random.default_rng(0)
    batch = (rng.random((7, 13, 11, 3)) * (255 if dtype == "u1" else 1)).astype(dtype)
    layouts = [batch, batch[:, ::-1, ::2], batch.transpose(0, 2, 1, 3), np.asfortranarray(batch)]
    for given in layouts:
        expected = [transform(np.ascontiguousarray(image)).tobytes() for image in given]
        assert [image.tobytes() for image in transform(given)] == expected
        assert [transform(image).tobytes() for image in given] == expected


@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("transform", [NORMALIZE, ToFloat(), ToDtype("uint8")])
def test_what_is_given_stays_as_it_is(transform, dtype):
    """Also where there is nothing to do."""
    image = np.ones((3, 4, 3), dtype)
    image.flags.writeable = False
    result = transform(image)
    assert (np.shares_memory(result, image), result.flags.writeable) == (False, True)


@pytest.mark.parametrize("dtype", ["float64", "int8", None, 3, "uint16"])
def test_other_dtypes_are_refused(dtype):
    """Those that there are are listed."""
    with pytest.raises(ArgumentError, match="'float32', 'float16', 'uint8', not"):
        ToDtype(dtype)


def test_scale_is_a_flag():
    """A number is not meant."""
    with pytest.raises(ArgumentTypeError, match="scale must be True or False"):
        ToDtype("float32", scale=255)


@pytest.mark.parametrize("transform", [NORMALIZE, ToFloat()])
@pytest.mark.parametrize("image", [None, np.zeros((2, 2, 3), "i4"), np.zeros((2, 2, 3), "?")])
def test_other_numbers_are_refused(transform, image):
    """Signed ones have no range of values to divide by."""
    with pytest.raises(ArgumentTypeError, match="unsigned integers or floats, not"):
        transform(image)


@pytest.mark.parametrize("transform", [NORMALIZE, ToFloat()])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 1, 1, 1, 3)])
def test_other_shapes_are_refused(transform, shape):
    """A picture has three axes, a batch four."""
    with pytest.raises(ArgumentError, match=r"a picture .* or a batch"):
        transform(np.zeros(shape, np.uint8))


def test_each_channel_needs_its_mean():
    """The message says how many there are."""
    with pytest.raises(ArgumentError, match="Normalize has 3 means"):
        NORMALIZE(np.zeros((2, 2, 4), np.uint8))


@pytest.mark.parametrize(
    ("mean", "std", "error", "message"),
    [
        ((0, 0), (1,), ArgumentError, "as long as each other"),
        ((0,), (0,), ArgumentError, "more than 0"),
        ((np.nan,), (1,), ArgumentError, "finite"),
        (0.5, 0.5, ArgumentTypeError, "several numbers"),
    ],
)
def test_means_and_deviations_are_checked_at_once(mean, std, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        Normalize(mean, std)


@pytest.mark.parametrize("transform", [NORMALIZE, ToFloat(), Normalize(np.zeros(1), [1])])
def test_transforms_are_values(transform):
    """Equal, hashable, picklable, and written as they are made."""
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), eval(repr(copy))) == (transform, hash(transform), transform)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("mean", [(0.5,), (0.2, 0.4, 0.6)])
def test_channels_first_gives_the_very_values(dtype, mean):
    """At other places."""
    images = (np.random.RandomState(0).random_sample((4, 5, 6, 3)) * 200).astype(dtype)
    normalize = Normalize(mean, (0.25,) * len(mean))
    assert np.array_equal(normalize.channels_first(images), normalize(images).transpose(0, 3, 1, 2))


def test_channels_first_checks_the_channels():
    """As the call does."""
    with pytest.raises(ArgumentError, match="Normalize has 3 means"):
        Normalize((0, 0, 0), (1, 1, 1)).channels_first(np.zeros((1, 2, 2, 4), np.uint8))
