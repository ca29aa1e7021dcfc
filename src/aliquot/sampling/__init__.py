"""Which samples, in which order: arithmetic only, no I/O and no threads."""

from aliquot.sampling._abstract import AbstractSampler
from aliquot.sampling._blocks import Blocks
from aliquot.sampling._buckets import BucketSampler
from aliquot.sampling._class_balanced import ClassBalancedSampler
from aliquot.sampling._keyed import ORDER_VERSION, Permutation
from aliquot.sampling._packing import PackingSampler, RowPlan
from aliquot.sampling._plan import OrderedPlan
from aliquot.sampling._repeated import RepeatSampler
from aliquot.sampling._shares import Runs, integer_shares
from aliquot.sampling._split import split
from aliquot.sampling._standard import StandardSampler
from aliquot.sampling._steps import num_batches
from aliquot.sampling._stratified import StratifiedSampler
from aliquot.sampling._subset import SubsetSampler
from aliquot.sampling._weighted import WeightedSampler, WeightedSubsetSampler

__all__ = [
    "ORDER_VERSION",
    "AbstractSampler",
    "Blocks",
    "BucketSampler",
    "ClassBalancedSampler",
    "OrderedPlan",
    "PackingSampler",
    "Permutation",
    "RepeatSampler",
    "RowPlan",
    "Runs",
    "StandardSampler",
    "StratifiedSampler",
    "SubsetSampler",
    "WeightedSampler",
    "WeightedSubsetSampler",
    "integer_shares",
    "num_batches",
    "split",
]
