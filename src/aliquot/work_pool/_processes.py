"""Worker processes, each served by a thread of this one."""

from functools import partial
from typing import Any

from aliquot._needs import need
from aliquot.errors import PoolClosedError, WorkerLostError
from aliquot.work_pool._child import Child, Dumps, SharedConstant
from aliquot.work_pool._crew import Crew, CrewPool


class WorkerProcessPool(CrewPool):
    """Worker processes: for Python code that holds the GIL.

    Functions and data sources are sent to the workers pickled by value where needed, so lambdas
    and what is defined in the main file work; the main file is not imported anew, and no process
    is ever forked. Processes end with ``close()``, at the end of a ``with`` block, when nobody
    holds the pool any more, or with this process.

    Parameters
    ----------
    processes : int, optional
        Number of processes; by default all usable cores.

    Raises
    ------
    ArgumentError
        If `processes` is less than 1 (a `ValueError`).
    MissingExtraError
        If cloudpickle is not installed (an `ImportError`): ``pip install "aliquot[process]"``.

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> source = ArrayDataSource([np.arange(5)]).map(lambda x: (x**2,))
    >>> with WorkerProcessPool(processes=2) as pool:
    ...     for (batch,) in pool.parallel_data_source(source).batch_iterator(batch_size=3):
    ...         print(batch)
    [0 1 4]
    [ 9 16]
    """

    def __init__(self, processes: int | None = None) -> None:
        cloudpickle = need("cloudpickle", extra="process", purpose="WorkerProcessPool")
        self._dumps: Dumps = partial(cloudpickle.dumps, protocol=5)
        super().__init__(processes, partial(_serve, self._dumps))

    def shared_constant(self, x: Any) -> Any:
        """Wrap a value so that it is pickled once and sent to each worker once.

        Parameters
        ----------
        x : object
            The value.

        Returns
        -------
        object
            What to put in the arguments of tasks in place of `x`; the function gets `x`.
        """
        return SharedConstant(x, self._dumps)


def _serve(dumps: Dumps, crew: Crew) -> None:
    """Hand jobs to one process after the other: a new one only where the last was lost."""
    child: Child | None = None
    while (job := crew.next_job()) is not None:
        future, fn, args, kwargs = job
        try:
            if child is None:
                child = Child(dumps)
            future.set_result(_do(child, crew, fn, args, kwargs))
        except WorkerLostError as error:
            _bury(child)
            child = None
            closed = PoolClosedError("the pool was closed before this task was done")
            future.set_exception(closed if crew.closing else error)
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)
        del job, future, fn, args, kwargs
    _bury(child)


def _do(child: Child, crew: Crew, *task: Any) -> Any:
    """Have a task done. Only a process at work is killed at the end: one that waits ends itself."""
    crew.interrupts.add(child.kill)
    try:
        if crew.closing:
            child.kill()
        return child.do(*task)
    finally:
        crew.interrupts.discard(child.kill)


def _bury(child: Child | None) -> None:
    if child is not None:
        child.end()
