"""What the tests of the stages share: draws, and batches as plain values."""

import numpy as np

from aliquot._batch import leaves
from aliquot._random import Draws


def draws(n, seed=0, epoch=0):
    """Give the draws of a batch of `n` samples."""
    return Draws(seed, epoch, 0, np.arange(n))


def plain(batch):
    """Give a value that is equal for batches of arrays that are bit-identical."""
    return [(path, leaf.dtype.str, leaf.shape, leaf.tobytes()) for path, leaf in leaves(batch)]


def plains(batches):
    """Give the same of each batch."""
    return [plain(batch) for batch in batches]
