"""A list of transforms, and how far it goes before anything is decoded."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe, stack
from aliquot._random import Draws
from aliquot.errors import ArgumentTypeError, BatchError
from aliquot.image._pillow import as_image
from aliquot.image._resample import resampled
from aliquot.image._transforms import Geometric, Resize
from aliquot.image._turns import TURNS, place, stored_part, upright
from aliquot.image._views import Views

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
        n = next(
            (i for i, own in enumerate(transforms) if not isinstance(own, Geometric)),
            len(transforms),
        )
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
        """What the last transform that pads fills up with."""
        fills = [own.fill for own in self.fused if hasattr(own, "fill")]
        return fills[-1] if fills else 0

    def views(self, views: Views, rng: Draws) -> Views:
        """Give what is seen of each picture; each transform has random numbers of its own."""
        for number, own in enumerate(self.fused):
            views = own.view(views, rng.part(number))
        return views

    def finish(self, images: Any, rng: Draws, options: Any) -> Any:
        """Apply the rest of the transforms to decoded pictures, and lay them out."""
        for number, own in enumerate(self.after, len(self.fused)):
            images = _applied(own, images, rng.part(number))
        if options.output == "pil":
            return [as_image(image) for image in images]
        if options.layout == "NCHW":
            return _channels_first(images)
        return images


def takes_rng(transform: Any) -> bool:
    """Whether a transform takes random numbers."""
    if isinstance(transform, Geometric):
        return transform.draws
    try:
        parameter = inspect.signature(transform).parameters.get("rng")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.default is parameter.empty


def _applied(transform: Any, images: Any, rng: Draws) -> Any:
    """Apply a transform to each picture, or to all at once where it can and they are an array."""
    if isinstance(images, np.ndarray) and getattr(transform, "whole_batches", False):
        return transform(images)
    if not len(images):
        return images
    found = [_one(transform, image, rng, row) for row, image in enumerate(images)]
    return stack(found) if isinstance(images, np.ndarray) else found


def _one(transform: Any, image: NDArray[Any], rng: Draws, row: int) -> Any:
    if isinstance(transform, Geometric):
        return _seen(transform, image, rng.only([row]))
    found = transform(image, rng=rng.sample(row)) if takes_rng(transform) else transform(image)
    if not isinstance(found, np.ndarray) or found.ndim != 3:
        raise BatchError(
            f"{_told(transform)} must return an array (height, width, channels), not "
            f"{describe(found)}"
        )
    return found


def _channels_first(images: Any) -> Any:
    if isinstance(images, np.ndarray):
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return [np.ascontiguousarray(image.transpose(2, 0, 1)) for image in images]


def _told(transform: Any) -> str:
    """Name a transform, and tell if it is the user's own."""
    if type(transform).__module__.startswith("aliquot."):
        return repr(transform)
    name = getattr(transform, "__qualname__", type(transform).__qualname__)
    return f"{name} (runs in Python)"


def _seen(transform: Geometric, image: NDArray[Any], rng: Draws) -> NDArray[Any]:
    """Apply a transform of geometry to a picture that is decoded already."""
    height, width = image.shape[:2]
    view = transform.view(Views.of(np.array([height]), np.array([width])), rng).view(0)
    part = stored_part(view, _UPRIGHT, height, width)
    found = resampled(image, part, getattr(transform, "interpolation", None) or "bilinear")
    out = np.empty((view.height, view.width, *image.shape[2:]), image.dtype)
    place(upright(found, _UPRIGHT, view), view, out, getattr(transform, "fill", 0))
    return out
