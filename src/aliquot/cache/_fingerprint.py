"""A digest of what a function or an array-like is: the same in every process that has the same."""

import functools
import os
import types
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, slice, type(...))
_SAMPLED_BYTES, _BLOCK = 1 << 16, 1 << 12
_SAMPLED_ITEMS = 10_000
_NOT_CODE = {"__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__"}


def fingerprint(*values: Any) -> str:
    """Give a digest of values.

    Of functions and classes it takes in the code, the constants, the defaults and what they close
    over, and the functions and constants of their module that they name. Of an array it takes in
    dtype, shape and at most 64 KiB of the data; of a long list 10,000 of its items.

    Parameters
    ----------
    *values : object
        What the digest is of.

    Returns
    -------
    str
        32 characters.

    Examples
    --------
    >>> fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 1)
    True
    >>> fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 2)
    False
    """
    walk = _Walk()
    for value in values:
        walk.add(value)
    return walk.digest()


def stable_repr(value: Any) -> str | None:
    """Give the `repr` of a value if its class makes one that tells no address."""
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return None
    shown = repr(value)
    return None if " at 0x" in shown else shown


def evenly(n: int, most: int) -> Iterable[int]:
    """Give at most `most` numbers below `n`, with the first and the last.

    >>> evenly(10, 4)
    [0, 3, 6, 9]
    """
    return range(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64).tolist()


class _Walk:
    """Goes through values and all that they are made of, and hashes it."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._named: set[int] = set()  # functions and classes that were gone through
        self._within: set[int] = set()  # what is being gone through: a value may contain itself

    def digest(self) -> str:
        return self._hash.hexdigest()

    def add(self, value: Any) -> None:
        """Take in a value."""
        if type(value) in _PLAIN:
            self._note(type(value).__name__, repr(value))
        elif id(value) in self._within:
            self._note("itself")
        else:
            self._within.add(id(value))
            self._add(value)
            self._within.discard(id(value))

    def _note(self, *texts: str) -> None:
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            self._hash.update(b"%d:" % len(data) + data)

    def _add(self, value: Any) -> None:
        if isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.CodeType):
            self._code(value)
        elif isinstance(value, (types.MethodType, functools.partial)):
            self._parts(value)
        elif isinstance(value, (types.BuiltinFunctionType, types.ModuleType, np.ufunc)):
            self._native(value)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, np.ndarray):
            self._array(value)
        elif isinstance(value, (list, tuple, set, frozenset, dict)):
            self._container(value)
        else:
            self._object(value)

    def _container(self, value: Any) -> None:
        self._note(type(value).__qualname__, str(len(value)))
        if isinstance(value, (set, frozenset)):  # whose order differs from process to process
            self._note(*sorted(map(fingerprint, value)))
            return
        items = list(value.items()) if isinstance(value, dict) else value
        for i in evenly(len(items), _SAMPLED_ITEMS):
            self.add(items[i])

    def _function(self, fn: types.FunctionType) -> None:
        self._note("function", fn.__qualname__)
        if id(fn) in self._named:
            return
        self._named.add(id(fn))
        self._code(fn.__code__)
        self.add(fn.__defaults__)
        self.add(fn.__kwdefaults__)
        for cell in fn.__closure__ or ():
            try:
                self.add(cell.cell_contents)
            except ValueError:
                self._note("an empty cell")
        for name in sorted(_names(fn.__code__)):
            if _counts(fn, fn.__globals__.get(name)):
                self._note(name)
                self.add(fn.__globals__[name])

    def _code(self, code: types.CodeType) -> None:
        self._hash.update(code.co_code)
        self._note(str(code.co_argcount), str(code.co_kwonlyargcount), *code.co_names)
        for constant in code.co_consts:
            self.add(constant)

    def _parts(self, value: Any) -> None:
        self._note(type(value).__qualname__)
        if isinstance(value, types.MethodType):
            self.add(value.__func__)
            self.add(value.__self__)
        else:
            for part in (value.func, value.args, value.keywords):
                self.add(part)

    def _native(self, value: Any) -> None:
        self._note(str(getattr(value, "__module__", "")), value.__name__)
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            self.add(owner)

    def _class(self, cls: type) -> None:
        """Take in the code of a class, and of those it extends in the same package."""
        self._note("class", cls.__module__, cls.__qualname__)
        if id(cls) in self._named:
            return
        self._named.add(id(cls))
        package = cls.__module__.partition(".")[0]
        if package in ("builtins", "numpy", "aliquot"):
            return
        for base in cls.__mro__:
            if base.__module__.partition(".")[0] == package:
                self._body(base)

    def _body(self, cls: type) -> None:
        for name, value in sorted(vars(cls).items()):
            inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
            known = (*_PLAIN, types.FunctionType, tuple, list, dict, np.ndarray)
            if name not in _NOT_CODE and isinstance(inner, known):
                self._note(name)
                self.add(inner)

    def _object(self, value: Any) -> None:
        inner = getattr(value, "__wrapped__", None)  # a function with a cache around it
        self._class(type(value))
        state = getattr(value, "__dict__", None)
        if inner is not None:
            self.add(inner)
        elif state:
            self.add(dict(sorted(state.items())))
        else:
            self._note(stable_repr(value) or "")

    def _array(self, array: np.ndarray[Any, Any]) -> None:
        self._note("array", str(array.dtype), str(array.shape))
        for part in _memmaps(array):
            self._note(*file_state(part))
        if array.dtype.hasobject:
            for i in evenly(array.size, _SAMPLED_ITEMS):
                self.add(array.flat[i])
        elif array.flags.c_contiguous and array.nbytes:
            data = array.reshape(-1).view(np.uint8).data
            block = len(data) if len(data) <= _SAMPLED_BYTES else _BLOCK
            for start in evenly(len(data) - block + 1, _SAMPLED_BYTES // _BLOCK):
                self._hash.update(data[start : start + block])
        else:
            for i in evenly(array.size, _SAMPLED_BYTES // max(array.itemsize, 1)):
                self._hash.update(np.asarray(array.flat[i], array.dtype).tobytes())


def file_state(path: Any) -> list[str]:
    """Give size and time of change of a file, for a digest; nothing if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 (it may be any kind of path)
    except (OSError, TypeError, ValueError):
        return [str(path)]
    return [str(path), str(status.st_size), str(status.st_mtime_ns)]


def _memmaps(array: Any) -> list[Any]:
    """Give the file of the memory map that an array is, or is a view of."""
    while array is not None:
        if isinstance(array, np.memmap) and array.filename is not None:
            return [array.filename]
        array = getattr(array, "base", None)
    return []


def _names(code: types.CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _counts(fn: types.FunctionType, value: Any) -> bool:
    """Whether a global belongs to what a function does: constants, and what its module defines."""
    if isinstance(value, (types.FunctionType, type)):
        return value.__module__ == fn.__module__
    return value is not None and isinstance(value, (*_PLAIN, tuple, list, dict, np.ndarray))
