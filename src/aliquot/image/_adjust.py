"""The arithmetic of colours: brightness, contrast, saturation, hue and grey, as torchvision's.

All of it is on uint8 or float32 arrays of shape (height, width, 1 or 3), which it leaves as they
are. uint8 is computed in float32 and cut off, as torchvision does it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.image._picture import Picture, from_pillow, to_pillow

# ITU-R 601-2, for floats; Pillow's own integers are (19595, 38470, 7471) / 65536.
_LUMA = (0.2989, 0.587, 0.114)
_ONE, _TINY = np.float32(1.0), np.float32(1e-20)


def luma(colours: Picture) -> Picture:
    """Give the lightness (ITU-R 601-2) as a new array of one channel."""
    if colours.shape[2] == 1:
        return colours.copy()
    if colours.dtype == np.uint8:
        return from_pillow(to_pillow(colours).convert("L"))
    red, green, blue = (colours[..., c] * np.float32(_LUMA[c]) for c in range(3))
    red += green
    red += blue
    return red[..., np.newaxis]


def grey(colours: Picture) -> Picture:
    """Give the lightness in each of three channels, as a new array."""
    if colours.dtype == np.uint8 and colours.shape[2] == 3:
        return from_pillow(to_pillow(colours).convert("L").convert("RGB"))
    return np.repeat(luma(colours), 3, axis=2)


def brightness(colours: Picture, factor: float) -> Picture:
    """Multiply: 0 is black, 1 the picture itself."""
    return _blended(colours, 0.0, factor)


def contrast(colours: Picture, factor: float) -> Picture:
    """Move away from the mean lightness: 0 is grey all over, 1 the picture itself."""
    mean = float(luma(colours).mean(dtype=np.float64))
    return _blended(colours, mean * (1.0 - factor), factor)


def saturation(colours: Picture, factor: float) -> Picture:
    """Move away from grey: 0 has no colour left, 1 is the picture itself."""
    if colours.shape[2] == 1:
        return colours.copy()
    return _blended(colours, grey(colours) * np.float32(1.0 - factor), factor)


def hue(colours: Picture, turn: float) -> Picture:
    """Turn the hue (of HSV) by a part of the circle; 1/3 makes red green."""
    if colours.shape[2] == 1:
        return colours.copy()
    planes = np.ascontiguousarray(np.moveaxis(colours, 2, 0), dtype=np.float32)
    most = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    chroma = most - np.minimum(np.minimum(planes[0], planes[1]), planes[2])
    angle = _angle(planes, most, chroma)
    angle += np.float32(6.0 * turn % 6.0)
    result = np.empty(colours.shape, colours.dtype)
    for c, start in enumerate((5.0, 3.0, 1.0)):
        result[..., c] = _plane(angle, start, most, chroma, colours.dtype)
    return result


def _angle(
    planes: NDArray[np.float32], most: NDArray[np.float32], chroma: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give the hue in sixths of the circle, from -1 to 5; 0 for grey.

    The choice between the three cases is a sum in which two products are 0: it takes a fifth of
    the time of `numpy.where`.
    """
    red, green, blue = planes
    is_red = (most == red).astype(np.float32)
    is_green = (most == green) * (_ONE - is_red)
    is_blue = _ONE - is_red - is_green
    angle: NDArray[np.float32] = (green - blue) * is_red
    angle += (blue - red) * is_green
    angle += (red - green) * is_blue
    angle /= np.maximum(chroma, _TINY)
    angle += np.float32(2.0) * is_green
    angle += np.float32(4.0) * is_blue
    return angle


def _plane(
    angle: NDArray[np.float32],
    start: float,
    most: NDArray[np.float32],
    chroma: NDArray[np.float32],
    dtype: Any,
) -> NDArray[Any]:
    """Give ``most - chroma * clip(min(k, 4 - k), 0, 1)`` with ``k = (start + angle) modulo 6``."""
    k = angle + np.float32(start)
    k -= np.float32(6.0) * np.floor(k * np.float32(1 / 6))
    share = np.minimum(k, np.float32(4.0) - k)
    np.clip(share, np.float32(0.0), _ONE, out=share)
    share *= chroma
    plane: NDArray[Any] = np.subtract(most, share, out=share)
    if dtype == np.uint8:
        plane += np.float32(0.5)
    return plane


def _blended(colours: Picture, rest: Any, factor: float) -> Picture:
    """Give ``factor * colours + rest``, cut to what a picture can hold."""
    blended = np.multiply(colours, np.float32(factor), dtype=np.float32)
    if np.ndim(rest) or rest != 0.0:
        blended += np.float32(rest) if np.ndim(rest) == 0 else rest
    top = np.float32(255.0 if colours.dtype == np.uint8 else 1.0)
    np.clip(blended, np.float32(0.0), top, out=blended)
    return blended.astype(colours.dtype, copy=False)
