"""Who does the work: worker threads or worker processes."""

from aliquot.work_pool._cores import usable_cores
from aliquot.work_pool._delivery import Delivery, Pending
from aliquot.work_pool._parallel import AbstractWorkerPool, ParallelDataSource
from aliquot.work_pool._processes import WorkerProcessPool
from aliquot.work_pool._stream import WorkStream
from aliquot.work_pool._threads import WorkerThreadPool

__all__ = [
    "AbstractWorkerPool",
    "Delivery",
    "ParallelDataSource",
    "Pending",
    "WorkStream",
    "WorkerProcessPool",
    "WorkerThreadPool",
    "usable_cores",
]
