"""Rotate, move, scale and shear at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import amount, around, check_choice, check_ends, ends, numbers
from aliquot.image._matrix import affine_matrix, expanded
from aliquot.image._picture import Picture, check_picture
from aliquot.image._warp import INTERPOLATIONS, Warp, warp_image


@dataclass(frozen=True)
class RandomRotation:
    """Turn by a random angle.

    Parameters
    ----------
    degrees : float or (float, float)
        The least and the largest angle, in degrees counter-clockwise; one number ``x`` stands for
        the range from ``-x`` to ``x``.
    interpolation : {"nearest", "bilinear", "bicubic"}
        How a value between pixels is found.
    expand : bool
        Whether the result is as large as the whole of the turned picture needs; `center` has no
        effect then.
    center : (float, float), optional
        x and y of what stays where it is, in pixels from the upper left corner; the middle of the
        picture if not given.
    fill : float or sequence of float
        What stands where there is no picture: one number, or one a channel.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture (uint8 or float32; 1, 3 or 4 channels) and `rng`: a new one of
        the same dtype and, unless `expand`, the same shape.

    Raises
    ------
    ArgumentError
        If a range is not ascending or there is no such `interpolation`; when called, if the shape
        is not that of a picture, or `fill` does not fit it (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the dtype is another (a `TypeError`).

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.array([[1, 2], [3, 4]], np.uint8)[..., np.newaxis]
    >>> RandomRotation((90, 90))(image, rng=SampleDraws(key=0, place=0))[..., 0]
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """

    degrees: float | Sequence[float]
    interpolation: str = "nearest"
    expand: bool = False
    center: Sequence[float] | None = None
    fill: float | Sequence[float] = 0

    def __post_init__(self) -> None:
        _set_angles(self, "degrees", 2)
        _set_common(self)
        if not isinstance(self.expand, bool | np.bool_):
            raise ArgumentTypeError(f"expand must be True or False, not {self.expand!r}")

    def warp(self, height: int, width: int, rng: SampleDraws) -> Warp:
        """Draw the map for a picture of this height and width."""
        # Draw 1: the angle.
        least, most, *_ = _angles(self.degrees)
        angle = rng.uniform(least, most)
        if not self.expand:
            centre = _centre(self.center, height, width)
            return Warp(affine_matrix(centre, -angle), height, width)
        return Warp(*expanded(affine_matrix((0.0, 0.0), -angle), height, width))

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        return _called(self, image, rng)


@dataclass(frozen=True)
class RandomAffine:
    """Turn, move, scale and shear at random.

    Parameters
    ----------
    degrees : float or (float, float)
        The least and the largest angle, in degrees clockwise; one number ``x`` stands for the
        range from ``-x`` to ``x``.
    translate : (float, float), optional
        The largest move across and down, as a part of width and height, from 0 to 1; drawn to
        both sides, in whole pixels.
    scale : (float, float), optional
        The least and the largest factor, above 0.
    shear : float or 2 or 4 float, optional
        The least and the largest angle of shear along x, in degrees between -90 and 90; then those
        along y. One number ``x`` stands for the range from ``-x`` to ``x`` along x.
    interpolation : {"nearest", "bilinear", "bicubic"}
        How a value between pixels is found.
    fill : float or sequence of float
        What stands where there is no picture: one number, or one a channel.
    center : (float, float), optional
        x and y of the point about which it is turned, scaled and sheared, in pixels from the upper
        left corner; the middle of the picture if not given.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture (uint8 or float32; 1, 3 or 4 channels) and `rng`: a new one of
        the same shape and dtype.

    Raises
    ------
    ArgumentError
        If a number leaves its bounds, a range is not ascending or there is no such
        `interpolation`; when called, if the shape is not that of a picture, or `fill` does not fit
        it (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the dtype is another (a `TypeError`).

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> affine = RandomAffine(degrees=10, translate=(0.1, 0.1), scale=(0.9, 1.1))
    >>> warp = affine.warp(100, 200, SampleDraws(key=0, place=0))
    >>> warp.height, warp.width
    (100, 200)
    """

    degrees: float | Sequence[float]
    translate: Sequence[float] | None = None
    scale: Sequence[float] | None = None
    shear: float | Sequence[float] | None = None
    interpolation: str = "nearest"
    fill: float | Sequence[float] = 0
    center: Sequence[float] | None = None

    def __post_init__(self) -> None:
        _set_angles(self, "degrees", 2)
        _set_common(self)
        if self.translate is not None:
            translate = numbers("translate", self.translate, 2)
            if min(translate) < 0 or max(translate) > 1:
                raise ArgumentError(f"translate must be from 0 to 1, not {self.translate!r}")
            object.__setattr__(self, "translate", translate)
        if self.scale is not None:
            scale = numbers("scale", self.scale, 2)
            check_ends("scale", scale)
            if scale[0] <= 0:
                raise ArgumentError(f"scale must be more than 0, not {self.scale!r}")
            object.__setattr__(self, "scale", scale)
        if self.shear is not None:
            _set_angles(self, "shear", 2, 4)
            if max(map(abs, self._shear())) >= 90:
                raise ArgumentError(f"shear must be between -90 and 90, not {self.shear!r}")

    def warp(self, height: int, width: int, rng: SampleDraws) -> Warp:
        """Draw the map for a picture of this height and width."""
        across, down = self.translate or (0.0, 0.0)
        shear = self._shear()
        # Draws 1 to 6, needed or not: angle, move across, move down, scale, shear along x, y.
        least, most, *_ = _angles(self.degrees)
        angle = rng.uniform(least, most)
        move = [round(rng.uniform(-far, far)) for far in (across * width, down * height)]
        smallest, largest = self.scale or (1.0, 1.0)
        scale = rng.uniform(smallest, largest)
        sheared = rng.uniform(shear[0], shear[1]), rng.uniform(shear[2], shear[3])
        centre = _centre(self.center, height, width)
        return Warp(affine_matrix(centre, angle, (move[0], move[1]), scale, sheared), height, width)

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        return _called(self, image, rng)

    def _shear(self) -> tuple[float, ...]:
        """Give the least and the most along x, then along y."""
        return (*_angles(self.shear or 0.0), 0.0, 0.0)[:4]


def _called(transform: RandomRotation | RandomAffine, image: Picture, rng: SampleDraws) -> Picture:
    check_picture(image, transform)
    warp = transform.warp(image.shape[0], image.shape[1], rng)
    return warp_image(image, warp, transform.interpolation, transform.fill)


def _set_angles(transform: Any, name: str, *lengths: int) -> None:
    given = around(name, getattr(transform, name), 0.0, *lengths)
    angles = _angles(given)
    for i in range(0, len(angles), 2):
        check_ends(name, angles[i : i + 2])
    object.__setattr__(transform, name, given)


def _angles(given: Any) -> tuple[float, ...]:
    return given if isinstance(given, tuple) else ends(given, 0.0)


def _set_common(transform: Any) -> None:
    check_choice("interpolation", transform.interpolation, INTERPOLATIONS)
    object.__setattr__(transform, "fill", amount("fill", transform.fill))
    if transform.center is not None:
        object.__setattr__(transform, "center", numbers("center", transform.center, 2))


def _centre(center: Sequence[float] | None, height: int, width: int) -> tuple[float, float]:
    return (width / 2, height / 2) if center is None else (center[0], center[1])
