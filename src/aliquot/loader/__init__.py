"""Joins a source, an order and a pool: the object that a training loop holds."""

from aliquot.loader._loader import Loader

__all__ = ["Loader"]
