"""Values for a network: other dtypes, and mean 0 and deviation 1.

One picture and a whole batch give the very same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import check_choice, numbers

_DTYPES = ("float32", "float16", "uint8")
# Makes 256 equal parts of [0, 1], of which the last includes 1.
_PARTS = np.float32(255 + 1 - 1e-3)


@dataclass(frozen=True)
class ToDtype:
    """Turn the values to another dtype.

    Parameters
    ----------
    dtype : {"float32", "float16", "uint8"}
        The dtype.
    scale : bool, default False
        Whether the range of values becomes that of the new dtype: 0 to 1 for floats, 0 to the
        maximum for integers. Without it the numbers stay, as far as the dtype can hold them;
        beyond that they are cut off.

    Returns
    -------
    array, shape (height, width, channels) or (n, height, width, channels)
        When called with a picture or a batch (unsigned integers or floats): a new one of the same
        shape.

    Raises
    ------
    ArgumentError
        If there is no such `dtype`; when called, if the array has another number of axes (a
        `ValueError`).
    ArgumentTypeError
        If `scale` is not True or False; when called, if it is no array of such numbers (a
        `TypeError`).

    Examples
    --------
    >>> image = np.array([[[0], [51], [255]]], np.uint8)
    >>> ToDtype("float32", scale=True)(image)[0, :, 0]
    array([0. , 0.2, 1. ], dtype=float32)
    >>> ToDtype("uint8", scale=True)(np.array([[[0.2, 1.0]]], np.float32))
    array([[[ 51, 255]]], dtype=uint8)
    """

    dtype: str
    scale: bool = False
    whole_batches: ClassVar[bool] = True

    def __post_init__(self) -> None:
        name = _name(self.dtype)
        check_choice("dtype", name, _DTYPES)
        if not isinstance(self.scale, bool | np.bool_):
            raise ArgumentTypeError(f"scale must be True or False, not {self.scale!r}")
        object.__setattr__(self, "dtype", name)

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        _check(image, "ToDtype")
        if image.dtype == self.dtype:
            return image.copy()
        if self.dtype == "uint8":
            return _levels(image, self.scale)
        if not self.scale or image.dtype.kind == "f":
            return image.astype(self.dtype)
        return _unit(image, np.empty(image.shape, np.float32)).astype(self.dtype, copy=False)


def ToFloat() -> ToDtype:  # noqa: N802 - it stands in a list of classes
    """Make the transform that turns integers to float32 from 0 to 1.

    Returns
    -------
    ToDtype
        ``ToDtype("float32", scale=True)``.

    Examples
    --------
    >>> ToFloat()
    ToDtype(dtype='float32', scale=True)
    """
    return ToDtype("float32", scale=True)


@dataclass(frozen=True)
class Normalize:
    """Take a mean from each channel and divide it by a deviation.

    Parameters
    ----------
    mean, std : sequence of float
        One for each channel, or one for all; those of pictures with values from 0 to 1.

    Returns
    -------
    float32 array, shape (height, width, channels) or (n, height, width, channels)
        When called with a picture or a batch: ``(image - mean) / std``. Floats are taken as they
        are; unsigned integers are divided by their maximum first (uint8 by 255), so that `ToFloat`
        before it makes no difference and costs time.

    Raises
    ------
    ArgumentError
        If the numbers are not finite, `std` is not more than 0, or they differ in length; when
        called, if the array has another number of axes or of channels (a `ValueError`).
    ArgumentTypeError
        If an argument is no sequence of numbers; when called, if it is no array of numbers (a
        `TypeError`).

    Examples
    --------
    >>> normalize = Normalize(mean=(0.2, 0.4, 0.4), std=(0.5, 0.5, 0.25))
    >>> normalize(np.full((1, 1, 3), 102, np.uint8))
    array([[[0.4, 0. , 0. ]]], dtype=float32)
    """

    mean: Sequence[float]
    std: Sequence[float]
    whole_batches: ClassVar[bool] = True

    def __post_init__(self) -> None:
        mean, std = numbers("mean", self.mean), numbers("std", self.std)
        if len(mean) != len(std):
            raise ArgumentError(
                f"mean and std must be as long as each other, not {len(mean)} and {len(std)}"
            )
        if min(std) <= 0:
            raise ArgumentError(f"std must be more than 0, not {self.std!r}")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", std)

    def channels_first(self, images: NDArray[Any], empty: Any = np.empty) -> NDArray[np.float32]:
        """Give the values of a batch with the channels before height and width.

        Parameters
        ----------
        images : array, shape (n, height, width, channels)
            As when it is called.
        empty : callable, default np.empty
            What makes the array, of a shape and a dtype.

        Returns
        -------
        float32 array, shape (n, channels, height, width)
            The very values of the call.
        """
        self._check(images)
        n, height, width, channels = images.shape
        values: NDArray[np.float32] = empty((n, channels, height, width), np.float32)
        mean, std = (
            np.resize(np.array(part, np.float32), channels)[:, None, None]
            for part in (self.mean, self.std)
        )
        for image, planes in zip(images, values, strict=True):
            _unit(np.ascontiguousarray(image.transpose(2, 0, 1)), out=planes)
            planes -= mean
            planes /= std
        return values

    def _check(self, image: NDArray[Any]) -> None:
        _check(image, "Normalize")
        if image.shape[-1] != len(self.mean) and len(self.mean) != 1:
            raise ArgumentError(
                f"Normalize has {len(self.mean)} means, one a channel, and the array has shape "
                f"{image.shape}"
            )

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float32]:
        self._check(image)
        values = np.empty(image.shape, np.float32)
        mean, std = (_along(part, values) for part in (self.mean, self.std))
        # Of a batch one picture at a time: it stays in the processor's cache.
        for i in np.ndindex(image.shape[:-3]):
            _unit(image[i], out=values[i])
            # Whole rows: NumPy is slow where the last axis is as short as three channels.
            rows = values[i].reshape(image.shape[-3], -1)
            rows -= mean
            rows /= std
        return values


def _along(part: Sequence[float], values: NDArray[Any]) -> NDArray[np.float32]:
    """Give the number of each channel, for a row of pixels."""
    width, channels = values.shape[-2:]
    return np.tile(np.resize(np.array(part, np.float32), channels), width)


def _unit(image: NDArray[Any], out: NDArray[np.float32]) -> NDArray[np.float32]:
    """Write an array into `out`, unsigned integers divided by their maximum; give `out`."""
    if image.dtype.kind == "f":
        out[...] = image
        return out
    top = np.float32(np.iinfo(image.dtype).max)
    np.divide(image, top, out=out, dtype=np.float32, casting="unsafe")
    return out


def _levels(image: NDArray[Any], scale: bool) -> NDArray[np.uint8]:
    if image.dtype.kind == "u":
        # The upper 8 bits, as torchvision takes them.
        kept = image >> (8 * (image.dtype.itemsize - 1)) if scale else np.minimum(image, 255)
        return kept.astype(np.uint8)
    levels = np.multiply(image, _PARTS if scale else np.float32(1.0), dtype=np.float32)
    np.clip(levels, 0, 255, out=levels)
    # NaN becomes 0: what a cast makes of it is not defined.
    return np.where(np.isnan(levels), np.float32(0), levels).astype(np.uint8)


def _check(image: Any, who: str) -> None:
    if not isinstance(image, np.ndarray) or image.dtype.kind not in "uf":
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise ArgumentTypeError(f"{who} takes an array of unsigned integers or floats, not {kind}")
    if image.ndim not in (3, 4):
        raise ArgumentError(
            f"{who} takes a picture (height, width, channels) or a batch (n, height, width, "
            f"channels), not an array of shape {image.shape}"
        )


def _name(dtype: Any) -> Any:
    """Give the name of a dtype such as ``np.float32``; a name as it is."""
    try:
        return dtype if isinstance(dtype, str) else np.dtype(dtype).name
    except TypeError:
        return dtype
