"""Erase a rectangle."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError
from aliquot.image._amounts import amount, check_ends, numbers
from aliquot.image._picture import Picture, check_picture, values_of
from aliquot.image._transforms import check_probability

_TRIES = 10


@dataclass(frozen=True)
class RandomErasing:
    """Erase a rectangle of random area, proportions and place, with some probability.

    Area and the logarithm of the proportions are drawn evenly, then the place among all where the
    rectangle lies within the picture. It must be less high and less wide than the picture; after
    ten draws that are not, nothing is erased. All channels are erased, alpha too.

    Parameters
    ----------
    p : float, default 0.5
        The probability, from 0 to 1.
    scale : (float, float), default (0.02, 0.33)
        The least and the largest share of the area that is erased, from 0 to 1.
    ratio : (float, float), default (0.3, 3.3)
        The least and the largest ratio of its height to its width, above 0.
    value : float, sequence of float or "random", default 0
        What is written: one number; one a channel; or, for each pixel and channel, a random one of
        all that there are, from 0 to 255 for uint8, from 0 to 1 for float32.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture (uint8 or float32; 1, 3 or 4 channels) and `rng`: a new one of
        the same shape and dtype.

    Raises
    ------
    ArgumentError
        If a number leaves its bounds or a range is not ascending; when called, if the shape is not
        that of a picture, or `value` does not fit it (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the dtype is another (a `TypeError`).

    References
    ----------
    Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang, "Random Erasing Data Augmentation", AAAI 2020,
    https://arxiv.org/abs/1708.04896.

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.full((4, 6, 1), 9, np.uint8)
    >>> RandomErasing(p=1, scale=(0.2, 0.3))(image, rng=SampleDraws(key=0, place=0))[..., 0]
    array([[9, 9, 0, 0, 0, 9],
           [9, 9, 0, 0, 0, 9],
           [9, 9, 9, 9, 9, 9],
           [9, 9, 9, 9, 9, 9]], dtype=uint8)
    """

    p: float = 0.5
    scale: Sequence[float] = (0.02, 0.33)
    ratio: Sequence[float] = (0.3, 3.3)
    value: float | Sequence[float] | str = 0

    def __post_init__(self) -> None:
        check_probability(self.p)
        scale, ratio = numbers("scale", self.scale, 2), numbers("ratio", self.ratio, 2)
        check_ends("scale", scale, 0, 1)
        check_ends("ratio", ratio)
        if ratio[0] <= 0:
            raise ArgumentError(f"ratio must be more than 0, not {self.ratio!r}")
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "ratio", ratio)
        if isinstance(self.value, str):
            if self.value != "random":
                raise ArgumentError(f'value must be numbers or "random", not {self.value!r}')
        else:
            object.__setattr__(self, "value", amount("value", self.value))

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        check_picture(image, self)
        erased = image.copy()
        # Draw 1: whether. 2 and 3: ten areas and ten proportions. 4: down, across. 5: the noise.
        if rng.random() >= self.p:
            return erased
        height, width = self._size(image, rng)
        down, across = rng.random(2)
        top = math.floor(down * (image.shape[0] - height + 1))
        left = math.floor(across * (image.shape[1] - width + 1))
        hole = erased[top : top + height, left : left + width]
        hole[...] = self._filling(hole, rng)
        return erased

    def _size(self, image: Picture, rng: SampleDraws) -> tuple[int, int]:
        """Give height and width of the first try that fits, 0 and 0 if none does."""
        smallest, largest = self.scale
        least, most = self.ratio
        share = rng.uniform(smallest, largest, shape=_TRIES)
        area = share * (image.shape[0] * image.shape[1])
        aspect = np.exp(rng.uniform(math.log(least), math.log(most), shape=_TRIES))
        heights, widths = np.rint(np.sqrt(area * aspect)), np.rint(np.sqrt(area / aspect))
        fits = np.flatnonzero((heights < image.shape[0]) & (widths < image.shape[1]))
        return (int(heights[fits[0]]), int(widths[fits[0]])) if len(fits) else (0, 0)

    def _filling(self, hole: Picture, rng: SampleDraws) -> Any:
        if self.value == "random":
            return _noise(hole, rng)
        given: Any = self.value
        return np.array(values_of("value", given, hole), hole.dtype)


def _noise(hole: Picture, rng: SampleDraws) -> NDArray[Any]:
    if hole.dtype != np.uint8:
        return np.asarray(rng.random(hole.shape), np.float32)
    # Four levels from one number.
    words: NDArray[np.int64] = rng.integers(2**32, shape=-(-hole.size // 4))
    return words.astype("<u4").view(np.uint8)[: hole.size].reshape(hole.shape)
