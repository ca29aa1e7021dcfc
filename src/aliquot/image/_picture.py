"""A decoded picture: which arrays are one, its colours, its alpha, and how Pillow gets it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import Amount
from aliquot.image._pillow import pil, pixels

if TYPE_CHECKING:
    from collections.abc import Callable

Picture = NDArray[Any]

# RGBX, as Pillow weights the colours of RGBA by their alpha when it interpolates.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBX"}


def check_picture(image: Any, who: object) -> None:
    """Refuse what is no picture.

    Parameters
    ----------
    image : array
        uint8 or float32, shape (height, width, channels) with 1, 3 or 4 channels.
    who : object
        The transform that asks, named in the message.
    """
    if not isinstance(image, np.ndarray) or image.dtype not in (np.uint8, np.float32):
        raise ArgumentTypeError(
            f"{type(who).__name__} takes a uint8 or float32 array, not {_kind(image)}"
        )
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or not image.size:
        raise ArgumentError(
            f"{type(who).__name__} takes one picture (height, width, 1, 3 or 4 channels), "
            f"not an array of shape {image.shape}"
        )


def on_colours(image: Picture, function: "Callable[[Picture], Picture]") -> Picture:
    """Give what a function makes of the colours of a picture, with its alpha as it is, if any."""
    if image.shape[2] != 4:
        return function(image)
    return np.concatenate([function(image[..., :3]), image[..., 3:]], axis=2)


def to_pillow(levels: NDArray[np.uint8]) -> Any:
    """Make a Pillow image of uint8, shape (height, width, 1 to 4)."""
    height, width, channels = levels.shape
    return pil("Image").frombytes(_MODES[channels], (width, height), levels.tobytes())


def from_pillow(image: Any) -> NDArray[np.uint8]:
    """Give the pixels as a new array of shape (height, width, channels)."""
    return pixels(image)


def values_of(name: str, given: Amount, image: Picture) -> tuple[float, ...]:
    """Give one value a channel, such as a picture of this kind can hold."""
    channels = image.shape[2]
    values = given if isinstance(given, tuple) else (given,)
    if len(values) not in (1, channels):
        raise ArgumentError(
            f"{name} must be one number, or one for each of the picture's {channels} channels, "
            f"not {given!r}"
        )
    if len(values) == 1:
        values *= channels
    if image.dtype != np.uint8:
        return tuple(map(float, values))
    if not all(0 <= value <= 255 for value in values):
        raise ArgumentError(f"{name} must be from 0 to 255 for a uint8 picture, not {given!r}")
    return tuple(map(int, values))


def _kind(image: Any) -> str:
    return f"{image.dtype}" if isinstance(image, np.ndarray) else type(image).__name__
