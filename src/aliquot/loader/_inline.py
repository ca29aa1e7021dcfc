"""Work done on the spot, behind the face of a pool."""

from collections.abc import Callable
from typing import Any


class Finished:
    """What a task gives that is done already."""

    def __init__(self, fn: Callable[..., Any], *args: Any) -> None:
        self._result: Any = None
        self._error: BaseException | None = None
        try:
            self._result = fn(*args)
        except Exception as error:  # noqa: BLE001
            self._error = error

    def result(self, timeout: float | None = None) -> Any:
        """Give the result."""
        return self._result

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Give what was raised, if anything was."""
        return self._error

    def cancel(self) -> bool:
        """Tell that it is too late."""
        return False
