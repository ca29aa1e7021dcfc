"""A Python process that does one task at a time, seen from its parent."""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, cast

from aliquot.errors import WorkerLostError
from aliquot.work_pool._frames import Reference, Reply, Request, receive, send

Dumps = Callable[[Any], bytes]

_MAIN = str(Path(__file__).with_name("_child_main.py"))

# One task a process is parallel enough: native libraries with a thread a core would compete.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

_numbers = count()


class SharedConstant:
    """A value that is pickled once, and sent to each process once."""

    def __init__(self, value: Any, dumps: Dumps) -> None:
        self.reference = Reference(next(_numbers))
        self._value = value
        self._dumps = dumps
        self._pickled: bytes | None = None
        self._lock = threading.Lock()

    def pickled(self) -> bytes:
        """Give the value pickled, which is done by the thread that asks first."""
        with self._lock:
            if self._pickled is None:
                try:
                    self._pickled = self._dumps(self._value)
                except Exception as error:
                    error.add_note(
                        f"{type(self._value).__name__} cannot be sent to worker processes, which "
                        "are sent a pickled copy: what holds an open file or a lock should open "
                        "it in the worker, at first use (or use worker threads)"
                    )
                    raise
            return self._pickled


def _plain(value: Any) -> Any:
    return value.reference if isinstance(value, SharedConstant) else value


class Child:
    """A fresh interpreter, started without forking, which imports no main file.

    It ends when its input does: when it is closed here, or when this process is gone.
    """

    def __init__(self, dumps: Dumps) -> None:
        self._dumps = dumps
        self._known: dict[Reference, weakref.ref[SharedConstant]] = {}
        self._process = subprocess.Popen(  # noqa: S603 (our own file, no shell)
            [sys.executable, _MAIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_ONE_THREAD, **os.environ},
        )
        self._to = cast("BinaryIO", self._process.stdin)
        self._from = cast("BinaryIO", self._process.stdout)
        self._send(sys.path)

    def do(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have one task done, and give its result or raise its exception.

        Raises
        ------
        WorkerLostError
            If the process ended instead of answering.
        """
        self._send(self._request(fn, args, kwargs))
        try:
            reply: Reply = receive(self._from)
        except EOFError:
            raise self._lost() from None
        outcome = pickle.loads(reply.outcome)  # noqa: S301 (from our own child)
        if reply.succeeded:
            return outcome
        raise outcome

    def kill(self) -> None:
        """End the process at once; it may be called from any thread, and more than once."""
        self._process.kill()

    def end(self) -> None:
        """Let the process end, and wait until it has."""
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):  # what is left to write has no reader any more
                stream.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _request(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Request:
        constants = [
            value for value in (*args, *kwargs.values()) if isinstance(value, SharedConstant)
        ]
        new = [constant for constant in constants if constant.reference not in self._known]
        dropped = [reference for reference, held in self._known.items() if held() is None]
        request = Request(
            new={constant.reference.number: constant.pickled() for constant in new},
            dropped=[reference.number for reference in dropped],
            task=self._dumps(
                (fn, [_plain(arg) for arg in args], {k: _plain(v) for k, v in kwargs.items()})
            ),
        )
        for reference in dropped:
            del self._known[reference]
        self._known.update({constant.reference: weakref.ref(constant) for constant in new})
        return request

    def _send(self, message: Any) -> None:
        try:
            send(self._to, message)
        except OSError:
            raise self._lost() from None

    def _lost(self) -> WorkerLostError:
        status = self._process.wait()
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return WorkerLostError(f"a worker process (pid {self._process.pid}) {how} during a task")
