"""What the sources that are made of other sources share."""

from collections.abc import Sequence
from typing import Any

from aliquot._address import Address
from aliquot.data_source._index_batch import Raw
from aliquot.data_source._orders import Order, Recipe
from aliquot.data_source._source import AbstractDataSource, BatchT_co
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import AbstractSampler


def check_members(datasets: Any, name: str) -> None:
    """Require a list of at least one data source, in the name of the one that is made of them."""
    if not isinstance(datasets, (list, tuple)):
        raise ArgumentTypeError(
            f"{name} takes a list of data sources, not {type(datasets).__name__}"
        )
    if not datasets:
        raise ArgumentError(f"{name} needs at least one data source")
    for i, member in enumerate(datasets):
        if not isinstance(member, AbstractDataSource):
            raise ArgumentTypeError(
                f"{name} takes data sources, but number {i} is a "
                f"{type(member).__name__}: wrap arrays as ArrayDataSource([...])"
            )


class MembersDataSource(AbstractDataSource[BatchT_co]):
    """A data source made of others, in ``datasets``; random-access if all of them are."""

    def __init__(self, datasets: Sequence[AbstractDataSource[Any]]) -> None:
        check_members(datasets, type(self).__name__)
        self.datasets = datasets
        self.lists_are_tuples = any(member.lists_are_tuples for member in datasets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self.datasets))}])"

    @property
    def is_random_access(self) -> bool:
        """Whether all members are."""
        return all(member.is_random_access for member in self.datasets)

    def _check_access(self) -> None:
        if not self.is_random_access:
            self._refuse_access()

    def read_at(self, indices: Any, address: Address) -> Any:
        """See `AbstractDataSource.read_at`."""
        if isinstance(indices, Raw):
            return indices.batch
        return self.read_members(indices, address)

    def read_members(self, indices: Any, address: Address) -> Any:
        """Fetch a batch of the members."""
        raise NotImplementedError

    def count_takers(self) -> int:
        """See `AbstractDataSource.count_takers`."""
        return sum(member.count_takers() for member in self.datasets)

    def sampling_note(self, sampler: AbstractSampler | None = None) -> str:
        """Tell what the order depends on besides seed and epoch."""
        return f"{type(self).__name__}({', '.join(m.sampling_note() for m in self.datasets)})"

    def _member_orders(self, recipe: Recipe) -> list[Order]:
        self._check_access()
        if recipe.sampler is not None:
            raise ArgumentError(
                f"a sampler cannot be given for a {type(self).__name__}: give it to its members"
            )
        orders = [
            member.epoch_order(recipe.for_member(number))
            for number, member in enumerate(self.datasets)
        ]
        if any(order.packed for order in orders):
            raise ArgumentError(
                f"a member of a {type(self).__name__} cannot be packed: give the PackingSampler to "
                "the loader of a source of its own"
            )
        return orders
