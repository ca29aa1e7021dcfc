"""Changes chosen at random from a list: RandAugment and TrivialAugment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import amount, check_choice, check_whole
from aliquot.image._operations import OPERATIONS
from aliquot.image._picture import Picture, check_picture, from_pillow, to_pillow, values_of
from aliquot.image._warp import INTERPOLATIONS

# Of (step, steps, side): the magnitude of a step of 0 to steps - 1, and whether it has two signs.
Magnitude = Callable[[int, int, int], float]


def _up_to(most: float) -> Magnitude:
    return lambda step, steps, side: most * _part(step, steps)


def _sides_up_to(most: float) -> Magnitude:
    # Rounded: what is whole by arithmetic must not be cut off to one pixel less.
    return lambda step, steps, side: round(most * side * _part(step, steps), 9)


def _down_from_8_by(most: float) -> Magnitude:
    return lambda step, steps, side: round(8 - most * _part(step, steps))


def _down_from_1(step: int, steps: int, side: int) -> float:
    return 1 - _part(step, steps)


def _none(step: int, steps: int, side: int) -> float:
    return 0.0


def _part(step: int, steps: int) -> float:
    return step / (steps - 1) if steps > 1 else 0.0


def _space(
    shear: float, move: Magnitude, angle: float, change: float, bits: float
) -> tuple[tuple[str, Magnitude, bool], ...]:
    """List the operations in torchvision's order: name, magnitude, whether it has two signs."""
    return (
        ("Identity", _none, False),
        ("ShearX", _up_to(shear), True),
        ("ShearY", _up_to(shear), True),
        ("TranslateX", move, True),
        ("TranslateY", move, True),
        ("Rotate", _up_to(angle), True),
        ("Brightness", _up_to(change), True),
        ("Color", _up_to(change), True),
        ("Contrast", _up_to(change), True),
        ("Sharpness", _up_to(change), True),
        ("Posterize", _down_from_8_by(bits), False),
        ("Solarize", _down_from_1, False),
        ("AutoContrast", _none, False),
        ("Equalize", _none, False),
    )


_RAND = _space(0.3, _sides_up_to(150 / 331), 30, 0.9, bits=4)
_WIDE = _space(0.99, _up_to(32), 135, 0.99, bits=6)


@dataclass(frozen=True)
class RandAugment:
    """Apply a few changes, chosen at random from 14, all of one magnitude.

    The changes are none, shear and move along x and y, rotate, brightness, colour, contrast,
    sharpness, posterize, solarize, autocontrast and equalize; one may be chosen again. Where there
    are two directions, such as lighter and darker, each is equally likely.

    Parameters
    ----------
    num_ops : int, default 2
        How many changes, 0 or more.
    magnitude : int, default 9
        How strong they are, from 0 to ``num_magnitude_bins - 1``.
    num_magnitude_bins : int, default 31
        How many magnitudes there are, 2 or more.
    interpolation : {"nearest", "bilinear", "bicubic"}
        How a value between pixels is found.
    fill : float or sequence of float, optional
        What stands where there is no picture, from 0 to 255: one number, or one a channel; black
        if not given.

    Returns
    -------
    uint8 array, shape (height, width, channels)
        When called with a picture (uint8, 1 or 3 channels) and `rng`: a new one of the same shape.

    Raises
    ------
    ArgumentError
        If a number leaves its bounds or there is no such `interpolation`; when called, if the
        picture has alpha or another shape (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the picture is not uint8 (a `TypeError`).

    References
    ----------
    E. D. Cubuk, B. Zoph, J. Shlens and Q. V. Le, "RandAugment: Practical Automated Data
    Augmentation with a Reduced Search Space", CVPR Workshops 2020,
    https://arxiv.org/abs/1909.13719. Changes and magnitudes are those of torchvision.

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.zeros((224, 224, 3), np.uint8)
    >>> RandAugment()(image, rng=SampleDraws(key=0, place=0)).shape
    (224, 224, 3)
    """

    num_ops: int = 2
    magnitude: int = 9
    num_magnitude_bins: int = 31
    interpolation: str = "nearest"
    fill: float | Sequence[float] | None = None
    moves_pixels: ClassVar[bool] = True
    # Some of its changes do, and do not tell where to.

    def __post_init__(self) -> None:
        check_whole("num_ops", self.num_ops, 0)
        check_whole("magnitude", self.magnitude, 0)
        _check_common(self)
        if self.magnitude >= self.num_magnitude_bins:
            raise ArgumentError(
                f"magnitude must be less than num_magnitude_bins={self.num_magnitude_bins}, "
                f"not {self.magnitude}"
            )

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        _check(image, self)
        # Draw 1: which changes. Draw 2: their signs, also of those that have none.
        chosen = rng.integers(len(_RAND), shape=self.num_ops).tolist()
        signs = rng.random(self.num_ops).tolist()
        steps = [
            (*_RAND[i], self.magnitude, sign < 0.5) for i, sign in zip(chosen, signs, strict=True)
        ]
        return _changed(image, steps, self)


