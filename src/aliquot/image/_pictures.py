"""Picture files that are read, and not decoded yet."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aliquot._indices import IntArray
from aliquot.errors import ImageError
from aliquot.image import _kernel_files, _pillow
from aliquot.image._header import Header, jpeg_header
from aliquot.image._options import KERNEL, Options
from aliquot.image._quiet import quiet
from aliquot.image._turns import TURNS
from aliquot.image._views import Views


@dataclass(frozen=True, slots=True)
class Pictures:
    """Files in memory, and what their headers tell."""

    paths: Sequence[str]
    headers: list[Header | None]
    """Those of common JPEGs."""
    orientations: IntArray
    heights: IntArray
    """Upright."""
    widths: IntArray
    blob: Callable[[int], bytes]
    """Gives the bytes of one."""
    files: Any = None
    """The kernel's, if it read them."""

    def __len__(self) -> int:
        return len(self.paths)

    def views(self) -> Views:
        """Give the views of the pictures as they are."""
        return Views.of(self.heights, self.widths)


def read(paths: Sequence[str], options: Options) -> Pictures:
    """Read files, and what their headers tell.

    Raises
    ------
    OSError
        What the file system says.
    ImageError
        If one is no picture, or has more pixels than the limit (an `OSError`, too).
    """
    files = None
    if options.codec == KERNEL:
        files, headers = _kernel_files.read(paths)
        blob: Callable[[int], bytes] = files.blob
    else:
        blobs = [read_file(path) for path in paths]
        headers = [jpeg_header(own) for own in blobs]
        blob = blobs.__getitem__
    told = np.array(
        [
            _stored(path, header, blob, row, options)
            for row, (path, header) in enumerate(zip(paths, headers, strict=True))
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    swapped = np.array([TURNS[number].swap for number in told[:, 2]], np.bool_)
    told[swapped] = told[swapped][:, [1, 0, 2]]
    return Pictures(paths, headers, told[:, 2], told[:, 0], told[:, 1], blob, files)


def _stored(
    path: str, header: Header | None, blob: Callable[[int], bytes], row: int, options: Options
) -> tuple[int, int, int]:
    """Give the stored height and width, and the orientation."""
    if header is None or header.orientation is None:
        height, width, orientation = _look(path, blob(row))
    else:
        height, width, orientation = header.height, header.width, header.orientation
    if height * width > options.pixel_limit:
        why = f"it has {height} x {width} pixels, more than the limit of {options.pixel_limit:,}"
        raise ImageError(f"refused the picture {path}: {why}", path=path, reason=why)
    return height, width, orientation


def read_file(path: str) -> bytes:
    """Read a whole file."""
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


def failure(path: str, blob: bytes, error: Exception) -> ImageError:
    """Make the error of a picture that cannot be decoded."""
    why = _pillow.reason(error, blob)
    return ImageError(f"cannot decode the picture {path}: {why}", path=path, reason=why)


def _look(path: str, blob: bytes) -> tuple[int, int, int]:
    """Have Pillow read the header; give the stored height and width, and the orientation."""
    try:
        with quiet(), _pillow.opened(blob) as image:
            return image.size[1], image.size[0], _pillow.orientation_of(image)
    except MemoryError:
        raise
    except Exception as error:
        raise failure(path, blob, error) from error
