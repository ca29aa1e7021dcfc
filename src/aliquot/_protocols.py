"""What an array-like must offer."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from aliquot._random import Draws


@runtime_checkable
class ArrayLike(Protocol):
    """Anything that can be indexed.

    ``len(a)`` is the number of samples. ``a[i]`` takes an `int`, or a 1-D NumPy integer array and
    then fetches many samples at once, giving an array, a list (when the samples differ in shape)
    or a dict of columns. Row ``j`` of ``a[indices]`` depends on ``indices[j]`` alone.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...


@runtime_checkable
class ForewarnedArrayLike(ArrayLike, Protocol):
    """An array-like that can make ready what will be read, such as files."""

    def will_need(self, indices: NDArray[np.int64]) -> None:
        """Hear of samples that will be read soon; called in a thread of its own."""
        ...


@runtime_checkable
class DrawingArrayLike(ArrayLike, Protocol):
    """An array-like that takes random numbers, such as pictures with random transforms."""

    @property
    def draws(self) -> bool:
        """Whether it does; else it is read as any other."""
        ...

    def read(self, indices: NDArray[np.int64], *, rng: Draws) -> Any:
        """Give what ``a[indices]`` gives, with one row of `rng` a sample."""
        ...
