"""From class names to numbers: where the name comes from, and which number it gets."""

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._listing import nothing, subfolders

LabelsFrom = Callable[[str], str] | str | re.Pattern[str]
Labels = npt.NDArray[np.int64]


def by_rule(
    relative: list[str], labels_from: LabelsFrom, classes: Sequence[str] | None
) -> tuple[Labels, list[str]]:
    """Name each picture by the rule; the classes are the sorted names unless given."""
    name_of = _function(labels_from)
    names = [_name(name_of, path) for path in relative]
    known = sorted(set(names)) if classes is None else checked(classes)
    return _numbers(names, relative, known), known


def by_folder(
    relative: list[str],
    folder: str | os.PathLike[str],
    classes: Sequence[str] | None,
    *,
    allow_empty: bool,
) -> tuple[Labels, list[str]]:
    """Name each picture by its first folder; the classes are the folders unless given."""
    folders = subfolders(folder)
    known = folders if classes is None else checked(classes)
    for name in folders:
        _require_known(name, known, f"the folder {name!r} in {os.fspath(folder)}")
    names = [path.split("/", 1)[0] for path in relative]
    empty = sorted(set(known) - set(names))
    if empty and not allow_empty:
        raise ArgumentError(
            f"no pictures of the class {_listed(empty)} in {os.fspath(folder)}; "
            "allow_empty=True lets a class have none"
        )
    if not names:
        raise nothing(folder, "in its folders, one for each class")
    return _numbers(names, relative, known), known


def checked(classes: Any) -> list[str]:
    """Return `classes` as a list of different names."""
    if isinstance(classes, str):
        raise ArgumentTypeError(f"classes must be a list of names: write classes=[{classes!r}]")
    names = list(classes)
    for name in names:
        if not isinstance(name, str):
            raise ArgumentTypeError(f"classes must be a list of names (str), but has {name!r}")
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ArgumentError(f"classes has {_listed(twice)} more than once")
    return names


def _function(labels_from: Any) -> Callable[[str], Any]:
    if isinstance(labels_from, str):
        return _searcher(_compiled(labels_from))
    if isinstance(labels_from, re.Pattern) and isinstance(labels_from.pattern, str):
        return _searcher(labels_from)
    if callable(labels_from):
        function: Callable[[str], Any] = labels_from
        return function
    raise ArgumentTypeError(
        "labels_from must be a function from a relative path to a class name, "
        f"or a regular expression (str), not {labels_from!r}"
    )


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ArgumentError(
            f"labels_from is not a regular expression: {error} in {expression!r}"
        ) from error


def _searcher(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def search(path: str) -> str:
        match = pattern.search(path)
        name = match and match[min(1, pattern.groups)]
        if name is None:
            raise ArgumentError(f"labels_from={pattern.pattern!r} finds no class name in {path!r}")
        return name

    return search


def _name(name_of: Callable[[str], Any], path: str) -> str:
    try:
        name = name_of(path)
    except ArgumentError:
        raise
    except Exception as error:
        error.add_note(f"raised by labels_from for the picture {path!r}")
        raise
    if not isinstance(name, str):
        raise ArgumentTypeError(
            f"labels_from must give a class name (str), but gave {name!r} for {path!r}"
        )
    return name


def _numbers(names: list[str], relative: list[str], known: list[str]) -> Labels:
    number = {name: i for i, name in enumerate(known)}
    for name, path in zip(names, relative, strict=True):
        if name not in number:
            _require_known(name, known, f"{name!r}, the class of {path!r},")
    return np.array([number[name] for name in names], dtype=np.int64)


def _require_known(name: str, known: list[str], what: str) -> None:
    if name not in known:
        raise ArgumentError(f"{what} is none of the {len(known)} classes: {_listed(known)}")


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
