"""A listing kept in a JSON file, so that a large folder need not be listed again."""

import json
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aliquot.errors import ArgumentError

_KIND = "aliquot pictures"
_VERSION = 1


class Index(NamedTuple):
    """What an index file holds; labels and classes are both there or both None."""

    paths: list[str]
    labels: npt.NDArray[np.int64] | None
    classes: list[str] | None


def save(path: str | os.PathLike[str], index: Index) -> None:
    """Write `index` so that a reader sees the old file or the new one, never a part."""
    content = {
        "kind": _KIND,
        "version": _VERSION,
        "classes": index.classes,
        "labels": None if index.labels is None else index.labels.tolist(),
        "paths": index.paths,
    }
    _replace(Path(path), json.dumps(content))


def load(path: str | os.PathLike[str]) -> Index:
    """Read an index file.

    Raises
    ------
    ArgumentError
        If the file is no index that `save` wrote.
    """
    try:
        return _index(json.loads(Path(path).read_text("ascii")))
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{os.fspath(path)} is no index of pictures: {error}") from error


def _replace(path: Path, text: str) -> None:
    # The process and thread in the name keep two writers out of each other's temporary file.
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _index(content: Any) -> Index:
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise ArgumentError(f'it lacks "kind": "{_KIND}"')
    if content.get("version") != _VERSION:
        raise ArgumentError(f"its version is {content.get('version')!r}, not {_VERSION}")
    paths: Any = content.get("paths")
    labels, classes = content.get("labels"), content.get("classes")
    if not _all_are(str, paths):
        raise ArgumentError('"paths" is not a list of texts')
    if labels is None and classes is None:
        return Index(paths, None, None)
    return Index(paths, _labels(labels, classes, len(paths)), classes)


def _labels(labels: Any, classes: Any, count: int) -> npt.NDArray[np.int64]:
    if not _all_are(str, classes) or len(set(classes)) < len(classes):
        raise ArgumentError('"classes" is not a list of different names')
    if not _all_are(int, labels) or len(labels) != count:
        raise ArgumentError(f'"labels" is not a list of {count} integers, one for each path')
    if any(not 0 <= label < len(classes) for label in labels):
        raise ArgumentError(f'"labels" has a number beyond the {len(classes)} classes')
    return np.array(labels, dtype=np.int64)


def _all_are(kind: type, values: Any) -> bool:
    # By exact type, because True is an int to isinstance.
    return isinstance(values, list) and all(type(value) is kind for value in values)
