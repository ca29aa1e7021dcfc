"""Several sources as one, one after the other."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from aliquot.data_source._joined import JoinedDataSource, check_joined
from aliquot.data_source._source import AbstractDataSource
from aliquot.errors import ArgumentError


class ConcatDataSource(JoinedDataSource):
    """Draws from several data sources as if they were one.

    Shuffled, a batch has samples of all of them; in order, they come one after the other.

    Parameters
    ----------
    datasets : list of AbstractDataSource
        The members. They give batches of the same structure and dtypes.

    Attributes
    ----------
    datasets : list of AbstractDataSource
        As given.

    Raises
    ------
    ArgumentError
        If there is no member, or one has ``repeats`` (a `ValueError`).
    ArgumentTypeError
        If a member is no data source, or its samples have no indices of their own or are drawn by
        weight (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> a = ArrayDataSource([np.arange(3), np.zeros(3, int)])
    >>> b = ArrayDataSource([np.arange(10, 14), np.ones(4, int)], indices=[3, 1])
    >>> for x, y in ConcatDataSource([a, b]).batch_iterator(batch_size=4):
    ...     print(x, y)
    [ 0  1  2 13] [0 0 0 1]
    [11] [1]
    """

    def __init__(self, datasets: Sequence[AbstractDataSource[Any]]) -> None:
        check_joined(datasets, type(self).__name__)
        super().__init__(datasets, _drawn(datasets))


def _drawn(datasets: Sequence[AbstractDataSource[Any]]) -> Any:
    """Give the indices that members draw, numbered through; `None` if these are all."""
    found = [member.drawn() for member in datasets]
    for number, own in enumerate(found):
        if own.repeats != 1:
            raise ArgumentError(
                f"data source {number} has repeats={own.repeats}, which a ConcatDataSource does "
                "not keep: MixDataSource draws from some more often than from others"
            )
    lengths = [member.data_length() for member in datasets]
    whole = zip([own.positions for own in found], map(range, lengths), strict=True)
    if all(isinstance(own, range) and own == every for own, every in whole):
        return None
    starts = np.cumsum([0, *lengths])
    positions = [np.asarray(own.positions, dtype=np.int64) for own in found]
    return np.concatenate([own + start for own, start in zip(positions, starts, strict=False)])
