"""HDF5 datasets and Zarr arrays, recognised without importing either package."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def package_of(column: Any) -> str:
    """Name the package that a value's class, or a class that it extends, comes from.

    Only the packages that need care are told apart; all others give ``""``.

    >>> package_of(np.zeros(3))
    ''
    """
    packages = {base.__module__.partition(".")[0] for base in type(column).__mro__}
    return next(iter(packages & {"h5py", "zarr", "pandas"}), "")


def read_sorted(column: Any, package: str, indices: NDArray[np.int64]) -> NDArray[Any]:
    """Read rising, unique indices, as h5py demands and chunks like, and put the rows in order."""
    unique, inverse = np.unique(indices, return_inverse=True)
    if len(unique) == 0 or unique[-1] - unique[0] + 1 == len(unique):
        start = int(unique[0]) if len(unique) else 0
        rows = column[start : start + len(unique)]
    elif package == "zarr":
        rows = column.get_orthogonal_selection((unique,))
    else:
        rows = column[unique]
    return np.take(rows, inverse, axis=0)
