"""What may stand in the square brackets."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.image._indices import is_single, several, single


@pytest.mark.parametrize("index", [2, np.int64(2), np.uint8(2), np.array(2)])
def test_any_integer_is_one_picture(index):
    """NumPy's integers count, also as arrays without dimensions."""
    assert (is_single(index), single(index, 3)) == (True, 2)


@pytest.mark.parametrize("indices", [[0, -1], (0, -1), np.array([0, -1], np.int8)])
def test_negative_indices_wrap(indices):
    """The last one is -1."""
    assert several(indices, 5) == [0, 4]


def test_a_slice_is_what_it_is_for_a_list():
    """Beyond the end it stops."""
    assert several(slice(3, None, -2), 4) == [3, 1]


@pytest.mark.parametrize("indices", [[], np.array([], int), np.array([])])
def test_no_indices_are_no_pictures(indices):
    """NumPy makes an empty list a float array."""
    assert several(indices, 5) == []


@pytest.mark.parametrize("index", [5, -6, 2**63, np.uint64(2**64 - 1), 10**30])
def test_an_index_out_of_range_is_named_with_the_length(index):
    """Also where 64 bits would wrap it round."""
    with pytest.raises(IndexRangeError, match=rf"{index} .*5 pictures"):
        single(index, 5)


def test_the_first_index_out_of_range_is_named():
    """The others may be fine."""
    with pytest.raises(IndexRangeError, match="index 9 is out of range for 5 pictures"):
        several([0, 9, 11], 5)


def test_two_dimensions_are_refused():
    """A batch has one."""
    with pytest.raises(ArgumentError, match=r"\(1, 2\)"):
        several(np.array([[0, 1]]), 5)


@pytest.mark.parametrize("indices", [[0.0, 1.0], np.array([1.5]), ["a"], "01", {1: 2}, None, 1.5])
def test_what_is_no_integer_is_refused(indices):
    """Floats are not rounded."""
    with pytest.raises((ArgumentTypeError, ArgumentError)):
        several(indices, 5)


def test_floats_are_refused_as_a_wrong_type():
    """The message names the dtype."""
    with pytest.raises(ArgumentTypeError, match="float64"):
        several([0.0, 1.0], 5)


def test_a_mask_is_refused_with_what_to_write():
    """True is no position."""
    with pytest.raises(ArgumentTypeError, match=r"np.flatnonzero\(mask\)"):
        several(np.array([True, False]), 2)


@pytest.mark.parametrize("index", [True, np.array(1.0), np.array(True)])
def test_one_index_that_is_no_integer_is_refused(index):
    """A bool is an int to Python, and a mistake here."""
    with pytest.raises(ArgumentTypeError, match="an index must be an integer"):
        single(index, 2)