@dataclass(frozen=True)
class TrivialAugmentWide:
    """Apply one change, chosen at random from 14, of random magnitude.

    The changes are those of `RandAugment`, up to larger magnitudes.

    Parameters
    ----------
    num_magnitude_bins : int, default 31
        How many magnitudes there are, 2 or more; all are equally likely.
    interpolation : {"nearest", "bilinear", "bicubic"}
        How a value between pixels is found.
    fill : float or sequence of float, optional
        What stands where there is no picture, from 0 to 255: one number, or one a channel; black
        if not given.

    Returns
    -------
    uint8 array, shape (height, width, channels)
        When called with a picture (uint8, 1 or 3 channels) and `rng`: a new one of the same shape.

    Raises
    ------
    ArgumentError
        If a number leaves its bounds or there is no such `interpolation`; when called, if the
        picture has alpha or another shape (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the picture is not uint8 (a `TypeError`).

    References
    ----------
    S. G. Müller and F. Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data
    Augmentation", ICCV 2021, https://arxiv.org/abs/2103.10158. Changes and magnitudes are those of
    torchvision.

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.zeros((224, 224, 3), np.uint8)
    >>> TrivialAugmentWide()(image, rng=SampleDraws(key=0, place=0)).shape
    (224, 224, 3)
    """

    num_magnitude_bins: int = 31
    interpolation: str = "nearest"
    fill: float | Sequence[float] | None = None
    moves_pixels: ClassVar[bool] = True
    # Some of its changes do, and do not tell where to.

    def __post_init__(self) -> None:
        _check_common(self)

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        _check(image, self)
        # Draw 1: which change. Draw 2: its magnitude. Draw 3: its sign. All three in any case.
        change = _WIDE[rng.integers(len(_WIDE))]
        magnitude = rng.integers(self.num_magnitude_bins)
        return _changed(image, [(*change, magnitude, rng.random() < 0.5)], self)


def _changed(image: Picture, steps: list[Any], own: Any) -> Picture:
    height, width = image.shape[:2]
    fill = values_of("fill", own.fill or 0, image)
    picture = to_pillow(image)
    for name, magnitude, signed, step, negative in steps:
        side = height if name == "TranslateY" else width
        drawn = magnitude(step, own.num_magnitude_bins, side)
        drawn = -drawn if signed and negative else drawn
        picture = OPERATIONS[name](picture, drawn, own.interpolation, fill)
    return from_pillow(picture)


def _check(image: Picture, own: Any) -> None:
    name = type(own).__name__
    check_picture(image, own)
    if image.dtype != np.uint8:
        raise ArgumentTypeError(
            f"{name} takes uint8 pictures, not {image.dtype}: put it before ToFloat and Normalize"
        )
    if image.shape[2] == 4:
        raise ArgumentError(f"{name} takes pictures of 1 or 3 channels, not of 4: without alpha")


def _check_common(own: Any) -> None:
    check_whole("num_magnitude_bins", own.num_magnitude_bins, 2)
    check_choice("interpolation", own.interpolation, INTERPOLATIONS)
    if own.fill is not None:
        object.__setattr__(own, "fill", amount("fill", own.fill))
