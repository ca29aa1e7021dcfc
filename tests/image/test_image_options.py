"""The options of `ImageFiles`."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import Pad, Resize
from aliquot.image._options import checked


def options(*, size=None, **keywords):
    return checked(size, keywords)[0]


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
    _, chain = checked([np.int32(3), np.uint8(4)], {})
    assert [chain.size, type(chain.size[0])] == [(3, 4), int]


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
    assert options(size=(4, 4), mode=None, output="pil").channels is None


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1), ("RGBA", 4), (None, None)])
def test_the_mode_says_how_many_channels_there_are(mode, channels):
    """Of each file's own, none is known."""
    assert options(mode=mode).channels == channels


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"layout": "CHW"}, "layout must be one of 'NHWC', 'NCHW'"),
        ({"interpolation": "cubic"}, "interpolation must be one of 'nearest', 'box', 'bilinear'"),
        ({"codec": "turbo"}, "codec must be one of 'libjpeg-turbo', 'simplejpeg', 'pillow'"),
        ({"strict": 1}, "strict must be one of True, False"),
        ({"reducing_gap": 0.5}, "reducing_gap must be 1 or more, or None, not 0.5"),
        ({"pixel_limit": 0}, "pixel_limit must be a positive integer, not 0"),
    ],
)
def test_a_wrong_option_is_refused(keywords, text):
    """The message says what it can be."""
    with pytest.raises(ArgumentError, match=text):
        options(**keywords)


def test_an_unknown_option_is_refused():
    """By its name."""
    with pytest.raises(ArgumentTypeError, match="ImageFiles takes no argument sise="):
        options(sise=3)


def test_size_and_transforms_exclude_each_other():
    """The message says how to write both."""
    with pytest.raises(ArgumentError, match=r"transforms=\[Resize\(size\), ...\]"):
        options(size=(3, 4), transforms=[])


def test_transforms_have_a_say_in_the_filter_and_the_border():
    """The last that names one."""
    transforms = [Pad(2, fill=9), Resize(5, interpolation="bicubic")]
    found = options(transforms=transforms)
    assert (found.interpolation, found.fill) == ("bicubic", 9)
