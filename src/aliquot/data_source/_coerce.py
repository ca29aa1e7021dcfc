"""From whatever a user has to a data source."""

from collections.abc import Iterator, Mapping
from typing import Any

from aliquot.data_source._array import ArrayDataSource
from aliquot.data_source._callable import CallableDataSource
from aliquot.data_source._iterator import IteratorDataSource
from aliquot.data_source._source import AbstractDataSource
from aliquot.errors import ArgumentTypeError


def coerce_data_source(x: Any) -> AbstractDataSource[Any]:
    """Make a data source of an object, unless it is one.

    Parameters
    ----------
    x : AbstractDataSource, list, tuple, dict, iterator or callable
        A list, tuple or dict of array-likes becomes an `ArrayDataSource`, an iterator an
        `IteratorDataSource`, a function a `CallableDataSource`.

    Returns
    -------
    AbstractDataSource
        The data source.

    Raises
    ------
    ArgumentTypeError
        If `x` is something else, or holds something else than array-likes (a `TypeError`).
    ArgumentError
        If `x` is empty (a `ValueError`).

    Examples
    --------
    >>> coerce_data_source([np.arange(3)]).num_samples()
    3
    """
    if isinstance(x, AbstractDataSource):
        return x
    if isinstance(x, (list, tuple, Mapping)):
        return ArrayDataSource(x)
    if isinstance(x, Iterator):
        return IteratorDataSource(x)
    if callable(x):
        return CallableDataSource(x)
    raise ArgumentTypeError(
        "expected a data source, a list, tuple or dict of array-likes, an iterator or a "
        f"function, not a {type(x).__name__}"
    )
