"""The changes of RandAugment, one by one."""

import numpy as np
import pytest

from aliquot.image._operations import OPERATIONS
from aliquot.image._picture import from_pillow, to_pillow


def changed(name, image, magnitude=0.0, fill=0):
    fills = (fill,) * image.shape[2]
    return from_pillow(OPERATIONS[name](to_pillow(image), magnitude, "nearest", fills))


def row(*levels):
    return np.array([levels], np.uint8)[..., np.newaxis]


@pytest.mark.parametrize(
    ("name", "magnitude", "expected"),
    [
        ("Identity", 0, [0, 100, 200, 250]),
        ("TranslateX", 1, [9, 0, 100, 200]),
        ("TranslateX", -1.9, [100, 200, 250, 9]),
        ("TranslateY", 1, [9, 9, 9, 9]),
        ("Rotate", 180, [250, 200, 100, 0]),
        ("Brightness", 0.5, [0, 150, 255, 255]),
        ("Brightness", -0.5, [0, 50, 100, 125]),
        ("Contrast", -0.5, [69, 119, 169, 194]),
        ("Color", 0.5, [0, 100, 200, 250]),
        ("Posterize", 2, [0, 64, 192, 192]),
        ("Posterize", 8, [0, 100, 200, 250]),
        ("Solarize", 0.5, [0, 100, 55, 5]),
        ("Solarize", 0.0, [255, 155, 55, 5]),
        ("AutoContrast", 0, [0, 102, 204, 255]),
        ("Equalize", 0, [0, 100, 200, 250]),
    ],
)
def test_a_change_is_what_its_name_says(name, magnitude, expected):
    """By hand-computed levels, on one row."""
    assert changed(name, row(0, 100, 200, 250), magnitude, fill=9).ravel().tolist() == expected


def test_a_shear_moves_each_row_by_its_height():
    """The magnitude is the tangent; the upper left corner stays."""
    image = np.tile(np.arange(1, 6, dtype=np.uint8), (3, 1))[..., np.newaxis]
    assert changed("ShearX", image, 0.9)[..., 0].tolist() == [
        [1, 2, 3, 4, 5],
        [2, 3, 4, 5, 0],
        [3, 4, 5, 0, 0],
    ]
    across = np.ascontiguousarray(image.swapaxes(0, 1))
    assert changed("ShearY", across, 0.9)[..., 0].T.tolist() == [
        [1, 2, 3, 4, 5],
        [2, 3, 4, 5, 0],
        [3, 4, 5, 0, 0],
    ]


def test_a_positive_angle_is_counter_clockwise():
    """As that of RandomRotation."""
    image = np.arange(9, dtype=np.uint8).reshape(3, 3, 1)
    assert changed("Rotate", image, 90).tolist() == np.rot90(image).tolist()


def test_sharpness_moves_away_from_blur():
    """A point in the middle: 5 / 13 of it are left by the blur."""
    image = np.zeros((3, 3, 1), np.uint8)
    image[1, 1] = 130
    assert [int(changed("Sharpness", image, m)[1, 1, 0]) for m in (-1, 0, 0.5)] == [50, 130, 170]


def test_colour_moves_away_from_grey():
    """The lightness of (200, 100, 50) is 124."""
    image = np.full((1, 1, 3), (200, 100, 50), np.uint8)
    assert changed("Color", image, -1.0)[0, 0].tolist() == [124, 124, 124]


def test_equalize_makes_all_levels_as_frequent(smooth):
    """Their distribution becomes nearly even."""
    levels = changed("Equalize", smooth(60, 80)[..., :1])
    counts, _ = np.histogram(levels, bins=8, range=(0, 256))
    assert (counts.min() > 450, counts.max() < 800) == (True, True)


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_the_image_stays_as_it_is(name, smooth):
    """Each change gives a new one."""
    image = to_pillow(smooth(8, 9))
    before = image.tobytes()
    OPERATIONS[name](image, 0.5 if name != "Posterize" else 4, "nearest", (0, 0, 0))
    assert image.tobytes() == before
