"""What an array-like must offer."""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class ArrayLike(Protocol):
    """Anything that can be indexed.

    ``len(a)`` is the number of samples. ``a[i]`` takes an `int`, or a 1-D NumPy integer array and
    then fetches many samples at once, giving an array, a list (when the samples differ in shape)
    or a dict of columns. Row ``j`` of ``a[indices]`` depends on ``indices[j]`` alone.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> Any: ...
