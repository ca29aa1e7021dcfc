"""Where a batch stands: what its randomness is made of, and what is noted while it is made."""

from dataclasses import dataclass, field, replace
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._random import Draws


@dataclass(slots=True)
class Address:
    """The position of a batch, seen from one part of the tree of sources."""

    seed: int
    epoch: int
    places: NDArray[np.int64]
    """The rank of each sample in the epoch's one order, shape (n,)."""
    stage: int = 0
    """The number of the first taker of ``rng`` in this part of the tree."""
    tolerant: bool = False
    """Whether all samples that fail are wanted, rather than the first error."""
    clock: dict[str, int] = field(default_factory=dict)
    """Nanoseconds spent in each stage, by its name."""

    def beyond(self, takers: int) -> "Address":
        """Give the address for the part of the tree after `takers` takers of ``rng``."""
        return replace(self, stage=self.stage + takers) if takers else self

    def rows(self, rows: NDArray[np.int64] | slice) -> "Address":
        """Give the address of some of the batch's samples; the clock stays common."""
        return replace(self, places=self.places[rows])

    def draws(self, stage: int) -> Draws:
        """Give the ``rng`` of a stage."""
        return Draws(self.seed, self.epoch, self.stage + stage, self.places)

    def count(self, stage: str, start_ns: int) -> None:
        """Count the time since `start_ns`, of ``time.perf_counter_ns``, for a stage."""
        self.clock[stage] = self.clock.get(stage, 0) + perf_counter_ns() - start_ns


def outside_an_epoch(indices: Any) -> Address:
    """Give the address of samples fetched by index: seed 0, epoch 0, place = index."""
    while isinstance(indices, tuple):  # of the first member of a composite, or of a choice
        indices = indices[0]
    return Address(0, 0, np.asarray(indices, dtype=np.int64))


class SampleFailures(Exception):  # noqa: N818 (it carries failures, and never reaches a user)
    """Rows of a batch that cannot be read or mapped, with the error of each."""

    def __init__(self, rows: dict[int, Exception]) -> None:
        super().__init__(rows)
        self.rows = rows
