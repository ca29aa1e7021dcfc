"""The arithmetic of colours, by hand-computed cases."""

import colorsys

import numpy as np
import pytest

from aliquot.image._adjust import brightness, contrast, grey, hue, luma, saturation


def pixel(*levels):
    return np.array([[levels]], np.uint8)


def unit(image):
    return (image / 255).astype(np.float32)


def test_lightness_is_that_of_itu_r_601():
    """0.299 red + 0.587 green + 0.114 blue, rounded."""
    assert [int(luma(pixel(*rgb))[0, 0, 0]) for rgb in np.eye(3, dtype=int) * 255] == [76, 150, 29]


def test_lightness_of_one_channel_is_itself():
    """A copy of it."""
    image = pixel(9)
    result = luma(image)
    assert (result.tolist(), np.shares_memory(result, image)) == ([[[9]]], False)


def test_grey_has_three_channels():
    """All of them equal, for levels and for floats."""
    image = pixel(200, 100, 50)
    assert grey(image)[0, 0].tolist() == [124, 124, 124]
    assert grey(unit(image))[0, 0] * 255 == pytest.approx([124.2, 124.2, 124.2], abs=0.05)


def test_brightness_multiplies():
    """Fractions are cut off, and so is what is too bright."""
    assert brightness(pixel(10, 101, 250), 1.5)[0, 0].tolist() == [15, 151, 255]


def test_contrast_moves_away_from_the_mean():
    """The mean lightness itself stays."""
    image = np.array([[[100], [200]]], np.uint8)
    assert contrast(image, 0.5).ravel().tolist() == [125, 175]
    assert contrast(image, 3.0).ravel().tolist() == [0, 255]


def test_saturation_moves_away_from_grey():
    """The lightness of (200, 100, 50) is 124."""
    assert saturation(pixel(200, 100, 50), 0.5)[0, 0].tolist() == [162, 112, 87]
    assert saturation(pixel(200, 100, 50), 0.0)[0, 0].tolist() == [124, 124, 124]


@pytest.mark.parametrize(
    ("turn", "expected"),
    [(0, [200, 100, 50]), (1 / 3, [50, 200, 100]), (-1 / 3, [100, 50, 200]), (0.5, [50, 150, 200])],
)
def test_hue_turns(turn, expected):
    """A third of the circle moves each colour on by one channel."""
    assert hue(pixel(200, 100, 50), turn)[0, 0].tolist() == expected


def test_hue_is_that_of_hsv(smooth):
    """The same as the standard library's, pixel by pixel."""
    image = unit(smooth(9, 11))
    expected = []
    for rgb in image.reshape(-1, 3).tolist():
        h, s, v = colorsys.rgb_to_hsv(*rgb)
        expected.append(colorsys.hsv_to_rgb((h + 0.2) % 1, s, v))
    np.testing.assert_allclose(hue(image, 0.2).reshape(-1, 3), expected, atol=1e-6)


def test_grey_has_no_hue():
    """Black and white neither."""
    image = np.array([[[0] * 3, [90] * 3, [255] * 3]], np.uint8)
    assert hue(image, 0.4).tolist() == image.tolist()


@pytest.mark.parametrize("change", [saturation, hue])
def test_one_channel_has_no_colour(change):
    """It is copied."""
    image = pixel(9)
    result = change(image, 0.3)
    assert (result.tolist(), np.shares_memory(result, image)) == ([[[9]]], False)


@pytest.mark.parametrize("change", [brightness, contrast, saturation, hue])
def test_floats_and_levels_agree(change, smooth):
    """To about a level: levels are cut off."""
    image = smooth(20, 30)
    levels = change(image, 0.4)
    floats = change(unit(image), 0.4)
    assert (levels.dtype, floats.dtype) == (np.dtype("uint8"), np.dtype("float32"))
    assert np.abs(levels - floats * 255.0).max() < 1.1


@pytest.mark.parametrize("change", [brightness, contrast, saturation, hue])
def test_floats_stay_between_0_and_1(change, smooth):
    """What would leave them is cut off."""
    result = change(unit(smooth(20, 30)), 2.5)
    assert (result.min() >= 0, result.max() <= 1) == (True, True)


@pytest.mark.parametrize("change", [brightness, contrast, saturation])
def test_factor_1_changes_nothing(change, smooth):
    """To the last bit, for levels and for floats."""
    image = smooth(20, 30)
    assert change(image, 1.0).tolist() == image.tolist()
    assert change(unit(image), 1.0).tolist() == unit(image).tolist()
