"""The EXIF orientation: how a stored picture is turned to stand upright."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from aliquot.image._views import Span, View


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


def _mirrored(span: Span, length: int) -> tuple[float, float]:
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
