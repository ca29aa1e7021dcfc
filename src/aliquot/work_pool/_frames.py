"""What a pool and its worker processes say to each other: pickles with their length before them."""

import pickle
import struct
from typing import Any, BinaryIO, NamedTuple

_LENGTH = struct.Struct("<Q")


class Reference(NamedTuple):
    """Stands for a shared constant in the arguments of a task."""

    number: int


class Request(NamedTuple):
    """A task for a worker process."""

    new: dict[int, bytes]
    """Shared constants that the worker does not have yet, pickled."""
    dropped: list[int]
    """Shared constants that it can forget."""
    task: bytes
    """``(fn, args, kwargs)``, pickled."""


class Reply(NamedTuple):
    """What became of a task."""

    succeeded: bool
    outcome: bytes
    """The result or the exception, pickled."""


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message."""
    frame = pickle.dumps(message, protocol=5)
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; `EOFError` when the other side is gone."""
    (size,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    return pickle.loads(_read(stream, size))  # noqa: S301 (from our own child or parent)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
