"""Worker threads."""

from typing import Any

from aliquot._scope import begin_worker, end_worker
from aliquot.work_pool._crew import Crew, CrewPool


def _work(crew: Crew) -> None:
    begin_worker()
    while (job := crew.next_job()) is not None:
        future, fn, args, kwargs = job
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)
        # A waiting thread must hold nothing of the last job: it would keep a batch alive.
        del job, future, fn, args, kwargs
    end_worker()


class WorkerThreadPool(CrewPool):
    """Worker threads: nothing is copied, and code that releases the GIL runs in parallel.

    Reading files, decoding pictures and most of NumPy release it. Threads end with ``close()``,
    at the end of a ``with`` block, or when nobody holds the pool any more.

    Parameters
    ----------
    processes : int, optional
        Number of threads; by default all usable cores.

    Raises
    ------
    ArgumentError
        If `processes` is less than 1 (a `ValueError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> source = ArrayDataSource([np.arange(5)])
    >>> with WorkerThreadPool(processes=2) as pool:
    ...     for (batch,) in pool.parallel_data_source(source).batch_iterator(batch_size=3):
    ...         print(batch)
    [0 1 2]
    [3 4]
    """

    def __init__(self, processes: int | None = None) -> None:
        super().__init__(processes, _work)

    def shared_constant(self, x: Any) -> Any:
        """Give `x` itself: threads share everything."""
        return x
