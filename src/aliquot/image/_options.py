"""How a picture is to come out: size, colours, container; refused early when it cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral
from typing import Any, TypedDict

import numpy as np

from aliquot.errors import ArgumentError, ArgumentTypeError, MissingExtraError
from aliquot.image import _kernel_files
from aliquot.image._chain import Chain
from aliquot.image._resample import library
from aliquot.image._transforms import INTERPOLATIONS, Resize

CHANNELS = {"RGB": 3, "L": 1, "RGBA": 4}
OUTPUTS = ("array", "pil")
KERNEL = "libjpeg-turbo"
CODECS = (KERNEL, "simplejpeg", "pillow")
LAYOUTS = ("NHWC", "NCHW")
_OF_TRANSFORMS = {"own_interpolation", "fill"}


class Keywords(TypedDict, total=False):
    """The options of `ImageFiles`, which describes them."""

    transforms: Sequence[Any] | None
    mode: str | None
    output: str
    layout: str
    interpolation: str
    reducing_gap: float | None
    codec: str | None
    pixel_limit: int
    strict: bool


class KeywordsAndSize(Keywords, total=False):
    """These, and the one that may stand without its name."""

    size: Sequence[int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every picture of one `ImageFiles` has in common, besides its transforms."""

    mode: str | None = "RGB"
    """A key of `CHANNELS`, or None for each file's own channels and depth."""
    output: str = "array"
    """One of `OUTPUTS`."""
    layout: str = "NHWC"
    """One of `LAYOUTS`."""
    interpolation: str = "bilinear"
    """The filter that pictures are resampled with while they are decoded."""
    reducing_gap: float | None = 2.0
    """The least ratio of decoded to wanted pixels; None to decode all."""
    codec: str | None = None
    """One of `CODECS`, once it is chosen."""
    pixel_limit: int = 178_956_970
    """Pictures with more pixels are refused."""
    strict: bool = True
    """Whether files that end early are refused."""
    own_interpolation: str | None = None
    """The filter of transforms that ask for none, once there are transforms."""
    fill: Any = 0
    """What surrounds a picture: one number, or one a channel."""

    def __str__(self) -> str:
        text = f"mode={self.mode!r}, output={self.output!r}"
        for field in fields(self)[2:]:
            value = getattr(self, field.name)
            if field.name not in _OF_TRANSFORMS and value != field.default:
                text += f", {field.name}={value!r}"
        return text

    def __post_init__(self) -> None:
        _check_choice("mode", self.mode, (*CHANNELS, None))
        _check_choice("output", self.output, OUTPUTS)
        _check_choice("layout", self.layout, LAYOUTS)
        _check_choice("interpolation", self.interpolation, INTERPOLATIONS)
        _check_choice("codec", self.codec, (*CODECS, None))
        _check_choice("strict", self.strict, (True, False))
        if self.reducing_gap is not None and not self.reducing_gap >= 1:
            raise ArgumentError(f"reducing_gap must be 1 or more, or None, not {self.reducing_gap}")
        if not _is_whole(self.pixel_limit) or self.pixel_limit < 1:
            raise ArgumentError(f"pixel_limit must be a positive integer, not {self.pixel_limit!r}")

    @property
    def channels(self) -> int | None:
        """How many channels arrays have, or None for each file's own."""
        return None if self.mode is None else CHANNELS[self.mode]

    def with_transforms(self, transforms: Any) -> "tuple[Options, Chain]":
        """Give the options that go with some transforms, which have a say in them."""
        chain = Chain.of(transforms)
        if chain.size is not None and self.mode is None and self.output == "array":
            raise ArgumentError(
                "pictures of one size together with mode=None give no array: channels and depth "
                'differ from file to file; choose mode="RGB", "L" or "RGBA", or output="pil"'
            )
        if self.mode is not None:
            _check_fill(chain.fill, CHANNELS[self.mode])
        own = self.own_interpolation or self.interpolation
        asked = chain.interpolation or own
        changed = replace(self, interpolation=asked, own_interpolation=own, fill=chain.fill)
        return changed, chain


def checked(size: Sequence[int] | None, keywords: Keywords) -> tuple[Options, Chain]:
    """Return options and transforms, or refuse what cannot be done."""
    others: dict[str, Any] = dict(keywords)
    transforms = others.pop("transforms", None)
    known = {field.name for field in fields(Options)} - _OF_TRANSFORMS
    for name in others.keys() - known:
        raise ArgumentTypeError(f"ImageFiles takes no argument {name}=")
    options = Options(**others)
    options = replace(options, codec=_chosen(options.codec))
    if size is not None and transforms is not None:
        raise ArgumentError(
            "size= and transforms= exclude each other: write transforms=[Resize(size), ...]"
        )
    if size is not None:
        transforms = [Resize(_checked_size(size))]
    return options.with_transforms(transforms or [])


def _chosen(codec: str | None) -> str:
    """Give the codec: the fastest that is here if none was asked for."""
    if codec == KERNEL:
        _kernel_files.required()
    if codec == "simplejpeg" and library() is None:
        raise MissingExtraError(
            'codec="simplejpeg" needs simplejpeg and cykooz-resizer: pip install "aliquot[image]"',
            name="simplejpeg",
        )
    if codec is not None:
        return codec
    if _kernel_files.kernel() is not None:
        return KERNEL
    return "pillow" if library() is None else "simplejpeg"


def _check_fill(fill: Any, channels: int) -> None:
    levels = np.ravel(fill)
    if len(levels) not in (1, channels):
        raise ArgumentError(f"fill must be one number, or one a channel: {channels}, not {fill!r}")
    if not np.all((levels >= 0) & (levels <= 255)):
        raise ArgumentError(f"fill must be from 0 to 255, not {fill!r}")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        listed = ", ".join(map(repr, choices))
        raise ArgumentError(f"{name} must be one of {listed}, not {value!r}")


def _checked_size(size: Any) -> tuple[int, int]:
    if _is_whole(size):
        raise ArgumentTypeError(
            f"size must be (height, width), not one number: write size=({size}, {size})"
        )
    if not isinstance(size, tuple | list) or not all(map(_is_whole, size)):
        raise ArgumentTypeError(f"size must be two integers (height, width), not {size!r}")
    if len(size) != 2 or min(size) < 1:
        raise ArgumentError(f"size must be two positive integers (height, width), not {size!r}")
    return int(size[0]), int(size[1])


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
