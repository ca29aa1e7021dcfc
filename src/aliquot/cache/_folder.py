"""What is in a cache folder, and removing it: for the command line."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aliquot.cache import _manifest
from aliquot.cache._table import ABSENT
from aliquot.errors import ArgumentError


@dataclass(frozen=True)
class CacheEntry:
    """An entry of a cache folder: the samples of one source."""

    path: Path
    """Its folder; the name is the digest."""
    recipe: str
    """What the source is, in short; empty if the entry is damaged."""
    cached: int | None
    """How many samples are in it; `None` if the entry is damaged."""
    samples: int | None
    """How many the source has; `None` likewise."""
    disk_bytes: int
    """What it takes up on the disk."""
    changed: float
    """When it was last written to, in seconds since 1970."""


def list_entries(folder: str | os.PathLike[str]) -> list[CacheEntry]:
    """List what is in a cache folder.

    Parameters
    ----------
    folder : str or os.PathLike
        What was given as ``cache(folder=...)``.

    Returns
    -------
    list of CacheEntry
        The entries, by their names; anything else in the folder is left out.

    Raises
    ------
    ArgumentError
        If there is no such folder (a `ValueError`).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     list_entries(folder)
    []
    """
    root = Path(folder)
    if not root.is_dir():
        raise ArgumentError(f"there is no folder {root}")
    return [_entry(path) for path in sorted(root.iterdir()) if _is_entry(path)]


def remove_entry(folder: str | os.PathLike[str], digest: str) -> Path:
    """Remove an entry of a cache folder, and nothing that is no entry.

    Loaders that are reading it go on, and read anew what they have not read.

    Parameters
    ----------
    folder : str or os.PathLike
        What was given as ``cache(folder=...)``.
    digest : str
        The name of the entry, or as much of its beginning as no other has.

    Returns
    -------
    pathlib.Path
        What was removed.

    Raises
    ------
    ArgumentError
        If no entry has that name, or several begin with it (a `ValueError`).
    """
    names = [entry.path.name for entry in list_entries(folder)]
    found = [name for name in names if name == digest] or [
        name for name in names if digest and name.startswith(digest)
    ]
    if len(found) != 1:
        fault = f"{len(found)} begin with it" if found else "it is no entry"
        held = f"the entries are {', '.join(names)}" if names else "there are no entries in it"
        raise ArgumentError(f"{digest!r} cannot be removed from {folder}: {fault}; {held}")
    path = Path(folder) / found[0]
    # Under another name first: a loader that comes now must not take a half of it for an entry.
    aside = path.with_name(f".{path.name}.removed.{os.getpid()}")
    path.rename(aside)
    shutil.rmtree(aside)
    return path


def _is_entry(path: Path) -> bool:
    return _described(path) is not None


def _described(path: Path) -> dict[str, Any] | None:
    """Give the manifest of an entry, in whatever state it is; `None` if it is no entry of ours."""
    if not path.is_dir() or path.is_symlink():
        return None
    try:
        found = _manifest.described(path)
    except ArgumentError:
        # It cannot be read. The states beside it tell that it is ours.
        return {} if (path / "states.bin").is_file() and (path / "lock").is_file() else None
    return found if found is not None and _manifest.KEY in found else None


def _entry(path: Path) -> CacheEntry:
    described = _described(path) or {}
    recipe, samples = described.get("recipe"), described.get("samples")
    statuses = [file.stat() for file in [path, *path.rglob("*")]]
    return CacheEntry(
        path=path,
        recipe=recipe.partition("\n")[0] if isinstance(recipe, str) else "",
        cached=_cached(path),
        samples=samples if isinstance(samples, int) else None,
        disk_bytes=sum(512 * getattr(status, "st_blocks", 0) for status in statuses),
        changed=max(status.st_mtime for status in statuses),
    )


def _cached(path: Path) -> int | None:
    try:
        states = np.fromfile(path / "states.bin", np.uint8)
    except OSError:
        return None
    return int((states != ABSENT).sum())
