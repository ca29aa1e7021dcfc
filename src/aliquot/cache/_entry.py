"""An entry of a cache folder: the samples of one source, shared by all processes that read it.

::

    manifest.json   what the entry holds (`_manifest`)
    lock            held while samples are stored (shared) and while the entry is changed (alone)
    states.bin      a byte a sample: absent, in the columns, alone
    versions.bin    eight bytes a sample: which version of its files was read
    data-0.bin ...  the columns of a fixed layout (`_columns`)
    samples.lmdb    samples that do not have it (`_lmdb`)

A sample's data reach the disk before its state says so. So a process that is killed at any moment
leaves an entry that is read right.
"""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import map_leaves
from aliquot.cache import _manifest, _table
from aliquot.cache._codec import decode, encode
from aliquot.cache._columns import Columns, make_columns
from aliquot.cache._files import IntArray
from aliquot.cache._found import Found
from aliquot.cache._full import is_full, is_read_only, warn_full
from aliquot.cache._layout import fits, layout_of
from aliquot.cache._lmdb import Lmdb
from aliquot.cache._lock import FileLock
from aliquot.cache._manifest import Manifest, Recipe, damaged
from aliquot.cache._samples import split
from aliquot.cache._table import ABSENT, ALONE, IN_COLUMNS, Table

Versions = NDArray[np.uint64]

_WHOLE = bytes([IN_COLUMNS])


