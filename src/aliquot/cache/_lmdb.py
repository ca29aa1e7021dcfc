"""Samples that fit no fixed layout, one by one in an lmdb environment."""

import contextlib
import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aliquot._needs import need
from aliquot.cache._codec import Buffer
from aliquot.cache._manifest import damaged
from aliquot.errors import ArgumentError

NAME = "samples.lmdb"

_READERS = 2048
_LOCK_SIZE = 64 * (_READERS + 16)
"""Bytes of lmdb's table of readers, with what stands before it."""

_MAP_SIZES = [1 << 40, 1 << 36, 1 << 33, 1 << 30]
"""Bytes of address space, none of it used before it is filled; the next where one is refused."""


class Lmdb:
    """An open environment. A process opens each once only, as lmdb demands.

    Parameters
    ----------
    entry : pathlib.Path
        The folder that it is in.
    writable : bool
        Whether samples can be put in it; then it is made if it is not there.
    """

    def __init__(self, entry: Path, *, writable: bool) -> None:
        self._lmdb = need("lmdb", extra="cache", purpose="a cache of samples that differ in shape")
        self._entry = entry
        self._transactions: set[object] = set()
        if not writable and not (entry / NAME).is_dir():
            raise damaged(entry, f"{NAME} is missing")
        if writable:
            self._make_room_for_lock()
        self._env = self._opened(writable)
        with contextlib.suppress(self._lmdb.Error):
            self._env.reader_check()  # forgets readers that were killed

    def _make_room_for_lock(self) -> None:
        """Take the room for lmdb's table of readers, which it writes through a memory map.

        Later, on a disk that has filled up, that would end the process.
        """
        folder = self._entry / NAME
        folder.mkdir(exist_ok=True)
        # As long as a process has the environment open it must not close this file itself.
        fd = os.open(folder / "lock.mdb", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            if os.fstat(fd).st_size < _LOCK_SIZE and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, _LOCK_SIZE)
        finally:
            os.close(fd)

    def _opened(self, writable: bool) -> Any:
        options = {
            "metasync": False,
            "readahead": False,
            "max_readers": _READERS,
            "max_spare_txns": 0,  # see `leave_to_parent`
        }
        if not writable:
            options |= {"readonly": True, "lock": False, "create": False}
        for size in _MAP_SIZES:
            try:
                return self._lmdb.open(str(self._entry / NAME), map_size=size, **options)
            except (self._lmdb.MemoryError, MemoryError, OverflowError) as error:
                refused: Exception = error
            except self._lmdb.Error as error:
                if self._for_want_of_room(error):
                    raise self._no_room(error) from None
                if "already open" in str(error):
                    raise ArgumentError(
                        f"{self._entry / NAME} cannot be opened: this process was forked while a "
                        "thread of its parent read it. Start processes without forking them"
                    ) from None
                raise damaged(self._entry, f"{NAME} cannot be opened ({error})") from None
        raise refused

    def get(self, indices: Iterable[int]) -> dict[int, bytes]:
        """Give what is there of some samples; the bytes are copies, made inside a transaction."""
        try:
            with self._noted(), self._env.begin() as transaction:
                found = {index: transaction.get(_key(index)) for index in indices}
        except self._lmdb.Error as error:
            raise damaged(self._entry, f"{NAME} cannot be read ({error})") from None
        return {index: value for index, value in found.items() if value is not None}

    def put(self, samples: Mapping[int, list[Buffer]]) -> None:
        """Write samples; when this returns they are on the disk, or it raises and none is.

        Raises
        ------
        OSError
            If there is no room, with ``errno.ENOSPC``.
        """
        try:
            with self._noted(), self._env.begin(write=True) as transaction:
                for index, parts in samples.items():
                    transaction.put(_key(index), b"".join(parts))
        except self._lmdb.Error as error:
            if self._for_want_of_room(error):
                raise self._no_room(error) from None
            raise damaged(self._entry, f"{NAME} cannot be written ({error})") from None

    def close(self) -> None:
        """Close it; nobody may be using it."""
        self._env.close()

    def leave_to_parent(self) -> None:
        """Let go of it in a forked child, which can then open its own.

        Ending transactions here would take the parent's places in the table of readers, so there
        must be none. If there are, another opening is refused in this child.
        """
        if not self._transactions:
            self._env.close()

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """Keep account of the transactions that are open."""
        mine = object()
        self._transactions.add(mine)
        try:
            yield
        finally:
            self._transactions.discard(mine)

    def _for_want_of_room(self, error: Exception) -> bool:
        """Whether there may be no room: lmdb calls it EIO if a part of a page could be written."""
        known = (self._lmdb.MapFullError, self._lmdb.DiskError)
        numbers = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return isinstance(error, known) or any(os.strerror(n) in str(error) for n in numbers)

    def _no_room(self, error: Exception) -> OSError:
        return OSError(errno.ENOSPC, str(error), str(self._entry / NAME))


def _key(index: int) -> bytes:
    return struct.pack(">Q", index)
