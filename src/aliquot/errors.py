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
    ├── PoolClosedError      (RuntimeError)  a pool was closed, or belongs to another process
    ├── WorkerLostError      (RuntimeError)  a worker process ended in the middle of a task
    └── SampleError          (RuntimeError)  a worker's exception that could not be sent back

What a user's own code raises is never wrapped: it reaches the caller as itself, with notes
(:pep:`678`) that say which sample, which column and which function it was.
"""


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


class PoolClosedError(AliquotError, RuntimeError):
    """The pool was closed, or was made in another process."""


class WorkerLostError(AliquotError, RuntimeError):
    """A worker process ended (killed, crashed) while it did a task."""


class SampleError(AliquotError, RuntimeError):
    """Stands for a worker's exception that could not be pickled."""
