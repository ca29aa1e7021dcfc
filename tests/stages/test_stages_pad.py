"""Sequences of different lengths, made into one array."""

import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages import Pad

RAGGED = [[1, 2], [3], [4, 5, 6]]


def test_samples_are_padded_to_the_longest():
    """A bare batch becomes values and mask."""
    values, mask = Pad(0)(RAGGED)
    assert values.tolist() == [[1, 2, 0], [3, 0, 0], [4, 5, 6]]
    assert mask.tolist() == [[True, True, False], [True, False, False], [True, True, True]]
    assert (values.dtype, mask.dtype) == (np.int64, np.bool_)


def test_samples_are_padded_to_a_length():
    """Whatever the longest is."""
    values, mask = Pad(0, to=4, value=9)(RAGGED)
    assert values.tolist() == [[1, 2, 9, 9], [3, 9, 9, 9], [4, 5, 6, 9]]
    assert mask.sum(axis=1).tolist() == [2, 1, 3]


def test_lengths_instead_of_a_mask():
    """int64."""
    _, lengths = Pad(0, mask=False)(RAGGED)
    assert lengths.tolist() == [2, 1, 3]
    assert lengths.dtype == np.int64


def test_columns_of_a_tuple():
    """What is added comes after all columns, in the order that was asked for."""
    labels = np.arange(3)
    batch = Pad((2, 0), mask=False)(RAGGED, labels, [[1], [1], []])
    assert [column.tolist() for column in batch] == [
        [[1, 2, 0], [3, 0, 0], [4, 5, 6]], [0, 1, 2], [[1], [1], [0]], [1, 1, 0], [2, 1, 3],
    ]  # fmt: skip
    assert batch[1] is labels


@pytest.mark.parametrize(("mask", "kind"), [(True, "mask"), (False, "lengths")])
def test_columns_of_a_dict(mask, kind):
    """What is added is named after them."""
    batch = Pad(("a", "b"), mask=mask)({"a": RAGGED, "y": np.arange(3), "b": RAGGED})
    assert list(batch) == ["a", "y", "b", f"a_{kind}", f"b_{kind}"]


def test_a_name_that_is_taken():
    """Nothing is overwritten."""
    with pytest.raises(ArgumentError, match="needs the name 'x_mask'"):
        Pad("x")({"x": RAGGED, "x_mask": np.arange(3)})


def test_other_axes_stay():
    """Frames of some height, say."""
    samples = [np.ones((2, 4, 3), np.float32), np.ones((5, 4, 3), np.float32)]
    values, mask = Pad(0)(samples)
    assert (values.dtype, values.shape, mask.shape) == (np.float32, (2, 5, 4, 3), (2, 5))
    assert values.sum(axis=(1, 2, 3)).tolist() == [24, 60]


def test_an_array_is_padded_too():
    """Its samples are of one length."""
    given = np.array([[1, 2], [3, 4]], np.uint8)
    values, mask = Pad(0, to=3)(given)
    assert values.tolist() == [[1, 2, 0], [3, 4, 0]]
    assert values.dtype == np.uint8
    assert mask.tolist() == [[True, True, False]] * 2


def test_an_array_of_objects_is_padded_too():
    """It is how NumPy holds samples that differ."""
    given = np.empty(2, object)
    given[:] = [np.arange(2), np.arange(3)]
    assert Pad(0)(given)[0].tolist() == [[0, 1, 0], [0, 1, 2]]


def test_what_is_given_is_not_written_into():
    """Nor is it part of the result."""
    given = np.array([[1, 2], [3, 4]])
    values, _ = Pad(0)(given)
    values[...] = 0
    assert given.tolist() == [[1, 2], [3, 4]]


def test_empty_lists_go_with_anything():
    """They have neither dtype nor shape of their own."""
    values, _ = Pad(0)([[], [1, 2]])
    assert values.tolist() == [[0, 0], [1, 2]]
    assert values.dtype == np.int64
    assert Pad(0)([[], [[1, 2]]])[0].tolist() == [[[0, 0]], [[1, 2]]]


@pytest.mark.parametrize(("to", "length"), [(None, 0), (5, 5)])
@pytest.mark.parametrize("column", [[], np.zeros(0), np.empty(0, object)])
def test_no_samples(column, to, length):
    """The shape is as good as it can be known."""
    values, mask = Pad(0, to=to)(column)
    assert (values.shape, mask.shape) == ((0, length), (0, length))


