"""The cache of a source in a folder, and which entries this process has open."""

import os
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import Any

from aliquot.cache._entry import Entry, Versions
from aliquot.cache._files import IntArray
from aliquot.cache._found import Found, nothing
from aliquot.cache._full import is_full, warn_full
from aliquot.cache._manifest import Recipe
from aliquot.errors import ArgumentError

_Key = tuple[int, str, int, int]
"""The process, and the entry: its real path, device and inode."""


class _Registry:
    """The open entries of this process: each once, as lmdb demands, as long as it is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[_Key, tuple[Entry, int]] = {}
        self._dropped: deque[_Key] = deque()

    def take(self, path: Path, recipe: Recipe) -> tuple[_Key, Entry]:
        """Give an entry; `drop` is to be called when it is not needed any more."""
        try:
            with self._lock:
                real = os.path.realpath(path)
                status = os.stat(real)  # noqa: PTH116 (of the same path)
                key = (os.getpid(), real, status.st_dev, status.st_ino)
                entry, users = self._open.get(key, (None, 0))
                if entry is None:
                    entry = Entry(path, recipe)
                self._open[key] = (entry, users + 1)
                return key, entry
        finally:
            self._sweep()

    def drop(self, key: _Key) -> None:
        """Note that a user is gone. It waits for nothing, as garbage is collected anywhere."""
        if key[0] == os.getpid():  # in a forked child the entry is the parent's
            self._dropped.append(key)
            self._sweep()

    def _sweep(self) -> None:
        while self._dropped and self._lock.acquire(blocking=False):
            try:
                if self._dropped:
                    self._release(self._dropped.popleft())
            finally:
                self._lock.release()

    def _release(self, key: _Key) -> None:
        entry, users = self._open[key]
        if users > 1:
            self._open[key] = (entry, users - 1)
        else:
            del self._open[key]
            entry.close()

    def begin_child(self) -> None:
        """Let go of the lock, which a thread of the parent may have held, and of its entries."""
        self._lock = threading.Lock()
        self._dropped.clear()
        for entry, _ in self._open.values():
            entry.leave_to_parent()


_registry = _Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_registry.begin_child)


class FolderCache:
    """The cache of a source in a folder, open.

    Parameters
    ----------
    folder : str
        The folder of all entries; it is made if it is not there.
    recipe : Recipe
        What the source is.
    versions : uint64 array, shape (n,), optional
        The versions of the samples' files: those that have changed are not given. Without it,
        they have been compared before, by the process that sent the source here.

    Raises
    ------
    ArgumentError
        If the folder cannot be used, or the entry is damaged (a `ValueError`).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     cache = FolderCache(folder, Recipe("squares", 10))
    ...     cache.store(np.array([3, 2]), np.array([9, 4]), {})
    ...     cache.fetch(np.array([2, 3])).complete()
    array([4, 9])
    """

    def __init__(self, folder: str, recipe: Recipe, versions: Versions | None = None) -> None:
        self.pid = os.getpid()
        self._entry: Entry | None = None
        self._stale: Any = None
        try:
            path = _made(Path(folder) / recipe.digest)
            key, self._entry = _registry.take(path, recipe)
        except OSError as error:
            if not is_full(error):
                raise _unusable(folder, error) from error
            warn_full(folder, error)
            return
        weakref.finalize(self, _registry.drop, key).atexit = False  # the system closes all then
        if versions is not None:
            self._stale = self._entry.validated(versions)
        self._seen = self._entry.versions() if versions is None else versions

    @property
    def validated(self) -> bool:
        """Whether all that is in the folder is right for the files as they are now."""
        return self._entry is not None and self._stale is None

    def fetch(self, indices: IntArray) -> Found:
        """Give the samples that are here."""
        if self._entry is None:
            return nothing(indices)
        return self._entry.fetch(indices, self._stale)

    def store(self, indices: IntArray, batch: Any, always: dict[str, bool]) -> None:
        """Add the samples of a batch, if there is room; `always` is what `learn` noted."""
        if self._entry is not None:
            self._entry.store(indices, batch, always, self._seen)

    @property
    def storing(self) -> bool:
        """Whether samples can be added still."""
        return self._entry is not None and self._entry.storing


def _made(path: Path) -> Path:
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
    return path


def _unusable(folder: str, error: OSError) -> ArgumentError:
    return ArgumentError(
        f"the cache folder {folder} cannot be used ({type(error).__name__}: {error.strerror}): "
        "give cache(folder=...) a folder that can be made and written to"
    )
