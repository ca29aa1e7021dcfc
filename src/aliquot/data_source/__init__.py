"""Mini-batches from array-likes, functions and iterators, and from sources made of sources."""

from typing import TYPE_CHECKING

from aliquot._on_demand import on_demand
from aliquot.data_source._array import ArrayDataSource
from aliquot.data_source._batch_map import batch_map_concat, batch_map_mean
from aliquot.data_source._callable import CallableDataSource
from aliquot.data_source._choice import ChoiceDataSource
from aliquot.data_source._coerce import coerce_data_source
from aliquot.data_source._composite import CompositeDataSource
from aliquot.data_source._concat import ConcatDataSource
from aliquot.data_source._index_batch import ChoiceBatch, PackedBatch, Raw, take
from aliquot.data_source._iterator import IteratorDataSource
from aliquot.data_source._mapped import (
    MapDataSource,
    MappedDataSource,
    MapSamplesDataSource,
    before,
)
from aliquot.data_source._mix import MixDataSource
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._packed import pack
from aliquot.data_source._random_access import RandomAccessDataSource
from aliquot.data_source._selected import SelectedDataSource
from aliquot.data_source._single import SingleDataSource
from aliquot.data_source._source import AbstractDataSource
from aliquot.data_source._told import codecs, of_the_batch, python_functions
from aliquot.data_source._wrapped import WrappedDataSource, addressed_indices

if TYPE_CHECKING:
    from aliquot.data_source._cached import CachedDataSource

__all__ = [
    "AbstractDataSource",
    "ArrayDataSource",
    "CachedDataSource",
    "CallableDataSource",
    "ChoiceBatch",
    "ChoiceDataSource",
    "CompositeDataSource",
    "ConcatDataSource",
    "Drawn",
    "IteratorDataSource",
    "MapDataSource",
    "MapSamplesDataSource",
    "MappedDataSource",
    "MixDataSource",
    "Order",
    "PackedBatch",
    "RandomAccessDataSource",
    "Raw",
    "Recipe",
    "SelectedDataSource",
    "SingleDataSource",
    "WrappedDataSource",
    "addressed_indices",
    "batch_map_concat",
    "batch_map_mean",
    "before",
    "codecs",
    "coerce_data_source",
    "of_the_batch",
    "pack",
    "python_functions",
    "take",
]

# It brings all of `aliquot.cache`.
__getattr__ = on_demand(__name__, CachedDataSource="_cached")
