"""Sequences of different lengths, made into one array."""

from dataclasses import dataclass
from math import isfinite
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe, is_column
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages._columns import Columns, Name, check_name
from aliquot.stages._shapes import few


@dataclass(frozen=True)
class Pad:
    """Pads samples of different lengths along their first axis, so that they make one array.

    A stage for `map`. Only the first axis may differ in a batch.

    Parameters
    ----------
    columns : int, str, or tuple of them
        The columns to pad: positions in a tuple, names in a dict; a bare batch is column 0. Their
        samples are arrays, or lists or tuples of numbers.
    value : bool, int, float or complex
        What fills up. The dtype of the samples must be able to hold it.
    to : int, optional
        The length of each sample afterwards; by default that of the longest in the batch.
    mask : bool
        What is added for each padded column: which entries are real, or how many.

    Returns
    -------
    tuple or dict
        When called: the batch with an array, shape (n, length, ...), of the samples' dtype in
        place of each column named, and with a column more for each of them: ``mask=True``: bool,
        shape (n, length), `True` where an entry is real; ``mask=False``: int64, shape (n,), the
        lengths. These come last, in the order of `columns`; in a dict they are called
        ``<name>_mask`` or ``<name>_lengths``.

    Raises
    ------
    BatchError
        When called, if a column's samples have no axis, differ in dtype or in another axis than
        the first, or if one is longer than `to` (a `TypeError`).
    ArgumentError
        If `to` is negative. When called, if there is no such column, if the name for the column
        to be added is taken, or if the dtype cannot hold `value` (a `ValueError`).
    ArgumentTypeError
        If an argument has another type (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> texts = ArrayDataSource({"text": [[5, 2], [7], [1, 3, 4]]})
    >>> batch = texts.map(Pad("text"))[[1, 0]]
    >>> batch["text"]
    array([[7, 0],
           [5, 2]])
    >>> batch["text_mask"]
    array([[ True, False],
           [ True,  True]])
    >>> texts.map(Pad("text", value=-1, to=4, mask=False))[[1, 0]]
    {'text': array([[ 7, -1, -1, -1], [ 5,  2, -1, -1]]), 'text_lengths': array([1, 2])}
    """

    columns: tuple[Name, ...] | Name
    value: complex = 0
    to: int | None = None
    mask: bool = True

    @property
    def of_the_batch(self) -> bool:
        """Whether the result depends on the whole batch: `Loader.verify` then compares no parts."""
        return self.to is None

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", _names(self.columns))
        object.__setattr__(self, "value", _number(self.value))
        if self.to is not None:
            object.__setattr__(self, "to", _length(self.to))

    def __call__(self, *columns: Any) -> Any:
        batch = Columns(columns)
        added = []
        for name in self.columns:  # type: ignore[union-attr]  # a tuple by now
            samples = _Samples(name, batch[name])
            batch[name] = samples.padded(self.value, self.to)
            added.append((samples.mask(batch[name]) if self.mask else samples.lengths, name))
        for column, name in added:
            batch.append(column, name, "mask" if self.mask else "lengths")
        return batch.batch()


def _names(columns: Any) -> tuple[Name, ...]:
    names = tuple(columns) if isinstance(columns, tuple | list) else (columns,)
    for name in names:
        check_name("columns", name)
    if not names or len(set(names)) < len(names):
        raise ArgumentError(f"columns must name columns, each once, not {columns!r}")
    return names


def _number(value: Any) -> complex:
    number = value.item() if isinstance(value, np.generic) else value
    if not isinstance(number, bool | int | float | complex):
        raise ArgumentTypeError(f"value must be a number, not {value!r}")
    return number


def _length(to: Any) -> int:
    try:
        length = index(to)
    except TypeError:
        raise ArgumentTypeError(f"to must be an integer or None, not {to!r}") from None
    if length < 0:
        raise ArgumentError(f"to must be 0 or more, not {length}")
    return length


