"""One affine map, for a picture and for the masks, points and boxes that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import amount, check_choice
from aliquot.image._matrix import Matrix, inverse
from aliquot.image._picture import Picture, check_picture, from_pillow, to_pillow, values_of
from aliquot.image._pillow import pil

INTERPOLATIONS = ("nearest", "bilinear", "bicubic")


@dataclass(frozen=True, slots=True)
class Warp:
    """An affine map between a picture and what it becomes.

    Coordinates are (x, y) in pixels from the upper left corner, so that the middle of the first
    pixel is (0.5, 0.5), and a box of one pixel (0, 0, 1, 1).

    Examples
    --------
    >>> moved = Warp(((1.0, 0.0, -2.0), (0.0, 1.0, 0.0)), height=4, width=6)
    >>> warp_points(np.array([[0.5, 0.5]]), moved)
    array([[2.5, 0.5]])
    """

    matrix: Matrix
    """Two rows of three: from (x, y, 1) in the output to x and to y in the input."""
    height: int
    """Pixels of the output."""
    width: int


def warp_image(
    image: Picture, warp: Warp, interpolation: str = "nearest", fill: float | Sequence[float] = 0
) -> Picture:
    """Warp a picture.

    Parameters
    ----------
    image : uint8 or float32 array, shape (height, width, channels)
        1, 3 or 4 channels, each warped by itself.
    warp : Warp
        Where to find each pixel.
    interpolation : {"nearest", "bilinear", "bicubic"}
        How a value between pixels is found. bicubic may leave the range of float32 pictures.
    fill : float or sequence of float
        What stands where there is no picture: one number, or one a channel.

    Returns
    -------
    uint8 or float32 array, shape (warp.height, warp.width, channels)
        A new picture of the same dtype.

    Raises
    ------
    ArgumentError
        If the shape is not that of a picture, there is no such `interpolation`, or `fill` does not
        fit (a `ValueError`).
    ArgumentTypeError
        If the dtype is neither uint8 nor float32 (a `TypeError`).

    Examples
    --------
    >>> image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)[..., np.newaxis]
    >>> moved = Warp(((1.0, 0.0, -1.0), (0.0, 1.0, 0.0)), height=2, width=3)
    >>> warp_image(image, moved, fill=9)[..., 0]
    array([[9, 1, 2],
           [9, 4, 5]], dtype=uint8)
    """
    check_picture(image, warp)
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    values = values_of("fill", amount("fill", fill), image)
    if image.dtype == np.uint8:
        return from_pillow(transformed(to_pillow(image), warp, interpolation, values))
    planes = np.ascontiguousarray(np.moveaxis(image, 2, 0))
    return np.stack(
        [
            np.asarray(transformed(pil("Image").fromarray(plane), warp, interpolation, (value,)))
            for plane, value in zip(planes, values, strict=True)
        ],
        axis=2,
    )


def warp_mask(mask: NDArray[Any], warp: Warp, fill: int = 0) -> NDArray[Any]:
    """Warp a mask: each value is one that was there, or `fill`.

    Parameters
    ----------
    mask : integer or boolean array, shape (height, width) or (height, width, channels)
        Classes or numbers of things.
    warp : Warp
        Where to find each pixel: the nearest, the same one as in a picture.
    fill : int
        What stands where there is no picture.

    Returns
    -------
    array, shape (warp.height, warp.width) or (warp.height, warp.width, channels)
        A new mask of the same dtype.

    Raises
    ------
    ArgumentError
        If the mask has another number of axes or no pixels, or cannot hold `fill` (a
        `ValueError`).
    ArgumentTypeError
        If the mask is no array of integers (a `TypeError`).

    Examples
    --------
    >>> mask = np.array([[1, 2, 3], [4, 5, 600]], np.uint16)
    >>> moved = Warp(((1.0, 0.0, 1.0), (0.0, 1.0, 0.0)), height=2, width=3)
    >>> warp_mask(mask, moved, fill=65535)
    array([[    2,     3, 65535],
           [    5,   600, 65535]], dtype=uint16)
    """
    filling = _filling(mask, fill)
    height, width = mask.shape[:2]
    # Up to four bytes at a time are a picture, of which Pillow finds the same pixel for all.
    unit = min(mask.itemsize, 4)
    words = np.ascontiguousarray(mask).view(f"u{unit}").reshape(height, width, -1)
    fills = np.tile(filling.view(np.uint8), words.shape[2] * unit // mask.itemsize)
    warped = np.empty((warp.height, warp.width, words.shape[2]), words.dtype)
    for i, fill_bytes in enumerate(fills.reshape(-1, unit).tolist()):
        levels = np.ascontiguousarray(words[..., i]).view(np.uint8).reshape(height, width, unit)
        found = from_pillow(transformed(to_pillow(levels), warp, "nearest", fill_bytes))
        warped[..., i] = found.view(words.dtype)[..., 0]
    return warped.view(mask.dtype).reshape(warp.height, warp.width, *mask.shape[2:])


def warp_points(points: NDArray[Any], warp: Warp) -> NDArray[np.float64]:
    """Tell where points of the input are in the output.

    Parameters
    ----------
    points : array, shape (k, 2)
        x and y, in pixels from the upper left corner.
    warp : Warp
        The map.

    Returns
    -------
    float64 array, shape (k, 2)
        x and y, which may lie outside the output.

    Raises
    ------
    ArgumentError
        If the shape is another (a `ValueError`).

    Examples
    --------
    >>> half = Warp(((2.0, 0.0, 0.0), (0.0, 2.0, 0.0)), height=2, width=3)
    >>> warp_points(np.array([[6, 4], [1, 3]]), half)
    array([[3. , 2. ],
           [0.5, 1.5]])
    """
    xy = _rows("points", points, 2)
    mapped = inverse(warp.matrix)
    return np.stack([p * xy[:, 0] + q * xy[:, 1] + r for p, q, r in mapped], axis=1)


def warp_boxes(boxes: NDArray[Any], warp: Warp) -> NDArray[np.float64]:
    """Give the upright boxes around boxes of the input, in the output.

    Parameters
    ----------
    boxes : array, shape (k, 4)
        Left, top, right, bottom, in pixels from the upper left corner.
    warp : Warp
        The map.

    Returns
    -------
    float64 array, shape (k, 4)
        The least and the most x and y of each box's four corners; not cut to the output.

    Raises
    ------
    ArgumentError
        If the shape is another (a `ValueError`).

    Examples
    --------
    >>> quarter = Warp(((0.0, -1.0, 4.0), (1.0, 0.0, 0.0)), height=4, width=4)
    >>> warp_boxes(np.array([[0, 0, 1, 2]]), quarter)
    array([[0., 3., 2., 4.]])
    """
    corners = _rows("boxes", boxes, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    moved = warp_points(corners, warp).reshape(-1, 4, 2)
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)


def transformed(image: Any, warp: Warp, interpolation: str, fill: Sequence[float]) -> Any:
    """Warp a Pillow image; `fill` has one value a band."""
    return image.transform(
        (warp.width, warp.height),
        pil("Image").Transform.AFFINE,
        (*warp.matrix[0], *warp.matrix[1]),
        pil("Image").Resampling[interpolation.upper()],
        fillcolor=tuple(fill) if len(fill) > 1 else fill[0],
    )


def _filling(mask: Any, fill: Any) -> NDArray[Any]:
    """Check a mask; give what it is filled up with, shape (1,)."""
    if not isinstance(mask, np.ndarray) or mask.dtype.kind not in "iub":
        kind = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        raise ArgumentTypeError(f"a mask must be an array of integers, not {kind}")
    if mask.ndim not in (2, 3) or not mask.size:
        raise ArgumentError(
            f"a mask must be (height, width) or (height, width, channels), not {mask.shape}"
        )
    try:
        with np.errstate(invalid="ignore"):
            filling = np.array([fill]).astype(mask.dtype)
    except (OverflowError, TypeError, ValueError):
        filling = np.empty(0, mask.dtype)
    if filling.shape != (1,) or filling[0] != fill:
        raise ArgumentError(f"fill must be a value of a mask of {mask.dtype}, not {fill!r}")
    return filling


def _rows(name: str, given: Any, columns: int) -> NDArray[np.float64]:
    rows = np.asarray(given, np.float64)
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ArgumentError(f"{name} must have shape (k, {columns}), not {rows.shape}")
    return rows
