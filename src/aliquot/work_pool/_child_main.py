"""The main file of a worker process.

It is run by its path, before this package can be imported: the parent's ``sys.path`` comes first.
"""

import os
import pickle
import signal
import struct
import sys
from typing import BinaryIO


def main() -> None:
    """Take over the pipes, become able to import what the parent can, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _die_with_parent()
    requests, replies = _take_pipes()
    (size,) = struct.unpack("<Q", requests.read(8))
    sys.path[:] = pickle.loads(requests.read(size))  # noqa: S301 (from our own parent)

    from aliquot.work_pool._worker import serve

    serve(requests, replies)


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent, even while a task runs or holds the GIL.

    Elsewhere it ends when the task is done and its input has ended. To Linux the parent is the
    thread that started the process: it lives as long as the pool.
    """
    if sys.platform == "linux":
        import ctypes

        death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(death_signal, signal.SIGKILL)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes away from stdin and stdout, where users' functions may read and print."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


if __name__ == "__main__":
    main()
