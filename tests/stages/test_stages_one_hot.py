"""Class numbers, as rows of zeros and a one."""

import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages import one_hot


def test_labels_of_a_tuple():
    """The second column, unless another is named; float32."""
    x = np.zeros(2)
    batch = one_hot(3)(x, np.array([2, 0]))
    assert batch[0] is x
    assert batch[1].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert batch[1].dtype == np.float32


def test_labels_of_a_dict():
    """By name."""
    assert one_hot(2, column="y")({"y": np.array([1])})["y"].tolist() == [[0, 1]]


def test_bare_labels():
    """They are column 0."""
    assert one_hot(2, column=0)(np.array([1])).tolist() == [[0, 1]]


def test_a_label_that_is_no_class():
    """Label and row are named."""
    with pytest.raises(BatchError, match="column 1 has the label 7 in row 1"):
        one_hot(3)(None, np.array([0, 7]))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((0, 1), ArgumentError), ((1.5, 1), ArgumentTypeError), ((3, None), ArgumentTypeError)],
)
def test_arguments_that_cannot_be_used(arguments, error):
    """They are refused at once."""
    with pytest.raises(error):
        one_hot(arguments[0], column=arguments[1])


def test_it_can_be_pickled():
    """Worker processes are sent it."""
    stage = one_hot(3)
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_its_repr_shows_how_it_was_made():
    """As messages and reports do."""
    assert repr(one_hot(3)) == "OneHot(classes=3, column=1)"
