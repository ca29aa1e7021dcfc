"""Tasks done ahead of time by a pool, their results in order."""

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from operator import index
from types import MappingProxyType
from typing import Any, Protocol

from aliquot.errors import ArgumentError, ArgumentTypeError, PoolClosedError

Task = tuple[Any, ...]
"""``(fn,)``, ``(fn, args)`` or ``(fn, args, kwargs)``."""

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


def check_buffer_size(size: Any) -> int:
    """Give the size of a buffer as an `int` of 1 or more."""
    try:
        checked = index(size)
    except TypeError:
        raise ArgumentTypeError(
            f"the size of a buffer must be an integer of 1 or more, not {size!r}"
        ) from None
    if checked < 1:
        raise ArgumentError(f"the size of a buffer must be an integer of 1 or more, not {checked}")
    return checked


class Submits(Protocol):
    """The one thing that a stream asks of a pool."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]: ...


class WorkStream:
    """Keeps a number of tasks ahead of the one whose result is wanted.

    Made by ``pool.work_stream(tasks)``, which begins to fill its buffer. It is meant to be read by
    one thread.

    Parameters
    ----------
    worker_pool : AbstractWorkerPool
        Does the tasks.
    task_generator : iterable of tuple
        Gives tasks: ``(fn,)``, ``(fn, args)`` or ``(fn, args, kwargs)``.
    task_buffer_size : int, default 20
        How many tasks are under way or done and not yet retrieved.

    Raises
    ------
    ArgumentError
        If `task_buffer_size` is less than 1 (a `ValueError`).
    """

    def __init__(
        self, worker_pool: Submits, task_generator: Iterable[Task], task_buffer_size: int = 20
    ) -> None:
        self._size = check_buffer_size(task_buffer_size)
        self._pool = worker_pool
        self._tasks = iter(task_generator)
        self._ahead: deque[Future[Any]] = deque()
        # A dropped stream's tasks are not done: nobody waits for them.
        weakref.finalize(self, _cancel, self._ahead)
        self._fill()

    def retrieve(self) -> Any:
        """Give the next result, in the order of the tasks; `None` after the last.

        Raises
        ------
        Exception
            What the task raised; the stream then goes on with the next one.
        PoolClosedError
            If the pool was closed before the task was done (a `RuntimeError`).
        """
        return self._next() if self._ahead else None

    def retrieve_iter(self) -> Iterator[Any]:
        """Give the results that are left, in the order of the tasks."""
        while self._ahead:
            yield self._next()

    def _next(self) -> Any:
        done = self._ahead.popleft()
        try:
            return done.result()
        except CancelledError:
            raise PoolClosedError("the pool was closed before this task was done") from None
        finally:
            # Without it the exception and this frame would hold each other, and so the pool.
            del done
            self._fill()

    def _fill(self) -> None:
        while len(self._ahead) < self._size:
            try:
                future = self._submit(*next(self._tasks))
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001
                # It belongs after the results of the tasks that came before it.
                self._ahead.append(_failed(error))
                self._tasks = iter(())
                return
            self._ahead.append(future)

    def _submit(
        self, fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] = NO_NAMES
    ) -> Future[Any]:
        return self._pool.submit(fn, *args, **kwargs)


def _failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def _cancel(ahead: deque[Future[Any]]) -> None:
    for future in ahead:
        future.cancel()
