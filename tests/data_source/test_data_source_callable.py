"""Batches from a user's function."""

import numpy as np
import pytest

from aliquot.data_source import CallableDataSource, ChoiceDataSource, CompositeDataSource
from aliquot.errors import ArgumentTypeError

X = np.arange(7)


def batches(batch_size):
    for i in range(0, len(X), batch_size):
        yield (X[i : i + batch_size],)


def test_the_function_gives_the_batches():
    """Anew at each call."""
    source = CallableDataSource(batches)
    for _ in range(2):
        assert [b.tolist() for (b,) in source.batch_iterator(3)] == [[0, 1, 2], [3, 4, 5], [6]]


def test_settings_reach_the_function():
    """Those that were given, and no others."""
    seen = []
    source = CallableDataSource(lambda *args, **kwargs: seen.append((args, kwargs)))
    source.batch_iterator(3, shuffle=False, depth=2)
    source.batch_iterator(4)
    assert seen == [((3,), {"shuffle": False, "depth": 2}), ((4,), {})]


@pytest.mark.parametrize("count", [7, np.int64(7), np.inf, None])
def test_a_number_of_samples_may_be_given(count):
    """Or none, if it is not known."""
    assert count == CallableDataSource(batches, count).num_samples()


def test_a_number_of_samples_may_be_a_function():
    """It gets the settings."""
    source = CallableDataSource(batches, lambda depth=1: 7 * depth)
    assert (source.num_samples(), source.num_samples(depth=2)) == (7, 14)


@pytest.mark.parametrize("count", [7.0, "7", np.nan, [7]])
def test_what_is_no_number_of_samples_is_refused(count):
    """The message says what is one."""
    with pytest.raises(ArgumentTypeError) as caught:
        CallableDataSource(batches, count)
    expected = f"num_samples_fn must be an int, numpy.inf or None, not {count!r}"
    assert expected == str(caught.value)


def test_an_iterator_in_place_of_a_function_is_refused():
    """It was called too early."""
    made = batches(3)
    with pytest.raises(ArgumentTypeError) as caught:
        CallableDataSource(made)
    assert f"batch_iterator_fn must be a function, not {made!r}" == str(caught.value)


def test_it_is_not_random_access():
    """Only the function knows its samples."""
    assert not CallableDataSource(batches).is_random_access


def test_repr_names_the_line():
    """Where the function is."""
    line = batches.__code__.co_firstlineno
    assert f"CallableDataSource(batches ({__file__}:{line}))" == repr(CallableDataSource(batches))


@pytest.mark.parametrize("kind", [CompositeDataSource, ChoiceDataSource])
def test_a_function_that_does_not_know_shuffle_can_be_a_member(kind):
    """It is not told of what was not asked for."""
    found = kind([CallableDataSource(batches)]).batch_iterator(4)
    assert [len(batch[0]) for batch in found] == [4, 3]


def test_a_count_that_does_not_know_shuffle_can_be_that_of_a_stratified_member():
    """Here, too, it is not told of what was not asked for."""
    source = ChoiceDataSource([CallableDataSource(batches, lambda: 7)], stratified=True)
    assert [len(batch[0]) for batch in source.batch_iterator(4)] == [4, 3]
