"""Batches from one or more array-likes, read side by side."""

from collections.abc import Mapping, Sequence
from typing import Any, cast, overload

import numpy as np

from aliquot._batch import describe, is_column, leaves
from aliquot._indices import IntArray, check_indices
from aliquot._protocols import ArrayLike
from aliquot.accessors import Reader, count_samples, reader_for
from aliquot.data_source._random_access import RandomAccessDataSource
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, note_site
from aliquot.sampling import AbstractSampler


class ArrayDataSource(RandomAccessDataSource[BatchT_co]):
    """Draws batches from array-likes of one length, read side by side.

    Parameters
    ----------
    data : list, tuple or dict of array-likes
        The columns: NumPy arrays, HDF5 datasets, Zarr arrays, lists, or objects of your own with
        ``len()`` and ``[]``, which is given a 1-D integer array (or, if it does not take that,
        one `int` after the other). A list or tuple gives tuple batches, a dict gives dicts.
    indices : array of int, shape (n,), optional
        Draw only these samples. Negative ones count from the end.
    repeats : int, default 1
        Number of passes that make up an epoch; -1 for no end.
    sampler : AbstractSampler, optional
        Decides which samples are drawn, in place of `indices` and `repeats`.
    include_indices : bool, default False
        Put the indices of its samples first in each tuple batch, or under ``"index"`` in a dict.

    Attributes
    ----------
    data : list, tuple or dict
        As given.
    sampler : AbstractSampler
        Decides which samples are drawn.
    include_indices : bool
        As given.

    Raises
    ------
    ArgumentTypeError
        If `data` is a bare array, or a column is no array-like (a `TypeError`).
    ArgumentError
        If columns differ in length, there are none, or options do not go together (a
        `ValueError`).
    IndexRangeError
        If `indices` lie outside the data (an `IndexError`).

    Examples
    --------
    >>> X = np.arange(12).reshape(6, 2)
    >>> y = np.array([0, 1, 0, 1, 0, 1])
    >>> source = ArrayDataSource([X, y])
    >>> for batch_X, batch_y in source.batch_iterator(4, shuffle=np.random.RandomState(12345)):
    ...     print(batch_X.shape, batch_y)
    (4, 2) [1 1 0 0]
    (2, 2) [1 0]

    A dict of columns gives dicts:

    >>> source = ArrayDataSource({"x": X, "label": y}, indices=[5, 0], include_indices=True)
    >>> next(source.batch_iterator(4))["index"]
    array([5, 0])
    """

    @overload
    def __init__(
        self: "ArrayDataSource[dict[str, Any]]",
        data: Mapping[str, ArrayLike],
        indices: Any = None,
        repeats: int = 1,
        sampler: AbstractSampler | None = None,
        include_indices: bool = False,
    ) -> None: ...

    @overload
    def __init__(
        self: "ArrayDataSource[tuple[Any, ...]]",
        data: Sequence[ArrayLike],
        indices: Any = None,
        repeats: int = 1,
        sampler: AbstractSampler | None = None,
        include_indices: bool = False,
    ) -> None: ...

    def __init__(
        self,
        data: Any,
        indices: Any = None,
        repeats: int = 1,
        sampler: AbstractSampler | None = None,
        include_indices: bool = False,
    ) -> None:
        self.data = data
        _check_columns(data)
        if include_indices and isinstance(data, Mapping) and "index" in data:
            raise ArgumentError('include_indices=True needs the name "index", which a column has')
        super().__init__(
            common_length(data),
            indices=indices,
            repeats=repeats,
            sampler=sampler,
            include_indices=include_indices,
        )

    def __repr__(self) -> str:
        columns = ", ".join(f"{name}: {_outline(column)}" for name, column in _items(self.data))
        return f"{type(self).__name__}({columns}; {self.sampler!r})"

    def __getstate__(self) -> dict[str, Any]:
        # Readers are views of the data: sent along, a memory map would travel twice.
        return {**self.__dict__, "_readers": {}}

    def _reader(self, name: Any, column: Any) -> Reader:
        """Give the reader of a column; `data` is the user's, who may put another one there."""
        readers = self.__dict__.setdefault("_readers", {})
        held, reader = readers.get(name, (None, None))
        if held is not column:
            reader = reader_for(column)
            readers[name] = (column, reader)
        found: Reader = reader
        return found

    def samples_by_indices_nomapping(self, indices: Any) -> BatchT_co:
        """Fetch the samples at `indices` of the data, whatever subset is drawn from.

        Parameters
        ----------
        indices : array of int, shape (n,), or list of int, or slice
            Which samples; negative ones count from the end.

        Returns
        -------
        tuple or dict
            The batch, with `n` samples in each column.

        Raises
        ------
        IndexRangeError
            If an index lies outside the data (an `IndexError`).
        BatchError
            If a column gives another number of samples than it was asked for (a `TypeError`).
        """
        indices = check_indices(indices, self._length)
        columns = [
            _read(name, column, self._reader(name, column), indices)
            for name, column in _items(self.data)
        ]
        batch: Any
        if not isinstance(self.data, (list, tuple)):
            batch = dict(zip(self.data, columns, strict=True))
            if self.include_indices:
                batch = {"index": indices.copy(), **batch}
        elif self.include_indices:
            batch = (indices.copy(), *columns)
        else:
            batch = tuple(columns)
        return cast("BatchT_co", batch)


