"""A list of transforms, and how far it goes before anything is decoded."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe, stack
from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.image._floats import Normalize, ToDtype
from aliquot.image._kernel_files import Levels
from aliquot.image._pillow import as_image
from aliquot.image._resample import resampled
from aliquot.image._targets import Target
from aliquot.image._transforms import Geometric, Resize
from aliquot.image._turns import TURNS, place, stored_part, upright
from aliquot.image._views import View, Views
from aliquot.image._warp import warp_image
from aliquot.image._wrap import Wrap

_UPRIGHT = TURNS[1]


@dataclass(frozen=True)
class Chain:
    """Transforms in order; those of geometry that come first are fused."""

    fused: tuple[Geometric, ...]
    """What is composed into one box, size and flip a picture."""
    after: tuple[Any, ...]
    """What is called with each picture once it is decoded."""

    @classmethod
    def of(cls, transforms: Sequence[Any]) -> "Chain":
        """Divide a list of transforms."""
        if not isinstance(transforms, (list, tuple)):
            raise ArgumentTypeError(
                f"transforms must be a list of transforms, not {type(transforms).__name__}"
            )
        for transform in transforms:
            if not isinstance(transform, Geometric) and not callable(transform):
                raise ArgumentTypeError(
                    "a transform is one of aliquot.image, or a function of one picture, not "
                    f"{transform!r}"
                )
        n = _fusible(transforms)
        return cls(tuple(transforms[:n]), tuple(transforms[n:]))

    def __str__(self) -> str:
        resized = all(isinstance(own, Resize) for own in self.fused)
        if resized and not self.after and (self.size is not None or not self.fused):
            return f"size={self.size}"
        parts = [*map(repr, self.fused), "decoded here", *map(_told, self.after)]
        return f"transforms=[{', '.join(parts if self.after else parts[:-1])}]"

    @property
    def draws(self) -> bool:
        """Whether some transform takes random numbers."""
        return any(own.draws for own in self.fused) or any(map(takes_rng, self.after))

    @property
    def python_functions(self) -> tuple[str, ...]:
        """Names of what is called with each picture and is not of this package."""
        return tuple(_foreign(self.after))

    @property
    def size(self) -> tuple[int, int] | None:
        """The height and width of what is decoded, if it is the same for every picture."""
        size: tuple[int, int] | None = None
        for own in self.fused:
            size = own.final_size(size)
        return size

    @property
    def interpolation(self) -> str | None:
        """The filter that the last transform with one asks for."""
        asked = [getattr(own, "interpolation", None) for own in self.fused]
        return next((name for name in reversed(asked) if name is not None), None)

    @property
    def fill(self) -> Any:
        """What the transforms that are fused fill with: they agree on it."""
        return next((own.border for own in self.fused if own.border is not None), 0)

    def views(self, views: Views, rng: Draws) -> Views:
        """Give what is seen of each picture; each transform has random numbers of its own."""
        for number, own in enumerate(self.fused):
            views = own.view(views, rng.part(number))
        return views

    def levels(self, channels: int, layout: str) -> Levels | None:
        """Give what becomes of each grey level, if that is all that is done after decoding.

        Levels of bytes are 256 a channel, so that what is done to each value by itself is looked
        up; the numbers are the very ones of the transforms.
        """
        if channels not in self._tables:
            self._tables[channels] = self._table(channels)
        table = self._tables[channels]
        return None if table is None else Levels(table, layout == "NCHW")

    @cached_property
    def _tables(self) -> dict[int, NDArray[np.float32] | None]:
        return {}

    def _table(self, channels: int) -> NDArray[np.float32] | None:
        if not self.after or not all(_is_of_levels(own, channels) for own in self.after):
            return None
        steps: NDArray[Any] = np.arange(256, dtype=np.uint8)[:, None, None].repeat(channels, axis=2)
        for own in self.after:
            steps = own(steps)
        return np.ascontiguousarray(steps[:, 0].T) if steps.dtype == np.float32 else None

    def check_targets(self) -> None:
        """Refuse transforms that cannot tell where they move what belongs to a picture."""
        for own in self.after:
            mover = _mover(own)
            if mover is not None:
                raise ArgumentError(
                    f"{mover} does not tell where it moves pixels, so masks, boxes and keypoints "
                    "cannot go along: use RandomAffine or RandomRotation itself, or the other "
                    "transforms of aliquot.image"
                )

    def finish(
        self,
        images: Any,
        targets: list[Target],
        mask_fill: int,
        rng: Draws,
        options: Any,
        empty: Any = np.empty,
    ) -> Any:
        """Apply the rest of the transforms to decoded pictures, and lay them out.

        What belongs to the pictures is moved in place; `empty` makes large arrays.
        """
        last = self.after[-1] if self.after and options.layout == "NCHW" else None
        for number, own in enumerate(self.after, len(self.fused)):
            if own is last and isinstance(own, Normalize) and isinstance(images, np.ndarray):
                return own.channels_first(images, empty)
            images = _applied(own, images, targets, mask_fill, rng.part(number), options)
        if options.output == "pil":
            return [as_image(image) for image in images]
        if options.layout == "NCHW":
            return _channels_first(images)
        return images


def _is_of_levels(transform: Any, channels: int) -> bool:
    if isinstance(transform, Normalize):
        return len(transform.mean) in (1, channels)
    return isinstance(transform, ToDtype)


def takes_rng(transform: Any) -> bool:
    """Whether a transform takes random numbers."""
    if isinstance(transform, Geometric):
        return transform.draws
    try:
        parameter = inspect.signature(transform).parameters.get("rng")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.default is parameter.empty


def _fusible(transforms: Sequence[Any]) -> int:
    """Count the transforms of geometry that come first and fill with the same."""
    border = None
    for number, own in enumerate(transforms):
        if not isinstance(own, Geometric):
            return number
        if border is None:
            border = own.border
        elif own.border is not None and not np.array_equal(own.border, border):
            return number
    return len(transforms)


def _applied(
    transform: Any, images: Any, targets: list[Target], mask_fill: int, rng: Draws, options: Any
) -> Any:
    """Apply a transform to each picture, or to all at once where it can and they are an array."""
    if isinstance(images, np.ndarray) and getattr(transform, "whole_batches", False):
        return transform(images)
    if not len(images):
        return images
    found = []
    for row, image in enumerate(images):
        move = _move_of(transform, image, rng, row, options.own_interpolation)
        found.append(_one(transform, image, rng, row) if move is None else move.image(image))
        if targets and move is not None:
            targets[row] = move.target(targets[row], mask_fill)
        elif targets and found[-1].shape[:2] != image.shape[:2]:
            raise BatchError(
                f"{_told(transform)} changed the size of a picture, and what belongs to it cannot "
                "go along: resize and crop with the transforms of aliquot.image"
            )
    return stack(found) if isinstance(images, np.ndarray) or _levels(transform, options) else found


def _levels(transform: Any, options: Any) -> bool:
    """Whether a transform gives pictures of any size the same one, and so an array."""
    if options.channels is None or options.output == "pil":
        return False
    return isinstance(transform, Geometric) and transform.final_size(None) is not None


class _Move(NamedTuple):
    """How a transform moves a picture, and what belongs to it."""

    image: Callable[[NDArray[Any]], Any]
    target: Callable[[Target, int], Target]


def _move_of(
    transform: Any, image: NDArray[Any], rng: Draws, row: int, interpolation: str
) -> _Move | None:
    """Give how a transform moves pixels; `None` if it leaves them where they are."""
    height, width = image.shape[:2]
    if isinstance(transform, Geometric):
        whole = Views.of(np.array([height]), np.array([width]))
        view = transform.view(whole, rng.only([row])).view(0)
        seen = partial(_seen, transform, view, interpolation)
        return _Move(seen, lambda own, fill: own.seen(view, fill))
    if hasattr(transform, "warp"):
        warp = transform.warp(height, width, rng.sample(row))
        filled = partial(
            warp_image, warp=warp, interpolation=transform.interpolation, fill=transform.fill
        )
        return _Move(filled, lambda own, fill: own.warped(warp, fill))
    return None


def _one(transform: Any, image: NDArray[Any], rng: Draws, row: int) -> Any:
    found = transform(image, rng=rng.sample(row)) if takes_rng(transform) else transform(image)
    if not isinstance(found, np.ndarray) or found.ndim != 3:
        raise BatchError(
            f"{_told(transform)} must return an array (height, width, channels), not "
            f"{describe(found)}"
        )
    return found


def _seen(
    transform: Geometric, view: View, interpolation: str, image: NDArray[Any]
) -> NDArray[Any]:
    """See a picture that is decoded already."""
    part = stored_part(view, _UPRIGHT, *image.shape[:2])
    found = resampled(image, part, getattr(transform, "interpolation", None) or interpolation)
    out = np.empty((view.height, view.width, *image.shape[2:]), image.dtype)
    place(upright(found, _UPRIGHT, view), view, out, transform.border or 0)
    return out


def _channels_first(images: Any) -> Any:
    if isinstance(images, np.ndarray):
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return [np.ascontiguousarray(image.transpose(2, 0, 1)) for image in images]


def _mover(transform: Any) -> str | None:
    """Name what moves pixels and does not tell where, in a transform or in those it is made of."""
    if getattr(transform, "moves_pixels", False):
        return repr(transform) if isinstance(transform, Wrap) else type(transform).__name__
    inner = getattr(transform, "transforms", ())
    if any(hasattr(one, "warp") for one in inner):
        return type(transform).__name__
    return next(filter(None, map(_mover, inner)), None)


def _told(transform: Any) -> str:
    """Name a transform, and tell if it is the user's own."""
    name = _name(transform)
    return f"{name} (runs in Python)" if _is_foreign(transform) else name


def _name(transform: Any) -> str:
    if type(transform).__module__.startswith("aliquot."):
        return repr(transform)
    while isinstance(transform, partial):
        transform = transform.func
    name: str = getattr(transform, "__qualname__", type(transform).__qualname__)
    return name


def _is_foreign(transform: Any) -> bool:
    return isinstance(transform, Wrap) or not type(transform).__module__.startswith("aliquot.")


def _foreign(transforms: Sequence[Any]) -> Iterator[str]:
    """Name the transforms that are not of this package, also those inside of its own."""
    for own in transforms:
        if _is_foreign(own):
            yield _name(own)
        else:
            yield from _foreign(getattr(own, "transforms", ()))
