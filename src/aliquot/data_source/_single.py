"""Batches from one array-like, without a tuple around them."""

from typing import Any

from aliquot._address import Address
from aliquot._protocols import ArrayLike
from aliquot.data_source._array import ArrayDataSource, common_length
from aliquot.data_source._random_access import RandomAccessDataSource


class SingleDataSource(RandomAccessDataSource[Any]):
    """Draws batches from one array-like; each batch is what the array-like gives.

    A `Loader` makes it of an array-like that it is given as its source.

    Parameters
    ----------
    column : array-like
        The data.

    Examples
    --------
    >>> SingleDataSource(np.array([10, 20, 30]))[[2, 0]]
    array([30, 10])
    """

    lists_are_tuples = False

    def __init__(self, column: ArrayLike) -> None:
        self._columns = ArrayDataSource([column])
        super().__init__(common_length([column]))

    def __repr__(self) -> str:
        return f"SingleDataSource({self._columns!r})"

    def samples_by_indices_nomapping(self, indices: Any) -> Any:
        """See `ArrayDataSource.samples_by_indices_nomapping`."""
        return self._columns.samples_by_indices_nomapping(indices)[0]

    @property
    def reads_ahead(self) -> bool:
        """See `ArrayDataSource.reads_ahead`."""
        return self._columns.reads_ahead

    def will_need(self, indices: Any) -> None:
        """See `ArrayDataSource.will_need`."""
        self._columns.will_need(indices)

    def count_takers(self) -> int:
        """See `ArrayDataSource.count_takers`."""
        return self._columns.count_takers()

    def fetch(self, indices: Any, address: Address) -> Any:
        """See `RandomAccessDataSource.fetch`."""
        return self._columns.fetch(indices, address)[0]

    def ragged_columns(self) -> list[Any]:
        """See `ArrayDataSource.ragged_columns`."""
        return self._columns.ragged_columns()
