"""Order, retries and back-pressure of tasks done ahead, as plain data: no threads, no futures.

::

    add() ──> running ──done──> done ────take()──> forgotten: the result
               │  ↺ lost, and run again
               └───failed──> failed ──take()──> forgotten: the error

What an event does to a task is in `TRANSITIONS` and nowhere else. What the table does not list is
refused, as it is a mistake of the pool that reports it.
"""

from typing import Any, Final, Literal

from aliquot.errors import ArgumentError

State = Literal["running", "done", "failed"]
Event = Literal["done", "failed", "lost"]

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"

TRANSITIONS: Final[dict[State, dict[Event, State]]] = {
    # The last attempt's loss is two events: it is lost, then it has failed.
    RUNNING: {"done": DONE, "failed": FAILED, "lost": RUNNING},
    DONE: {},
    FAILED: {},
}


class IllegalMoveError(RuntimeError):
    """A task was told what cannot happen to it: a mistake of ours, not in the public error tree."""


class _Task:
    __slots__ = ("attempt", "outcome", "state")

    def __init__(self) -> None:
        self.state: State = RUNNING
        self.attempt = 0
        self.outcome: Any = None


class Window:
    """The tasks that are open: begun, and not delivered yet.

    Tasks are numbered 0, 1, 2, ... as they are begun, and delivered in that order, whatever the
    order in which they finish. A delivered or cancelled task is forgotten; what is reported of it
    later is ignored. It has no lock: who reports from several threads holds one.

    Parameters
    ----------
    size : int
        How many tasks may be open at once: running, or finished and waiting to be delivered.
    attempts : int, default 3
        How many times a task is run in all when its workers are lost.

    Raises
    ------
    ArgumentError
        If `size` or `attempts` is less than 1 (a `ValueError`).

    Examples
    --------
    >>> window = Window(2)
    >>> window.add(), window.add(), window.room
    (0, 1, 0)
    >>> window.done(1, "second")
    >>> window.ready
    False
    >>> window.done(0, "first")
    >>> window.take(), window.take()
    ('first', 'second')
    """

    def __init__(self, size: int, *, attempts: int = 3) -> None:
        if size < 1:
            raise ArgumentError(f"the window must hold 1 task or more, not {size}")
        if attempts < 1:
            raise ArgumentError(f"a task must have 1 attempt or more, not {attempts}")
        self._size = size
        self._attempts = attempts
        self._open: dict[int, _Task] = {}
        """Always the last ones begun, without gaps: the head is found by subtraction."""
        self._begun = 0
        self._running = 0
        self._ended = False

    def __repr__(self) -> str:
        head = "" if self.head is None else f", head={self.head}"
        ended = ", ended" if self._ended else ""
        counts = f"running={self.running}, waiting={self.waiting}"
        return f"Window(size={self._size}, {counts}{head}{ended})"

    # How full it is

    @property
    def running(self) -> int:
        """How many tasks are being done."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many tasks are finished, well or badly, and not delivered."""
        return len(self._open) - self._running

    @property
    def room(self) -> int:
        """How many more tasks may be begun now."""
        return 0 if self._ended else self._size - len(self._open)

    @property
    def exhausted(self) -> bool:
        """Whether everything was delivered and nothing more will come."""
        return self._ended and not self._open

    # What begins

    def add(self) -> int:
        """Note that a task was begun, and give its number.

        Raises
        ------
        IllegalMoveError
            If there is no room (a `RuntimeError`).
        """
        number = self._begun
        if self._ended or len(self._open) >= self._size:
            raise self._illegal(number, "add")
        self._open[number] = _Task()
        self._begun = number + 1
        self._running += 1
        return number

    def end(self) -> None:
        """Note that no more tasks will be begun; may be called twice."""
        self._ended = True

    def cancel_all(self) -> list[int]:
        """Forget the open tasks, as nobody waits for them, and give their numbers."""
        numbers = list(self._open)
        self._running = 0
        self._open.clear()
        return numbers

    # What is reported

    def done(self, number: int, result: Any) -> None:
        """Note the result of a task.

        Raises
        ------
        IllegalMoveError
            If the task is finished already, or was never begun (a `RuntimeError`).
        """
        self._move(number, "done", result)

    def failed(self, number: int, error: BaseException) -> None:
        """Note what a task raised: it is delivered in the task's turn.

        Raises
        ------
        IllegalMoveError
            If the task is finished already, or was never begun (a `RuntimeError`).
        """
        self._move(number, "failed", error)

    def lost(self, number: int, error: BaseException) -> bool:
        """Note that the worker that ran a task is gone.

        Parameters
        ----------
        number : int
            The task.
        error : BaseException
            What to deliver if it was the last attempt.

        Returns
        -------
        bool
            `True` if the task is to be run again, which is counted as begun. `False` if it has
            failed with `error`, or is forgotten.

        Raises
        ------
        IllegalMoveError
            If the task is finished already, or was never begun (a `RuntimeError`).
        """
        task = self._move(number, "lost")
        if task is None:
            return False
        if task.attempt + 1 < self._attempts:
            task.attempt += 1
            return True
        self._move(number, "failed", error)
        return False

    def attempt(self, number: int) -> int:
        """Tell which run of an open task it is, from 0.

        Raises
        ------
        IllegalMoveError
            If the task is not open (a `RuntimeError`).
        """
        task = self._open.get(number)
        if task is None:
            raise self._illegal(number, "attempt")
        return task.attempt

    # What is delivered

    @property
    def head(self) -> int | None:
        """The task to be delivered next; `None` if none is open."""
        return self._begun - len(self._open) if self._open else None

    @property
    def ready(self) -> bool:
        """Whether the head is finished, so that it can be taken."""
        task = self._open.get(self._begun - len(self._open))
        return task is not None and task.state is not RUNNING

    def take(self) -> Any:
        """Give the result of the head, or raise its error, and forget it.

        Raises
        ------
        BaseException
            The very object with which the task failed.
        IllegalMoveError
            If the head is not finished, or there is none (a `RuntimeError`).
        """
        number = self._begun - len(self._open)
        task = self._open.get(number)
        if task is None or task.state is RUNNING:
            raise self._illegal(number, "take")
        del self._open[number]
        if task.state is DONE:
            return task.outcome
        try:
            raise task.outcome
        finally:
            # Without it the error and this frame would hold each other, and so the caller's data.
            del task

    # The moves

    def _move(self, number: int, event: Event, outcome: Any = None) -> _Task | None:
        """Change a task's state; `None` if the task is forgotten: the report is late."""
        task = self._open.get(number)
        if task is None:
            if 0 <= number < self._begun:
                return None
            raise self._illegal(number, event)
        state = TRANSITIONS[task.state].get(event)
        if state is None:
            raise self._illegal(number, event)
        task.state = state
        if state is not RUNNING:
            task.outcome = outcome
            self._running -= 1
        return task

    def _illegal(self, number: int, event: str) -> IllegalMoveError:
        return IllegalMoveError(
            f"task {number} is {self._state(number)}: '{event}' cannot happen to it in {self!r}"
        )

    def _state(self, number: int) -> str:
        if (task := self._open.get(number)) is not None:
            return task.state
        return "forgotten" if 0 <= number < self._begun else "not begun"
