"""A source that keeps what it has read."""

import operator
import os
import threading
from time import perf_counter_ns
from typing import Any

from aliquot._address import Address, SampleFailures
from aliquot._indices import IntArray
from aliquot.cache import (
    AmbiguousError,
    FolderCache,
    Found,
    Handle,
    MemoryCache,
    Recipe,
    learn,
    learn_alone,
    least_memory,
)
from aliquot.data_source._recipe_of import is_versioned, recipe_of, versions_of
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.data_source._told import of_the_batch
from aliquot.data_source._wrapped import WrappedDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError


class CachedDataSource(WrappedDataSource[BatchT_co]):
    """Keeps the samples of another source, so that each is read and made once only.

    Made by `AbstractDataSource.cache`. It gives what the other source gives, bit for bit. What that
    gives for a sample must depend on the sample alone: not on the others of its batch, nor on
    random numbers. So functions that take ``rng`` come after it.

    Parameters
    ----------
    source : AbstractDataSource
        Where samples come from.
    memory : int, optional
        Keep them in memory, in so many bytes at most. Samples that do not fit are read from the
        source every time. On Linux the worker processes of a pool share one cache; elsewhere each
        has its own, of that size.
    folder : str or os.PathLike, optional
        Keep them in files in this folder, for all processes of this machine and for the next run.
        Samples whose columns are all arrays of one shape and dtype need NumPy only; others need
        ``pip install "aliquot[cache]"``.

    Attributes
    ----------
    source : AbstractDataSource
        As given.

    Raises
    ------
    ArgumentError
        If not exactly one of `memory` and `folder` is given, `memory` is too small, or a function
        in `source` takes ``rng`` or pads to the longest of a batch (a `ValueError`). While reading,
        if the folder cannot be used or what is in it is damaged.
    ArgumentTypeError
        If `memory` is no `int`, `folder` no path, or the samples of `source` have no numbers of
        their own (a `TypeError`).
    BatchError
        While reading, if a sample cannot be kept: it holds a value that is no array, number or
        text (a `TypeError`).

    Notes
    -----
    A folder has an entry for each source. The functions of a source, their constants and the
    functions of their modules that they call tell it from others: one that is edited begins a new
    entry. Pictures whose files have changed (by size or time of change) are read anew from the next
    run on. Of arrays in memory only some of the data is looked at: remove the entry
    (``aliquot cache rm``) if you change values in place.

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> def slow(x):
    ...     print("made", x)
    ...     return x**2
    >>> source = CachedDataSource(ArrayDataSource([np.arange(5)]).map(slow), memory=10_000)
    >>> source[[3, 1]], source[[1, 3, 1]]
    made [3 1]
    (array([9, 1]), array([1, 9, 1]))
    """

    same_samples = True
    """Whether an index stands for the same sample as in `source`: a cache of it is that of both."""

    def __init__(
        self,
        source: AbstractDataSource[BatchT_co],
        *,
        memory: int | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        if (memory is None) == (folder is None):
            raise ArgumentError(
                "cache takes one of memory= (bytes) and folder=, to say where samples are kept"
            )
        self._samples = source.data_length()
        if source.count_takers():
            raise ArgumentError(
                "what is cached would be the same in every epoch, and a function before takes rng: "
                "write .cache(...) before functions that take rng"
            )
        whole = of_the_batch(source)
        if whole is not None:
            raise ArgumentError(
                f"{whole} makes of a sample what the others of its batch tell, and what is cached "
                "stands alone: write .cache(...) before it"
            )
        super().__init__(source)
        self._shown = f"memory={memory!r}" if folder is None else f"folder={os.fspath(folder)!r}"
        self._memory = 0 if memory is None else _checked_memory(memory, self._samples)
        self._folder = None if folder is None else _checked_folder(folder)
        self._recipe: Recipe | None = None
        self._validated = False
        self._handle: Handle | None = None
        self._always: dict[str, bool] = {}
        self._begin()

    def _begin(self) -> None:
        self._store: FolderCache | MemoryCache | None = None
        self._opening = threading.Lock()

    @property
    def reads_ahead(self) -> bool:
        """Never: what is cached need not be read."""
        return False

    def __repr__(self) -> str:
        return f"{self.source!r}.cache({self._shown})"

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_always": dict(self._always)}
        for name in ("_store", "_opening"):
            del state[name]
        # A worker's cache is this one, so it must be there before a worker is.
        opened = self._opened() if self._folder is None else self._store
        if isinstance(opened, MemoryCache):
            state["_handle"] = opened.handle
        else:
            # Code can look different where it was unpickled.
            state["_recipe"] = self._own_recipe()
            state["_validated"] = self._validated or (opened is not None and opened.validated)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def read_at(self, indices: Any, address: Address) -> Any:
        """See `AbstractDataSource.read_at`."""
        if not len(indices):
            return self.source.read_at(indices, address)
        try:
            return self._read_kept(indices, address)
        except AmbiguousError:  # a column with values of several types
            return self.source.read_at(indices, address)

    def _read_kept(self, indices: IntArray, address: Address) -> Any:
        """Give what is kept, and read the rest."""
        start = perf_counter_ns()
        try:
            store = self._opened()
            found = store.fetch(indices)
            rows = found.missing()
            if not len(rows):
                return found.complete()
        finally:
            address.count("cache", start)
        batch = self._read(indices, rows, address)
        start = perf_counter_ns()
        try:
            return self._kept(store, found, indices, rows, batch)
        finally:
            address.count("cache", start)

    def _read(self, indices: IntArray, rows: IntArray, address: Address) -> Any:
        """Read what is missing, and one of them alone if that tells lists from arrays."""
        batch = self._read_rows(indices, rows, address)
        row = learn(batch, self._always)
        if row is not None:
            alone = self._read_rows(indices, rows[row : row + 1], address)
            learn_alone(batch, row, alone, self._always)
        return batch

    def _read_rows(self, indices: IntArray, rows: IntArray, address: Address) -> Any:
        # There may be fewer places than rows: those of another member of a composite.
        places = rows[rows < len(address.places)]
        try:
            return self.source.read_at(indices[rows], address.rows(places))
        except SampleFailures as failed:
            failures = {int(rows[row]): error for row, error in failed.rows.items()}
        raise SampleFailures(failures)

    def _kept(self, store: Any, found: Found, indices: IntArray, rows: IntArray, batch: Any) -> Any:
        """Store what was read, and give the whole batch."""
        store.store(indices[rows], batch, self._always)
        if len(rows) == len(indices):
            return batch
        return found.completed(rows, batch, self._always)

    def _opened(self) -> FolderCache | MemoryCache:
        """Open the cache at first use in each process; a fork's child does not use its parent's."""
        store = self._store
        if store is None or store.pid != os.getpid():
            with self._opening:
                store = self._store
                if store is None or store.pid != os.getpid():
                    store = self._store = self._open()
        return store

    def _open(self) -> FolderCache | MemoryCache:
        if self._folder is not None:
            recipe = self._own_recipe()
            known = self._validated or not recipe.versioned
            return FolderCache(self._folder, recipe, None if known else versions_of(self.source))
        before = self._store  # that of the parent, in a child that was forked
        handle = before.handle if isinstance(before, MemoryCache) else self._handle
        return MemoryCache(self._samples, self._memory, handle)

    def _own_recipe(self) -> Recipe:
        if self._recipe is None:
            text = recipe_of(self.source)
            self._recipe = Recipe(text, self._samples, is_versioned(self.source))
        return self._recipe


def _checked_memory(memory: Any, samples: int) -> int:
    try:
        number = None if isinstance(memory, bool) else operator.index(memory)
    except TypeError:
        number = None
    if number is None:
        raise ArgumentTypeError(f"memory must be a number of bytes, an int, not {memory!r}")
    if number <= least_memory(samples):
        raise ArgumentError(
            f"memory={number} bytes cannot hold a cache of {samples} samples: the table of them "
            f"alone takes {least_memory(samples)} bytes"
        )
    return number


def _checked_folder(folder: Any) -> str:
    path = os.fspath(folder)
    if not isinstance(path, str):
        raise ArgumentTypeError(f"folder must be a str or a pathlib.Path, not {folder!r}")
    if not hasattr(os, "pwrite"):
        raise ArgumentError("cache(folder=...) needs Linux or macOS: use cache(memory=...)")
    return os.path.abspath(path)  # noqa: PTH100 (workers may run in another folder)