def _items(data: Any) -> list[tuple[Any, Any]]:
    return list(enumerate(data) if isinstance(data, (list, tuple)) else data.items())


def _check_columns(data: Any) -> None:
    """Say what is wrong with `data`, if anything is."""
    if not isinstance(data, (list, tuple, Mapping)):
        raise ArgumentTypeError(
            "data must be a list, tuple or dict of array-likes, "
            f"not {type(data).__name__}: for a single one write [data]"
        )
    if not data:
        raise ArgumentError("data must have at least one array-like in it")
    for name, column in _items(data):
        if isinstance(column, AbstractDataSource):
            raise ArgumentTypeError(
                f"column {name!r} is a data source, not an array-like: "
                "data sources are read side by side by CompositeDataSource"
            )
        reader_for(column)


def common_length(data: Any) -> int:
    lengths = {name: count_samples(column) for name, column in _items(data)}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name!r}: {n}" for name, n in lengths.items())
        raise ArgumentError(f"columns must have the same length, not {{{listed}}}")
    return next(iter(lengths.values()))


def _outline(column: Any) -> str:
    if hasattr(column, "shape") and hasattr(column, "dtype"):
        return f"{column.dtype} {tuple(column.shape)}"
    return f"{type(column).__name__} of {count_samples(column)}"


def _read(name: Any, column: Any, read: Reader, indices: IntArray) -> Any:
    """Read one column, and say which it is if that fails."""
    try:
        found = read(indices)
    except Exception as error:
        one = len(indices) == 1
        which = f"sample {indices[0]}" if one else f"samples {_shown(indices)}"
        error.add_note(f"while reading column {name!r}: {which}")
        note_site(error, stage=f"column {name!r}", index=int(indices[0]) if one else None)
        if one and hasattr(column, "describe"):
            note_site(error, path=column.describe(int(indices[0])))
        raise
    if type(found) is np.ndarray and len(found) == len(indices):  # nearly always, and fast
        return found
    for path, leaf in leaves(found):
        rows = len(leaf) if is_column(leaf) else None
        if rows != len(indices):
            raise BatchError(
                f"column {name!r}{path} gave {describe(leaf)} when asked for {len(indices)} "
                "samples: [] with a 1-D integer array must give one entry an index"
            )
    return found


def _shown(indices: IntArray) -> str:
    return np.array2string(indices, threshold=10)
