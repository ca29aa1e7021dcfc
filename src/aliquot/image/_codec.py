"""The codec: many pictures in files at once, each as its view shows it, into a batch.

JPEGs go to the kernel, or where it was not built to the fastest packages that are installed;
everything else, and what has a fault, goes to Pillow, whose word decides.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.image import _jpeg, _kernel_files, _pillow
from aliquot.image._kernel_files import Levels
from aliquot.image._lenient import lenient
from aliquot.image._options import Options
from aliquot.image._pictures import Pictures, failure
from aliquot.image._quiet import quiet
from aliquot.image._turns import TURNS, Part, place, stored_part, stored_parts, upright
from aliquot.image._views import View, Views


def decode_into(
    pictures: Pictures,
    views: Views,
    out: NDArray[Any],
    options: Options,
    levels: Levels | None = None,
) -> None:
    """Decode pictures as their views show them.

    Parameters
    ----------
    pictures : Pictures, length n
        The files.
    views : Views
        What is seen of each; all of the size of `out`.
    out : uint8 array, shape (n, height, width, channels)
        Where they go. With `levels` float32, and with channels first if they say so.
    options : Options
        Colours, filter and codec.
    levels : Levels, optional
        What the pixels become.

    Raises
    ------
    ImageError
        If one cannot be decoded, with its path.
    """
    left = _by_kernel(pictures, views, list(out), options, levels)
    seen = views.each() if left else []
    for row in left:
        pixels, view = _seen(pictures, row, seen[row], options), seen[row]
        if levels is None:
            place(pixels, view, out[row], options.fill)
            continue
        canvas = np.empty((view.height, view.width, pixels.shape[2]), np.uint8)
        place(pixels, view, canvas, options.fill)
        for channel, table in enumerate(levels.table):
            axis = (channel,) if levels.planes else (..., channel)
            out[row][axis] = table[canvas[..., channel]]


def decode(pictures: Pictures, views: Views, options: Options) -> list[NDArray[Any]]:
    """Decode pictures to arrays of their own, shape (height, width, channels)."""
    found: list[Any] = [None] * len(pictures)
    seen = views.each()
    if pictures.files is not None:
        for row in np.flatnonzero(_is_fast(pictures, options)).tolist():
            channels = options.channels or pictures.channels[row]
            found[row] = np.empty((seen[row].height, seen[row].width, channels), np.uint8)
    for row in _by_kernel(pictures, views, found, options, None):
        view = seen[row]
        pixels = _seen(pictures, row, view, options)
        found[row] = np.empty((view.height, view.width, pixels.shape[2]), pixels.dtype)
        place(pixels, view, found[row], options.fill)
    return found


def _by_kernel(
    pictures: Pictures,
    views: Views,
    canvases: list[NDArray[Any]],
    options: Options,
    levels: Levels | None,
) -> list[int]:
    """Decode what the kernel can; give the rows that are left."""
    if pictures.files is None:
        return list(range(len(pictures)))
    boxes, places = stored_parts(views, pictures.orientations, pictures.heights, pictures.widths)
    fast = _is_fast(pictures, options)
    left: list[int] = []
    rows = list(range(len(pictures)))
    if not fast.all():
        rows, left = np.flatnonzero(fast).tolist(), np.flatnonzero(~fast).tolist()
        boxes, places, canvases = boxes[rows], places[rows], [canvases[row] for row in rows]
    left += _kernel_files.decode(pictures.files, rows, boxes, places, canvases, options, levels)
    return sorted(left)


def _seen(pictures: Pictures, row: int, view: View, options: Options) -> NDArray[Any]:
    """Give what a view shows of a picture, without what is filled around it."""
    turn = TURNS[int(pictures.orientations[row])]
    part = stored_part(view, turn, int(pictures.heights[row]), int(pictures.widths[row]))
    if part.height and part.width:
        found = _cut_out(pictures, row, part, options)
    elif options.channels is not None:
        found = np.zeros((part.height, part.width, options.channels), np.uint8)
    else:  # channels and depth are known of what is decoded only
        one = _cut_out(pictures, row, Part((0, 0, 1, 1), 1, 1), options)
        found = np.zeros((part.height, part.width, one.shape[2]), one.dtype)
    return upright(found, turn, view)


def _cut_out(pictures: Pictures, row: int, part: Part, options: Options) -> NDArray[Any]:
    blob = pictures.blob(row)
    channels = 0
    if options.codec == "simplejpeg":
        channels = _fast_channels(int(pictures.channels[row]), options)
    if channels:
        size = pictures.stored_size(row)
        found = _jpeg.decode(
            blob, size, part, channels, options.interpolation, options.reducing_gap
        )
        if found is not None:
            return _with_channels(found, options)
    return _by_pillow(pictures.paths[row], blob, part, options)


def _is_fast(pictures: Pictures, options: Options) -> NDArray[np.bool_]:
    table = [_fast_channels(channels, options) > 0 for channels in range(5)]
    return np.array(table)[pictures.channels]


def _fast_channels(channels: int, options: Options) -> int:
    """Give 1 or 3 if a fast way can decode a JPEG of some channels as it is wanted, else 0."""
    wanted = channels if options.mode is None else min(options.channels or 3, 3)
    # Pillow makes grey of colours by its own rounding: that of the luma in the file differs.
    return 0 if channels in (0, 4) or channels > wanted else wanted


def _with_channels(pixels: NDArray[np.uint8], options: Options) -> NDArray[np.uint8]:
    if options.mode != "RGBA":
        return pixels
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([pixels, opaque], axis=2)


def _by_pillow(path: str, blob: bytes, part: Any, options: Options) -> NDArray[Any]:
    try:
        with quiet(), lenient(not options.strict), _pillow.opened(blob) as image:
            found = _pillow.part_of(
                image, part, options.mode, options.interpolation, options.reducing_gap
            )
            if options.output == "pil" and found.mode in ("CMYK", "LAB", "HSV"):
                found = found.convert("RGB")  # an array does not tell what its channels are
            return _pillow.pixels(found)
    except MemoryError:
        raise
    except Exception as error:
        raise failure(path, blob, error) from error