class Entry:
    """An open entry: one in each process, which all its threads use.

    Parameters
    ----------
    path : pathlib.Path
        The folder of the entry, which is there.
    recipe : Recipe
        What it is a cache of.

    Raises
    ------
    ArgumentError
        If something in it is not as it should be.
    OSError
        If it cannot be made or opened.
    """

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.path = path
        self._opening = threading.Lock()
        self._fds: list[int] = []
        self._columns: Columns | None = None
        self._alone: Lmdb | None = None
        try:
            lock = self._open_for_writing(path / "lock", os.O_CREAT)
            self.storing = self.writable = lock is not None
            self._lock = FileLock(-1 if lock is None else lock)
            if self.writable:
                with self._lock.alone():
                    self._manifest = self._load(recipe) or self._make(recipe)
                    self._open_tables()
            else:
                self._manifest = self._load(recipe) or self._refuse()
                self._open_tables()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it; nobody may be using it."""
        if self._alone is not None:
            self._alone.close()
        while self._fds:
            os.close(self._fds.pop())

    def leave_to_parent(self) -> None:
        """Let go of what a forked child must not have open twice."""
        if self._alone is not None:
            self._alone.leave_to_parent()

    def fetch(self, indices: IntArray, stale: NDArray[np.bool_] | None = None) -> Found:
        """Give the samples that are here, except those that are `stale`."""
        states = self._states.at(indices)
        if stale is not None:
            states[stale[indices]] = ABSENT
        if states.tobytes() == _WHOLE * len(indices):  # nearly always, and fast
            batch = self._mapped().take(indices)
            if self._states.at(indices).tobytes() == _WHOLE * len(indices):
                return Found(len(indices), None, batch)
        found = self._fetch(indices, states)
        # Between the two looks a sample may have been taken back, because its file had changed.
        taken_back = (self._states.at(indices) != states) & (states != ABSENT)
        return self.fetch(indices, stale) if taken_back.any() else found

    def store(self, indices: IntArray, batch: Any, always: dict[str, bool], seen: Any) -> None:
        """Add the samples of a batch, if there is room.

        Parameters
        ----------
        indices : int64 array, shape (n,)
            Which samples.
        batch : nested batch
            What the source gave for them.
        always : dict of str to bool
            See `learn`.
        seen : uint64 array, shape (n of the data,), or None
            The versions of the samples' files before they were read.
        """
        if not self.storing:
            return
        try:
            if not self._manifest.decided:
                self._decide(batch)
            with self._lock.shared():
                self._store(indices, batch, always, seen)
        except OSError as error:
            if not is_full(error):
                error.add_note(f"while writing to the cache entry {self.path}")
                raise
            self.storing = False
            warn_full(str(self.path.parent), error)

    def validated(self, versions: Versions) -> NDArray[np.bool_] | None:
        """Take back the samples whose files have changed.

        Returns
        -------
        bool array, or None
            Which these are, if the folder is read-only: then they are still here.
        """
        if self._versions is None:
            return None
        if not self.writable:
            return np.asarray(self._versions.all() != versions)
        with self._lock.alone():
            changed = np.flatnonzero(self._versions.all() != versions)
            if len(changed):
                self._states.write(changed, ABSENT)
                self._states.sync()
                self._versions.write(changed, versions[changed])
        return None

    def versions(self) -> Versions | None:
        """Give the versions of the files that samples here are read from, if they have any."""
        return None if self._versions is None else self._versions.all()

    # Opening

    def _open_for_writing(self, path: Path, flags: int = 0) -> int | None:
        """Open a file; `None` if the folder is read-only."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o666)
        except FileNotFoundError as error:
            raise damaged(self.path, f"{path.name} cannot be opened ({error.strerror})") from None
        except OSError as error:
            if is_read_only(error):
                return None
            raise
        self._fds.append(fd)
        return fd

    def _load(self, recipe: Recipe) -> Manifest | None:
        manifest = _manifest.load(self.path)
        if manifest is not None and manifest.recipe != recipe:
            raise damaged(self.path, "it holds the samples of another source")
        return manifest

    def _make(self, recipe: Recipe) -> Manifest:
        _table.new_file(self.path / "states.bin", recipe.samples, zeros=True)
        if recipe.versioned:
            _table.new_file(self.path / "versions.bin", 8 * recipe.samples, zeros=True)
        manifest = Manifest(recipe)
        _manifest.save(self.path, manifest)
        return manifest

    def _refuse(self) -> Manifest:
        raise PermissionError(13, "it may not be written to, and holds nothing yet", str(self.path))

    def _open_tables(self) -> None:
        self._states = self._open_table("states.bin", np.uint8)
        versioned = self._manifest.recipe.versioned
        self._versions = self._open_table("versions.bin", np.uint64) if versioned else None
        self._open_columns()

    def _open_table(self, name: str, dtype: Any) -> Table:
        path = self.path / name
        fd = self._open_for_writing(path) if self.writable else None
        return Table(path, dtype, self._manifest.recipe.samples, fd)

    def _open_columns(self) -> None:
        layout, samples = self._manifest.layout, self._manifest.recipe.samples
        if layout is None or self._columns is not None:
            return
        paths = Columns.paths(self.path, layout) if self.writable else []
        fds = [self._open_for_writing(path) for path in paths]
        self._columns = Columns(self.path, layout, samples, [fd for fd in fds if fd is not None])

    def _lmdb(self) -> Lmdb:
        with self._opening:
            if self._alone is None:
                self._alone = Lmdb(self.path, writable=self.writable)
            return self._alone

    # Reading

    def _fetch(self, indices: IntArray, states: NDArray[np.uint8]) -> Found:
        found = Found(len(indices))
        rows = np.flatnonzero(states == IN_COLUMNS)
        if len(rows):
            found.rows = rows
            found.batch = self._mapped().take(indices[rows])
        rows = np.flatnonzero(states == ALONE)
        if len(rows):
            samples = self._lmdb().get(indices[rows].tolist())
            at = zip(rows.tolist(), indices[rows].tolist(), strict=True)
            found.cells = {row: self._decoded(samples[i]) for row, i in at if i in samples}
        return found

    def _mapped(self) -> Columns:
        """Give the columns, which another process may have made after this one opened the entry."""
        if self._columns is None:
            with self._opening:
                self._manifest = self._load(self._manifest.recipe) or self._manifest
                self._open_columns()
        if self._columns is None:
            raise damaged(self.path, "it has samples in columns, and no layout of them")
        return self._columns

    def _decoded(self, sample: bytes) -> Any:
        try:
            return decode(sample)
        except Exception as error:  # noqa: BLE001 (whatever stands in a broken file)
            raise damaged(self.path, f"a sample cannot be decoded ({error!r})") from None

    # Writing

    def _decide(self, batch: Any) -> None:
        """Let this batch decide the layout, unless another process was first."""
        with self._lock.alone(), self._opening:
            manifest = self._load(self._manifest.recipe)
            if manifest is None:
                raise damaged(self.path, f"{_manifest.NAME} is gone")
            if not manifest.decided:
                layout = layout_of(batch)
                if layout is not None:
                    make_columns(self.path, layout, manifest.recipe.samples)
                manifest = manifest.with_layout(layout)
                _manifest.save(self.path, manifest)
            self._manifest = manifest
            self._open_columns()

    def _store(self, indices: IntArray, batch: Any, always: dict[str, bool], seen: Any) -> None:
        """Write what was read from the versions that the entry knows."""
        rows = np.arange(len(indices))
        if self._versions is not None:
            rows = np.flatnonzero(self._versions.at(indices) == seen[indices])
        if fits(batch, self._manifest.layout, len(indices)):
            if len(rows) < len(indices):
                batch = map_leaves(lambda leaf: leaf[rows], batch)
            self._mapped().write(indices[rows], batch)
            self._states.write(indices[rows], IN_COLUMNS)
            return
        samples = split(batch, len(indices), always)
        encoded = {int(indices[row]): encode(samples[row]) for row in rows.tolist()}
        self._lmdb().put(encoded)
        self._states.write(indices[rows], ALONE)
