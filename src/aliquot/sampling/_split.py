"""Disjoint parts of a data set: for training, validation and test."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from operator import index

import numpy as np
from numpy.typing import ArrayLike

from aliquot._indices import IntArray
from aliquot._random import hash_key
from aliquot.errors import ArgumentError
from aliquot.sampling._keyed import Permutation

_SPLIT = int.from_bytes(b"split")


def split(
    n: int,
    fractions: Iterable[float],
    *,
    seed: int = 0,
    stratify: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> list[IntArray]:
    """Divide `n` samples at random into parts of given sizes, the same on every machine.

    Parameters
    ----------
    n : int
        Number of samples.
    fractions : sequence of float
        The share of each part, above 0; their sum is 1.
    seed : int, default 0
        Another seed gives another division; 0 or more and less than 2**64.
    stratify : array, shape (n,), optional
        The class of each sample, as numbers or strings: each class is divided in these
        fractions, to within one sample.
    groups : array, shape (n,), optional
        The group of each sample (a patient, a scene): no group is divided. The sizes are such
        that moving one group would bring them no nearer.

    Returns
    -------
    list of int64 arrays
        The samples of each part, ascending; together all of ``range(n)``. Without `groups`, each
        size is within one of its share, and ties favour the first parts; with `stratify`, within
        the number of classes.

    Raises
    ------
    ArgumentError
        If fractions are not positive or do not sum to 1, an array is not of shape ``(n,)``, or
        `stratify` and `groups` are both given (a `ValueError`).

    Examples
    --------
    >>> train, test = split(10, [0.8, 0.2], seed=0)
    >>> train, test
    (array([0, 1, 2, 4, 5, 6, 8, 9]), array([3, 7]))
    >>> labels = np.array(["cat"] * 90 + ["dog"] * 10)
    >>> for part in split(100, [0.7, 0.3], stratify=labels):
    ...     print(len(part), "of them dogs:", (labels[part] == "dog").sum())
    70 of them dogs: 7
    30 of them dogs: 3
    """
    count = index(n)
    if count < 0:
        raise ArgumentError(f"n must be 0 or more, not {count}")
    if stratify is not None and groups is not None:
        raise ArgumentError(
            "stratify and groups cannot be used together: whole groups have the classes they have"
        )
    shares = _shares(list(fractions))
    key = hash_key(_SPLIT, seed)
    if groups is not None:
        part = _part_by_group(_numbered(groups, count, "groups"), shares, key)
    else:
        labels = np.zeros(count, np.int64) if stratify is None else stratify
        part = _part_by_class(_numbered(labels, count, "stratify"), shares, key)
    return [np.flatnonzero(part == number).astype(np.int64) for number in range(len(shares))]


def _shares(fractions: list[float]) -> list[int]:
    """Turn fractions into integers in the same proportions."""
    if not fractions or not all(0 < fraction < math.inf for fraction in fractions):
        raise ArgumentError(f"fractions must be above 0, not {fractions}")
    if abs(math.fsum(fractions) - 1) > 1e-9:
        raise ArgumentError(
            f"fractions must sum to 1, not {math.fsum(fractions):.10g}: {fractions}"
        )
    # What the user wrote, 0.7 or 1/3, not the nearest float: ties of remainders are ties.
    exact = [Fraction(fraction).limit_denominator(10**12) for fraction in fractions]
    unit = math.lcm(*(share.denominator for share in exact))
    return [int(share * unit) for share in exact]


def _numbered(labels: ArrayLike, n: int, name: str) -> IntArray:
    """Give each sample the rank of its label among the labels, or refuse the array."""
    array = np.asarray(labels)
    if array.shape != (n,):
        raise ArgumentError(
            f"{name} must have one label a sample, shape ({n},), not one of shape {array.shape}"
        )
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def _part_by_class(classes: IntArray, shares: list[int], key: int) -> IntArray:
    """Give the part of each sample: the samples of each class shuffled, then cut."""
    shuffled = Permutation(len(classes), key).at(np.arange(len(classes), dtype=np.int64))
    by_class = shuffled[np.argsort(classes[shuffled], kind="stable")]
    sizes = _sizes(np.bincount(classes).tolist(), shares)
    numbers = np.tile(np.arange(len(shares), dtype=np.int64), len(sizes))
    part = np.empty(len(classes), dtype=np.int64)
    part[by_class] = np.repeat(numbers, np.asarray(sizes, dtype=np.int64).ravel())
    return part


def _sizes(counts: Sequence[int], shares: list[int]) -> list[list[int]]:
    """Divide each count by largest remainder, carrying what a part was denied to the next count.

    Each size is the part's exact share rounded up or down; the carrying keeps the totals near,
    where many small classes would otherwise all round the same way.
    """
    whole = sum(shares)
    owed = [0] * len(shares)
    sizes = []
    for count in counts:
        row = [count * share // whole for share in shares]
        rests = [count * share % whole for share in shares]
        owed = [debt + rest for debt, rest in zip(owed, rests, strict=True)]
        open_to_more = sorted((-owed[j], j) for j, rest in enumerate(rests) if rest)
        for _, j in open_to_more[: count - sum(row)]:
            row[j] += 1
            owed[j] -= whole
        sizes.append(row)
    return sizes


def _part_by_group(groups: IntArray, shares: list[int], key: int) -> IntArray:
    """Give the part of each sample, the same throughout a group."""
    counts = np.bincount(groups)
    shuffled = Permutation(len(counts), key).at(np.arange(len(counts), dtype=np.int64)).tolist()
    missing = _sizes([len(groups)], shares)[0]
    part_of = _dealt(shuffled, counts.tolist(), missing)
    return np.asarray(part_of, dtype=np.int64)[groups]


def _dealt(order: list[int], counts: list[int], missing: list[int]) -> list[int]:
    """Deal whole groups to the parts that miss most, then move those that bring sizes nearer."""
    part_of = [0] * len(counts)
    for group in order:
        part_of[group] = missing.index(max(missing))
        missing[part_of[group]] -= counts[group]
    moved = True
    while moved:
        moved = False
        for group in order:
            part, size = part_of[group], counts[group]
            if max(missing) - missing[part] > size:
                part_of[group] = missing.index(max(missing))
                missing[part] += size
                missing[part_of[group]] -= size
                moved = True
    return part_of
