"""Class numbers, as rows of zeros and a one."""

from dataclasses import dataclass
from typing import Any

from aliquot.stages._columns import Columns, Name, check_name
from aliquot.stages._labels import check_classes, one_hot_rows


def one_hot(classes: int, *, column: Name = 1) -> "OneHot":
    """Make a stage that turns class numbers into probabilities of 0 and 1.

    Parameters
    ----------
    classes : int
        How many classes there are.
    column : int or str
        The column of labels, by position in a tuple or by name in a dict: integers from 0 to
        ``classes - 1``, shape (n,). A bare batch is column 0.

    Returns
    -------
    callable
        A stage for `map`: it gives the batch with a float32 array, shape (n, classes), in place
        of the column.

    Raises
    ------
    ArgumentError
        If `classes` is less than 1. When the stage is called, if there is no such column (a
        `ValueError`).
    ArgumentTypeError
        If an argument has another type (a `TypeError`).
    BatchError
        When the stage is called, if the column has no integers, or one that is no class (a
        `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> source = ArrayDataSource({"label": np.array([2, 0, 1])})
    >>> source.map(one_hot(3, column="label"))[:2]
    {'label': array([[0., 0., 1.], [1., 0., 0.]], dtype=float32)}
    """
    return OneHot(check_classes(classes), column)


@dataclass(frozen=True)
class OneHot:
    """What `one_hot` makes."""

    classes: int
    column: Name

    def __post_init__(self) -> None:
        check_name("column", self.column)

    def __call__(self, *columns: Any) -> Any:
        batch = Columns(columns)
        batch[self.column] = one_hot_rows(self.column, batch[self.column], self.classes)
        return batch.batch()
