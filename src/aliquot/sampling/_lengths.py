"""The lengths of samples, checked."""

from typing import Any

import numpy as np

from aliquot._indices import IntArray, as_index_array
from aliquot.errors import ArgumentError


def check_lengths(lengths: Any, least: int) -> IntArray:
    """Give `lengths` as an array of its own, or say what is wrong with them."""
    array = as_index_array(lengths, name="lengths")
    if not len(array):
        raise ArgumentError("lengths must not be empty: give one a sample")
    if array.min() < least:
        sample = int(np.argmin(array))
        raise ArgumentError(
            f"lengths must be {least} or more, but that of sample {sample} is {array[sample]}"
        )
    return array.copy()
