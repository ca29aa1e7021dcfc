"""What a cache has of a batch, and how the rest is put to it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import length, merge
from aliquot.cache._files import IntArray
from aliquot.cache._layout import layout_of
from aliquot.cache._samples import join, split


@dataclass
class Found:
    """The samples of a batch that are in a cache."""

    samples: int
    """How many the batch has, with those that are not here."""
    rows: IntArray | None = field(default_factory=lambda: np.arange(0))
    """The rows of the samples in `batch`; `None` if these are all, in order."""
    batch: Any = None
    """Those with the fixed layout."""
    cells: dict[int, Any] = field(default_factory=dict)
    """The others, by their rows; arrays in them may be views of the cache."""

    def missing(self) -> IntArray:
        """Give the rows that are not here, rising."""
        if self.rows is None:
            return np.arange(0)
        here = np.zeros(self.samples, bool)
        here[self.rows] = True
        here[list(self.cells)] = True
        return np.flatnonzero(~here)

    def complete(self) -> Any:
        """Give the batch, if nothing is missing."""
        if not self.cells:
            return self.batch
        return join(self._cells(self.cells))

    def completed(self, rows: IntArray, batch: Any, always: dict[str, bool]) -> Any:
        """Give the batch, with a batch of what was missing in these rows."""
        if (
            self.rows is not None
            and not self.cells
            and layout_of(batch) == layout_of(self.batch) is not None
        ):
            return merge(self.samples, [(self.rows, self.batch), (rows, batch)])
        read = dict(zip(rows.tolist(), split(batch, len(rows), always), strict=True))
        return join(self._cells(self.cells | read))

    def _cells(self, cells: dict[int, Any]) -> list[Any]:
        whole = dict(cells)
        if self.rows is not None and len(self.rows):
            alone = split(self.batch, length(self.batch), {})
            whole |= dict(zip(self.rows.tolist(), alone, strict=True))
        return [whole[row] for row in range(self.samples)]


def nothing(indices: NDArray[np.int64]) -> Found:
    """Give what an empty cache has."""
    return Found(len(indices))
