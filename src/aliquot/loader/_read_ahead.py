"""Telling the system which files will be read soon, from a thread of its own."""

import contextlib
import threading
import weakref
from queue import SimpleQueue
from typing import Any

from aliquot.data_source import AbstractDataSource


class ReadAhead:
    """Hands indices to ``source.will_need`` in a thread, which ends with `close` or its owner."""

    def __init__(self, source: AbstractDataSource[Any], owner: object) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._thread = threading.Thread(
            target=_tell, args=(source, self._queue), name="aliquot read-ahead", daemon=True
        )
        self._end = weakref.finalize(owner, self._queue.put, None)
        self._thread.start()

    def note(self, indices: Any) -> None:
        """Tell of samples that will be read."""
        self._queue.put(indices)

    def close(self) -> None:
        """End the thread."""
        self._end()
        self._thread.join(1)  # unless a file system keeps it waiting


def _tell(source: AbstractDataSource[Any], queue: "SimpleQueue[Any]") -> None:
    while (indices := queue.get()) is not None:
        # A file that is not there is an error when it is read, not now.
        with contextlib.suppress(Exception):
            source.will_need(indices)
