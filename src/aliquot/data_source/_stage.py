"""Calling a user's function on a batch, and checking what it gives back."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from aliquot._batch import describe, is_column, leaves, length
from aliquot.errors import BatchError, note_site

_LONGEST_REPR = 200
"""Beyond it, class and line say more."""


def name_of(fn: Callable[..., Any]) -> str:
    """Name a function as ``name (file:line)``, so that messages lead to it.

    An object that has a short `repr` of its own, as those of dataclasses do, is named by it.
    """
    inner: Any = fn
    while isinstance(inner, functools.partial):
        inner = inner.func
    inner = inspect.unwrap(inner)
    if not isinstance(inner, type) and inspect.isfunction(type(inner).__repr__):
        shown = repr(inner)
        if len(shown) <= _LONGEST_REPR and "\n" not in shown:
            return shown
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name


def as_batch(value: Any) -> Any:
    """Take a list as a tuple of columns, as user functions may return one."""
    return tuple(value) if isinstance(value, list) else value


def takes_rng(fn: Callable[..., Any]) -> bool:
    """Whether a function has a parameter ``rng`` without a default."""
    try:
        parameter = inspect.signature(fn).parameters.get("rng")
    except (TypeError, ValueError):  # a builtin that does not tell
        return False
    return parameter is not None and parameter.default is parameter.empty


def call(fn: Callable[..., Any], batch: Any, prepend: tuple[Any, ...] = (), rng: Any = None) -> Any:
    """Call ``fn(*batch)`` for a tuple and ``fn(batch)`` for anything else, with ``rng`` if any."""
    keywords = {} if rng is None else {"rng": rng}
    columns = batch if isinstance(batch, tuple) else (batch,)
    try:
        return fn(*prepend, *columns, **keywords)
    except Exception as error:
        error.add_note(f"in {name_of(fn)}, given {describe(batch)}")
        note_site(error, stage=name_of(fn))
        raise


def apply(fn: Callable[..., Any], batch: Any, rng: Any = None) -> Any:
    """Call `fn` and require a batch of as many samples as it was given.

    Raises
    ------
    BatchError
        If the result is no batch, has another number of samples, or has ``None`` for a sample.
    """
    result = as_batch(call(fn, batch, rng=rng))
    fault = _fault(batch, result)
    if fault:
        raise BatchError(
            f"{name_of(fn)} must return a tuple, a dict or an array with {length(batch)} samples "
            f"in each column, but {fault}. It was given {describe(batch)} "
            f"and returned {describe(result)}"
        )
    return result


def _fault(given: Any, result: Any) -> str:
    """Say what is wrong with `result`; the empty string if nothing is."""
    n = length(given)
    columns = list(leaves(result))
    if not columns:
        return "there is no column in it"
    had_objects = any(_has_objects(leaf) for _, leaf in leaves(given))
    for path, leaf in columns:
        where = f"column {path}" if path else "the result"
        if not is_column(leaf):
            return f"{where} is {describe(leaf)}"
        if len(leaf) != n:
            return f"{where} has {len(leaf)}"
        if _has_objects(leaf) and not had_objects:
            return (
                f"{where} has objects for samples, such as {leaf[0]!r:.40} "
                "(does a call in it work in place and return None?)"
            )
    return ""


def _has_objects(leaf: Any) -> bool:
    if isinstance(leaf, list):
        return any(sample is None for sample in leaf)
    return isinstance(leaf, np.ndarray) and leaf.dtype == object
