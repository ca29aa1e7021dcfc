"""Samples that differ in shape, in words."""

from collections.abc import Iterable
from typing import Any

FEW = 4
"""How many kinds of samples a message shows."""


def few(kinds: Iterable[Any]) -> str:
    """Show what differs, each once and not too many of them.

    >>> few([(3, 2), (3, 2), (5, 4)]), few(range(9))
    ('(3, 2), (5, 4)', '0, 1, 2, 3, ...')
    """
    distinct = list(dict.fromkeys(kinds))
    return ", ".join(map(str, distinct[:FEW])) + (", ..." if len(distinct) > FEW else "")
