"""How a picture is to come out: size, colours, container; refused early when it cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from aliquot.errors import ArgumentError, ArgumentTypeError

CHANNELS = {"RGB": 3, "L": 1, "RGBA": 4}
OUTPUTS = ("array", "pil")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every picture of one `ImageFiles` has in common."""

    size: tuple[int, int] | None
    """Height and width, or None for each picture's own."""

    mode: str | None
    """A key of `CHANNELS`, or None for each file's own channels and depth."""

    output: str
    """One of `OUTPUTS`."""

    def __str__(self) -> str:
        return f"size={self.size}, mode={self.mode!r}, output={self.output!r}"

    def batch_shape(self, count: int) -> tuple[int, int, int, int]:
        """Return the shape of `count` pictures in one array; needs a size, hence a mode."""
        assert self.size is not None  # noqa: S101
        assert self.mode is not None  # noqa: S101
        return (count, *self.size, CHANNELS[self.mode])


def checked(*, size: Sequence[int] | None, mode: str | None, output: str) -> Options:
    """Return the options, or refuse what cannot be done."""
    _check_choice("mode", mode, (*CHANNELS, None))
    _check_choice("output", output, OUTPUTS)
    height_width = None if size is None else _checked_size(size)
    if height_width is not None and mode is None and output == "array":
        raise ArgumentError(
            "size= together with mode=None gives no array: channels and depth differ from file to "
            'file; choose mode="RGB", "L" or "RGBA", or output="pil"'
        )
    return Options(size=height_width, mode=mode, output=output)


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
