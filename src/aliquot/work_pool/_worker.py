"""What a worker process does: one task after the other."""

import os
import pickle
import traceback
from typing import Any, BinaryIO

import cloudpickle

from aliquot._scope import begin_worker, end_worker
from aliquot.errors import stand_in
from aliquot.work_pool._frames import Reference, Reply, Request, receive, send


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the parent closes its end or is gone."""
    constants: dict[int, _Constant] = {}
    begin_worker()
    while True:
        try:
            request: Request = receive(requests)
        except EOFError:
            end_worker()
            return
        reply = _answer(request, constants)
        try:
            send(replies, reply)
        except BrokenPipeError:
            os._exit(1)  # nobody listens, and an orderly end would try to write once more


class _Constant:
    """A shared constant, loaded at its first use; one that cannot be says so at every use."""

    def __init__(self, pickled: bytes) -> None:
        self._pickled: bytes | None = pickled
        self._value: Any = None

    def value(self) -> Any:
        if self._pickled is not None:
            self._value = pickle.loads(self._pickled)  # noqa: S301 (from our own parent)
            self._pickled = None
        return self._value


def _answer(request: Request, constants: dict[int, _Constant]) -> Reply:
    try:
        return Reply(True, cloudpickle.dumps(_do(request, constants), protocol=5))
    except BaseException as error:  # noqa: BLE001
        return Reply(False, _pickled(error))


def _do(request: Request, constants: dict[int, _Constant]) -> Any:
    for number in request.dropped:
        constants.pop(number, None)
    constants.update({number: _Constant(pickled) for number, pickled in request.new.items()})

    def resolved(value: Any) -> Any:
        return constants[value.number].value() if isinstance(value, Reference) else value

    fn, args, kwargs = pickle.loads(request.task)  # noqa: S301 (from our own parent)
    return fn(*map(resolved, args), **{name: resolved(value) for name, value in kwargs.items()})


def _pickled(error: BaseException) -> bytes:
    """Pickle an exception with its traceback as a note, or one that stands for it."""
    error.add_note(f"in worker process {os.getpid()}:\n{traceback.format_exc().rstrip()}")
    try:
        pickled: bytes = cloudpickle.dumps(error, protocol=5)
        pickle.loads(pickled)  # noqa: S301 (made in the line above)
    except Exception:  # noqa: BLE001
        return pickle.dumps(stand_in(error), protocol=5)
    return pickled
