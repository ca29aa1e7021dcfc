"""A disk without room: the cache stops growing, and work goes on."""

import errno
import os
import warnings

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}

_warned: set[int] = set()
"""The processes that were warned: this one, if it was."""


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no room.

    >>> is_full(OSError(errno.ENOSPC, "No space left on device"))
    True
    """
    return error.errno in _FULL


def is_read_only(error: OSError) -> bool:
    """Whether an error says that nothing may be written here."""
    return error.errno in _READ_ONLY


def warn_full(folder: str, error: OSError) -> None:
    """Warn, once a process, that nothing more is cached."""
    if os.getpid() in _warned:
        return
    _warned.add(os.getpid())
    warnings.warn(
        f"there is no room for more samples in the cache folder {folder} ({error.strerror}): those "
        "that are not in it are read from the source every time. Make room, for instance with "
        f"`aliquot cache ls {folder}` and `aliquot cache rm {folder} DIGEST`, or choose another "
        "folder",
        RuntimeWarning,
        stacklevel=2,
    )
