"""Tasks done ahead by whoever does them, delivered in their order.

The order, the back-pressure and the retries are the window's; here is only the waiting.
"""

import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any, Generic, Protocol, TypeVar

from aliquot.errors import PoolClosedError, TaskTimeoutError, WorkerLostError
from aliquot.work_pool._window import Window

TaskT = TypeVar("TaskT")


class Pending(Protocol):
    """What a submitted task gives: `concurrent.futures.Future` has it."""

    def result(self, timeout: float | None = None) -> Any: ...

    def exception(self, timeout: float | None = None) -> BaseException | None: ...

    def cancel(self) -> bool: ...


class Delivery(Generic[TaskT]):
    """Submits tasks up to a window's size and gives their outcomes in order.

    It is meant to be used by one thread.

    Parameters
    ----------
    submit : callable
        Takes a task and gives what is `Pending`.
    tasks : iterator
        The tasks, made when there is room for them.
    size : int
        How many may be open: submitted and not delivered.
    attempts : int, default 1
        How often a task is tried whose worker process is lost.
    again : callable, optional
        Given a task and its result, returns the task to do in its place, or `None` to deliver.
    timeout : float, optional
        Seconds to wait for a task.
    """

    def __init__(
        self,
        submit: Callable[[TaskT], Pending],
        tasks: Iterator[TaskT],
        size: int,
        *,
        attempts: int = 1,
        again: Callable[[TaskT, Any], TaskT | None] | None = None,
        timeout: float | None = None,
    ) -> None:
        self._submit = submit
        self._tasks = tasks
        self._window = Window(size, attempts=attempts)
        self._again = again
        self._timeout = timeout
        self._open: dict[int, tuple[TaskT, Pending]] = {}
        # Nobody waits for the tasks of a delivery that is dropped.
        weakref.finalize(self, _cancel, self._open)

    @property
    def exhausted(self) -> bool:
        """Whether everything has been delivered."""
        return self._window.exhausted

    def fill(self) -> None:
        """Submit tasks while there is room."""
        window = self._window
        while window.room:
            try:
                task = next(self._tasks)
            except StopIteration:
                window.end()
                continue
            except Exception as error:  # noqa: BLE001
                window.failed(window.add(), error)
                window.end()
                continue
            try:
                pending = self._submit(task)
            except Exception as error:  # noqa: BLE001
                # It belongs after the results of the tasks that came before it.
                window.failed(window.add(), error)
                window.end()
            else:
                self._open[window.add()] = (task, pending)

    def take(self) -> tuple[TaskT, Any]:
        """Wait for the next task, and give it with its result, or raise what it raised.

        Raises
        ------
        TaskTimeoutError
            If it takes longer than `timeout`; waiting can be tried again.
        """
        window = self._window
        while not window.ready:
            self._collect(window.head)
        result: tuple[TaskT, Any] = window.take()
        return result

    def cancel(self) -> None:
        """Drop all tasks that are not delivered."""
        self._window.cancel_all()
        self._window.end()
        _cancel(self._open)
        self._open.clear()

    def _collect(self, number: int | None) -> None:
        if number is None:
            raise StopIteration
        task, pending = self._open[number]
        try:
            error = pending.exception(self._timeout)
        except TimeoutError:
            raise TaskTimeoutError(
                f"a task took longer than {self._timeout} s", task=task
            ) from None
        except CancelledError:
            error = PoolClosedError("the pool was closed before this task was done")
        if isinstance(error, WorkerLostError):
            if self._window.lost(number, error):
                self._resubmit(number, task)
            else:
                del self._open[number]
        elif error is not None:
            self._fail(number, error)
        else:
            self._finish(number, task, pending.result())

    def _finish(self, number: int, task: TaskT, result: Any) -> None:
        other = None if self._again is None else self._again(task, result)
        if other is None:
            self._window.done(number, (task, result))
            del self._open[number]
        else:
            self._resubmit(number, other)

    def _resubmit(self, number: int, task: TaskT) -> None:
        try:
            self._open[number] = (task, self._submit(task))
        except Exception as error:  # noqa: BLE001
            self._fail(number, error)

    def _fail(self, number: int, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            # Raised in a `for` loop it would end the loop without a word.
            stopped = RuntimeError("a task raised StopIteration")
            stopped.__cause__ = error
            error = stopped
        self._window.failed(number, error)
        del self._open[number]


def _cancel(pending: dict[int, tuple[Any, Pending]]) -> None:
    for _, one in list(pending.values()):
        one.cancel()
