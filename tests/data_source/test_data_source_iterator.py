"""Batches of an iterator that the user has made."""

import itertools

import numpy as np
import pytest

from aliquot.data_source import IteratorDataSource
from aliquot.errors import ArgumentTypeError, ExhaustedError


def test_batches_come_as_they_are():
    """The very objects, whatever batch size is asked for."""
    made = [(np.arange(3),), (np.arange(2),)]
    found = list(IteratorDataSource(iter(made)).batch_iterator(64, shuffle=True))
    assert list(map(id, made)) == list(map(id, found))


def test_an_exhausted_iterator_is_refused():
    """The message says how to have it read each epoch."""
    source = IteratorDataSource(iter([(np.arange(3),)]))
    list(source.batch_iterator(3))
    with pytest.raises(ExhaustedError) as caught:
        next(source.batch_iterator(3))
    message = str(caught.value)
    assert "the iterator has no batches left: it can be read once" in message
    assert "hand the function that makes it to CallableDataSource" in message


def test_an_iterator_that_is_said_to_be_empty_may_be():
    """It gives no batch."""
    assert list(IteratorDataSource(iter([]), n_samples=0).batch_iterator(3)) == []


def test_reading_goes_on_where_it_was_left():
    """Dropping an iterator over the batches does not close the user's own."""

    def endless():
        for i in itertools.count():
            yield (np.full(2, i),)

    source = IteratorDataSource(endless(), n_samples=np.inf)
    firsts = [next(source.batch_iterator(2))[0][0] for _ in range(3)]
    assert firsts == [0, 1, 2]


@pytest.mark.parametrize("count", [5, np.inf, None])
def test_a_number_of_samples_may_be_given(count):
    """It is believed."""
    assert count == IteratorDataSource(iter([]), n_samples=count).num_samples()


@pytest.mark.parametrize("count", [5.0, "5"])
def test_what_is_no_number_of_samples_is_refused(count):
    """The message says what is one."""
    with pytest.raises(ArgumentTypeError) as caught:
        IteratorDataSource(iter([]), n_samples=count)
    assert f"n_samples must be an int, numpy.inf or None, not {count!r}" == str(caught.value)


def test_the_users_own_error_comes_through():
    """And is not taken for an exhausted iterator."""

    def failing():
        raise OSError("the disk is gone")
        yield

    with pytest.raises(OSError, match="the disk is gone"):
        next(IteratorDataSource(failing()).batch_iterator(2))


def test_repr_shows_the_iterator():
    """As Python does."""
    made = iter([])
    assert f"IteratorDataSource({made!r})" == repr(IteratorDataSource(made))
