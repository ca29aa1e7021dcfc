"""Which arrays are pictures, and how they go to Pillow and back."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._picture import check_picture, from_pillow, on_colours, to_pillow, values_of


@pytest.mark.parametrize("image", [None, [[0]], np.zeros((2, 2, 3)), np.zeros((2, 2, 3), "u2")])
def test_other_types_are_refused(image):
    """The message names the transform's class."""
    with pytest.raises(ArgumentTypeError, match="str takes a uint8 or float32 array, not"):
        check_picture(image, "a transform")


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2), (2, 2, 5), (0, 2, 3), (1, 2, 2, 3)])
def test_other_shapes_are_refused(shape):
    """A batch too: one picture at a time."""
    with pytest.raises(ArgumentError, match="str takes one picture"):
        check_picture(np.zeros(shape, np.uint8), "a transform")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_to_pillow_and_back_changes_nothing(channels, smooth):
    """Also for a view that is mirrored."""
    levels = np.concatenate([smooth(7, 9)] * 2, axis=2)[:, ::-1, :channels]
    assert from_pillow(to_pillow(levels)).tolist() == levels.tolist()


def test_alpha_is_left_alone():
    """The function sees three channels."""
    image = np.full((1, 1, 4), 7, np.uint8)
    assert on_colours(image, np.zeros_like)[0, 0].tolist() == [0, 0, 0, 7]


def test_one_value_stands_for_all_channels():
    """Levels are whole numbers."""
    assert values_of("fill", 7.5, np.zeros((1, 1, 3), np.uint8)) == (7, 7, 7)


def test_floats_may_hold_any_value():
    """A picture may be normalised."""
    assert values_of("fill", (-2, 0.5, 1), np.zeros((1, 1, 3), np.float32)) == (-2.0, 0.5, 1.0)


@pytest.mark.parametrize("given", [-1, 256, (1, 2), (1, 2, 300)])
def test_values_that_do_not_fit_are_refused(given):
    """By number and by range."""
    with pytest.raises(ArgumentError, match="fill must be"):
        values_of("fill", given, np.zeros((1, 1, 3), np.uint8))
