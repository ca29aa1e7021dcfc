"""Contact sheets."""

import numpy as np
import pytest
from PIL import Image

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import contact_sheet


def square(level):
    return np.full((20, 20, 3), level, np.uint8)


def test_pictures_stand_in_rows():
    """From left to right, then down."""
    sheet = contact_sheet([square(10), square(20), square(30)], columns=2, tile=20)
    levels = [sheet.getpixel(place)[0] for place in [(14, 14), (38, 14), (14, 38), (38, 38)]]
    assert levels == [10, 20, 30, 255]


def test_proportions_are_kept():
    """What is left of the tile is dark."""
    sheet = contact_sheet([np.full((10, 40, 3), 200, np.uint8)], tile=40)
    assert (sheet.getpixel((24, 24))[0], sheet.getpixel((24, 8))[0]) == (200, 32)


def test_captions_are_written_beneath():
    """They take room, and leave ink there."""
    plain = contact_sheet([square(10)], tile=64)
    sheet = contact_sheet([square(10)], ["cat"], tile=64)
    beneath = np.asarray(sheet)[4 + 64 : sheet.height - 4]
    assert (sheet.height > plain.height, bool(beneath.min() < 100)) == (True, True)


def test_a_long_caption_stays_in_its_tile():
    """It is shortened."""
    sheet = contact_sheet([square(10)] * 2, ["a very long caption " * 9, ""], tile=64)
    assert np.asarray(sheet)[4 + 64 :, 4 + 64 + 4 :].min() == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16", "F"])
def test_pillow_images_of_any_mode_are_drawn(mode):
    """They are converted."""
    assert contact_sheet([Image.new(mode, (5, 9))], tile=16).mode == "RGB"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_with_any_channels_are_drawn(channels):
    """Grey, colours, colours with alpha."""
    sheet = contact_sheet(np.full((1, 8, 8, channels), 90, np.uint8), tile=8)
    assert sheet.getpixel((8, 8)) == (90, 90, 90)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "no pictures"),
        (([square(1)], ["a", "b"]), "2 captions for 1 pictures"),
        (([np.zeros((4, 4), np.uint8)],), r"not \(4, 4\)"),
        (([np.zeros((4, 0, 3), np.uint8)],), r"not \(4, 0, 3\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    """The message says what was wrong."""
    with pytest.raises(ArgumentError, match=message):
        contact_sheet(*arguments)


@pytest.mark.parametrize("options", [{"columns": 0}, {"tile": 0}])
def test_sizes_must_be_positive(options):
    """Nothing else can be drawn."""
    with pytest.raises(ArgumentError, match="must be positive"):
        contact_sheet([square(1)], **options)


@pytest.mark.parametrize("image", [np.zeros((4, 4, 3)), "a.jpg", None])
def test_what_is_no_picture_is_refused(image):
    """Float arrays too: their range is not known."""
    with pytest.raises(ArgumentTypeError, match="a picture"):
        contact_sheet([image])
