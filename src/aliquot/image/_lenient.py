"""Files that end early are read as far as they go, in this thread, and for nothing else.

Pillow asks one module variable, which belongs to the whole process. What is put there instead is
true in a thread that says so, and otherwise what was there before.

Assumed of Pillow, and tested: it asks only whether ``ImageFile.LOAD_TRUNCATED_IMAGES`` is true.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aliquot.image._pil import pil


class _Lenient(threading.local):
    """Stands where a module has a boolean."""

    now = False

    def __init__(self, before: Any) -> None:
        self.before = before

    def __bool__(self) -> bool:
        return self.now or bool(self.before)


@contextmanager
def lenient(wanted: bool) -> Iterator[None]:
    """Accept files that end early, if that is wanted."""
    if not wanted:
        yield
        return
    module = pil("ImageFile")
    flag = module.LOAD_TRUNCATED_IMAGES
    if not isinstance(flag, _Lenient):
        flag = module.LOAD_TRUNCATED_IMAGES = _Lenient(flag)
    before, flag.now = flag.now, True
    try:
        yield
    finally:
        flag.now = before
