"""Samples to bytes and back, exactly and without pickle: a JSON header, then raw buffers.

What is read back cannot run code, whoever wrote the file.
"""

import functools
import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib import format as npy

from aliquot._batch import leaves
from aliquot.errors import BatchError

Buffer = bytes | memoryview

_ALIGNED = 8
"""Buffers start at multiples of this, so that arrays over them are aligned."""


@dataclass(slots=True)
class Cell:
    """What a column has for one sample."""

    kind: str
    """How the column came: "A" as an array, "L" as a list, "O" as an array of objects."""
    value: Any


class _RefusedError(Exception):
    """A value that has no form as bytes."""


def padded(size: int) -> int:
    """Round up to where the next buffer may start.

    >>> padded(9)
    16
    """
    return -(-size // _ALIGNED) * _ALIGNED


def encode(sample: Any) -> list[Buffer]:
    """Give the bytes of a sample, in parts; each part's length is a multiple of 8.

    Raises
    ------
    BatchError
        If something in it cannot be encoded; the message names its column and type.

    Examples
    --------
    >>> parts = encode((Cell("L", "cat"), Cell("A", np.arange(3))))
    >>> decode(b"".join(parts))[1]
    Cell(kind='A', value=array([0, 1, 2]))
    """
    buffers: list[Buffer] = []
    try:
        header = json.dumps(_plain(sample, buffers), separators=(",", ":")).encode()
    except _RefusedError as refused:
        raise _refusal(sample, str(refused)) from None
    parts: list[Buffer] = [struct.pack("<Q", len(header))]
    for part in (header, *buffers):
        parts.append(part)
        if len(part) % _ALIGNED:
            parts.append(bytes(padded(len(part)) - len(part)))
    return parts


def decode(buffer: Buffer) -> Any:
    """Give the sample that `encode` made these bytes of; arrays in it are views of them."""
    head = head_of(buffer)
    return _Decoder(memoryview(buffer), padded(len(head))).value(parsed(head))


def head_of(buffer: Buffer) -> bytes:
    """Give what comes before the raw bytes: samples of one layout have the same."""
    (size,) = struct.unpack_from("<Q", buffer)
    return bytes(buffer[: 8 + size])


@functools.lru_cache(maxsize=256)
def parsed(head: bytes) -> Any:
    """Give the JSON in a head; it is shared, and not to be changed."""
    return json.loads(head[8:])


@functools.lru_cache(maxsize=256)
def dtype_to_json(dtype: np.dtype[Any]) -> Any:
    """Describe a dtype in JSON; `None` if that would not give the same dtype back.

    >>> dtype_to_json(np.dtype(np.float32))
    '<f4'
    """
    if dtype.hasobject:
        return None
    try:
        described = json.loads(json.dumps(dtype.descr if dtype.names else dtype.str))
        return described if dtype_from_json(described) == dtype else None
    except (TypeError, ValueError):  # fields that overlap, names that are no str
        return None


def dtype_from_json(described: Any) -> np.dtype[Any]:
    """Give the dtype that `dtype_to_json` described.

    >>> dtype_from_json([["x", "<f4"], ["y", "<i8", [2]]])
    dtype([('x', '<f4'), ('y', '<i8', (2,))])
    """
    if isinstance(described, str):
        return np.dtype(described)
    found: np.dtype[Any] = npy.descr_to_dtype(_descr(described))
    return found


def _descr(fields: Any) -> Any:
    """Give fields as NumPy wants them, where JSON has lists for tuples."""
    if isinstance(fields, str):
        return fields
    return [(name, _descr(kind), *map(tuple, shape)) for name, kind, *shape in fields]


def raw(array: np.ndarray[Any, Any]) -> memoryview:
    """Give the bytes of an array, in C order, without a copy where that can be.

    >>> raw(np.array([1, 2], np.uint8)).tolist()
    [1, 2]
    """
    if not array.nbytes:
        return memoryview(b"")
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _plain(value: Any, buffers: list[Buffer]) -> Any:
    """Give `value` as JSON has it; raw bytes go to `buffers`, in the order they are met."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is Cell:
        return {value.kind: _plain(value.value, buffers)}
    if kind is int:
        return value if value.bit_length() < 64 else {"i": hex(value)}
    if kind is float or kind is complex:
        buffers.append(struct.pack("<2d", value.real, value.imag))
        return {"f" if kind is float else "c": 0}
    if kind is bytes:
        buffers.append(value)
        return {"b": len(value)}
    if kind is list:
        return [_plain(part, buffers) for part in value]
    if kind is tuple:
        return {"t": [_plain(part, buffers) for part in value]}
    if kind is dict:
        return {"d": [[_plain(k, buffers), _plain(v, buffers)] for k, v in value.items()]}
    if kind in (np.ndarray, np.memmap) or isinstance(value, np.generic):
        described = dtype_to_json(value.dtype)
        if described is not None:
            buffers.append(raw(np.asarray(value)))
            one = isinstance(value, np.generic)
            return {"s": described} if one else {"a": [described, list(value.shape)]}
    raise _RefusedError(_named(value))


def _named(value: Any) -> str:
    of = f" of {value.dtype}" if isinstance(value, (np.ndarray, np.generic)) else ""
    return f"{type(value).__module__}.{type(value).__qualname__}{of}"


def _refusal(sample: Any, name: str) -> BatchError:
    """Say which column holds what cannot be encoded."""
    for path, cell in leaves(sample):
        try:
            _plain(cell, [])
        except _RefusedError as refused:
            return not_cacheable(path, str(refused))
    return not_cacheable("", name)  # the name of a column


def not_cacheable(path: str, what: str) -> BatchError:
    """Give the error for a column that cannot be cached."""
    where = f"column {path}" if path else "the batch"
    return BatchError(
        f"{where} cannot be cached: it holds {what}. Arrays of numbers, texts or times can be, and "
        "lists of these, of numbers, str, bytes, None, tuples and dicts: put .cache() before the "
        "function that makes it, or let that give arrays"
    )


class _Decoder:
    """Reads buffers one after the other."""

    def __init__(self, view: memoryview, start: int) -> None:
        self._view = view
        self._next = start

    def value(self, plain: Any) -> Any:
        """Give what the JSON stands for."""
        if isinstance(plain, list):
            return [self.value(part) for part in plain]
        if not isinstance(plain, dict):
            return plain
        ((kind, about),) = plain.items()
        if kind in ("A", "L", "O"):
            return Cell(kind, self.value(about))
        return getattr(self, f"_{kind}")(about)

    def _taken(self, size: int) -> memoryview:
        start, self._next = self._next, self._next + padded(size)
        return self._view[start : start + size]

    def _i(self, about: str) -> int:
        return int(about, 16)

    def _f(self, about: int) -> float:
        return float(struct.unpack("<2d", self._taken(16))[0])

    def _c(self, about: int) -> complex:
        return complex(*struct.unpack("<2d", self._taken(16)))

    def _b(self, about: int) -> bytes:
        return bytes(self._taken(about))

    def _t(self, about: list[Any]) -> tuple[Any, ...]:
        return tuple([self.value(part) for part in about])

    def _d(self, about: list[Any]) -> dict[Any, Any]:
        return {self.value(key): self.value(part) for key, part in about}

    def _s(self, about: Any) -> Any:
        return self._a([about, [1]]).copy()[0]

    def _a(self, about: list[Any]) -> np.ndarray[Any, Any]:
        described, shape = about
        dtype = dtype_from_json(described)
        size = dtype.itemsize
        for length in shape:
            size *= length
        if not size:
            return np.empty(shape, dtype)
        return np.frombuffer(self._taken(size), np.uint8).view(dtype).reshape(shape)
