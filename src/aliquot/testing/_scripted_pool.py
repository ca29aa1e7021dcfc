"""A pool whose tasks are done when a test says so."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from aliquot.errors import PoolClosedError, WorkerLostError
from aliquot.work_pool import AbstractWorkerPool


class ScriptedPool(AbstractWorkerPool):
    """A pool that does nothing by itself: a test finishes its tasks by hand, in any order.

    Parameters
    ----------
    processes : int, default 1
        What it gives as its number of workers.

    Attributes
    ----------
    calls : list of tuple
        What was submitted so far, as ``(fn, args, kwargs)``.
    futures : list of concurrent.futures.Future
        What was given for it.

    Examples
    --------
    >>> pool = ScriptedPool()
    >>> stream = pool.work_stream((pow, (i, 2)) for i in range(3))
    >>> pool.finish(2, 0, 1)
    >>> list(stream.retrieve_iter())
    [0, 1, 4]
    """

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        self._closed = False
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
        self.futures: list[Future[Any]] = []

    @property
    def processes(self) -> int:
        """The number of workers that it was given."""
        return self._processes

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Note a task; see `AbstractWorkerPool.submit`."""
        if self._closed:
            raise PoolClosedError("the pool is closed: make a new one")
        self.calls.append((fn, args, kwargs))
        self.futures.append(Future())
        return self.futures[-1]

    def finish(self, *numbers: int) -> None:
        """Do tasks, by their numbers in `calls`, in this order."""
        for number in numbers:
            fn, args, kwargs = self.calls[number]
            try:
                self.futures[number].set_result(fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001
                self.futures[number].set_exception(error)

    def lose(self, number: int) -> None:
        """Let a task end as if its worker had been killed."""
        self.futures[number].set_exception(WorkerLostError(f"the worker of task {number} is lost"))

    def close(self) -> None:
        """Cancel what is not done; see `AbstractWorkerPool.close`."""
        self._closed = True
        for future in self.futures:
            future.cancel()

    def shared_constant(self, x: Any) -> Any:
        """Give `x` itself."""
        return x
