"""The eight orientations, and how views lie in stored pictures."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageOps

from aliquot.image._resample import resampled
from aliquot.image._turns import TURNS, Part, place, stored_part, upright
from aliquot.image._views import Views

STORED = np.arange(5 * 8, dtype=np.uint8).reshape(5, 8, 1)


def stood_up(orientation):
    """Return the stored picture upright, by Pillow."""
    image = Image.fromarray(STORED[..., 0])
    exif = image.getexif()
    exif[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))[..., None]


def view_of(height, width, *, top=0, left=0, size=None, flip_y=False, flip_x=False):
    """Return a view of an upright picture."""
    height_seen, width_seen = size or (height, width)
    views = Views.of(np.array([height]), np.array([width]))
    views = views.crop(np.array([top]), np.array([left]), height_seen, width_seen)
    views = views.flip(np.array([flip_y]), vertical=True)
    return views.flip(np.array([flip_x]), vertical=False).view(0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_stands_as_pillow_turns_it(orientation):
    """All of it."""
    expected = stood_up(orientation)
    view = view_of(*expected.shape[:2])
    assert upright(STORED, TURNS[orientation], view).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("orientation", "flip_y", "flip_x"),
    list(itertools.product(range(1, 9), [False, True], [False, True])),
)
def test_a_part_is_cut_out_of_the_stored_picture(orientation, flip_y, flip_x):
    """Turning and mirroring it gives the part of the upright one."""
    whole = stood_up(orientation)
    height, width = whole.shape[:2]
    view = view_of(height, width, top=1, left=2, size=(3, 2), flip_y=flip_y, flip_x=flip_x)
    part = stored_part(view, TURNS[orientation], height, width)
    found = upright(resampled(STORED, part, "bilinear"), TURNS[orientation], view)
    expected = whole[1:4, 2:4][:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    assert found.tolist() == expected.tolist()


def test_a_quarter_turn_swaps_the_size_of_a_part():
    """It is resampled as it is stored."""
    view = Views.of(np.array([8]), np.array([5])).resize(3, 2).view(0)
    assert stored_part(view, TURNS[6], 8, 5) == Part((0.0, 0.0, 8.0, 5.0), 2, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turn_and_its_mirror_image_differ(orientation):
    """Each of the eight stands for another picture."""
    others = [stood_up(other).tolist() for other in range(1, 9) if other != orientation]
    assert stood_up(orientation).tolist() not in others


def test_what_is_around_a_part_is_filled():
    """Each channel with its own number."""
    view = view_of(1, 1, top=-1, left=-1, size=(3, 3))
    row = np.zeros((3, 3, 3), np.uint8)
    place(np.full((1, 1, 3), 9, np.uint8), view, row, (1, 2, 3))
    assert (row[1, 1].tolist(), row[0, 0].tolist(), row[2, 1].tolist()) == (
        [9, 9, 9],
        [1, 2, 3],
        [1, 2, 3],
    )


def test_a_part_is_put_where_a_flip_moves_it():
    """The border moves along."""
    view = view_of(1, 1, top=-1, left=-2, size=(2, 3), flip_y=True, flip_x=True)
    row = np.zeros((2, 3, 1), np.uint8)
    place(np.full((1, 1, 1), 9, np.uint8), view, row, 0)
    assert row[..., 0].tolist() == [[9, 0, 0], [0, 0, 0]]
