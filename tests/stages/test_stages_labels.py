"""Columns of labels: class numbers or probabilities."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages._labels import check_classes, one_hot_rows, probabilities


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int8])
def test_class_numbers_become_probabilities(dtype):
    """float32, whatever integers they are."""
    found = probabilities(0, np.array([2, 0], dtype), 3, stage="MixUp")
    assert found.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert found.dtype == np.float32


def test_a_list_of_class_numbers():
    """It need not be an array."""
    assert probabilities(0, [1, 0], 2, stage="MixUp").tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_stay(dtype):
    """Their number need not be given."""
    given = np.array([[0.25, 0.75], [1, 0]], dtype)
    found = probabilities(0, given, None, stage="MixUp")
    assert found.tolist() == [[0.25, 0.75], [1, 0]]
    assert found.dtype == np.float32
    assert not np.shares_memory(found, given)


def test_rows_of_integers_are_probabilities_of_0_and_1():
    """One-hot labels are often so."""
    assert probabilities(0, np.eye(2, dtype=np.int64), 2, stage="MixUp").tolist() == [
        [1, 0],
        [0, 1],
    ]


def test_coarse_probabilities_are_fine():
    """Those of float16 do not add up to 1 exactly."""
    given = np.random.default_rng(0).dirichlet(np.ones(100), 50).astype(np.float16)
    assert probabilities(0, given, 100, stage="MixUp").shape == (50, 100)


@pytest.mark.parametrize("label", [-1, 3, 255])
def test_a_label_that_is_no_class(label):
    """Label and row are named."""
    message = f"column 'y' has the label {label} in row 1, but there are 3 classes, from 0 to 2"
    with pytest.raises(BatchError, match=message):
        one_hot_rows("y", np.array([0, label]), 3)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3), r"column 'y' has no labels for MixUp: .* not float64 \(3,\)"),
        (np.zeros((3, 2, 2)), r"not float64 \(3, 2, 2\)"),
        (np.array(["a", "b"]), r"not <U1 \(2,\)"),
        (["cat", "dog"], r"not <U3 \(2,\)"),
        ([[1], [1, 2]], "its samples differ in length"),
        (None, "it is None"),
        (np.ones((3, 5)) / 5, r"shape \(3, 5\), but there are 2 classes"),
        (np.array([[1, 0], [1, 1]]), "no probabilities in row 1: .* not to 2"),
        (np.array([[1.5, -0.5]]), "no probabilities in row 0"),
        (np.array([[1, np.nan]]), "no probabilities in row 0"),
    ],
)
def test_labels_of_other_kinds(labels, message):
    """The message says what they are, and what is taken."""
    with pytest.raises(BatchError, match=message):
        probabilities("y", labels, 2, stage="MixUp")


def test_class_numbers_need_the_number_of_classes():
    """A batch does not tell it."""
    with pytest.raises(ArgumentError, match=r"as in CutMix\(classes=10\)"):
        probabilities("y", np.arange(3), None, stage="CutMix")


@pytest.mark.parametrize("labels", [np.zeros(2), np.zeros((2, 1), int), ["a"]])
def test_what_has_no_class_numbers(labels):
    """One integer a sample."""
    with pytest.raises(BatchError, match="column 0 has no class numbers"):
        one_hot_rows(0, labels, 3)


@pytest.mark.parametrize("labels", [[], np.zeros(0, int)])
def test_no_samples(labels):
    """There are classes still."""
    assert one_hot_rows(0, labels, 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("classes", "error"), [(0, ArgumentError), (2.0, ArgumentTypeError), ("2", ArgumentTypeError)]
)
def test_a_number_of_classes_that_cannot_be_used(classes, error):
    """It is refused."""
    with pytest.raises(error, match="classes must be"):
        check_classes(classes)
