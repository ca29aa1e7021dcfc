"""The codec: many pictures in files at once, each as its view shows it, into a batch.

JPEGs go the fast way where its packages are installed; everything else, and what has a fault, goes
to Pillow, whose word decides.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ImageError
from aliquot.image import _jpeg, _pillow
from aliquot.image._header import Header, jpeg_header
from aliquot.image._lenient import lenient
from aliquot.image._options import Options
from aliquot.image._quiet import quiet
from aliquot.image._turns import TURNS, Part, Turn, place, stored_part, upright
from aliquot.image._views import View, Views


@dataclass(slots=True)
class Picture:
    """A file that was read and not decoded."""

    path: str
    blob: bytes
    height: int
    """Upright."""
    width: int
    turn: Turn
    header: Header | None
    """That of a common JPEG."""


def read(path: str, options: Options) -> Picture:
    """Read a file, and what its header tells.

    Raises
    ------
    OSError
        What the file system says.
    ImageError
        If it is no picture, or has more pixels than the limit (an `OSError`, too).
    """
    blob = _read_file(path)
    header = jpeg_header(blob)
    if header is None or header.orientation is None:
        height, width, orientation = _look(path, blob)
    else:
        height, width, orientation = header.height, header.width, header.orientation
    if height * width > options.pixel_limit:
        why = f"it has {height} x {width} pixels, more than the limit of {options.pixel_limit:,}"
        raise ImageError(f"refused the picture {path}: {why}", path=path, reason=why)
    turn = TURNS[orientation]
    if turn.swap:
        height, width = width, height
    return Picture(path, blob, height, width, turn, header)


def _read_file(path: str) -> bytes:
    # One read of the known size: a large buffer would cost more than the file.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        blob = os.read(descriptor, size + 1)
        if len(blob) == size:
            return blob
        parts = [blob]
        while parts[-1]:
            parts.append(os.read(descriptor, 2**20))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def will_need(paths: Iterable[str]) -> None:
    """Have the system read files into its cache, where it can be told to."""
    advise = getattr(os, "posix_fadvise", None)
    if advise is None:
        return
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # told when the file is read
            continue
        try:
            advise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(descriptor)


def _look(path: str, blob: bytes) -> tuple[int, int, int]:
    """Have Pillow read the header; give the stored height and width, and the orientation."""
    try:
        with quiet(), _pillow.opened(blob) as image:
            return image.size[1], image.size[0], _pillow.orientation_of(image)
    except MemoryError:
        raise
    except Exception as error:
        raise _failure(path, blob, error) from error


def sizes(pictures: Sequence[Picture]) -> Views:
    """Give the views of pictures as they are."""
    return Views.of(
        np.array([picture.height for picture in pictures], dtype=np.int64),
        np.array([picture.width for picture in pictures], dtype=np.int64),
    )


def decode_into(
    pictures: Sequence[Picture], views: Views, out: NDArray[np.uint8], options: Options
) -> None:
    """Decode pictures as their views show them.

    Parameters
    ----------
    pictures : sequence of Picture, length n
        The files.
    views : Views
        What is seen of each; all of the size of `out`.
    out : uint8 array, shape (n, height, width, channels)
        Where they go.
    options : Options
        Colours, filter and codec.

    Raises
    ------
    ImageError
        If one cannot be decoded, with its path.
    """
    for number, picture in enumerate(pictures):
        view = views.view(number)
        place(_seen(picture, view, options), view, out[number], options.fill)


def decode(picture: Picture, view: View, options: Options) -> NDArray[Any]:
    """Decode one picture to an array of its own, shape (height, width, channels)."""
    pixels = _seen(picture, view, options)
    out = np.empty((view.height, view.width, pixels.shape[2]), pixels.dtype)
    place(pixels, view, out, options.fill)
    return out


def _seen(picture: Picture, view: View, options: Options) -> NDArray[Any]:
    """Give what a view shows of a picture, without what is filled around it."""
    part = stored_part(view, picture.turn, picture.height, picture.width)
    if part.height and part.width:
        found = _cut_out(picture, part, options)
    elif options.channels is not None:
        found = np.zeros((part.height, part.width, options.channels), np.uint8)
    else:  # channels and depth are known of what is decoded only
        one = _cut_out(picture, Part((0, 0, 1, 1), 1, 1), options)
        found = np.zeros((part.height, part.width, one.shape[2]), one.dtype)
    return upright(found, picture.turn, view)


def _cut_out(picture: Picture, part: Part, options: Options) -> NDArray[Any]:
    channels = _fast_channels(picture.header, options)
    if channels:
        assert picture.header is not None  # noqa: S101
        found = _jpeg.decode(
            picture.blob,
            picture.header,
            part,
            channels,
            options.interpolation,
            options.reducing_gap,
        )
        if found is not None:
            return _with_channels(found, options)
    return _by_pillow(picture, part, options)


def _fast_channels(header: Header | None, options: Options) -> int:
    """Give 1 or 3 if the fast way can decode a picture as it is wanted, else 0."""
    if header is None or options.codec == "pillow":
        return 0
    if header.channels == 4:
        return 0
    wanted = header.channels if options.mode is None else min(options.channels or 3, 3)
    # Pillow makes grey of colours by its own rounding: that of the luma in the file differs.
    return 0 if wanted < header.channels else wanted


def _with_channels(pixels: NDArray[np.uint8], options: Options) -> NDArray[np.uint8]:
    if options.mode != "RGBA":
        return pixels
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([pixels, opaque], axis=2)


def _by_pillow(picture: Picture, part: Any, options: Options) -> NDArray[Any]:
    try:
        with quiet(), lenient(not options.strict), _pillow.opened(picture.blob) as image:
            found = _pillow.part_of(
                image, part, options.mode, options.interpolation, options.reducing_gap
            )
            if options.output == "pil" and found.mode in ("CMYK", "LAB", "HSV"):
                found = found.convert("RGB")  # an array does not tell what its channels are
            return _pillow.pixels(found)
    except MemoryError:
        raise
    except Exception as error:
        raise _failure(picture.path, picture.blob, error) from error


def _failure(path: str, blob: bytes, error: Exception) -> ImageError:
    why = _pillow.reason(error, blob)
    return ImageError(f"cannot decode the picture {path}: {why}", path=path, reason=why)
