"""The columns of a batch, by position or name."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.stages._columns import Columns, check_name


@pytest.mark.parametrize("given", [(1, 2), ({"a": 1},), (1,)])
def test_what_is_not_touched_comes_back(given):
    """As a tuple, a dict or bare, like the batch that `map` calls a stage with."""
    expected = given[0] if len(given) == 1 else given
    assert Columns(given).batch() == expected


def test_a_column_of_a_dict_is_replaced_in_its_place():
    """In the result, and not in what was given."""
    given = {"a": 1, "b": 2}
    columns = Columns((given,))
    columns["a"] = 3
    assert list(columns.batch().items()) == [("a", 3), ("b", 2)]
    assert given == {"a": 1, "b": 2}


def test_a_column_of_a_tuple_is_replaced_in_its_place():
    """By position."""
    columns = Columns((1, 2))
    columns[np.int64(1)] = 3
    assert columns.batch() == (1, 3)


def test_columns_are_appended_to_a_tuple():
    """Last."""
    columns = Columns((1, 2))
    columns.append(3, 0, "mask")
    assert columns.batch() == (1, 2, 3)


def test_a_bare_batch_that_grows_is_a_tuple():
    """There is more than one column."""
    columns = Columns((1,))
    columns.append(2, 0, "mask")
    assert columns.batch() == (1, 2)


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        ((1, 2), 2, "no column 2: the batch is a tuple with the columns 0, 1"),
        ((1, 2), -1, "no column -1"),
        ((1, 2), "x", "no column 'x': the batch is a tuple"),
        ((1,), 1, "no column 1: the batch has one column, 0"),
        (({"a": 1, "b": 2},), 0, "no column 0: the batch is a dict with 'a', 'b'"),
        (({},), "a", "is a dict with no columns"),
    ],
)
def test_a_column_that_is_missing(given, name, message):
    """The message names those that there are."""
    with pytest.raises(ArgumentError, match=message):
        Columns(given)[name]


def test_a_name_that_is_taken():
    """The message says by what it is needed."""
    columns = Columns(({"x": 1, "x_mask": 2},))
    with pytest.raises(ArgumentError, match="column 'x' needs the name 'x_mask' for its mask"):
        columns.append(3, "x", "mask")


@pytest.mark.parametrize("name", [None, True, 1.0, ("x",)])
def test_what_names_no_column(name):
    """Positions and names do."""
    with pytest.raises(ArgumentTypeError, match="labels must be a column's position"):
        check_name("labels", name)
