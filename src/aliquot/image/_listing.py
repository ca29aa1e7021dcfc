"""The one listing rule: which files of a folder are pictures, and in which order.

A picture is a file with a known extension, in any case. Whatever begins with a dot is left out,
and so is the ``__MACOSX`` that archives made on a Mac bring along. Symbolic links are followed,
but a folder is not entered again beneath itself, so a loop ends. A link that leads nowhere is
listed: reading it says so, where leaving it out would hide it. The order is that of the relative
POSIX paths by code point, the same on every machine.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from aliquot.errors import ArgumentError

EXTENSIONS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff",
    ".gif", ".bmp", ".avif", ".ppm", ".pgm", ".pbm", ".pnm",
)  # fmt: skip


def pictures(folder: str | os.PathLike[str]) -> list[str]:
    """Return the relative POSIX paths of all pictures below `folder`, sorted.

    Raises
    ------
    ArgumentError
        If there is none.
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    """
    found = sorted(_walk(os.fspath(folder), "", ()))
    if not found:
        raise nothing(folder, "in it and in all folders below it")
    return found


def pictures_in_subfolders(folder: str | os.PathLike[str]) -> list[str]:
    """Return the same without the pictures of `folder` itself, of which there may be none."""
    return sorted(path for path in _walk(os.fspath(folder), "", ()) if "/" in path)


def nothing(folder: str | os.PathLike[str], where: str) -> ArgumentError:
    """Return the error that says what was looked for."""
    return ArgumentError(
        f"no pictures in {os.fspath(folder)}: looked {where}, hidden ones left out, "
        f"for {' '.join(EXTENSIONS)}"
    )


def subfolders(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names of the direct subfolders, sorted."""
    return sorted(entry.name for entry in _visible(os.fspath(folder)) if entry.is_dir())


def _walk(folder: str, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
    status = Path(folder).stat()
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in _visible(folder):
        name = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry.path, name + "/", (*above, identity))
        elif entry.name.lower().endswith(EXTENSIONS):
            yield name


def _visible(folder: str) -> list[os.DirEntry[str]]:
    # A list, so that a deep tree does not hold a descriptor open on every level.
    with os.scandir(folder) as entries:
        return [e for e in entries if not e.name.startswith(".") and e.name != "__MACOSX"]
