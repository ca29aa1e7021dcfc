"""One iteration over an epoch, or the rest of one."""

import time
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aliquot._task import Task
from aliquot.errors import LoaderClosedError, TaskTimeoutError
from aliquot.work_pool import Delivery

if TYPE_CHECKING:
    from aliquot.loader._loader import Loader


class BatchIterator(Iterator[Any]):
    """Gives the batches of an epoch; dropped, it drops what it has ordered ahead."""

    def __init__(self, loader: "Loader[Any]", delivery: Delivery[Task], *, ahead: bool) -> None:
        self._loader = loader
        self._delivery = delivery
        self._ahead = ahead
        self._ended = ""
        self._over = False
        weakref.finalize(self, delivery.cancel)
        if ahead:
            delivery.fill()

    def __next__(self) -> Any:
        if self._ended:
            raise LoaderClosedError(self._ended)
        while not self._over:
            start = time.perf_counter_ns()
            made = self._take(start)
            if made is None:
                break
            if made.given:
                return made.batch
        raise StopIteration

    def end(self, reason: str) -> None:
        """Give no more batches: the next asked for raises, saying why."""
        if not self._ended:
            self._ended = reason
            self._delivery.cancel()

    def _take(self, start: int) -> Any:
        try:
            self._delivery.fill()
            if self._delivery.exhausted:
                self._over = True
                self._loader.note_end()
                return None
            task, made = self._delivery.take()
            if self._ahead:
                self._delivery.fill()
            self._loader.note_delivery(task, made, time.perf_counter_ns() - start)
        except TaskTimeoutError as error:
            self._loader.note_stuck(error)
            raise
        except BaseException as error:  # what interrupts may have lost a task, too
            self.end(
                f"the iterator ended with an error, {type(error).__name__}: {error}; "
                "iter(loader) begins anew"
            )
            raise
        return made
