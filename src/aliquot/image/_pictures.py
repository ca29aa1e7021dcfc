"""Picture files that are read, and not decoded yet."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aliquot._indices import IntArray
from aliquot.errors import ImageError
from aliquot.image import _kernel_files, _pillow
from aliquot.image._header import jpeg_header, scans_in
from aliquot.image._options import KERNEL, Options
from aliquot.image._quiet import quiet
from aliquot.image._turns import SWAPPED
from aliquot.image._views import Views

# Each goes through all blocks, and can take few bytes: progressive pictures have some ten.
MOST_SCANS = 500


@dataclass(frozen=True, slots=True)
class Pictures:
    """Files in memory, and what their headers tell."""

    paths: Sequence[str]
    channels: IntArray
    """Those of common JPEGs, 0 for all else."""
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

    def stored_size(self, row: int) -> tuple[int, int]:
        """Give height and width of one as it is stored."""
        height, width = int(self.heights[row]), int(self.widths[row])
        return (width, height) if SWAPPED[self.orientations[row]] else (height, width)

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
        If one is no picture, or has more pixels or scans than the limit (an `OSError`, too).
    """
    if options.codec == KERNEL:
        files, told = _kernel_files.read(paths)
        blob: Callable[[int], bytes] = files.blob
    else:
        blobs = [read_file(path) for path in paths]
        files, blob = None, blobs.__getitem__
        told = np.array([_told(own) for own in blobs], np.int64).reshape(-1, 5)
    for row in np.flatnonzero((told[:, 2] == 0) | (told[:, 3] == 0)).tolist():
        told[row, [0, 1, 3, 4]] = _look(paths[row], blob(row))
    height, width, channels, orientation, scans = told.T
    for row in np.flatnonzero((height * width > options.pixel_limit) | (scans > MOST_SCANS))[:1]:
        stored = (int(height[row]), int(width[row]))
        raise _refusal(paths[row], stored, int(scans[row]), options.pixel_limit)
    swapped = SWAPPED[orientation]
    upright = np.where(swapped, width, height), np.where(swapped, height, width)
    return Pictures(paths, channels, orientation, *upright, blob, files)


def _told(blob: bytes) -> tuple[int, int, int, int, int]:
    """Give what the header of a common JPEG tells, as numbers."""
    header = jpeg_header(blob)
    if header is None:
        return 0, 0, 0, 0, 1
    return (*header[:3], header.orientation or 0, header.scans)


def _refusal(path: str, size: tuple[int, int], scans: int, limit: int) -> ImageError:
    height, width = size
    why = f"it has {height} x {width} pixels, more than the limit of {limit:,}"
    if height * width <= limit:
        why = f"it has {scans:,} scans, more than the limit of {MOST_SCANS}"
    return ImageError(f"refused the picture {path}: {why}", path=path, reason=why)


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


def _look(path: str, blob: bytes) -> tuple[int, int, int, int]:
    """Have Pillow read the header; give stored height and width, orientation, and scans."""
    try:
        with quiet(), _pillow.opened(blob) as image:
            scans = scans_in(blob) if image.format in ("JPEG", "MPO") else 1
            return image.size[1], image.size[0], _pillow.orientation_of(image), scans
    except MemoryError:
        raise
    except Exception as error:
        raise failure(path, blob, error) from error
