"""Memory that several processes share, without a name, so that none can be left behind."""

import contextlib
import mmap
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

from aliquot.cache._lock import FileLock


class Handle(NamedTuple):
    """How another process of this machine finds an arena."""

    pid: int
    fd: int
    device: int
    inode: int
    """With the device, tells that the descriptor is still that of the arena."""


class Arena:
    """Zeroed memory, which takes up room as it is written to.

    Parameters
    ----------
    size : int
        Bytes.
    handle : Handle, optional
        That of another process's arena, to share it. Where it cannot be reached (it has ended, or
        the system has no ``memfd_create`` and ``/proc``), this one is of this process alone.

    Examples
    --------
    >>> arena = Arena(4096)
    >>> arena.memory[:3] = b"abc"
    >>> Arena(4096, arena.handle).memory[:3] if arena.handle else b"abc"
    b'abc'
    """

    def __init__(self, size: int, handle: Handle | None = None) -> None:
        fd = None if handle is None else _found(handle)
        fd = _made(size) if fd is None else fd
        self.handle: Handle | None = None
        self._lock: Any = None if fd is None else FileLock(fd)
        self._threads = threading.Lock()
        if fd is None:
            self.memory = mmap.mmap(-1, size)
            return
        weakref.finalize(self, os.close, fd).atexit = False
        self.memory = mmap.mmap(fd, size)
        status = os.fstat(fd)
        self.handle = Handle(os.getpid(), fd, status.st_dev, status.st_ino)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep out all other threads and processes that come here."""
        with self._threads if self._lock is None else self._lock.alone():
            yield


def _found(handle: Handle) -> int | None:
    """Open what another process has open."""
    try:
        fd = os.open(f"/proc/{handle.pid}/fd/{handle.fd}", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    status = os.fstat(fd)
    if (status.st_dev, status.st_ino) != (handle.device, handle.inode):
        os.close(fd)
        return None
    return fd


def _made(size: int) -> int | None:
    if not (hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")):  # noqa: PTH112
        return None
    fd = os.memfd_create("aliquot cache", os.MFD_CLOEXEC)
    try:
        os.ftruncate(fd, size)
    except OSError:
        os.close(fd)
        raise
    return fd
