"""The unit of work of a loader: a few integers."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Task(NamedTuple):
    """One rank's part of one step."""

    epoch: int
    place: int
    """The first place of the step, over all ranks."""
    step: int
    """How many steps of the epoch come before."""
    places: NDArray[np.int64]
    """Where each sample stands in the order, for its randomness; shape (n,)."""
    indices: Any
    """Which samples, as the data source takes them."""
    mask: NDArray[np.bool_] | None = None
    """Which samples are no padding, shape (n,)."""
    failed: tuple[Any, ...] = ()
    """The events of samples that failed in earlier attempts."""
    candidates: tuple[int, ...] = ()
    """How often each sample was substituted; empty for never."""
