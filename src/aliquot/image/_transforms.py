"""Transforms of geometry: resize, crop, pad, flip, with the names and meaning of torchvision v2.

They say what is seen of a picture before it is decoded. Their arithmetic is on a whole batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import amount
from aliquot.image._views import Views

INTERPOLATIONS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
_TRIES = 10


@runtime_checkable
class Geometric(Protocol):
    """A transform that says what is seen of a picture."""

    draws: ClassVar[bool]
    """Whether it takes random numbers."""

    @property
    def border(self) -> Any:
        """What it fills with, one number or one a channel; `None` if it never fills."""
        ...

    def view(self, views: Views, rng: Draws) -> Views:
        """Give what is seen of each picture after it."""
        ...

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """Give the height and width after it, if they are the same for every picture."""
        ...


@dataclass(frozen=True)
class Resize:
    """Resize to a height and width, or the shorter side to a length.

    Parameters
    ----------
    size : int or (int, int)
        Height and width; or one number, the length of the shorter side, proportions kept.
    interpolation : {"bilinear", "nearest", "box", "bicubic", "lanczos"}, optional
        The filter, antialiased (but for nearest); that of the `ImageFiles` if not given.
    max_size : int, optional
        With one number as `size`: the longer side is no longer than this.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If sizes are not positive integers (a `ValueError` or `TypeError`).
    """

    size: int | Sequence[int]
    interpolation: str | None = None
    max_size: int | None = None
    draws: ClassVar[bool] = False
    border: ClassVar[None] = None

    def __post_init__(self) -> None:
        _check_size(self.size, "Resize")
        check_interpolation(self.interpolation)
        if self.max_size is not None and (self._shorter is None or self.max_size <= self._shorter):
            raise ArgumentError(
                "Resize takes max_size together with one number as size, and more than that, not "
                f"size={self.size!r}, max_size={self.max_size!r}"
            )

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        if self._shorter is None:
            return views.resize(*_pair(self.size))
        short, long = np.sort([views.height, views.width], axis=0)
        new_short = np.full_like(short, self._shorter)
        new_long = self._shorter * long // short
        if self.max_size is not None:
            over = new_long > self.max_size
            new_short = np.where(over, self.max_size * new_short // new_long, new_short)
            new_long = np.minimum(new_long, self.max_size)
        tall = views.height > views.width
        return views.resize(
            np.maximum(np.where(tall, new_long, new_short), 1),
            np.maximum(np.where(tall, new_short, new_long), 1),
        )

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return _pair(self.size) if self._shorter is None else None

    @property
    def _shorter(self) -> int | None:
        """The length of the shorter side, if that is what was given."""
        size: Any = self.size
        numbers = [size] if isinstance(size, Integral) else list(size)
        return int(numbers[0]) if len(numbers) == 1 else None


@dataclass(frozen=True)
class CenterCrop:
    """Cut out the middle; what is smaller is filled up with 0.

    Parameters
    ----------
    size : int or (int, int)
        Height and width; one number for both.
    """

    size: int | Sequence[int]
    draws: ClassVar[bool] = False
    border: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_size(self.size, "CenterCrop")

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        height, width = _pair(self.size)
        return views.crop(_middle(views.height, height), _middle(views.width, width), height, width)

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return _pair(self.size)


@dataclass(frozen=True)
class RandomCrop:
    """Cut out a part at a random place.

    Parameters
    ----------
    size : int or (int, int)
        Height and width; one number for both.
    padding : int or sequence of 2 or 4 int, optional
        Pad first, as `Pad` does.
    pad_if_needed : bool, default False
        Pad what is smaller than `size`, on both sides; without it, that is an error.
    fill : number or sequence of numbers, default 0
        What padding is filled with.
    padding_mode : {"constant"}, default "constant"
        Only a constant is possible before decoding.
    """

    size: int | Sequence[int]
    padding: int | Sequence[int] | None = None
    pad_if_needed: bool = False
    fill: Any = 0
    padding_mode: str = "constant"
    draws: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_size(self.size, "RandomCrop")
        if self.padding is not None:
            _sides(self.padding)
        amount("fill", self.fill)
        _check_padding_mode(self.padding_mode)

    @property
    def border(self) -> Any:
        """See `Geometric.border`."""
        return self.fill if self.padding is not None or self.pad_if_needed else None

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        height, width = _pair(self.size)
        if self.padding is not None:
            views = _padded(views, *_sides(self.padding))
        if self.pad_if_needed:
            more_y = np.maximum(height - views.height, 0)
            more_x = np.maximum(width - views.width, 0)
            views = _padded(views, more_x, more_y, more_x, more_y)
        small = np.flatnonzero((views.height < height) | (views.width < width))
        if len(small):
            row = small[0]
            raise ArgumentError(
                f"RandomCrop({self.size}) needs at least as many pixels, and the picture has "
                f"{views.height[row]} x {views.width[row]} there: write pad_if_needed=True, or "
                "resize first"
            )
        drawn = rng.random(2)
        top = _whole(drawn[:, 0], views.height - height + 1)
        left = _whole(drawn[:, 1], views.width - width + 1)
        return views.crop(top, left, height, width)

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return _pair(self.size)


@dataclass(frozen=True)
class RandomResizedCrop:
    """Cut out a part of random area, proportions and place, and resize it.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the result; one number for both.
    scale : (float, float), default (0.08, 1.0)
        The least and the largest share of the area that is cut out.
    ratio : (float, float), default (3/4, 4/3)
        The least and the largest ratio of its width to its height.
    interpolation : {"bilinear", "nearest", "box", "bicubic", "lanczos"}, optional
        The filter, antialiased (but for nearest); that of the `ImageFiles` if not given.

    Notes
    -----
    C. Szegedy et al. 2015, "Going deeper with convolutions". If none of ten draws fits into the
    picture, its middle is taken, as large as proportions allow.
    """

    size: int | Sequence[int]
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    interpolation: str | None = None
    draws: ClassVar[bool] = True
    border: ClassVar[None] = None

    def __post_init__(self) -> None:
        _check_size(self.size, "RandomResizedCrop")
        _check_range(self.scale, "scale")
        _check_range(self.ratio, "ratio")
        check_interpolation(self.interpolation)

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        h, w = views.height[:, None], views.width[:, None]
        (low, high), (narrow, broad) = self.scale, map(math.log, self.ratio)
        areas, aspects, drawn = rng.randoms(3, _TRIES)
        area = h * w * (low + (high - low) * areas)
        aspect = np.exp(narrow + (broad - narrow) * aspects)
        tried_w = np.rint(np.sqrt(area * aspect)).astype(np.int64)
        tried_h = np.rint(np.sqrt(area / aspect)).astype(np.int64)
        fits = (tried_w > 0) & (tried_w <= w) & (tried_h > 0) & (tried_h <= h)
        rows, first = np.arange(len(views)), fits.argmax(axis=1)
        height, width, found = tried_h[rows, first], tried_w[rows, first], fits[rows, first]
        free_y, free_x = views.height - height, views.width - width
        top, left = _whole(drawn[:, 0], free_y + 1), _whole(drawn[:, 1], free_x + 1)
        if not found.all():
            middle_h, middle_w = self._middle(views)
            height, width = np.where(found, height, middle_h), np.where(found, width, middle_w)
            top = np.where(found, top, (views.height - height) // 2)
            left = np.where(found, left, (views.width - width) // 2)
        return views.crop(top, left, height, width).resize(*_pair(self.size))

    def _middle(self, views: Views) -> tuple[Any, Any]:
        """Give the largest height and width in the allowed proportions."""
        least, most = self.ratio
        ratio = views.width / views.height
        height = np.where(ratio < least, np.rint(views.width / least), views.height)
        width = np.where(ratio > most, np.rint(views.height * most), views.width)
        return np.maximum(height.astype(np.int64), 1), np.maximum(width.astype(np.int64), 1)

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return _pair(self.size)


@dataclass(frozen=True)
class RandomHorizontalFlip:
    """Mirror left and right, with some probability.

    Parameters
    ----------
    p : float, default 0.5
        The probability.
    """

    p: float = 0.5
    draws: ClassVar[bool] = True
    border: ClassVar[None] = None

    def __post_init__(self) -> None:
        check_probability(self.p)

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        return views.flip(rng.random() < self.p, vertical=False)

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return size


@dataclass(frozen=True)
class RandomVerticalFlip:
    """Mirror top and bottom, with some probability.

    Parameters
    ----------
    p : float, default 0.5
        The probability.
    """

    p: float = 0.5
    draws: ClassVar[bool] = True
    border: ClassVar[None] = None

    def __post_init__(self) -> None:
        check_probability(self.p)

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        return views.flip(rng.random() < self.p, vertical=True)

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        return size


@dataclass(frozen=True)
class Pad:
    """Add a border.

    Parameters
    ----------
    padding : int or sequence of 2 or 4 int
        Pixels on all sides; left and right, top and bottom; or left, top, right, bottom.
    fill : number or sequence of numbers, default 0
        What it is filled with: one number, or one a channel.
    padding_mode : {"constant"}, default "constant"
        Only a constant is possible before decoding.
    """

    padding: int | Sequence[int]
    fill: Any = 0
    padding_mode: str = "constant"
    draws: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _sides(self.padding)
        amount("fill", self.fill)
        _check_padding_mode(self.padding_mode)

    @property
    def border(self) -> Any:
        """See `Geometric.border`."""
        return self.fill

    def view(self, views: Views, rng: Draws) -> Views:
        """See `Geometric.view`."""
        return _padded(views, *_sides(self.padding))

    def final_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """See `Geometric.final_size`."""
        left, top, right, bottom = _sides(self.padding)
        return size and (size[0] + top + bottom, size[1] + left + right)


def _padded(views: Views, left: Any, top: Any, right: Any, bottom: Any) -> Views:
    height, width = views.height + top + bottom, views.width + left + right
    zero = np.zeros_like(views.height)
    return views.crop(zero - top, zero - left, height, width)


def _middle(size: Any, wanted: int) -> Any:
    """Give where the middle begins: as torchvision rounds, also when it has to pad."""
    return np.where(
        size >= wanted, np.rint((size - wanted) / 2).astype(np.int64), -((wanted - size) // 2)
    )


def _whole(drawn: Any, n: Any) -> Any:
    """Turn numbers in [0, 1) into integers below `n`."""
    return np.floor(drawn * n).astype(np.int64)


def _pair(size: Any) -> tuple[int, int]:
    if isinstance(size, Integral):
        return int(size), int(size)
    numbers = [int(side) for side in size]
    return numbers[0], numbers[-1]


def _sides(padding: Any) -> tuple[int, int, int, int]:
    """Give left, top, right, bottom."""
    numbers = list(padding) if isinstance(padding, (list, tuple)) else [padding]
    if len(numbers) not in (1, 2, 4) or not all(_is_whole(number) for number in numbers):
        raise ArgumentError(
            "padding must be one integer, two (left and right, top and bottom) or four (left, top, "
            f"right, bottom), not {padding!r}"
        )
    if min(numbers) < 0:
        raise ArgumentError(f"padding must not be negative, not {padding!r}: a crop cuts off")
    left, top, right, bottom = (numbers * (4 // len(numbers)))[:4]
    return int(left), int(top), int(right), int(bottom)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check_size(size: Any, name: str) -> None:
    numbers = [size] if not isinstance(size, (list, tuple)) else list(size)
    if len(numbers) not in (1, 2) or not all(_is_whole(number) for number in numbers):
        raise ArgumentTypeError(f"{name} takes one integer or (height, width), not {size!r}")
    if min(numbers) < 1:
        raise ArgumentError(f"{name} takes sizes of 1 or more, not {size!r}")


def _check_range(pair: Any, name: str) -> None:
    numbers = isinstance(pair, (list, tuple)) and len(pair) == 2
    if not numbers or not all(isinstance(end, (int, float)) for end in pair):
        raise ArgumentTypeError(f"{name} must be (least, most), not {pair!r}")
    if not 0 < pair[0] <= pair[1] < math.inf:
        raise ArgumentError(f"{name} must be (least, most), both above 0, not {pair!r}")


def _check_padding_mode(mode: Any) -> None:
    if mode != "constant":
        raise ArgumentError(
            f'padding_mode must be "constant", not {mode!r}: a border is made before the picture '
            "is there"
        )


def check_interpolation(interpolation: Any) -> None:
    """Refuse an unknown filter."""
    if interpolation is not None and interpolation not in INTERPOLATIONS:
        listed = ", ".join(map(repr, INTERPOLATIONS))
        raise ArgumentError(f"interpolation must be one of {listed}, not {interpolation!r}")


def check_probability(p: Any) -> None:
    """Refuse what is no probability."""
    if not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ArgumentError(f"p must be a probability, from 0 to 1, not {p!r}")
