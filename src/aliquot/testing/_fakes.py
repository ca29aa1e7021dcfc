"""Array-likes that do what a test tells them."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Gate:
    """Where a reader waits until the test lets it through, so that no test has to sleep.

    Parameters
    ----------
    timeout : float, default 10
        Seconds after which waiting ends with `AssertionError`, rather than never.

    Examples
    --------
    >>> gate = Gate()
    >>> reader = threading.Thread(target=gate.enter)
    >>> reader.start()
    >>> gate.wait_for_reader()
    >>> gate.open()
    >>> reader.join()
    """

    def __init__(self, timeout: float = 10) -> None:
        self._timeout = timeout
        self._reached = threading.Event()
        self._opened = threading.Event()

    def enter(self) -> None:
        """Wait until the gate is open: what the reader does."""
        self._reached.set()
        if not self._opened.wait(self._timeout):
            raise AssertionError(f"nobody opened the gate in {self._timeout} s")

    def wait_for_reader(self) -> None:
        """Wait until a reader is at the gate: what the test does."""
        if not self._reached.wait(self._timeout):
            raise AssertionError(f"nobody came to the gate in {self._timeout} s")

    def open(self) -> None:
        """Let all readers through, now and later."""
        self._opened.set()


class Scripted:
    """An array-like of which each sample is its own index, and whose failures are scripted.

    Several threads may read it. A copy that is sent to a worker process counts by itself; one with
    gates cannot be sent.

    Parameters
    ----------
    n : int
        Number of samples.
    failures : dict of int to int, optional
        How many times reading a sample fails, by its index, before it succeeds. A read of many
        samples fails as a whole, which counts for the first of them that fails.
    gates : dict of int to Gate, optional
        Where reading a sample waits, by its index.
    error : type, default OSError
        What is raised; the message is ``"sample 3 cannot be read"``.

    Attributes
    ----------
    reads : list of int
        The samples asked for so far, one after the other, whether or not reading them failed.
    calls : int
        How often anything was read: a read of many samples counts once.
    most_readers : int
        How many threads were in it at once, at most.

    Examples
    --------
    >>> column = Scripted(5, failures={3: 1})
    >>> column[np.array([2, 3])]
    Traceback (most recent call last):
    OSError: sample 3 cannot be read
    >>> column[np.array([2, 3])]
    array([2, 3])
    >>> column.reads, column.calls, column.most_readers
    ([2, 3, 2, 3], 2, 1)
    """

    def __init__(
        self,
        n: int,
        *,
        failures: Mapping[int, int] | None = None,
        gates: Mapping[int, Gate] | None = None,
        error: type[Exception] = OSError,
    ) -> None:
        self._n = n
        self._failures = dict(failures or {})
        self._gates = dict(gates or {})
        self._error = error
        self.reads: list[int] = []
        self.calls = 0
        self.most_readers = 0
        self._readers = 0
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _readers=0, _lock=threading.Lock())

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: Any) -> Any:
        samples = [int(i) for i in np.atleast_1d(index)]
        self._enter(samples)
        try:
            for i in samples:
                self._read(i)
        finally:
            self._leave()
        return np.int64(index) if np.ndim(index) == 0 else np.array(samples, np.int64)

    def describe(self, index: int) -> str:
        """Give a name to a sample."""
        return f"scripted/{index}"

    def _enter(self, samples: list[int]) -> None:
        with self._lock:
            self.calls += 1
            self.reads += samples
            self._readers += 1
            self.most_readers = max(self.most_readers, self._readers)

    def _leave(self) -> None:
        with self._lock:
            self._readers -= 1

    def _read(self, i: int) -> None:
        if not 0 <= i < self._n:
            raise IndexError(f"sample {i} is asked for, of {self._n}")
        if i in self._gates:
            self._gates[i].enter()
        if self._fails(i):
            raise self._error(f"sample {i} cannot be read")

    def _fails(self, i: int) -> bool:
        with self._lock:
            left = self._failures.get(i, 0)
            if left:
                self._failures[i] = left - 1
            return left > 0


class VirtualArray:
    """An array-like of any length that takes no memory: samples are computed from their indices.

    Parameters
    ----------
    n : int, default 10**9
        Number of samples.
    shape : tuple of int, default ()
        Shape of a sample.
    dtype : data-type, default int64
        Of the samples. Those of shape ``()`` and type int64 are their own indices.

    Examples
    --------
    >>> VirtualArray()[np.array([999_999_999, 3])]
    array([999999999,         3])
    >>> VirtualArray(shape=(2, 2), dtype=np.uint8)[3].tolist()
    [[3, 4], [5, 6]]
    """

    def __init__(
        self, n: int = 10**9, *, shape: tuple[int, ...] = (), dtype: DTypeLike = np.int64
    ) -> None:
        self._n = n
        self.shape = (n, *shape)
        self.dtype = np.dtype(dtype)
        self._offsets = np.arange(int(np.prod(shape))).reshape(shape)

    def __repr__(self) -> str:
        return f"VirtualArray({self.dtype} {self.shape})"

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: Any) -> NDArray[Any]:
        indices = np.asarray(index, np.int64)
        if np.any((indices < 0) | (indices >= self._n)):
            raise IndexError(f"indices {index!r:.60} of {self._n} samples")
        column = indices.reshape((*indices.shape, *[1] * self._offsets.ndim))
        values: NDArray[Any] = (column + self._offsets).astype(self.dtype)
        return values
