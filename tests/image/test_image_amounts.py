"""Arguments that are numbers or ranges."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._amounts import (
    amount,
    around,
    check_choice,
    check_ends,
    check_number,
    check_whole,
    ends,
    numbers,
)


def test_lists_and_arrays_become_tuples():
    """What is given cannot be changed afterwards."""
    assert (numbers("x", [1, 2.5]), numbers("x", np.array([1, 2]), 2)) == ((1, 2.5), (1, 2))


@pytest.mark.parametrize("value", [3, "12", [1, "2"], [True, 1], {1, 2}, None])
def test_what_is_no_sequence_of_numbers_is_refused(value):
    """By its type."""
    with pytest.raises(ArgumentTypeError, match="x must be 2 or 4 numbers"):
        numbers("x", value, 2, 4)


@pytest.mark.parametrize("value", [[], [1], [1, 2, 3], [np.nan, 1], [1, np.inf]])
def test_other_lengths_and_no_numbers_are_refused(value):
    """By their value."""
    with pytest.raises(ArgumentError, match="x must be"):
        numbers("x", value, 2)


def test_one_number_stays_one():
    """It is not made a tuple."""
    assert (amount("x", 3), amount("x", [3])) == (3, (3,))


@pytest.mark.parametrize("value", [None, "random", {1: 2}])
def test_an_amount_is_a_number_or_several(value):
    """Anything else is refused."""
    with pytest.raises(ArgumentTypeError, match="x must be a number or 2 numbers"):
        amount("x", value, 2)


def test_one_number_is_a_distance():
    """It reaches to both sides, and not below the least."""
    assert (ends(0.25, 1), ends(3, 1, least=0), ends((0.5, 1), 1)) == (
        (0.75, 1.25),
        (0.0, 4.0),
        (0.5, 1.0),
    )


def test_a_distance_is_not_negative():
    """The message says what the number means."""
    with pytest.raises(ArgumentError, match="the distance from 1, not -2"):
        around("x", -2, 1)


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (-np.inf, np.inf, r"\(least, most\), not"),
        (0, np.inf, "of 0 or more"),
        (0, 1, "from 0 to 1"),
    ],
)
def test_a_range_ascends_within_its_bounds(low, high, message):
    """The message says which bounds."""
    with pytest.raises(ArgumentError, match=message):
        check_ends("x", (2, 1), low, high)


@pytest.mark.parametrize("value", [True, "1", None, 1j])
def test_a_number_is_a_real_one(value):
    """Neither a flag nor text."""
    with pytest.raises(ArgumentTypeError, match="x must be a number"):
        check_number("x", value)


def test_a_number_is_finite():
    """Nothing is done with infinity."""
    with pytest.raises(ArgumentError, match="x must be finite"):
        check_number("x", np.inf)


@pytest.mark.parametrize(("value", "error"), [(1.0, ArgumentTypeError), (0, ArgumentError)])
def test_a_count_is_whole_and_large_enough(value, error):
    """A float is refused by its type."""
    with pytest.raises(error, match="x must be"):
        check_whole("x", value, 1)


@pytest.mark.parametrize("value", ["c", 1, None, ["a"]])
def test_a_choice_is_one_of_those_there_are(value):
    """They are listed."""
    with pytest.raises(ArgumentError, match="must be one of 'a', 'b', not"):
        check_choice("x", value, ("a", "b"))
