"""All samples, once a pass."""

import itertools
import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import StandardSampler


def test_an_epoch_in_order():
    """The last batch is short."""
    found = StandardSampler(5).in_order_indices_batch_iterator(2)
    assert [batch.tolist() for batch in found] == [[0, 1], [2, 3], [4]]


def test_a_shuffled_epoch_is_a_permutation_of_the_generator():
    """The very one that it would give the caller."""
    expected = np.random.RandomState(3).permutation(10).tolist()
    found = StandardSampler(10).shuffled_indices_batch_iterator(4, np.random.RandomState(3))
    assert expected == np.concatenate(list(found)).tolist()


def test_without_end():
    """Passes follow one another inside a batch."""
    found = StandardSampler(3, repeats=-1).in_order_indices_batch_iterator(4)
    assert [b.tolist() for b in itertools.islice(found, 2)] == [[0, 1, 2, 0], [1, 2, 0, 1]]


@pytest.mark.parametrize(("repeats", "expected"), [(1, 4), (3, 12), (-1, np.inf)])
def test_the_number_of_indices(repeats, expected):
    """Infinity for no end."""
    assert expected == StandardSampler(4, repeats=repeats).num_indices_generated()


@pytest.mark.parametrize("repeats", [0, -2])
def test_wrong_repeats_are_refused(repeats):
    """By the constructor."""
    with pytest.raises(ArgumentError, match=f"1 or more, or -1 for no end, not {repeats}"):
        StandardSampler(4, repeats=repeats)


def test_an_empty_set_without_end_is_refused():
    """By the constructor."""
    with pytest.raises(ArgumentError, match="empty data set"):
        StandardSampler(0, repeats=-1)


@pytest.mark.parametrize("method", ["in_order", "shuffled"])
@pytest.mark.parametrize(("size", "error"), [(0, ArgumentError), (1.5, ArgumentTypeError)])
def test_a_wrong_batch_size_is_refused_at_the_call(method, size, error):
    """Not at the first `next`, which may be far away."""
    sampler = StandardSampler(4)
    rng = [] if method == "in_order" else [np.random.RandomState(0)]
    with pytest.raises(error, match="batch_size"):
        getattr(sampler, f"{method}_indices_batch_iterator")(size, *rng)


def test_positions_are_checked():
    """They are the indices themselves."""
    with pytest.raises(IndexRangeError, match="index 4 is out of range for 4 samples"):
        StandardSampler(4).map_indices([0, 4])


@pytest.mark.parametrize(
    ("positions", "expected"), [([2, -1], [2, 3]), (slice(1, 3), [1, 2]), ([], [])]
)
def test_positions_are_wrapped(positions, expected):
    """Lists, slices and nothing at all."""
    assert expected == StandardSampler(4).map_indices(positions).tolist()


def test_repr():
    """Shows how it was made."""
    assert repr(StandardSampler(np.int64(4), repeats=2)) == "StandardSampler(4, repeats=2)"


def test_pickling():
    """A sampler can be sent to another process."""
    again = pickle.loads(pickle.dumps(StandardSampler(3)))
    assert [b.tolist() for b in again.in_order_indices_batch_iterator(2)] == [[0, 1], [2]]