def test_no_samples_of_a_known_shape():
    """The other axes are kept."""
    values, lengths = Pad(0, mask=False)(np.zeros((0, 7, 3), np.uint8))
    assert (values.shape, values.dtype, lengths.shape) == ((0, 0, 3), np.uint8, (0,))


@pytest.mark.parametrize("column", [RAGGED, np.zeros((3, 3))])
def test_a_sample_that_is_too_long(column):
    """Column, row and lengths are named, and what to do."""
    with pytest.raises(BatchError, match=r"column 'x' .* in row \d has length 3, but to=2: .*cut"):
        Pad("x", to=2)({"x": column})


def test_other_axes_that_differ():
    """The shapes are listed, each kind once."""
    shapes = [(3, 2), (5, 4), (7, 2)]
    with pytest.raises(BatchError) as caught:
        Pad("x")({"x": [np.zeros(shape) for shape in shapes]})
    assert str(caught.value) == (
        "column 'x' cannot be stacked: its samples have shapes (3, 2), (5, 4): "
        "only the first axis may differ"
    )


def test_dtypes_that_differ():
    """They are listed."""
    with pytest.raises(BatchError, match=r"column 0 .* dtypes int64, float64: convert"):
        Pad(0)([[1, 2], [0.5]])


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.arange(3), "no axis, such as 0 in row 0"),
        ([[1], 2], "no axis, such as 2 in row 1"),
        (["cat", "dog"], "no axis, such as 'cat' in row 0"),
        ([None], "no axis, such as None"),
        ([["a"]], "row 0 is of dtype <U1, and it takes numbers"),
        (np.array([["a"]]), "row 0 is of dtype <U1"),
        ([[1], [[1], [1, 2]]], "the sample in row 1 makes no array"),
        (((1, 2), (3,)), "cannot be padded: it is"),
        ({"a": 1}, "cannot be padded: it is"),
        (None, "cannot be padded: it is None"),
    ],
)
def test_samples_that_cannot_be_padded(column, message):
    """The message says which, and why."""
    with pytest.raises(BatchError, match=f"column 'x' cannot be padded: .*{message}|{message}"):
        Pad("x")({"x": column})


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (bool, 0),
        (bool, True),
        (np.uint8, 255),
        (np.uint8, 3.0),
        (np.int64, -(2**63)),
        (np.float16, 65504),
        (np.float32, -np.inf),
        (np.complex64, 1j),
        (np.complex64, 2.5),
        (np.float32, np.float32(0.5)),
    ],
)
def test_values_that_a_dtype_holds(dtype, value):
    """They stand in the padding."""
    values, _ = Pad(0, to=2, value=value)([np.ones(1, dtype)])
    assert values.dtype == dtype
    assert values[0, 1] == value


def test_missing_values_in_padding():
    """NaN is a float."""
    assert np.isnan(Pad(0, to=2, value=np.nan)([np.ones(1)])[0][0, 1])


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (bool, 2),
        (np.uint8, -1),
        (np.uint8, 256),
        (np.int64, 0.5),
        (np.int64, np.nan),
        (np.int64, np.inf),
        (np.int64, 2**63),
        (np.uint64, 2.0**64),
        (np.float16, 65536),
        (np.float64, 10**400),
        (np.float64, 1j),
        (np.complex64, 1e300),
    ],
)
def test_values_that_a_dtype_does_not_hold(dtype, value):
    """They are refused before anything is padded."""
    with pytest.raises(ArgumentError, match=r"column 0 holds .*, which cannot hold value="):
        Pad(0, value=value)([np.ones(1, dtype)])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"columns": ()}, ArgumentError),
        ({"columns": ("x", "x")}, ArgumentError),
        ({"columns": 1.5}, ArgumentTypeError),
        ({"columns": (None,)}, ArgumentTypeError),
        ({"columns": 0, "value": "0"}, ArgumentTypeError),
        ({"columns": 0, "to": 1.5}, ArgumentTypeError),
        ({"columns": 0, "to": -1}, ArgumentError),
    ],
)
def test_arguments_that_cannot_be_used(options, error):
    """They are refused at once."""
    with pytest.raises(error):
        Pad(**options)


def test_it_can_be_pickled():
    """Worker processes are sent it."""
    stage = Pad(["x"], value=np.float32(1), to=np.int64(3), mask=False)
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_its_repr_shows_how_it_was_made():
    """As messages and reports do."""
    assert repr(Pad("x", to=4)) == "Pad(columns=('x',), value=0, to=4, mask=True)"
