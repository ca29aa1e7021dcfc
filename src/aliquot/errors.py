"""The errors, each of which is also the builtin that a caller would expect.

::

    AliquotError
    ├── ArgumentError        (ValueError)    the value is wrong: a zero batch size, unequal lengths
    ├── ArgumentTypeError    (TypeError)     the type is wrong: a bare array, an index of floats
    ├── IndexRangeError      (IndexError)    an index beyond the data
    ├── BatchError           (TypeError)     a user's function gave what is no batch
    ├── ExhaustedError       (ValueError)    an iterator that can be read once has been read
    ├── ImageError           (OSError)       a picture cannot be decoded; has .path and .reason
    ├── MissingExtraError    (ImportError)   an optional package is not installed
    ├── LoaderClosedError    (RuntimeError)  a loader was closed, or its iterator was ended
    ├── StateError           (ValueError)    a saved state belongs to another recipe
    ├── TooManyFailuresError (RuntimeError)  more samples failed than max_failures allows
    ├── TaskTimeoutError     (TimeoutError)  a batch took longer than the loader's timeout
    ├── PoolClosedError      (RuntimeError)  a pool was closed, or belongs to another process
    ├── WorkerLostError      (RuntimeError)  a worker process ended in the middle of a task
    └── SampleError          (RuntimeError)  a worker's exception that could not be sent back

What a user's own code raises is never wrapped: it reaches the caller as itself, with notes
(:pep:`678`) that say which sample, which column and which function it was. `site` gives the same
as data.
"""

import contextlib
import pickle
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Site:
    """Where an exception came from; `None` for what is not known."""

    index: int | None = None
    """The sample, by its index in the data."""
    path: str | None = None
    """The sample's file or key, if its array-like tells."""
    stage: str | None = None
    """The column or the function."""
    place: int | None = None
    """The sample's rank in the epoch's order."""


def site(error: BaseException) -> Site:
    """Tell where an exception came from.

    Parameters
    ----------
    error : BaseException
        What a data source, a pool or a loader raised.

    Returns
    -------
    Site
        Index, path, stage and place, each `None` if it is not known.

    Examples
    --------
    >>> site(ValueError("mine"))
    Site(index=None, path=None, stage=None, place=None)
    """
    found: Site = getattr(error, "_aliquot_site", Site())
    return found


def note_site(error: BaseException, **known: Any) -> None:
    """Add to what `site` tells of an exception."""
    with contextlib.suppress(AttributeError):  # an exception class without room for it
        error._aliquot_site = replace(site(error), **known)  # type: ignore[attr-defined]


class AliquotError(Exception):
    """The root: catches whatever Aliquot itself raises."""


class ArgumentError(AliquotError, ValueError):
    """An argument has a value that cannot be used."""


class ArgumentTypeError(AliquotError, TypeError):
    """An argument has a type that cannot be used."""


class IndexRangeError(AliquotError, IndexError):
    """An index lies outside the data."""


class BatchError(AliquotError, TypeError):
    """A user's function returned something that is no batch of the expected length."""


class ExhaustedError(AliquotError, ValueError):
    """An iterator has nothing left: it can be read once only."""


class ImageError(AliquotError, OSError):
    """A picture cannot be decoded.

    Attributes
    ----------
    path : str
        The file.
    reason : str
        What the decoder said.
    """

    def __init__(self, message: str, *, path: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.reason = reason


class MissingExtraError(AliquotError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


class LoaderClosedError(AliquotError, RuntimeError):
    """The loader was closed, or another iterator of it was begun."""


class StateError(AliquotError, ValueError):
    """A saved state cannot be loaded: it belongs to another recipe."""


class TooManyFailuresError(AliquotError, RuntimeError):
    """More samples failed than the loader was told to bear."""


class TaskTimeoutError(AliquotError, TimeoutError):
    """A task took longer than it may; a thread that does it cannot be stopped.

    Attributes
    ----------
    task : object
        What it was to do.
    """

    def __init__(self, message: str, *, task: Any = None) -> None:
        super().__init__(message)
        self.task = task


class PoolClosedError(AliquotError, RuntimeError):
    """The pool was closed, or was made in another process."""


class WorkerLostError(AliquotError, RuntimeError):
    """A worker process ended (killed, crashed) while it did a task."""


class SampleError(AliquotError, RuntimeError):
    """Stands for a worker's exception that could not be pickled."""


def portable(error: Exception) -> Exception:
    """Give an exception that another process can rebuild: itself, or one that stands for it."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (made in this very line)
    except Exception:  # noqa: BLE001
        return stand_in(error)
    return error


def stand_in(error: BaseException) -> SampleError:
    """Give an exception that tells what another did, with its notes and its site."""
    told = SampleError(f"{type(error).__qualname__}: {error}")
    for note in getattr(error, "__notes__", ()):
        told.add_note(note)
    note_site(told, **vars(site(error)))
    return told
