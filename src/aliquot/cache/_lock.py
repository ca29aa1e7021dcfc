"""A lock between processes, on an open file, that the threads of one process share well."""

import contextlib
import importlib
import threading
from collections.abc import Iterator
from typing import Any


class FileLock:
    """Locks a file, as long as a block runs; it ends with the process that holds it.

    The operating system's lock belongs to the opening of the file and not to a thread, so threads
    are counted here.

    Parameters
    ----------
    fd : int
        A descriptor of a file that this process opened itself.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._threads = threading.Condition()
        self._sharing = 0
        self._alone = False

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Keep out those who need to be alone."""
        with self._threads:
            self._threads.wait_for(lambda: not self._alone)
            if not self._sharing:
                self._flock("LOCK_SH")
            self._sharing += 1
        try:
            yield
        finally:
            with self._threads:
                self._sharing -= 1
                if not self._sharing:
                    self._flock("LOCK_UN")
                self._threads.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep out everybody else."""
        with self._threads:
            self._threads.wait_for(lambda: not self._alone and not self._sharing)
            self._flock("LOCK_EX")
            self._alone = True
        try:
            yield
        finally:
            with self._threads:
                self._flock("LOCK_UN")
                self._alone = False
                self._threads.notify_all()

    def _flock(self, operation: str) -> None:
        fcntl: Any = importlib.import_module("fcntl")  # which only POSIX has
        fcntl.flock(self._fd, getattr(fcntl, operation))
