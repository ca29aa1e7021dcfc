"""The views of a whole batch as numbers, held against those of one picture after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.image._turns import TURNS, place, stored_part, stored_parts, upright
from aliquot.image._views import Span, View, Views

FILL = 255
STEPS = ("crop", "resize", "vertical", "horizontal")


@st.composite
def batches(draw, steps=STEPS):
    """Draw views of upright pictures, their orientations and their sizes."""
    n = draw(st.integers(1, 9))

    def integers(least, most):
        numbers = st.integers(least, most)
        return np.array(draw(st.lists(numbers, min_size=n, max_size=n)), np.int64)

    heights, widths, orientations = integers(1, 14), integers(1, 14), integers(1, 8)
    views = Views.of(heights, widths)
    for step in draw(st.lists(st.sampled_from(steps), max_size=5)):
        if step == "crop":
            views = views.crop(
                integers(-9, 9), integers(-9, 9), integers(1, 12), draw(st.integers(1, 12))
            )
        elif step == "resize":
            views = views.resize(integers(1, 30), draw(st.integers(1, 30)))
        else:
            views = views.flip(integers(0, 1) > 0, vertical=step == "vertical")
    return views, orientations, heights, widths


def numbers_of(view, orientation, height, width):
    """Return what `stored_part`, `upright` and `place` make of a view, each seen from outside."""
    turn = TURNS[orientation]
    part = stored_part(view, turn, height, width)
    marks = np.zeros((view.height, view.width), np.int64)
    rows, columns = (part.width, part.height) if turn.swap else (part.height, part.width)
    place(np.ones((rows, columns), np.int64), view, marks, 0)
    ys, xs = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    own = np.arange(6).reshape(2, 3, 1)
    found = upright(own, turn, view)[..., 0]
    flat = own[..., 0].T if turn.swap else own[..., 0]
    flips = (found[0, 0] not in flat[0], found[0, 0] not in flat[:, 0])
    corner = (ys[0], xs[0]) if len(ys) and len(xs) else None
    return part.box, corner, (rows, columns), (turn.swap, *flips)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(batch=batches())
def test_numbers_of_a_batch_are_those_of_each_picture(batch):
    """Any crops, sizes and flips, and all orientations."""
    views, orientations, heights, widths = batch
    boxes, places = stored_parts(views, orientations, heights, widths)
    sizes = zip(orientations.tolist(), heights.tolist(), widths.tolist(), strict=True)
    for row, (view, size) in enumerate(zip(views.each(), sizes, strict=True)):
        box, corner, tall_and_wide, turns = numbers_of(view, *size)
        found = places[row].tolist()
        assert (tuple(boxes[row]), tuple(found[2:4])) == (box, tall_and_wide)
        assert tuple(map(bool, found[4:])) == turns
        assert corner is None or tuple(found[:2]) == corner


@settings(derandomize=True, max_examples=100, deadline=None)
@given(batch=batches())
def test_what_is_seen_lies_in_its_picture_and_in_its_canvas(batch):
    """The kernel takes nothing else."""
    views, orientations, heights, widths = batch
    boxes, places = stored_parts(views, orientations, heights, widths)
    top, left, tall, wide = places[:, :4].T
    assert np.all((top >= 0) & (left >= 0) & (tall >= 0) & (wide >= 0))
    assert np.all((top + tall <= views.height) & (left + wide <= views.width))
    swapped = orientations > 4
    sides = np.where(swapped, (heights, widths), (widths, heights)).T
    shown = (tall > 0) & (wide > 0)
    assert np.all(boxes[shown] >= 0)
    assert np.all(boxes[shown][:, 2:] <= sides[shown])
    assert np.all(boxes[shown][:, :2] < boxes[shown][:, 2:])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(batch=batches(("crop", "vertical", "horizontal")))
def test_what_the_numbers_say_shows_the_same_pixels(batch):
    """Cut out, swapped, mirrored and put into a canvas."""
    views, orientations, heights, widths = batch
    boxes, places = stored_parts(views, orientations, heights, widths)
    for row, view in enumerate(views.each()):
        height, width, turn = int(heights[row]), int(widths[row]), TURNS[int(orientations[row])]
        sides = (width, height) if turn.swap else (height, width)
        stored = np.arange(height * width, dtype=np.uint8).reshape(*sides, 1)
        found, expected = np.full((2, view.height, view.width, 1), FILL, np.uint8)

        top, left, tall, wide, swap, flip_y, flip_x = places[row].tolist()
        if tall and wide:
            x0, y0, x1, y1 = boxes[row].astype(int).tolist()
            cut = stored[y0:y1, x0:x1]
            cut = cut.swapaxes(0, 1) if swap else cut
            cut = cut[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
            found[top : top + tall, left : left + wide] = cut

            part = stored_part(view, turn, height, width)
            left, top, right, bottom = map(int, part.box)
            place(upright(stored[top:bottom, left:right], turn, view), view, expected, FILL)
        assert found.tolist() == expected.tolist()


def test_numbers_are_of_the_kinds_that_the_kernel_takes():
    """Contiguous, eight bytes each."""
    views = Views.of(np.array([8, 5]), np.array([5, 9])).resize(3, 2)
    boxes, places = stored_parts(views, np.array([6, 1]), np.array([8, 5]), np.array([5, 9]))
    assert (boxes.dtype, boxes.flags.c_contiguous) == (np.float64, True)
    assert (places.dtype, places.flags.c_contiguous) == (np.int64, True)
    assert boxes.tolist() == [[0, 0, 8, 5], [0, 0, 9, 5]]
    assert places.tolist() == [[0, 0, 3, 2, 1, 0, 1], [0, 0, 3, 2, 0, 0, 0]]


def test_no_pictures_have_no_numbers():
    """An empty batch goes through."""
    none = np.zeros(0, np.int64)
    boxes, places = stored_parts(Views.of(none, none), none, none, none)
    assert (boxes.shape, places.shape) == ((0, 4), (0, 7))
    assert (Views.of(none, none).each(), Views.of(none, none).spans()[0].rows()) == ([], [])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(batch=batches())
def test_the_views_of_a_batch_are_those_of_its_pictures_alone(batch):
    """Each in plain numbers."""
    views = batch[0]
    fields = {name: getattr(views, name) for name in Views.__dataclass_fields__}
    for row, view in enumerate(views.each()):
        alone = Views(**{name: values[row : row + 1] for name, values in fields.items()})
        assert view == views.view(row) == alone.view(0)
        assert {type(view.height), type(view.x.first), type(view.y.stop)} == {int}
        assert {type(view.top), type(view.step_x), type(view.x.start)} == {float}
        assert type(view.flip_y) is bool


@settings(derandomize=True, max_examples=60, deadline=None)
@given(batch=batches())
def test_spans_are_those_of_each_view(batch):
    """First that of the rows, and arrays of all."""
    views = batch[0]
    y, x = views.spans()
    assert (y.rows(), x.rows()) == (
        [view.y for view in views.each()],
        [view.x for view in views.each()],
    )
    assert (y.first.dtype, x.stop.dtype, y.start.shape) == (np.int64, np.int64, (len(views),))


@pytest.mark.parametrize("flip", [False, True])
def test_a_view_tells_where_its_canvas_lies(flip):
    """Size, corner, step and mirroring."""
    one = np.array([20])
    views = Views.of(one, one).crop(np.array([4]), np.array([-2]), 10, 12).resize(5, 24)
    [view] = views.flip(np.array([flip]), vertical=True).each()
    assert view == View(
        5, 24, Span(0, 5, 4.0, 14.0), Span(4, 24, 0.0, 10.0), flip, False, 4.0, -2.0, 2.0, 0.5
    )
