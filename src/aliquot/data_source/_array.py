"""Batches from one or more array-likes, read side by side."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast, overload

import numpy as np

from aliquot._address import Address, outside_an_epoch
from aliquot._batch import describe, is_column, leaves, pick
from aliquot._indices import IntArray, check_indices
from aliquot._protocols import ArrayLike, DrawingArrayLike, ForewarnedArrayLike
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

    lists_are_tuples = False

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

    def _reader(self, name: Any, column: Any) -> tuple[Reader, bool]:
        """Give the reader of a column, and whether the column takes random numbers.

        `data` is the user's, who may put another column there.
        """
        readers = self.__dict__.setdefault("_readers", {})
        held, reader, draws = readers.get(name, (None, None, False))
        if held is not column:
            reader, draws = reader_for(column), _draws(column)
            readers[name] = (column, reader, draws)
        return reader, draws

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
        found = check_indices(indices, self._length)
        return self._columns_at(found, outside_an_epoch(found))

    @property
    def reads_ahead(self) -> bool:
        """Whether a column has `will_need`."""
        return any(isinstance(column, ForewarnedArrayLike) for _, column in _items(self.data))

    def will_need(self, indices: Any) -> None:
        """See `AbstractDataSource.will_need`."""
        for _, column in _items(self.data):
            if isinstance(column, ForewarnedArrayLike):
                column.will_need(indices)

    def count_takers(self) -> int:
        """Count the columns that take random numbers; none where a subclass fetches by itself."""
        if type(self).samples_by_indices_nomapping is not _FETCHED:
            return 0
        return sum(self._reader(name, column)[1] for name, column in _items(self.data))

    def fetch(self, indices: IntArray, address: Address) -> BatchT_co:
        """See `RandomAccessDataSource.fetch`."""
        if self.count_takers():
            return self._columns_at(indices, address)
        return self.samples_by_indices_nomapping(indices)

    def _columns_at(self, indices: IntArray, address: Address) -> BatchT_co:
        columns = []
        stages: dict[Any, int] = {}
        for name, column in _items(self.data):
            read, draws = self._reader(name, column)
            if draws:
                stage = stages.setdefault(self._geometry(name, column), len(stages))
                read = partial(column.read, rng=address.draws(stage))
            columns.append(_read(name, column, read, indices))
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

    def _geometry(self, name: Any, column: Any) -> Any:
        """Tell which columns share their random numbers: those that ask for it."""
        asked = [getattr(other, "geometry", None) for _, other in _items(self.data)]
        own = getattr(column, "geometry", None) or getattr(column, "identity", None)
        return ("geometry", own) if own is not None and own in asked else ("column", name)

    def read_columns(self, indices: Any, on: list[Any]) -> list[Any]:
        """Fetch some columns of the samples at `indices` of the data; no other is read."""
        names = pick(self._in_batch(), on)
        return [indices.copy() if name is None else self._alone(name, indices) for name in names]

    def ragged_columns(self) -> list[Any]:
        """Give the columns whose samples may differ in shape, by position or name.

        They are those of array-likes without a shape (or of objects) whose first sample is no
        single value.
        """
        first = np.arange(min(self._length, 1))
        found = [
            shown
            for shown, name in self._in_batch().items()
            if name is not None
            and not _has_shape(self.data[name])
            and any(np.ndim(sample) for sample in self._alone(name, first))
        ]
        if not found:
            raise ArgumentError(
                "no column has samples that may differ in length: name those to pad with columns="
            )
        return found

    def _alone(self, name: Any, indices: IntArray) -> Any:
        column = self.data[name]
        return _read(name, column, self._reader(name, column)[0], indices)

    def _in_batch(self) -> dict[Any, Any]:
        """Give the own name of each column of a batch; `None` for that of the indices."""
        names = [name for name, _ in _items(self.data)]
        if not self.include_indices:
            return dict(zip(names, names, strict=True))
        if isinstance(self.data, (list, tuple)):
            return dict(enumerate([None, *names]))
        return {"index": None, **dict(zip(names, names, strict=True))}


_FETCHED = ArrayDataSource.samples_by_indices_nomapping


def _draws(column: Any) -> bool:
    return isinstance(column, DrawingArrayLike) and column.draws is True


def _has_shape(column: Any) -> bool:
    return hasattr(column, "shape") and getattr(column, "dtype", np.dtype(object)).kind != "O"


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