class _Samples:
    """The samples of one column, checked: they can be padded along their first axis."""

    def __init__(self, name: Name, column: Any) -> None:
        self._name = name
        if isinstance(column, tuple | dict) or not is_column(column):
            raise BatchError(f"column {name!r} cannot be padded: it is {describe(column)}")
        self._rows = self._as_arrays(column)
        self.lengths = np.array([len(row) for row in self._rows], dtype=np.int64)
        self._dtype, self._shape = self._kind(column)

    def padded(self, value: complex, to: int | None) -> NDArray[Any]:
        """Give one array, shape (n, length, ...)."""
        if not _holds(self._dtype, value):
            raise ArgumentError(
                f"column {self._name!r} holds {self._dtype}, which cannot hold value={value!r}: "
                "give another value, or convert the column before it is padded"
            )
        length = self._length(to)
        array = np.full((len(self._rows), length, *self._shape), value, self._dtype)
        for row, sample in zip(array, self._rows, strict=True):
            if len(sample):  # an empty list has neither dtype nor shape
                row[: len(sample)] = sample
        return array

    def mask(self, padded: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which entries of what `padded` gave are real."""
        real: NDArray[np.bool_] = np.arange(padded.shape[1]) < self.lengths[:, None]
        return real

    def _length(self, to: int | None) -> int:
        longest = int(self.lengths.max(initial=0))
        if to is None:
            return longest
        if longest > to:
            row = int(np.argmax(self.lengths > to))
            raise BatchError(
                f"column {self._name!r} cannot be padded: the sample in row {row} has length "
                f"{self.lengths[row]}, but to={to}: give a larger to, or cut the samples before, "
                f"as in source.map_samples(lambda x: x[:{to}])"
            )
        return to

    def _as_arrays(self, column: Any) -> Any:
        if isinstance(column, np.ndarray) and column.dtype != object:
            if len(column):
                self._check(0, column[0])
            return column
        return [self._as_array(row, sample) for row, sample in enumerate(column)]

    def _as_array(self, row: int, sample: Any) -> NDArray[Any]:
        try:
            array = np.asarray(sample)
        except (ValueError, OverflowError) as error:
            raise BatchError(
                f"column {self._name!r} cannot be padded: the sample in row {row} makes no array "
                f"({error})"
            ) from None
        self._check(row, array)
        return array

    def _check(self, row: int, sample: Any) -> None:
        if sample.ndim == 0:
            raise BatchError(
                f"column {self._name!r} cannot be padded: its samples have no axis, such as "
                f"{sample.item()!r:.40} in row {row}; it takes arrays, or lists of numbers"
            )
        if sample.dtype.kind not in "biufc":
            raise BatchError(
                f"column {self._name!r} cannot be padded: the sample in row {row} is of dtype "
                f"{sample.dtype}, and it takes numbers"
            )

    def _kind(self, column: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """Give the one dtype and the shape behind the first axis."""
        if isinstance(self._rows, np.ndarray):
            return self._rows.dtype, self._rows.shape[2:]
        known = [
            array
            for array, sample in zip(self._rows, column, strict=True)
            if len(array) or isinstance(sample, np.ndarray)
        ]
        by_shape: dict[tuple[int, ...], tuple[int, ...]] = {}
        for array in known:
            by_shape.setdefault(array.shape[1:], array.shape)
        if len(by_shape) > 1:
            raise BatchError(
                f"column {self._name!r} cannot be stacked: its samples have shapes "
                f"{few(by_shape.values())}: only the first axis may differ"
            )
        dtypes = {array.dtype for array in known}
        if len(dtypes) > 1:
            raise BatchError(
                f"column {self._name!r} cannot be stacked: its samples have dtypes "
                f"{few(array.dtype for array in known)}: convert them to one before, as in "
                "source.map_samples(lambda x: np.asarray(x, np.float32))"
            )
        return (known[0].dtype, known[0].shape[1:]) if known else (np.dtype(np.float64), ())


def _holds(dtype: np.dtype[Any], value: complex) -> bool:
    """Whether a number is one of a dtype: exactly for integers, in range for floats."""
    if dtype.kind == "b":
        return value in (0, 1)
    if dtype.kind == "c":
        return _in_range(dtype, value.real) and _in_range(dtype, value.imag)
    if type(value) is complex:
        return False
    return _in_range(dtype, value.real)


def _in_range(dtype: np.dtype[Any], value: float) -> bool:
    finite = isinstance(value, int) or isfinite(value)
    if dtype.kind in "fc":
        return not finite or abs(value) <= float(np.finfo(dtype).max)
    info = np.iinfo(dtype)
    return finite and value == int(value) and int(info.min) <= value <= int(info.max)
