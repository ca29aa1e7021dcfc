"""Errors that say that there is no room."""

import errno

import pytest

from aliquot.cache import _full


def test_which_errors_say_so():
    """No space, no quota, a file too large; but not a broken disk."""
    told = {number: _full.is_full(OSError(number, "")) for number in (28, 122, 27, 5)}
    assert told == {errno.ENOSPC: True, errno.EDQUOT: True, errno.EFBIG: True, errno.EIO: False}
    assert _full.is_read_only(OSError(errno.EROFS, ""))


def test_the_warning_comes_once(monkeypatch):
    """With what to do."""
    monkeypatch.setattr(_full, "_warned", set())
    with pytest.warns(RuntimeWarning, match="aliquot cache ls /here") as caught:
        _full.warn_full("/here", OSError(errno.ENOSPC, "No space left on device"))
    _full.warn_full("/here", OSError(errno.ENOSPC, "No space left on device"))
    assert len(caught) == 1
