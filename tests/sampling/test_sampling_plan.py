"""Plans: which sample stands at which place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling._plan import InOrder, Subset, batches, check_repeats


@pytest.mark.parametrize("repeats", [1, 7, -1])
def test_good_repeats_are_given_back(repeats):
    """-1 stands for no end."""
    assert repeats == check_repeats(repeats, 5)


@pytest.mark.parametrize("repeats", [0, -2])
def test_wrong_repeats_are_refused(repeats):
    """The message says what is allowed and what came."""
    expected = f"repeats must be 1 or more, or -1 for no end, not {repeats}"
    with pytest.raises(ArgumentError) as caught:
        check_repeats(repeats, 5)
    assert expected == str(caught.value)


@pytest.mark.parametrize("repeats", [1.5, "2", None])
def test_repeats_that_are_no_integer_are_refused(repeats):
    """One and a half passes would end in the middle of the data."""
    with pytest.raises(ArgumentTypeError, match="repeats"):
        check_repeats(repeats, 5)


def test_nothing_cannot_be_repeated_without_end():
    """It would loop for ever without giving a batch."""
    with pytest.raises(ArgumentError, match="empty data set cannot be repeated without end"):
        check_repeats(-1, 0)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 9), st.integers(1, 4), st.integers(0, 40), st.integers(0, 20))
def test_places_in_order_are_those_of_the_passes_end_to_end(n, repeats, start, size):
    """Any range of places can be asked for."""
    expected = (list(range(n)) * repeats)[start : start + size]
    assert expected == InOrder(n, repeats).indices(start, start + size).tolist()


def test_an_endless_plan_goes_on():
    """Places far beyond the first pass are there."""
    assert InOrder(3, -1).indices(3_000_001, 3_000_004).tolist() == [1, 2, 0]


def test_a_subset_follows_the_order_of_its_plan():
    """Positions become samples."""
    plan = Subset(np.array([7, 3, 5]), InOrder(3, 2))
    assert plan.indices(1, 5).tolist() == [3, 5, 7, 3]


def test_what_a_subset_gives_is_the_callers():
    """Writing to it leaves the subset as it was."""
    subset = np.array([7, 3, 5])
    Subset(subset, InOrder(3, 1)).indices(0, 3)[:] = 0
    assert subset.tolist() == [7, 3, 5]


def test_batches_end_with_the_plan():
    """The last one may be short."""
    assert [found.tolist() for found in batches(InOrder(3, 1), 2)] == [[0, 1], [2]]


def test_batches_of_an_empty_plan_are_none():
    """No batch, rather than an empty one."""
    assert list(batches(InOrder(0, 3), 2)) == []
