"""Samples sorted by their class."""

import numpy as np
import pytest

from aliquot._random import hash_key
from aliquot.errors import ArgumentError
from aliquot.sampling import Permutation
from aliquot.sampling._labels import Classes

LABELS = ["dog", "cat", "dog", "bee", "dog", "cat"]


@pytest.mark.parametrize(
    ("labels", "names", "counts"),
    [
        (LABELS, ["bee", "cat", "dog"], [1, 2, 3]),
        ([7, -2, 7], [-2, 7], [1, 2]),
        (np.array([200, 3], np.uint8), [3, 200], [1, 1]),
        ([True, True, False], [False, True], [1, 2]),
        ([b"x", b"y"], [b"x", b"y"], [1, 1]),
    ],
    ids=["texts", "integers", "bytes of 8 bits", "booleans", "byte strings"],
)
def test_classes_are_the_labels_that_occur_sorted(labels, names, counts):
    """With the number of their samples."""
    classes = Classes(labels)
    assert names == classes.names.tolist()
    assert counts == classes.counts.tolist()
    assert len(names) == len(classes)


def test_samples_are_in_the_order_of_the_data_without_a_key():
    """Pass after pass."""
    found = Classes(LABELS).samples(np.full(7, 2), np.arange(7), None)
    assert found.tolist() == [0, 2, 4, 0, 2, 4, 0]


def test_classes_may_be_mixed():
    """Each position is for itself."""
    found = Classes(LABELS).samples(np.array([1, 0, 2, 1]), np.array([1, 5, 2, 0]), None)
    assert found.tolist() == [5, 3, 4, 1]


@pytest.mark.parametrize("number", [0, 1, 10**12])
@pytest.mark.parametrize("of_class", [0, 1, 2])
def test_each_pass_of_a_class_has_a_permutation_of_its_own(number, of_class):
    """By the hash of key, class and pass."""
    classes = Classes(np.arange(90) % 6 // 2)
    found = classes.samples(np.full(30, of_class), number * 30 + np.arange(30), 5)
    order = Permutation(30, hash_key(5, of_class, number)).at(np.arange(30))
    assert np.flatnonzero(np.arange(90) % 6 // 2 == of_class)[order].tolist() == found.tolist()


def test_a_large_class_has_a_permutation_too():
    """Beyond the size up to which they are sorted."""
    found = Classes(np.zeros(70_000, int)).samples(np.zeros(70_000, int), np.arange(70_000), 3)
    assert np.array_equal(Permutation(70_000, hash_key(3, 0, 0)).at(np.arange(70_000)), found)


def test_the_description_is_of_which_samples_are_in_which_class():
    """Not of what classes are called."""
    assert Classes(LABELS).describe() == Classes([9, 3, 9, 1, 9, 3]).describe()
    assert Classes(LABELS).describe() != Classes(LABELS[::-1]).describe()


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ([1.0, 2.0], r"float64 of shape \(2,\)"),
        ([[1, 2]], r"int64 of shape \(1, 2\)"),
        (3, r"int64 of shape \(\)"),
        ([None, "a"], r"object of shape \(2,\)"),
    ],
)
def test_labels_of_another_kind_are_refused(labels, what):
    """The message says which."""
    text = f"labels must be a 1-D array of integers or texts, one a sample, not {what}$"
    with pytest.raises(ArgumentError, match=text):
        Classes(labels)


def test_no_labels_are_refused():
    """There is nothing to draw."""
    with pytest.raises(
        ArgumentError, match=r"^labels must not be empty: there is nothing to draw$"
    ):
        Classes(np.empty(0, int))


def test_an_empty_list_of_labels_is_refused():
    """Whatever its type is taken to be."""
    with pytest.raises(ArgumentError, match=r"^labels must"):
        Classes([])
