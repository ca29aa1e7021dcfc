"""Indices that come from users."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._indices import as_index_array, check_indices
from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError


@pytest.mark.parametrize(
    "indices",
    [
        [3, 1, 2],
        (3, 1, 2),
        np.array([3, 1, 2], np.uint8),
        np.array([3, 1, 2], ">i8"),
        np.array([3, 0, 1, 0, 2], np.int64)[::2],
    ],
    ids=["list", "tuple", "small", "big-endian", "strided"],
)
def test_integers_of_any_kind_become_int64(indices):
    """Whatever holds them."""
    actual = check_indices(indices, 4)
    assert (np.dtype(np.int64), [3, 1, 2]) == (actual.dtype, actual.tolist())


@pytest.mark.parametrize("indices", [[], (), np.array([]), np.zeros(0, bool)])
def test_no_indices_are_an_empty_array(indices):
    """NumPy calls an empty list a list of floats; it is none here."""
    actual = check_indices(indices, 4)
    assert (np.dtype(np.int64), []) == (actual.dtype, actual.tolist())


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.data(), st.integers(1, 20))
def test_negatives_wrap_as_in_numpy(data, n):
    """The result picks the samples that ``X[idx]`` picks."""
    indices = np.array(data.draw(st.lists(st.integers(-n, n - 1))), dtype=np.int64)
    assert np.arange(n)[indices].tolist() == check_indices(indices, n).tolist()


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 12), st.slices(12))
def test_slices_pick_what_they_pick_of_a_list(n, chosen):
    """Steps, negative bounds and overhanging ones included."""
    assert list(range(n))[chosen] == check_indices(chosen, n).tolist()


def test_wrapping_leaves_the_callers_array_alone():
    """A new array is made."""
    given_ = np.array([-1, 0])
    check_indices(given_, 5)
    assert given_.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("indices", "wrong"),
    [([0, 5], 5), ([-6], -6), ([1, -7, 9], -7), (np.array([0, 255], np.uint8), 255)],
)
def test_an_index_out_of_range_is_named(indices, wrong):
    """The first wrong one, and how many samples there are."""
    with pytest.raises(IndexRangeError) as caught:
        check_indices(indices, 5)
    assert f"index {wrong} is out of range for 5 samples" == str(caught.value)


def test_every_index_is_out_of_range_of_nothing():
    """Also 0."""
    with pytest.raises(IndexRangeError, match="index 0 is out of range for 0 samples"):
        check_indices([0], 0)


@pytest.mark.parametrize("indices", [[1.0], np.array([0.5, 1.5]), ["a"], [None], [[0.5]]])
def test_indices_that_are_no_integers_are_refused(indices):
    """The message names what they are."""
    with pytest.raises(ArgumentTypeError) as caught:
        as_index_array(indices)
    assert f"indices must be integers, not {np.asarray(indices).dtype}" == str(caught.value)


def test_a_boolean_mask_is_refused_with_a_remedy():
    """It would read as samples 0 and 1."""
    with pytest.raises(ArgumentTypeError) as caught:
        as_index_array([True, False])
    expected = "indices must be integers, not bool; for a mask write np.flatnonzero(mask)"
    assert expected == str(caught.value)


@pytest.mark.parametrize("indices", [3, [[0, 1], [2, 3]], np.zeros((0, 2), int)])
def test_indices_that_are_not_1d_are_refused(indices):
    """A single index is not a batch of one."""
    with pytest.raises(ArgumentError) as caught:
        as_index_array(indices)
    expected = f"indices must be a 1-D array, not one of shape {np.shape(indices)}"
    assert expected == str(caught.value)


def test_messages_use_the_callers_name_for_the_argument():
    """Such as the y of a class balancer."""
    with pytest.raises(ArgumentTypeError, match="y must be integers, not float64"):
        check_indices([0.5], 3, name="y")
