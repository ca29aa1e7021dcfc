"""What belongs to one worker and ends with it."""

import threading
import warnings
from collections.abc import Callable

_mine = threading.local()


def at_end_of_worker(close: Callable[[], None]) -> None:
    """Have `close` called when the worker that runs this ends.

    In a thread that is no worker, nothing is called: what is opened there ends with its owner.
    """
    closers: list[Callable[[], None]] | None = getattr(_mine, "closers", None)
    if closers is not None:
        closers.append(close)


def begin_worker() -> None:
    """Note that this thread is a worker."""
    _mine.closers = []


def end_worker() -> None:
    """Close what was opened by this worker, the latest first.

    One that cannot be closed keeps none of the others open, and is warned of.
    """
    closers: list[Callable[[], None]] = getattr(_mine, "closers", [])
    errors = []
    while closers:
        try:
            closers.pop()()
        except Exception as error:  # noqa: BLE001
            errors.append(error)
    for reason in errors:
        warnings.warn(f"a worker could not close what it opened: {reason!r}", stacklevel=1)
