"""Tasks done ahead of time by a pool, their results in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from operator import index
from types import MappingProxyType
from typing import Any, Protocol

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.work_pool._delivery import Delivery

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
        size = check_buffer_size(task_buffer_size)
        # Not a method: the stream and its delivery must not hold each other.
        submit = partial(_submit, worker_pool)
        self._delivery = Delivery(submit, iter(task_generator), size)
        self._delivery.fill()

    def retrieve(self) -> Any:
        """Give the next result, in the order of the tasks; `None` after the last.

        Raises
        ------
        Exception
            What the task raised; the stream then goes on with the next one.
        PoolClosedError
            If the pool was closed before the task was done (a `RuntimeError`).
        """
        return None if self._delivery.exhausted else self._next()

    def retrieve_iter(self) -> Iterator[Any]:
        """Give the results that are left, in the order of the tasks."""
        while not self._delivery.exhausted:
            yield self._next()

    def _next(self) -> Any:
        try:
            return self._delivery.take()[1]
        finally:
            self._delivery.fill()


def _submit(pool: Submits, task: Task) -> Future[Any]:
    fn, args, kwargs = _parts(*task)
    return pool.submit(fn, *args, **kwargs)


def _parts(
    fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] = NO_NAMES
) -> tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any]]:
    return fn, args, kwargs
