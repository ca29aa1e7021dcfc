"""Pictures, scaled to mean 0 and deviation 1."""

import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages import normalize

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 7, 4, 3)).astype(np.uint8)
EXPECTED = (IMAGES / 255 - MEAN) / STD


def test_bytes_are_divided_by_255():
    """Then mean and deviation are those of each channel; float32."""
    found = normalize(MEAN, STD)(IMAGES)
    assert found.dtype == np.float32
    assert np.allclose(found, EXPECTED, atol=1e-6)


def test_channels_first():
    """On the last axis but two."""
    found = normalize(MEAN, STD, layout="NCHW")(IMAGES.transpose(0, 3, 1, 2))
    assert np.allclose(found.transpose(0, 2, 3, 1), EXPECTED, atol=1e-6)


def test_one_number_for_all_channels():
    """Beside one a channel, too."""
    found = normalize(0.5, STD)(IMAGES)
    assert np.allclose(found, (IMAGES / 255 - 0.5) / STD, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 4, 3), (2, 2, 2, 2, 3), (0, 4, 4, 3)])
def test_other_numbers_of_axes(shape):
    """Channels are on the last; one number needs none."""
    x = np.random.default_rng(0).random(shape)
    mean = MEAN if len(shape) > 1 else 0.5
    assert np.allclose(normalize(mean, 2)(x), (x - np.array(mean)) / 2)


@pytest.mark.parametrize(
    ("dtype", "top"), [(np.uint16, 65535), (np.uint32, 2**32 - 1), (np.float32, 1), (np.float16, 1)]
)
def test_other_numbers_become_float32(dtype, top):
    """Unsigned integers are divided by their maximum, floats are taken as they are."""
    x = np.array([[0, 1, 100]], dtype)
    found = normalize(0.25, 0.5)(x)
    assert found.dtype == np.float32
    assert np.allclose(found, (x.astype(float) / top - 0.25) / 0.5)


def test_float64_stays():
    """In all its digits."""
    x = np.random.default_rng(0).random((4, 3))
    found = normalize(MEAN, STD)(x)
    assert found.dtype == np.float64
    assert found.tolist() == ((x - MEAN) / STD).tolist()


def test_large_pictures_are_done_in_blocks():
    """Which changes nothing."""
    x = np.random.default_rng(0).integers(0, 256, (3, 300, 400, 3)).astype(np.uint8)
    assert np.allclose(normalize(MEAN, STD)(x), (x / 255 - MEAN) / STD, atol=1e-6)


def test_pictures_of_different_sizes():
    """They stay a list."""
    found = normalize(MEAN, STD)([IMAGES[0], IMAGES[1, :3]], np.arange(2))[0]
    assert [picture.shape for picture in found] == [(7, 4, 3), (3, 4, 3)]
    assert np.allclose(found[1], EXPECTED[1, :3], atol=1e-6)


def test_what_is_given_is_not_written_into():
    """Also if its dtype would allow it."""
    x = np.ones((2, 3))
    normalize(MEAN, STD)(x)
    assert x.tolist() == [[1, 1, 1]] * 2


def test_columns_of_a_tuple():
    """Others stay as they are."""
    batch = normalize(MEAN, STD, column=1)("labels", IMAGES)
    assert batch[0] == "labels"
    assert np.allclose(batch[1], EXPECTED, atol=1e-6)


def test_columns_of_a_dict():
    """By name."""
    batch = normalize(MEAN, STD, column="image")({"image": IMAGES, "y": 1})
    assert list(batch) == ["image", "y"]
    assert np.allclose(batch["image"], EXPECTED, atol=1e-6)


@pytest.mark.parametrize("x", [np.zeros((2, 3), np.int64), np.zeros((2, 3), bool)])
def test_numbers_without_a_known_range(x):
    """Signed integers could be anything."""
    with pytest.raises(BatchError, match="normalize takes unsigned integers, floats"):
        normalize(0, 1)(x)


@pytest.mark.parametrize("x", [["a", "b"], None, [1.0, 2.0]])
def test_what_has_no_pictures(x):
    """The column is named."""
    with pytest.raises(BatchError, match="column 0 is"):
        normalize(0, 1)(x)


@pytest.mark.parametrize(("shape", "layout"), [((2, 4), "NHWC"), ((2,), "NHWC"), ((2, 3), "NCHW")])
def test_another_number_of_channels(shape, layout):
    """Shape and layout are shown."""
    with pytest.raises(BatchError, match=f"in layout {layout}, but mean or std is for 3 channels"):
        normalize(MEAN, 1, layout=layout)(np.zeros(shape))


@pytest.mark.parametrize(
    ("mean", "std", "error"),
    [
        (0, 0, ArgumentError),
        (0, (1, -1), ArgumentError),
        (np.nan, 1, ArgumentError),
        (0, np.inf, ArgumentError),
        ((1, 2), (1, 2, 3), ArgumentError),
        ("0", 1, ArgumentTypeError),
        (None, 1, ArgumentError),
        ((), 1, ArgumentTypeError),
        ([[1, 2]], 1, ArgumentTypeError),
        ([1, [2]], 1, ArgumentTypeError),
    ],
)
def test_means_and_deviations_that_cannot_be_used(mean, std, error):
    """They are refused at once."""
    with pytest.raises(error):
        normalize(mean, std)


def test_it_can_be_pickled():
    """Worker processes are sent it."""
    stage = normalize(np.array(MEAN), 1)
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_its_repr_shows_how_it_was_made():
    """As messages and reports do."""
    expected = "Normalize(mean=0.5, std=(1.0, 2.0), column=0, layout='NHWC')"
    assert repr(normalize(0.5, [1, 2])) == expected
