"""Mini-batches from array-likes, functions and iterators, and from sources made of sources."""

from aliquot.data_source._array import ArrayDataSource
from aliquot.data_source._batch_map import batch_map_concat, batch_map_mean
from aliquot.data_source._callable import CallableDataSource
from aliquot.data_source._choice import ChoiceDataSource
from aliquot.data_source._coerce import coerce_data_source
from aliquot.data_source._composite import CompositeDataSource
from aliquot.data_source._index_batch import ChoiceBatch, Raw, take
from aliquot.data_source._iterator import IteratorDataSource
from aliquot.data_source._orders import Drawn, Order, Recipe
from aliquot.data_source._random_access import RandomAccessDataSource
from aliquot.data_source._single import SingleDataSource
from aliquot.data_source._source import (
    AbstractDataSource,
    MapDataSource,
    MappedDataSource,
    MapSamplesDataSource,
    WrappedDataSource,
    addressed_indices,
)

__all__ = [
    "AbstractDataSource",
    "ArrayDataSource",
    "CallableDataSource",
    "ChoiceBatch",
    "ChoiceDataSource",
    "CompositeDataSource",
    "Drawn",
    "IteratorDataSource",
    "MapDataSource",
    "MapSamplesDataSource",
    "MappedDataSource",
    "Order",
    "RandomAccessDataSource",
    "Raw",
    "Recipe",
    "SingleDataSource",
    "WrappedDataSource",
    "addressed_indices",
    "batch_map_concat",
    "batch_map_mean",
    "coerce_data_source",
    "take",
]
