"""Silence for what a decoder says while it decodes, in this thread, and for nothing else.

Pillow warns about large pictures, odd palettes and broken metadata. ``warnings.catch_warnings``
swaps the filters of every thread and puts back a stale list when two threads overlap. Instead one
filter stands first for good, and its pattern matches only in a thread that is decoding.

Assumed of CPython, and tested: a filter's pattern is anything with a ``match`` method. Confessed:
a thread that enters or leaves ``catch_warnings`` during a decode can take the filter away for the
rest of that decode; and where warnings have a context (free-threaded 3.14), the filters of a
surrounding ``catch_warnings`` come before this one.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


class _Decoding(threading.local):
    """Stands where a filter has a compiled regular expression."""

    now = False

    def match(self, _text: str) -> bool:
        return self.now


_decoding = _Decoding()
_filter = ("ignore", _decoding, Warning, None, 0)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of this thread from being shown, recorded or raised."""
    _stand_first()
    before, _decoding.now = _decoding.now, True
    try:
        yield
    finally:
        _decoding.now = before


def _stand_first() -> None:
    # Put in before any copy further back is taken out: no moment without the filter.
    filters = cast("list[Any]", warnings.filters)
    if not filters or filters[0] is not _filter:
        filters.insert(0, _filter)
        filters[1:] = [other for other in filters[1:] if other is not _filter]
