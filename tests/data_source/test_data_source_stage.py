"""Calling a user's function on a batch, and checking what it gives back."""

import functools

import numpy as np
import pytest

from aliquot.data_source._stage import apply, as_batch, call, name_of
from aliquot.errors import BatchError

X = np.arange(3)


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (None, "the result is None"),
        (X.sum(), "the result is .*int64"),
        (3.5, "the result is .*float"),
        ("abc", "the result is .*str"),
        ((), "there is no column in it"),
        ({}, "there is no column in it"),
        (X[:2], "the result has 2"),
        ((X, X[:2]), r"column \[1\] has 2"),
        ({"a": X, "b": X[:1]}, r"column \['b'\] has 1"),
        ((X, {"a": (X, X[:0])}), r"column \[1\]\['a'\]\[1\] has 0"),
        ((X, None), r"column \[1\] is None"),
        ((X, 3), r"column \[1\] is .*int"),
        (np.float64(3), "the result is .*float64"),
        (np.array(3), "the result is int64"),
        ((X, "abc"), r"column \[1\] is .*str"),
        (X.astype(object), "the result has objects for samples, such as 0"),
        (([X, None, X],), r"column \[0\] has objects for samples"),
        (([None] * 3,), "does a call in it work in place and return None"),
        ((np.array([None] * 3),), "such as None"),
    ],
)
def test_what_is_no_batch_of_that_length_is_refused(result, fault):
    """The message says what is wrong with it."""
    with pytest.raises(BatchError, match=fault):
        apply(lambda x: result, (X,))


def test_the_refusal_names_function_length_and_shapes():
    """All that is needed to find the mistake."""

    def halve(x):
        return (x[::2],)

    with pytest.raises(BatchError) as caught:
        apply(halve, (X,))
    expected = (
        f"{name_of(halve)} must return a tuple, a dict or an array with 3 samples in each column, "
        "but column [0] has 2. It was given (int64 (3,),) and returned (int64 (2,),)"
    )
    assert expected == str(caught.value)


def test_a_call_that_works_in_place_is_suspected():
    """`numpy.ndarray.resize` returns `None` for every picture."""
    pictures = [np.zeros((2, 2)) for _ in X]
    with pytest.raises(BatchError, match="work in place and return None"):
        apply(lambda x: ([p.resize((1, 4), refcheck=False) for p in pictures],), (X,))


@pytest.mark.parametrize("given", [np.array([None, "a", 3]), [None, "a", 3]])
def test_objects_may_come_back_where_objects_went_in(given):
    """Then they were not made by mistake."""
    assert given is apply(lambda x: (x,), (given,))[0]


@pytest.mark.parametrize(
    "column", [np.zeros((3, 0)), ["a", "b", "c"], range(3), np.array(["a", "b", "c"])]
)
def test_columns_of_other_kinds_are_fine(column):
    """Whatever has one entry a sample."""
    assert column is apply(lambda x: (column,), (X,))[0]


def test_a_list_column_of_arrays_that_differ_in_shape_is_fine():
    """It is what pictures of many sizes are."""
    column = [np.zeros((2, 3)), np.zeros((2, 4)), np.zeros(5)]
    assert column is apply(lambda x: (column,), (X,))[0]


def test_a_list_column_of_large_pictures_is_not_copied_to_be_checked():
    """Its length is enough: making an array of it would double the memory."""

    class Picture:
        def __array__(self, *args, **kwargs):
            raise AssertionError("made an array of a picture")

    column = [Picture(), Picture(), Picture()]
    assert column is apply(lambda x: (column,), (X,))[0]


def test_a_list_is_taken_as_a_tuple_of_columns():
    """At the top only."""
    assert as_batch([1, [2]]) == (1, [2])


@pytest.mark.parametrize(
    ("batch", "expected"),
    [((1, 2), (0, 1, 2)), ([1, 2], (0, [1, 2])), ({"a": 1}, (0, {"a": 1})), ("x", (0, "x"))],
)
def test_arguments_come_before_the_batch(batch, expected):
    """Tuples are spread, all else is one argument."""
    assert expected == call(lambda *args: args, batch, prepend=(0,))


class Adder:
    """A callable object."""

    def __call__(self, x):
        return x + 1

    def method(self, x):
        return x


def test_an_object_is_named_by_its_class():
    """And by the line of its call."""
    line = Adder.__call__.__code__.co_firstlineno
    assert f"Adder ({__file__}:{line})" == name_of(Adder())


def test_a_method_is_named_with_its_class():
    """As Python shows it."""
    assert name_of(Adder().method).startswith(f"Adder.method ({__file__}:")


def test_a_wrapped_function_is_named_by_what_it_wraps():
    """The decorator's line would not help."""

    @functools.wraps(Adder.method)
    def wrapper(*args):
        return Adder.method(*args)

    line = Adder.method.__code__.co_firstlineno
    assert f"Adder.method ({__file__}:{line})" == name_of(functools.partial(wrapper, 1))


@pytest.mark.parametrize(("fn", "expected"), [(len, "len"), (str.upper, "str.upper")])
def test_a_builtin_has_no_line(fn, expected):
    """Its name is all there is."""
    assert expected == name_of(fn)
