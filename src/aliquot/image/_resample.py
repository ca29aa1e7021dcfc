"""Cutting a part out of an array of pixels and resampling it, antialiased."""

import functools
import importlib
import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.image._pil import pil
from aliquot.image._turns import Part

_local = threading.local()
_FILTERS = {
    "box": "box",
    "bilinear": "bilinear",
    "bicubic": "catmull_rom",
    "lanczos": "lanczos3",
}


@functools.cache
def library() -> tuple[Any, Any] | None:
    """Give both packages, or `None` where one is missing."""
    try:
        return importlib.import_module("simplejpeg"), importlib.import_module("cykooz_resizer")
    except ImportError:
        return None


def shrink(part: Part, gap: float | None) -> int:
    """Give the largest of 1, 2, 4 and 8 by which a part may be shrunk while it is decoded."""
    if gap is None:
        return 1
    left, top, right, bottom = part.box
    room = min((right - left) / (part.width * gap), (bottom - top) / (part.height * gap))
    return next((factor for factor in (8, 4, 2) if room >= factor), 1)


def resampled(pixels: NDArray[Any], part: Part, interpolation: str) -> NDArray[Any]:
    """Cut out a part and resample it, antialiased.

    Parameters
    ----------
    pixels : array, shape (h, w) or (h, w, channels)
        uint8 with 1 or 3 channels goes the fast way.
    part : Part
        What to cut out, and its size afterwards.
    interpolation : str
        The filter.

    Returns
    -------
    array, shape (part.height, part.width, ...)
        Not always the caller's own: a part of `pixels` where nothing has to be resampled.
    """
    left, top, right, bottom = part.box
    if not part.height or not part.width:
        return np.empty((part.height, part.width, *pixels.shape[2:]), pixels.dtype)
    if (right - left, bottom - top) == (part.width, part.height) and left % 1 == top % 1 == 0:
        return pixels[int(top) : int(top) + part.height, int(left) : int(left) + part.width]
    if interpolation == "nearest":
        return pixels[nearest(top, bottom, part.height)[:, None], nearest(left, right, part.width)]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if library() is None or pixels.dtype != np.uint8 or channels not in (1, 3):
        return _by_pillow(pixels, part, interpolation)
    return _fast(pixels, part, channels, interpolation)


def _fast(pixels: Any, part: Part, channels: int, interpolation: str) -> NDArray[Any]:
    left, top, right, bottom = part.box
    # What is copied for the resizer are the rows that count, with those that filters reach beyond.
    margin = 3 * max((bottom - top) / part.height, 1.0) + 1
    first, last = max(int(top - margin), 0), math.ceil(bottom + margin)
    pixels, top, bottom = pixels[first:last], top - first, bottom - first
    height, width = pixels.shape[:2]
    tools = _tools()
    kind = tools.kinds[channels]
    source = tools.library.ImageData(width, height, kind, pixels.tobytes())
    target = tools.library.ImageData(part.width, part.height, kind)
    box = tools.library.CropBox(left, top, min(right, width) - left, min(bottom, height) - top)
    options = tools.library.ResizeOptions(tools.filters[interpolation], crop_box=box)
    tools.resizer.resize(source, target, options)
    found = np.frombuffer(target.get_buffer(), np.uint8)
    return found.reshape(part.height, part.width, *pixels.shape[2:])


def _by_pillow(pixels: NDArray[Any], part: Part, interpolation: str) -> NDArray[Any]:
    """Resample one channel after the other, in floats unless they are bytes."""
    image = pil("Image")
    layers = pixels.reshape(*pixels.shape[:2], -1)
    kind = np.uint8 if pixels.dtype == np.uint8 else np.float32
    resampling = getattr(image.Resampling, interpolation.upper())
    found = [
        image.fromarray(np.ascontiguousarray(layers[..., i], dtype=kind)).resize(
            (part.width, part.height), resampling, box=part.box
        )
        for i in range(layers.shape[2])
    ]
    stacked = np.stack([np.asarray(layer) for layer in found], axis=2)
    if pixels.dtype.kind in "iu":
        stacked = np.rint(stacked)
    return stacked.astype(pixels.dtype).reshape(part.height, part.width, *pixels.shape[2:])


def nearest(start: float, end: float, n: int) -> NDArray[np.int64]:
    """Give the pixels whose middle is nearest to those of `n` pixels in a span, as Pillow does."""
    step = (end - start) / n
    middles = np.full(n, step)
    middles[:1] = start + step * 0.5
    # Added up one by one: so ties fall to the same side as in Pillow.
    found: NDArray[np.int64] = np.floor(np.cumsum(middles)).astype(np.int64)
    return found


class _Tools:
    """What resampling needs in each thread."""

    def __init__(self) -> None:
        self.library: Any = importlib.import_module("cykooz_resizer")
        self.resizer = self.library.Resizer()
        kinds, filters = self.library.PixelType, self.library.FilterType
        self.kinds = {1: kinds.U8, 3: kinds.U8x3}
        self.filters = {
            name: self.library.ResizeAlg.convolution(getattr(filters, theirs))
            for name, theirs in _FILTERS.items()
        }


def _tools() -> _Tools:
    tools: _Tools | None = getattr(_local, "tools", None)
    if tools is None:
        tools = _local.tools = _Tools()
    return tools
