"""What the sources that are made of other sources share."""

import numpy as np
import pytest

from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError

A = ArrayDataSource([np.arange(4)])
KINDS = pytest.mark.parametrize("kind", [CompositeDataSource, ChoiceDataSource])


@KINDS
def test_no_members_are_refused(kind):
    """By the constructor."""
    with pytest.raises(ArgumentError) as caught:
        kind([])
    assert f"{kind.__name__} needs at least one data source" == str(caught.value)


@KINDS
@pytest.mark.parametrize("member", [np.arange(3), [np.arange(3)], None, "abc"])
def test_a_member_that_is_no_source_is_refused(kind, member):
    """The message says which one, what it is, and how to make it one."""
    with pytest.raises(ArgumentTypeError) as caught:
        kind([A, member])
    message = str(caught.value)
    assert f"{kind.__name__} takes data sources, but number 1 is" in message
    assert f"{type(member).__name__}: wrap arrays as ArrayDataSource([...])" in message


@KINDS
def test_an_array_in_place_of_the_list_is_refused(kind):
    """By an error of ours, not by what NumPy says of truth values."""
    with pytest.raises(ArgumentTypeError, match="data source"):
        kind(np.arange(3))


@KINDS
def test_random_access_needs_all_members(kind):
    """One without is enough to lose it."""
    other = CallableDataSource(lambda batch_size: iter([]))
    assert (kind([A, A]).is_random_access, kind([A, other]).is_random_access) == (True, False)


@KINDS
def test_repr_shows_the_members(kind):
    """In their order."""
    assert f"{kind.__name__}([{A!r}, {A!r}])" == repr(kind([A, A]))


METHODS = pytest.mark.parametrize("method", ["batch_iterator", "batch_indices_iterator"])


@KINDS
@METHODS
@pytest.mark.parametrize(("size", "error"), [(0, ArgumentError), (2.0, ArgumentTypeError)])
def test_a_wrong_batch_size_is_refused_at_the_call(kind, method, size, error):
    """Not at the first `next`."""
    with pytest.raises(error, match="batch_size must be an integer of 1 or more"):
        getattr(kind([A, A]), method)(size)


@KINDS
@METHODS
@pytest.mark.parametrize(
    ("settings", "text"),
    [({"shuffle": 42}, "not 42"), ({"depth": 3}, "knows no setting 'depth'")],
    ids=["seed", "unknown"],
)
def test_settings_that_a_member_refuses_are_refused(kind, method, settings, text):
    """At the first batch at the latest, in the member's words."""
    with pytest.raises(ArgumentTypeError, match=text):
        next(getattr(kind([A, A]), method)(2, **settings))
