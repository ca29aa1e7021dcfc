"""The manifest of an entry: what it holds, in a file that is written whole or not at all."""

import contextlib
import json
import os
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aliquot.cache._layout import layout_from_json, layout_to_json
from aliquot.errors import ArgumentError

FORMAT = 1
"""The version of the files of an entry."""

KEY = "aliquot cache"
"""The manifest's key for the version: what makes a folder an entry."""

NAME = "manifest.json"


@dataclass(frozen=True)
class Recipe:
    """What an entry is a cache of."""

    text: str
    """The source, in words and digests; the first line is for people."""
    samples: int
    """How many there are in the data."""
    versioned: bool = False
    """Whether the samples' files tell their versions."""

    @property
    def digest(self) -> str:
        """The name of the entry.

        >>> len(Recipe("photos", 10).digest)
        16
        """
        text = f"{FORMAT}\n{self.samples}\n{self.versioned}\n{self.text}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """What an entry holds."""

    recipe: Recipe
    decided: bool = False
    """Whether there is a layout, or known that there is none: the first batch decides."""
    layout: Any = None
    """That of the samples in memory maps; `None` if all are kept one by one."""

    def with_layout(self, layout: Any) -> "Manifest":
        """Give the manifest after the first batch."""
        return replace(self, decided=True, layout=layout)


def damaged(entry: Path, what: str) -> ArgumentError:
    """Give the error for an entry that cannot be trusted."""
    return ArgumentError(
        f"the cache entry {entry} cannot be read: {what}. Remove it with "
        f"`aliquot cache rm {entry.parent} {entry.name}`: its samples are then read anew"
    )


def save(entry: Path, manifest: Manifest) -> None:
    """Write the manifest in place of the one before."""
    described = {
        KEY: FORMAT,
        "recipe": manifest.recipe.text,
        "samples": manifest.recipe.samples,
        "versioned": manifest.recipe.versioned,
        "decided": manifest.decided,
        "layout": None if manifest.layout is None else layout_to_json(manifest.layout),
    }
    temporary = entry / f"{NAME}.{os.getpid()}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(described, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(entry / NAME)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def load(entry: Path) -> Manifest | None:
    """Read the manifest; `None` if the entry has none yet.

    Raises
    ------
    ArgumentError
        If it cannot be read, or is of another format.
    """
    found = described(entry)
    if found is None:
        return None
    if found.get(KEY) != FORMAT:
        raise damaged(entry, f"its format is {found.get(KEY)!r}, and this version reads {FORMAT}")
    try:
        layout = None if found["layout"] is None else layout_from_json(found["layout"])
        recipe = Recipe(found["recipe"], found["samples"], found["versioned"])
        return Manifest(recipe, found["decided"], layout)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(entry, f"{NAME} has not what it should have ({error!r})") from None


def described(entry: Path) -> dict[str, Any] | None:
    """Read the manifest as JSON, whatever format it has; `None` if there is none."""
    try:
        text = (entry / NAME).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeError) as error:
        raise damaged(entry, f"{NAME} is unreadable ({error})") from None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise damaged(entry, f"{NAME} is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise damaged(entry, f"{NAME} holds a {type(found).__name__}")
    return found
