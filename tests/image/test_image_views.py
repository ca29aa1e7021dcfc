"""Views: geometry as arithmetic, before there are pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.image._resample import resampled
from aliquot.image._turns import TURNS, place, stored_part, upright
from aliquot.image._views import Span, Views

FILL = -1


def whole(*sizes):
    """Return the views of pictures as they are."""
    heights, widths = np.array(sizes, dtype=np.int64).T
    return Views.of(heights, widths)


def seen(picture, view):
    """Return what a view without scales shows of an array (height, width, 1)."""
    part = stored_part(view, TURNS[1], *picture.shape[:2])
    out = np.empty((view.height, view.width, 1), picture.dtype)
    place(upright(resampled(picture, part, "bilinear"), TURNS[1], view), view, out, FILL)
    return out


def cropped(picture, top, left, height, width):
    """Cut a part out of an array, filled where it reaches beyond."""
    out = np.full((height, width, 1), FILL, picture.dtype)
    h, w = picture.shape[:2]
    y0, y1 = max(top, 0), max(min(top + height, h), max(top, 0))
    x0, x1 = max(left, 0), max(min(left + width, w), max(left, 0))
    part = picture[y0:y1, x0:x1]
    out[y0 - top : y0 - top + part.shape[0], x0 - left : x0 - left + part.shape[1]] = part
    return out


def numbered(height, width):
    """Return a picture whose pixels all differ."""
    return np.arange(height * width, dtype=np.int32).reshape(height, width, 1)


def one(values):
    return np.array([values])


CROPS = st.tuples(
    st.just("crop"),
    st.integers(-9, 9),
    st.integers(-9, 9),
    st.integers(1, 12),
    st.integers(1, 12),
)
FLIPS = st.tuples(st.just("flip"), st.booleans())


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    steps=st.lists(st.one_of(CROPS, FLIPS), max_size=5),
)
def test_crops_and_flips_one_after_the_other_are_those_of_the_array(height, width, steps):
    """Also where they reach beyond, and where a later one looks at what an earlier one cut off."""
    views, expected = whole((height, width)), numbered(height, width)
    picture = expected
    for kind, *how in steps:
        if kind == "crop":
            top, left, h, w = how
            views = views.crop(one(top), one(left), h, w)
            expected = cropped(expected, top, left, h, w)
        else:
            views = views.flip(one(True), vertical=how[0])
            expected = expected[::-1] if how[0] else expected[:, ::-1]
    assert seen(picture, views.view(0)).tolist() == expected.tolist()


def test_what_a_crop_cut_off_does_not_come_back():
    """Padding afterwards shows the border, not the picture that is there."""
    views = whole((9, 9)).crop(one(3), one(3), 3, 3).crop(one(-2), one(-2), 7, 7)
    expected = np.full((7, 7), FILL)
    expected[2:5, 2:5] = numbered(9, 9)[3:6, 3:6, 0]
    assert seen(numbered(9, 9), views.view(0))[..., 0].tolist() == expected.tolist()


def test_what_was_cut_off_stays_so_when_it_is_resized():
    """The border grows with the rest."""
    views = whole((9, 9)).crop(one(3), one(3), 4, 4).resize(8, 8).crop(one(-4), one(-4), 16, 16)
    y = views.resize(32, 32).view(0).y
    assert (y.first, y.stop, y.start, y.end) == (8, 24, 3.0, 7.0)


def test_resizing_keeps_what_is_seen():
    """In other pixels."""
    view = whole((30, 40)).crop(one(5), one(6), 20, 10).resize(7, 9).view(0)
    assert (view.height, view.width, view.y, view.x) == (
        7,
        9,
        Span(0, 7, 5.0, 25.0),
        Span(0, 9, 6.0, 16.0),
    )


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    source=st.integers(1, 3000),
    sizes=st.lists(st.integers(1, 500), min_size=1, max_size=5),
)
def test_resizing_again_and_again_shows_the_whole_picture(source, sizes):
    """Rounding errors leave no border."""
    views = whole((source, source))
    for size in sizes:
        views = views.resize(size, size)
    y = views.view(0).y
    assert (y.first, y.stop, y.start) == (0, sizes[-1], 0.0)
    assert source - 1e-6 < y.end <= source


def test_a_crop_after_a_resize_is_in_new_pixels():
    """Two of them are one of the picture."""
    view = whole((20, 20)).resize(40, 40).crop(one(10), one(4), 8, 6).view(0)
    assert (view.y, view.x) == (Span(0, 8, 5.0, 9.0), Span(0, 6, 2.0, 5.0))


def test_a_crop_after_a_flip_counts_from_the_other_side():
    """As on the mirrored array."""
    view = whole((10, 10)).flip(one(True), vertical=False).crop(one(0), one(0), 10, 3).view(0)
    assert (view.x, view.flip_x, view.flip_y) == (Span(0, 3, 7.0, 10.0), True, False)


def test_two_flips_are_none():
    """Of the same kind."""
    views = whole((3, 4)).flip(one(True), vertical=True).flip(one(True), vertical=True)
    assert not views.view(0).flip_y


def test_each_picture_has_its_own_view():
    """What one is seen as does not depend on the others."""
    sizes = [(5, 9), (30, 4), (1, 1)]
    flips = np.array([True, False, True])
    top, left = np.array([1, -2, 0]), np.array([0, 1, -3])

    def views(rows):
        found = whole(*[sizes[row] for row in rows]).flip(flips[rows], vertical=False)
        return found.crop(top[rows], left[rows], 4, 3).resize(7, 7)

    together = views([0, 1, 2])
    assert [together.view(row) for row in range(3)] == [views([row]).view(0) for row in range(3)]


@pytest.mark.parametrize(
    ("canvas", "expected"),
    [
        ((0.0, 1.0, 10), Span(0, 10, 0.0, 10.0)),
        ((-0.4, 1.0, 10), Span(0, 10, 0.0, 9.6)),
        ((-0.6, 1.0, 10), Span(1, 10, 0.4, 9.4)),
        ((0.6, 1.0, 10), Span(0, 9, 0.6, 9.6)),
        ((-20.0, 1.0, 10), Span(10, 10, 0.0, -10.0)),
        ((20.0, 1.0, 10), Span(0, 0, 20.0, 10.0)),
    ],
)
def test_a_pixel_shows_the_picture_if_at_least_half_of_it_does(canvas, expected):
    """The part that they show lies in the picture."""
    found = Span.of(*canvas, 0.0, 10.0)
    assert (found.first, found.stop) == (expected.first, expected.stop)
    if found.stop > found.first:
        assert (round(found.start, 9), round(found.end, 9)) == (expected.start, expected.end)


def test_no_pictures_have_no_views():
    """An empty batch goes through."""
    none = np.zeros(0, np.int64)
    views = Views.of(none, none).crop(none, none, 3, 3).resize(2, 2)
    assert len(views.flip(none > 0, vertical=True)) == 0
