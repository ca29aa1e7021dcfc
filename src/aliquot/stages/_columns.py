"""The columns of a batch, by position or name, as stages read, replace and append them."""

from typing import Any

import numpy as np

from aliquot.errors import ArgumentError, ArgumentTypeError

Name = int | str


def check_name(argument: str, name: Any) -> None:
    """Require what can name a column: a position or a name.

    >>> check_name("labels", 1)
    """
    if isinstance(name, bool) or not isinstance(name, int | np.integer | str):
        raise ArgumentTypeError(
            f"{argument} must be a column's position (of a tuple) or name (of a dict), not {name!r}"
        )


class Columns:
    """The columns that a stage was called with; what it was given is never changed.

    `map` calls a stage with the columns of a tuple, with one dict, or with the only column of a
    bare batch, which has position 0.

    Parameters
    ----------
    given : tuple
        The positional arguments of the call.

    Examples
    --------
    >>> columns = Columns(({"x": np.zeros(2)},))
    >>> columns["x"] = columns["x"] + 1
    >>> columns.append(np.arange(2), "x", "lengths")
    >>> columns.batch()
    {'x': array([1., 1.]), 'x_lengths': array([0, 1])}
    """

    def __init__(self, given: tuple[Any, ...]) -> None:
        self._single = len(given) == 1
        self._named = self._single and isinstance(given[0], dict)
        self._columns: dict[Any, Any] = dict(given[0] if self._named else enumerate(given))

    def __getitem__(self, name: Name) -> Any:
        if name not in self._columns:
            raise ArgumentError(f"there is no column {name!r}: the batch {self._contents()}")
        return self._columns[name]

    def __setitem__(self, name: Name, column: Any) -> None:
        self._columns[name] = column

    def append(self, column: Any, name: Name, kind: str) -> None:
        """Add a column that belongs to column `name`: last, or as ``<name>_<kind>`` in a dict."""
        key: Name = f"{name}_{kind}" if self._named else len(self._columns)
        if key in self._columns:
            raise ArgumentError(
                f"column {name!r} needs the name {key!r} for its {kind}, which a column has already"
            )
        self._columns[key] = column

    def batch(self) -> Any:
        """Give a batch of the kind that came in; one that was bare is a tuple if it has grown."""
        if self._named:
            return self._columns
        columns = tuple(self._columns.values())
        return columns[0] if self._single and len(columns) == 1 else columns

    def _contents(self) -> str:
        names = list(self._columns)
        if self._named:
            return f"is a dict with {', '.join(map(repr, names)) or 'no columns'}"
        if self._single:
            return "has one column, 0"
        return f"is a tuple with the columns {', '.join(map(str, names))}"
