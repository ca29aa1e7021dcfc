"""The options of `ImageFiles`."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._options import checked


def options(*, size=None, mode="RGB", output="array"):
    return checked(size=size, mode=mode, output=output)


def test_one_number_as_size_is_refused_with_what_to_write():
    """The message shows both numbers."""
    with pytest.raises(ArgumentTypeError, match=r"write size=\(224, 224\)"):
        options(size=224)


@pytest.mark.parametrize("size", [(0, 4), (4, -1), (4,), (1, 2, 3)])
def test_a_size_that_is_not_two_positive_numbers_is_refused(size):
    """A picture has a height and a width."""
    with pytest.raises(ArgumentError, match="two positive integers"):
        options(size=size)


@pytest.mark.parametrize("size", [(1.5, 2), "64", (True, 4), {"h": 1}, (None, 4)])
def test_a_size_of_other_types_is_refused(size):
    """Sizes are whole numbers."""
    with pytest.raises(ArgumentTypeError, match=r"two integers \(height, width\)"):
        options(size=size)


def test_a_size_of_numpy_integers_becomes_a_tuple_of_int():
    """A shape computed with NumPy can be given."""
    size = options(size=[np.int32(3), np.uint8(4)]).size
    assert [(3, 4), int] == [size, type(size[0])]


@pytest.mark.parametrize("mode", ["rgb", "CMYK", 3, [], True])
def test_an_unknown_mode_is_refused_with_the_known_ones(mode):
    """The message lists what can be chosen."""
    with pytest.raises(ArgumentError, match="mode must be one of 'RGB', 'L', 'RGBA', None"):
        options(mode=mode)


@pytest.mark.parametrize("output", ["PIL", "numpy", None])
def test_an_unknown_output_is_refused_with_the_known_ones(output):
    """The message lists what can be chosen."""
    with pytest.raises(ArgumentError, match="output must be one of 'array', 'pil'"):
        options(output=output)


def test_a_size_without_a_mode_is_refused_for_arrays():
    """Channels differ from file to file, so one array cannot be promised."""
    with pytest.raises(ArgumentError, match="choose mode"):
        options(size=(4, 4), mode=None)


def test_a_size_without_a_mode_is_fine_for_pillow_images():
    """A list may hold any mix of modes."""
    assert options(size=(4, 4), mode=None, output="pil").size == (4, 4)


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1), ("RGBA", 4)])
def test_the_batch_shape_is_nhwc(mode, channels):
    """Channels come last, also where there is one."""
    assert (7, 2, 5, channels) == options(size=(2, 5), mode=mode).batch_shape(7)
