"""Some of the samples, once a pass."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import SubsetSampler


def test_an_epoch_in_the_order_of_the_subset():
    """A sample named twice comes twice."""
    found = SubsetSampler([7, 3, 7]).in_order_indices_batch_iterator(2)
    assert [batch.tolist() for batch in found] == [[7, 3], [7]]


def test_a_shuffled_epoch_permutes_the_subset():
    """By the generator's own permutation of positions."""
    subset = np.array([7, 3, 5, 1])
    expected = subset[np.random.RandomState(3).permutation(4)].tolist()
    found = SubsetSampler(subset).shuffled_indices_batch_iterator(4, np.random.RandomState(3))
    assert [expected] == [batch.tolist() for batch in found]


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_batch_of_indices_is_the_callers(shuffled):
    """Writing to it changes neither the subset nor a later batch."""
    subset = np.array([7, 3, 5, 1])
    sampler = SubsetSampler(subset)
    found = (
        sampler.shuffled_indices_batch_iterator(2, np.random.RandomState(0))
        if shuffled
        else sampler.in_order_indices_batch_iterator(2)
    )
    first = next(found)
    kept = first.tolist()
    first[:] = 99
    assert (subset.tolist(), sorted(kept + next(found).tolist())) == ([7, 3, 5, 1], [1, 3, 5, 7])


@pytest.mark.parametrize(("repeats", "expected"), [(1, 3), (3, 9), (-1, np.inf)])
def test_the_number_of_indices(repeats, expected):
    """That of the subset, times the passes."""
    assert expected == SubsetSampler([7, 3, 5], repeats=repeats).num_indices_generated()


def test_positions_become_indices():
    """Negative ones count from the end of the subset."""
    assert SubsetSampler([7, 3, 5]).map_indices([-1, 0]).tolist() == [5, 7]


def test_positions_are_checked():
    """Against the subset, not the data."""
    with pytest.raises(IndexRangeError, match="index 3 is out of range for 3 samples"):
        SubsetSampler([7, 3, 5]).map_indices([3])


@pytest.mark.parametrize(
    ("indices", "error", "text"),
    [
        ([[1, 2]], ArgumentError, "must be a 1-D array, not one of shape"),
        ([0.5], ArgumentTypeError, "must be integers, not float64"),
        ([True, False], ArgumentTypeError, "flatnonzero"),
    ],
    ids=["2-D", "float", "mask"],
)
def test_wrong_indices_are_refused(indices, error, text):
    """By the constructor."""
    with pytest.raises(error, match=text):
        SubsetSampler(indices)


@pytest.mark.parametrize("repeats", [0, -2])
def test_wrong_repeats_are_refused(repeats):
    """By the constructor."""
    with pytest.raises(ArgumentError, match="repeats must be 1 or more"):
        SubsetSampler([1], repeats=repeats)


def test_an_empty_subset_without_end_is_refused():
    """By the constructor."""
    with pytest.raises(ArgumentError, match="empty data set"):
        SubsetSampler([], repeats=-1)


def test_repr():
    """Shows how many, not which."""
    assert repr(SubsetSampler([1, 2, 3], repeats=-1)) == "SubsetSampler(3 indices, repeats=-1)"
