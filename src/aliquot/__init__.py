"""Mini-batches from anything that can be indexed, for training neural networks.

>>> import aliquot as aq
>>> source = aq.data_source.ArrayDataSource([np.arange(5)])
>>> [batch.tolist() for (batch,) in source.batch_iterator(batch_size=2)]
[[0, 1], [2, 3], [4]]
"""

from typing import TYPE_CHECKING

from aliquot import data_source, errors, events, sampling, work_pool
from aliquot._on_demand import on_demand
from aliquot.accessors import locked, per_worker
from aliquot.loader import Loader
from aliquot.sampling import split

if TYPE_CHECKING:
    from aliquot import image, stages, testing
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

__getattr__ = on_demand(__name__, image="image", show="image", stages="stages", testing="testing")


def __dir__() -> list[str]:
    return sorted(__all__)
