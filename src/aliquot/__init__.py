"""Mini-batches from anything that can be indexed, for training neural networks.

>>> import aliquot as aq
>>> source = aq.data_source.ArrayDataSource([np.arange(5)])
>>> [batch.tolist() for (batch,) in source.batch_iterator(batch_size=2)]
[[0, 1], [2, 3], [4]]
"""

import importlib
from typing import TYPE_CHECKING, Any

from aliquot import data_source, errors, events, sampling, stages, work_pool
from aliquot.accessors import locked, per_worker
from aliquot.loader import Loader
from aliquot.sampling import split

if TYPE_CHECKING:
    from aliquot import image, testing
    from aliquot.image import show

__all__ = [
    "Loader",
    "data_source",
    "errors",
    "events",
    "image",
    "locked",
    "per_worker",
    "sampling",
    "show",
    "split",
    "stages",
    "testing",
    "work_pool",
]

__version__ = "0.1.0"

_ON_DEMAND = frozenset({"image", "testing"})
"""Rooms that are imported when first named, as few programs need all of them."""


def __getattr__(name: str) -> Any:
    if name in _ON_DEMAND:
        return importlib.import_module(f"aliquot.{name}")
    if name == "show":
        return importlib.import_module("aliquot.image").show
    raise AttributeError(f"module 'aliquot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
