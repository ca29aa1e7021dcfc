"""Blur."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError
from aliquot.image._amounts import amount, check_ends, check_whole
from aliquot.image._picture import Picture, check_picture

# A weight below this part of the middle one is lost in float32 anyway: it is not multiplied.
_LOST = 2.0**-26


@dataclass(frozen=True)
class GaussianBlur:
    """Blur by a Gaussian of random width.

    The weights are those of the bell at whole pixels, cut off at the kernel's size and adding up
    to 1. Beyond the border the picture is reflected, without repeating the border pixel. All
    channels are blurred, alpha too.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Pixels of the kernel, odd; or those across and those down.
    sigma : float or (float, float), default (0.1, 2.0)
        The standard deviation in pixels, or the least and the largest; above 0.

    Returns
    -------
    uint8 or float32 array, shape (height, width, channels)
        When called with a picture (uint8, or float32 from 0 to 1; 1, 3 or 4 channels) and `rng`:
        a new one of the same shape and dtype.

    Raises
    ------
    ArgumentError
        If a size is not odd and positive, or `sigma` is not positive and ascending; when called,
        if the shape is not that of a picture (a `ValueError`).
    ArgumentTypeError
        If an argument has another type; when called, if the dtype is another (a `TypeError`).

    References
    ----------
    T. Chen, S. Kornblith, M. Norouzi and G. Hinton, "A Simple Framework for Contrastive Learning
    of Visual Representations", ICML 2020, https://arxiv.org/abs/2002.05709, uses it so.

    Examples
    --------
    >>> from aliquot._random import SampleDraws
    >>> image = np.zeros((1, 5, 1), np.uint8)
    >>> image[0, 2] = 100
    >>> blur = GaussianBlur(kernel_size=3, sigma=1.0)
    >>> blur(image, rng=SampleDraws(key=0, place=0))[0, :, 0]
    array([ 0, 27, 45, 27,  0], dtype=uint8)
    """

    kernel_size: int | Sequence[int]
    sigma: float | Sequence[float] = (0.1, 2.0)

    def __post_init__(self) -> None:
        sizes = amount("kernel_size", self.kernel_size, 2)
        for size in sizes if isinstance(sizes, tuple) else (sizes,):
            check_whole("kernel_size", size, 1)
            if not size % 2:
                raise ArgumentError(f"kernel_size must be odd, not {self.kernel_size!r}")
        sigma = amount("sigma", self.sigma, 2)
        least, most = sigma if isinstance(sigma, tuple) else (sigma, sigma)
        if least <= 0:
            raise ArgumentError(f"sigma must be more than 0, not {self.sigma!r}")
        check_ends("sigma", (least, most))
        object.__setattr__(self, "kernel_size", sizes)
        object.__setattr__(self, "sigma", sigma)

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        check_picture(image, self)
        ends: Any = self.sigma if isinstance(self.sigma, tuple) else (self.sigma, self.sigma)
        # Draw 1: sigma, also where it is one number.
        sigma = rng.uniform(*ends)
        sizes: Any = self.kernel_size
        across, down = sizes if isinstance(sizes, tuple) else (sizes, sizes)
        height, width, channels = image.shape
        # Pixels that lie one above the other are a whole row apart, neighbours `channels`.
        weights = half_bell(down, sigma)
        rows = np.ascontiguousarray(image)[_reflected(height, len(weights) - 1)]
        blurred = _weighted(rows.reshape(1, -1).astype(np.float32), weights, width * channels)
        weights = half_bell(across, sigma)
        columns = _widened(blurred.reshape(image.shape), len(weights) - 1)
        blurred = _weighted(columns.reshape(height, -1), weights, channels)
        if image.dtype == np.uint8:
            np.rint(blurred, out=blurred)
        result: Picture = blurred.reshape(image.shape).astype(image.dtype, copy=False)
        return result


def half_bell(size: int, sigma: float) -> NDArray[np.float32]:
    """Give the weights of a kernel from the middle on; both sides together add up to 1.

    >>> half_bell(5, 1.0).round(3)
    array([0.403, 0.244, 0.054], dtype=float32)
    """
    bell = np.exp(-0.5 * (np.arange(size // 2 + 1) / sigma) ** 2)
    bell = bell[bell >= _LOST]
    weights: NDArray[np.float32] = (bell / (2 * bell.sum() - 1)).astype(np.float32)
    return weights


def _reflected(length: int, radius: int) -> NDArray[np.int64]:
    """Give which pixel stands at each place from `radius` before to `radius` after the picture."""
    return np.pad(np.arange(length), radius, mode="reflect")


def _widened(image: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Add `radius` reflected columns on both sides."""
    height, width, channels = image.shape
    wide = np.empty((height, width + 2 * radius, channels), np.float32)
    wide[:, radius : radius + width] = image
    # Only what is added is looked up: a column has a few bytes a row.
    columns = _reflected(width, radius)
    wide[:, :radius] = image[:, columns[:radius]]
    wide[:, radius + width :] = image[:, columns[radius + width :]]
    return wide


def _weighted(
    values: NDArray[np.float32], weights: NDArray[np.float32], step: int
) -> NDArray[np.float32]:
    """Add up what lies up to `radius` steps to both sides on each row, by weight."""
    reach = (len(weights) - 1) * step
    length = values.shape[1] - 2 * reach
    total: NDArray[np.float32] = values[:, reach : reach + length] * weights[0]
    pair = np.empty_like(total)
    for place, weight in enumerate(weights[1:], 1):
        before, after = reach - place * step, reach + place * step
        np.add(values[:, before : before + length], values[:, after : after + length], out=pair)
        pair *= weight
        total += pair
    return total
