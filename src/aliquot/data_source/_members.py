"""What the sources that are made of other sources share."""

from collections.abc import Sequence
from typing import Any

from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.errors import ArgumentError, ArgumentTypeError


class MembersDataSource(AbstractDataSource[BatchT_co]):
    """A data source made of others, in ``datasets``; random-access if all of them are."""

    def __init__(self, datasets: Sequence[AbstractDataSource[Any]]) -> None:
        if not datasets:
            raise ArgumentError(f"{type(self).__name__} needs at least one data source")
        for i, member in enumerate(datasets):
            if not hasattr(member, "batch_iterator"):
                raise ArgumentTypeError(
                    f"{type(self).__name__} takes data sources, but number {i} is a "
                    f"{type(member).__name__}: wrap arrays as ArrayDataSource([...])"
                )
        self.datasets = datasets

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self.datasets))}])"

    @property
    def is_random_access(self) -> bool:
        """Whether all members are."""
        return all(member.is_random_access for member in self.datasets)

    def _check_access(self) -> None:
        if not self.is_random_access:
            self._refuse_access()
