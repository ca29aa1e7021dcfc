"""The fastest way of JPEGs: the compiled kernel, which takes a batch in one call without the GIL.

It is built where there are a compiler and libjpeg-turbo (2.1.5 or newer); `src/kernel` is its
source. It reads the files itself, and threads that come with batches of their own first help with
those under way: so the first batch comes sooner, and batches come in order.
"""

import functools
import importlib
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import MissingExtraError

if TYPE_CHECKING:
    from aliquot._indices import IntArray
    from aliquot.image._options import Options
    from aliquot.image._views import Floats

_FILTERS = {"nearest": 0, "box": 1, "bilinear": 2, "bicubic": 3, "lanczos": 4}
# Helping with less than this costs more than it brings.
_WORTH_SHARING = 8


class _UnderWay:
    """The batches that threads of this process decode, oldest first."""

    def __init__(self) -> None:
        self.files: list[Any] = []
        self.lock = threading.Lock()


_under_way = _UnderWay()
if hasattr(os, "register_at_fork"):
    # The threads of its parent are not in a child, and one of them may hold the lock.
    os.register_at_fork(after_in_child=_under_way.__init__)  # type: ignore[misc]


@functools.cache
def kernel() -> Any:
    """Give the compiled module, or `None` if it was not built or its libjpeg-turbo is missing."""
    try:
        return importlib.import_module("aliquot.image._kernel")
    except ImportError:
        return None


def required() -> Any:
    """Give the compiled module.

    Raises
    ------
    MissingExtraError
        If it is not here.
    """
    found = kernel()
    if found is None:
        raise MissingExtraError(
            'codec="libjpeg-turbo" needs the compiled kernel, which is not in this installation: '
            "install a compiler and libjpeg-turbo 2.1.5 or newer with its headers (Debian: "
            "libjpeg62-turbo-dev), then aliquot anew, or choose another codec",
            name="aliquot.image._kernel",
        )
    return found


class Levels(NamedTuple):
    """What is made of the 256 levels of each channel as they are written."""

    table: NDArray[np.float32]
    """Shape (channels, 256)."""
    planes: bool
    """Whether channels come before height and width."""


def read(paths: Sequence[str]) -> "tuple[Any, IntArray]":
    """Read files, and give them with what their headers tell.

    Returns
    -------
    Files
        The kernel's.
    int64 array, shape (n, 5)
        Height and width as stored, channels, orientation, and scans, as `jpeg_header` tells them;
        0 channels stand for what is no common JPEG, orientation 0 for `None`.

    Raises
    ------
    OSError
        What the file system says of the first that cannot be read.
    """
    files = required().Files(list(paths))
    told = np.frombuffer(files.headers(), np.int64).reshape(-1, 6).copy()
    for row in np.flatnonzero(told[:, 0])[:1]:
        number = int(told[row, 0])
        raise OSError(number, os.strerror(number), paths[row])
    return files, told[:, 1:]


def decode(
    files: Any,
    rows: list[int],
    boxes: "Floats",
    places: "IntArray",
    canvases: list[NDArray[Any]],
    options: "Options",
    levels: Levels | None,
) -> list[int]:
    """Decode some of the files, and give those that it cannot.

    Parameters
    ----------
    files : Files
        The kernel's.
    rows : list of int
        Which of them.
    boxes, places : array, shape (len(rows), 4) and (len(rows), 7)
        As `stored_parts` gives them.
    canvases : list of arrays
        Where they go: uint8 (height, width, channels), or as `levels` says.
    options : Options
        Filter, gap and filling.
    levels : Levels, optional
        What the pixels become.
    """
    if not rows or (options.channels is None and np.size(options.fill) > 1):
        return rows  # whether a filling suits a picture's own channels, the others tell
    own = options.fill if isinstance(options.fill, Sequence) else [options.fill]
    files.plan(
        rows,
        boxes,
        places,
        canvases,
        _FILTERS[options.interpolation],
        options.reducing_gap or 0.0,
        bytes([int(level) for level in own] * 4)[:4],
        levels is not None and levels.planes,
        None if levels is None else levels.table,
    )
    if len(rows) < _WORTH_SHARING:
        files.decode()
    else:
        _decode_together(files)
    failed: list[int] = files.failed()
    return failed


def _decode_together(files: Any) -> None:
    with _under_way.lock:
        others = list(_under_way.files)
        _under_way.files.append(files)
    try:
        for earlier in others:
            earlier.decode(wait=False)
        files.decode()
    finally:
        with _under_way.lock:
            _under_way.files.remove(files)
