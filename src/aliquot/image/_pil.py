"""Pillow, where it is needed first."""

import functools
from typing import Any

from aliquot._needs import need


@functools.cache
def pil(module: str) -> Any:
    """Import a module of Pillow, or say what to install."""
    return need(f"PIL.{module}", extra="image", purpose="ImageFiles")
