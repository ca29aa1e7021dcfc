"""Batches from one array-like, without a tuple around them."""

from typing import Any

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

    def __init__(self, column: ArrayLike) -> None:
        self._columns = ArrayDataSource([column])
        super().__init__(common_length([column]))

    def __repr__(self) -> str:
        return f"SingleDataSource({self._columns!r})"

    def samples_by_indices_nomapping(self, indices: Any) -> Any:
        """See `ArrayDataSource.samples_by_indices_nomapping`."""
        return self._columns.samples_by_indices_nomapping(indices)[0]
