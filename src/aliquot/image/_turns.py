"""The EXIF orientation: how a stored picture is turned to stand upright."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray
from aliquot.image._views import Floats, Span, View, Views


class Turn(NamedTuple):
    """Rows and columns are swapped first, then the result is mirrored."""

    swap: bool
    flip_y: bool
    flip_x: bool


TURNS = {
    1: Turn(False, False, False),
    2: Turn(False, False, True),
    3: Turn(False, True, True),
    4: Turn(False, True, False),
    5: Turn(True, False, False),
    6: Turn(True, False, True),
    7: Turn(True, True, True),
    8: Turn(True, True, False),
}


_FLAGS = np.array([TURNS[1], *TURNS.values()], np.int64)
SWAPPED = _FLAGS[:, 0] == 1
"""Whether an orientation, 0 to 8, swaps height and width."""


class Part(NamedTuple):
    """What to cut out of a stored picture, and how large to make it."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    height: int
    width: int


def stored_part(view: View, turn: Turn, height: int, width: int) -> Part:
    """Give the part of a stored picture, of `height` and `width` upright, that a view shows."""
    top, bottom = _mirrored(view.y, height) if turn.flip_y else (view.y.start, view.y.end)
    left, right = _mirrored(view.x, width) if turn.flip_x else (view.x.start, view.x.end)
    tall, wide = view.y.stop - view.y.first, view.x.stop - view.x.first
    if turn.swap:
        return Part((top, left, bottom, right), wide, tall)
    return Part((left, top, right, bottom), tall, wide)


def stored_parts(
    views: Views, orientations: IntArray, heights: IntArray, widths: IntArray
) -> tuple[Floats, IntArray]:
    """Give what `stored_part`, `upright` and `place` make of each of many pictures, as numbers.

    Parameters
    ----------
    views : Views
        What is seen of them.
    orientations, heights, widths : int64 array, shape (n,)
        EXIF orientations, and sizes upright.

    Returns
    -------
    float64 array, shape (n, 4)
        Left, top, right and bottom of the part that is seen, in stored pixels.
    int64 array, shape (n, 7)
        Where in the canvas it lies (top, left, height, width), whether its rows and columns are
        swapped, and whether it is mirrored after that, up and down, left and right.
    """
    y, x = views.spans()
    swap, flip_y, flip_x = _FLAGS[orientations].T
    top, bottom = _turned(y, flip_y, heights)
    left, right = _turned(x, flip_x, widths)
    boxes = np.empty((len(views), 4))
    sides = [(left, top), (top, left), (right, bottom), (bottom, right)]
    for column, (lying, standing) in enumerate(sides):
        boxes[:, column] = np.where(swap, standing, lying)
    places = np.empty((len(views), 7), np.int64)
    places[:, 0] = np.where(views.flip_y, views.height - y.stop, y.first)
    places[:, 1] = np.where(views.flip_x, views.width - x.stop, x.first)
    places[:, 2] = y.stop - y.first
    places[:, 3] = x.stop - x.first
    places[:, 4] = swap
    places[:, 5] = flip_y != views.flip_y
    places[:, 6] = flip_x != views.flip_x
    return boxes, places


def _turned(span: Span, flip: IntArray, lengths: IntArray) -> tuple[Floats, Floats]:
    start, end = _mirrored(span, lengths)
    return np.where(flip, start, span.start), np.where(flip, end, span.end)


def _mirrored(span: Span, length: Any) -> tuple[Any, Any]:
    return length - span.end, length - span.start


def upright(pixels: NDArray[Any], turn: Turn, view: View) -> NDArray[Any]:
    """Turn and mirror what was cut out, as a view of the array (height, width, channels)."""
    if turn.swap:
        pixels = pixels.swapaxes(0, 1)
    flip_y, flip_x = turn.flip_y != view.flip_y, turn.flip_x != view.flip_x
    return pixels[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def place(pixels: Any, view: View, row: Any, fill: Any) -> None:
    """Put what a view shows where it belongs in `row`, and fill what is around it."""
    ys, xs = _slice(view.y, view.height, view.flip_y), _slice(view.x, view.width, view.flip_x)
    if pixels.shape[:2] != row.shape[:2]:
        row[...] = fill
    if pixels.ndim == 3 and pixels.strides[1] < 0:
        # NumPy copies three bytes at a time backwards a sixth as fast.
        for channel in range(pixels.shape[2]):
            row[ys, xs, channel] = pixels[..., channel]
    else:
        row[ys, xs] = pixels


def _slice(span: Span, length: int, flip: bool) -> slice:
    return slice(length - span.stop, length - span.first) if flip else slice(span.first, span.stop)
