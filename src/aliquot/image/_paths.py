"""Paths as plain texts: a million of them cost little more than their letters."""

import os
from pathlib import Path
from typing import Any

from aliquot.errors import ArgumentTypeError


def texts(paths: Any) -> list[str]:
    """Return each path as a str."""
    if isinstance(paths, str | bytes | os.PathLike):
        raise ArgumentTypeError(
            f"paths must be a list of paths: write ImageFiles([{paths!r}]), "
            "or ImageFiles.from_folder(...) for a folder"
        )
    return [_text(path) for path in paths]


def below(folder: str | os.PathLike[str], relative: list[str]) -> list[str]:
    """Return the full path of each relative one."""
    root = str(Path(folder))
    prefix = root if root.endswith(os.sep) else root + os.sep
    return [prefix + name for name in relative]


def _text(path: Any) -> str:
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        raise ArgumentTypeError(f"a path must be a str or os.PathLike, not {path!r}")
    return text
