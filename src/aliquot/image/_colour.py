"""Random colours, and none: jitter and grey."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError
from aliquot.image._adjust import brightness, contrast, grey, hue, luma, saturation
from aliquot.image._amounts import around, check_ends, ends
from aliquot.image._picture import Picture, check_picture, on_colours
from aliquot.image._transforms import check_probability

_ADJUSTMENTS = {
    "brightness": brightness,
    "contrast": contrast,
    "saturation": saturation,
    "hue": hue,
}


@dataclass(frozen=True)
class ColorJitter:
    """Change brightness, contrast, saturation and hue at random, in random order.

    Each of brightness, contrast and saturation is a factor, 1 for no change: one number ``x``
    stands for the range from ``max(0, 1 - x)`` to ``1 + x``. Hue is a part of the colour circle,
    0 for no change: ``x`` stands for the range from ``-x`` to ``x``. The four draws are
    independent, and all 24 orders equally likely. Alpha is left alone; hue and saturation leave a
    picture of one channel as it is.

    Parameters
    ----------
    brightness, contrast, saturation : float or (float, float), default 0
        The distance from 1, or the least and the largest factor; 0 or more.
    hue : float or (float, float), default 0
        The distance from 0, at most 0.5, or the least and the largest turn, from -0.5 to 0.5.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture (uint8, or float32 from 0 to 1; 1, 3 or 4 channels) and `rng`:
        a new one of the same shape and dtype.

    Raises
    ------
    ArgumentError
        If a number is negative or a range is not ascending or leaves its bounds; when called, if
        the shape is not that of a picture (a `ValueError`).
    ArgumentTypeError
        If an argument is neither a number nor two; when called, if the dtype is another (a
        `TypeError`).

    References
    ----------
    The four changes are torchvision's (``torchvision.transforms.v2.ColorJitter``); of this kind
    are the colour distortions of A. G. Howard, "Some Improvements on Deep Convolutional Neural
    Network Based Image Classification", 2013, https://arxiv.org/abs/1312.5402.

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.full((2, 2, 3), (200, 100, 50), np.uint8)
    >>> jitter = ColorJitter(brightness=0.4, hue=(-0.1, 0.1))
    >>> jitter(image, rng=SampleDraws(key=0, place=0))[0, 0]
    array([152,  50,  38], dtype=uint8)
    """

    brightness: float | Sequence[float] = 0
    contrast: float | Sequence[float] = 0
    saturation: float | Sequence[float] = 0
    hue: float | Sequence[float] = 0

    def __post_init__(self) -> None:
        for name in _ADJUSTMENTS:
            centre = _centre(name)
            given = around(name, getattr(self, name), centre, 2)
            if name == "hue":
                check_ends(name, ends(given, centre), -0.5, 0.5)
            else:
                check_ends(name, ends(given, centre, least=0), 0)
            object.__setattr__(self, name, given)

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        check_picture(image, self)
        # Draw 1: the order, by rank of four numbers. Draws 2 to 5: the four, needed or not.
        order = np.argsort(rng.random(4), kind="stable")
        drawn = {name: rng.uniform(*self._ends(name)) for name in _ADJUSTMENTS}
        steps = [
            partial(_ADJUSTMENTS[name], **{_parameter(name): drawn[name]})
            for name in (tuple(_ADJUSTMENTS)[i] for i in order)
            if drawn[name] != _centre(name)
        ]
        return on_colours(image, partial(_in_turn, steps))

    def _ends(self, name: str) -> tuple[float, float]:
        least = -0.5 if name == "hue" else 0
        return ends(getattr(self, name), _centre(name), least)


@dataclass(frozen=True)
class Grayscale:
    """Turn to grey: the lightness of ITU-R 601-2, 0.299 red + 0.587 green + 0.114 blue.

    Parameters
    ----------
    num_output_channels : {1, 3}, default 1
        One channel; or three equal ones, and alpha if there was any.

    Returns
    -------
    uint8 or float32 array, shape (height, width, 1, 3 or 4)
        When called with a picture: a new one of the same height, width and dtype.

    Raises
    ------
    ArgumentError
        If `num_output_channels` is another number; when called, if the shape is not that of a
        picture (a `ValueError`).
    ArgumentTypeError
        When called, if the dtype is neither uint8 nor float32 (a `TypeError`).

    Examples
    --------
    >>> Grayscale()(np.full((2, 2, 3), (200, 100, 50), np.uint8))[0, 0]
    array([124], dtype=uint8)
    """

    num_output_channels: int = 1

    def __post_init__(self) -> None:
        if self.num_output_channels not in (1, 3) or isinstance(self.num_output_channels, bool):
            raise ArgumentError(
                f"num_output_channels must be 1 or 3, not {self.num_output_channels!r}"
            )

    def __call__(self, image: Picture) -> Picture:
        check_picture(image, self)
        if self.num_output_channels == 1:
            return luma(image[..., :3])
        return on_colours(image, grey)


@dataclass(frozen=True)
class RandomGrayscale:
    """Turn to grey with some probability; the number of channels stays.

    Parameters
    ----------
    p : float, default 0.1
        The probability, from 0 to 1.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture and `rng`: a new one of the same shape and dtype. Alpha is left
        alone.

    Raises
    ------
    ArgumentError
        If `p` is no probability; when called, if the shape is not that of a picture (a
        `ValueError`).
    ArgumentTypeError
        When called, if the dtype is neither uint8 nor float32 (a `TypeError`).

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.full((2, 2, 3), (200, 100, 50), np.uint8)
    >>> RandomGrayscale(p=1)(image, rng=SampleDraws(key=0, place=0))[0, 0]
    array([124, 124, 124], dtype=uint8)
    """

    p: float = 0.1

    def __post_init__(self) -> None:
        check_probability(self.p)

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        check_picture(image, self)
        # Draw 1: whether.
        if rng.random() >= self.p or image.shape[2] == 1:
            return image.copy()
        return on_colours(image, grey)


def _centre(name: str) -> float:
    return 0.0 if name == "hue" else 1.0


def _parameter(name: str) -> str:
    return "turn" if name == "hue" else "factor"


def _in_turn(steps: list[partial[Picture]], colours: Picture) -> Picture:
    if not steps:
        return colours.copy()
    for step in steps:
        colours = step(colours)
    return colours
