"""Pillow, where it is needed first."""

import functools
from typing import Any

from aliquot._needs import check_there, need

_WHY = {"extra": "image", "purpose": "aliquot.image"}


@functools.cache
def pil(module: str) -> Any:
    """Import a module of Pillow, or say what to install."""
    return need(f"PIL.{module}", **_WHY)


def check_pil() -> None:
    """Say what to install if Pillow is missing, without importing it."""
    check_there("PIL", **_WHY)
