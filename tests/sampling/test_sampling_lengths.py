"""The lengths of samples, checked."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling._lengths import check_lengths


@pytest.mark.parametrize("lengths", [[3, 0, 2], (3, 0, 2), np.array([3, 0, 2], np.uint8)])
def test_lengths_become_an_array(lengths):
    """Of 64 bits."""
    found = check_lengths(lengths, 0)
    assert ([3, 0, 2], np.dtype(np.int64)) == (found.tolist(), found.dtype)


def test_the_array_is_a_copy():
    """What the caller does with the own changes nothing."""
    lengths = np.array([3, 1])
    check_lengths(lengths, 1)[:] = 0
    assert lengths.tolist() == [3, 1]


def test_no_lengths_are_refused():
    """There is nothing to draw."""
    with pytest.raises(ArgumentError, match=r"^lengths must not be empty: give one a sample$"):
        check_lengths([], 0)


@pytest.mark.parametrize(
    ("lengths", "least", "text"),
    [
        ([3, -1, -2], 0, "lengths must be 0 or more, but that of sample 2 is -2"),
        ([3, 0, 2], 1, "lengths must be 1 or more, but that of sample 1 is 0"),
    ],
)
def test_a_length_that_is_too_small_is_refused(lengths, least, text):
    """The message names the worst."""
    with pytest.raises(ArgumentError, match=f"^{text}$"):
        check_lengths(lengths, least)


def test_lengths_that_are_no_integers_are_refused():
    """Under the name of the argument."""
    with pytest.raises(ArgumentTypeError, match=r"^lengths must be integers, not float64$"):
        check_lengths([1.0], 0)


def test_lengths_in_two_dimensions_are_refused():
    """The message gives their shape."""
    text = r"^lengths must be a 1-D array, not one of shape \(1, 2\)$"
    with pytest.raises(ArgumentError, match=text):
        check_lengths([[1, 2]], 0)
