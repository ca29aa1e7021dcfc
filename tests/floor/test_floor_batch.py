"""Nested batches."""

import numpy as np
import pytest

from aliquot._batch import describe, leaves, length, map_leaves, stack, trim
from aliquot.errors import BatchError

NESTED = (np.arange(3), {"a": ["x", "y", "z"], "b": (np.zeros((3, 2)),)})


def test_leaves_have_paths():
    """As one would write them to reach the leaf."""
    assert [path for path, _ in leaves(NESTED)] == ["[0]", "[1]['a']", "[1]['b'][0]"]


def test_a_bare_array_is_its_own_leaf():
    """Its path is empty."""
    array = np.arange(2)
    assert [("", array)] == list(leaves(array))


def test_a_list_is_a_leaf():
    """It holds samples, not columns."""
    assert list(leaves([[1], [2]])) == [("", [[1], [2]])]


def test_map_leaves_keeps_containers():
    """Tuples stay tuples, dicts keep their order."""
    assert map_leaves(len, NESTED) == (3, {"a": 3, "b": (3,)})


@pytest.mark.parametrize("batch", [NESTED, ["a", "b", "c"], {"a": range(3)}, np.zeros((3, 0))])
def test_length_is_that_of_the_first_leaf(batch):
    """Containers do not count."""
    assert length(batch) == 3


@pytest.mark.parametrize("batch", [(), {}, ((), {})])
def test_a_batch_without_leaves_has_no_length(batch):
    """The message shows what came."""
    with pytest.raises(BatchError, match="array or list in it") as caught:
        length(batch)
    assert str(caught.value).endswith(repr(batch))


def test_trim_cuts_every_leaf():
    """Lists and arrays alike, however deep."""
    numbers, named = trim(NESTED, 2)
    assert (
        numbers.tolist(),
        named["a"],
        named["b"][0].shape,
    ) == ([0, 1], ["x", "y"], (2, 2))


@pytest.mark.parametrize("n", [3, 4])
def test_trim_gives_back_what_is_short_enough(n):
    """The very same leaf: no copy, no view."""
    assert NESTED[0] is trim(NESTED, n)[0]


def test_stack_makes_columns_of_tuples_and_dicts():
    """A sample of any structure becomes a batch of that structure."""
    batch = stack([(1, {"a": np.zeros(2)}), (2, {"a": np.ones(2)})])
    assert (batch[0].tolist(), batch[1]["a"].tolist()) == ([1, 2], [[0, 0], [1, 1]])


@pytest.mark.parametrize(
    ("samples", "dtype"),
    [([1, 2], np.int64), ([1.5, 2], np.float64), ([True, False], bool), ([1j], complex)],
)
def test_stack_makes_an_array_of_numbers(samples, dtype):
    """Of the type that NumPy gives them."""
    actual = stack(samples)
    assert (np.dtype(dtype), samples) == (actual.dtype, actual.tolist())


def test_stack_keeps_the_type_of_numpys_numbers():
    """A float32 sample stays one."""
    assert np.float32 == stack([np.float32(1), np.float32(2)]).dtype


@pytest.mark.parametrize(
    "samples",
    [
        [np.zeros(2), np.zeros(3)],
        [np.zeros(2), np.zeros(2, np.float32)],
        [np.zeros(2), None],
    ],
    ids=["shape", "dtype", "none"],
)
def test_stack_leaves_unlike_arrays_in_a_list(samples):
    """Nothing is cast or padded."""
    actual = stack(samples)
    assert [list, *map(id, samples)] == [type(actual), *map(id, actual)]


@pytest.mark.parametrize("samples", [["a", "b"], [b"x", b"y"], [None, None], [[1], [2, 3]]])
def test_stack_leaves_everything_else_in_a_list(samples):
    """Strings, for one."""
    assert samples == stack(samples)


def test_stack_does_not_turn_numbers_beside_strings_into_strings():
    """What is not numbers only stays a list: a 1 that became ``'1'`` would be another sample."""
    types = list(map(type, stack([1, "a"])))
    assert types == [int, str]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (np.zeros((3, 2), np.uint8), "uint8 (3, 2)"),
        ((np.zeros(3),), "(float64 (3,),)"),
        ({"a": [1, 2]}, "{'a': list of 2}"),
        (None, "None"),
        (3, "a int"),
        (((), {}), "((), {})"),
    ],
)
def test_describe_shows_shapes(batch, expected):
    """Never contents."""
    assert expected == describe(batch)
