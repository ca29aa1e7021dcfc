"""Functions over batches, ready-made for `map`: padding, mixing, scaling, one-hot labels."""

from aliquot.stages._cutmix import CutMix
from aliquot.stages._mixup import MixUp
from aliquot.stages._normalize import normalize
from aliquot.stages._one_hot import one_hot
from aliquot.stages._pad import Pad

__all__ = ["CutMix", "MixUp", "Pad", "normalize", "one_hot"]
