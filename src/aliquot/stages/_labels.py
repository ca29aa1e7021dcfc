"""Columns of labels: class numbers or probabilities."""

from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages._columns import Name

_TOLERANCE = 1e-3
"""How far from 1 the probabilities of a sample may add up to: float16 is that coarse."""


def check_classes(classes: Any) -> int:
    """Give the number of classes as an `int`.

    >>> check_classes(10)
    10
    """
    try:
        number = index(classes)
    except TypeError:
        raise ArgumentTypeError(f"classes must be an integer, not {classes!r}") from None
    if number < 1:
        raise ArgumentError(f"classes must be 1 or more, not {number}")
    return number


def one_hot_rows(name: Name, labels: Any, classes: int) -> NDArray[np.float32]:
    """Give 1 in the column of each label, 0 elsewhere; float32, shape (n, classes).

    >>> one_hot_rows("label", np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    numbers = _as_array(name, labels)
    if numbers.ndim != 1 or (len(numbers) and numbers.dtype.kind not in "biu"):
        raise BatchError(
            f"column {name!r} has no class numbers: they are integers, shape (n,), and it is "
            f"{describe(numbers)}"
        )
    out = (numbers < 0) | (numbers >= classes)
    if out.any():
        row = int(np.argmax(out))
        raise BatchError(
            f"column {name!r} has the label {numbers[row]} in row {row}, but there are {classes} "
            f"classes, from 0 to {classes - 1}"
        )
    rows = np.zeros((len(numbers), classes), np.float32)
    rows[np.arange(len(numbers)), numbers.astype(np.int64)] = 1
    return rows


def probabilities(
    name: Name, labels: Any, classes: int | None, *, stage: str
) -> NDArray[np.float32]:
    """Give labels of either kind as probabilities; float32, shape (n, K)."""
    given = _as_array(name, labels)
    if given.ndim == 2 and given.dtype.kind in "biuf":
        return _checked(name, given, classes)
    if given.ndim == 1 and given.dtype.kind in "biu":
        if classes is None:
            raise ArgumentError(
                f"column {name!r} has class numbers, of which {stage} makes probabilities: say how "
                f"many classes there are, as in {stage}(classes=10)"
            )
        return one_hot_rows(name, given, classes)
    raise BatchError(
        f"column {name!r} has no labels for {stage}: it takes class numbers (integers, shape (n,)) "
        f"or probabilities (shape (n, classes)), not {describe(given)}"
    )


def _as_array(name: Name, labels: Any) -> NDArray[Any]:
    if isinstance(labels, np.ndarray):
        return labels
    if not isinstance(labels, list):
        raise BatchError(f"column {name!r} has no labels: it is {describe(labels)}")
    try:
        return np.asarray(labels)
    except ValueError:
        raise BatchError(
            f"column {name!r} has no labels: its samples differ in length, such as "
            f"{labels[0]!r:.40}"
        ) from None


def _checked(name: Name, given: NDArray[Any], classes: int | None) -> NDArray[np.float32]:
    if classes is not None and given.shape[1] != classes:
        raise BatchError(
            f"column {name!r} has shape {given.shape}, but there are {classes} classes: "
            f"probabilities have shape (n, {classes}), class numbers (n,)"
        )
    sums = given.sum(axis=1, dtype=np.float64)
    # The comparisons are this way round so that NaN fails them.
    bad = ~((np.abs(sums - 1) <= _TOLERANCE) & (given >= 0).all(axis=1))
    if bad.any():
        row = int(np.argmax(bad))
        raise BatchError(
            f"column {name!r} has no probabilities in row {row}: they must be 0 or more and add up "
            f"to 1, not to {sums[row]:.6g}"
        )
    return given.astype(np.float32)
