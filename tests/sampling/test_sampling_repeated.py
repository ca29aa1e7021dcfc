"""Each sample several times, next to each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import RepeatSampler, StandardSampler


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_every_sample_stands_next_to_its_copies(n, k, shuffle, seed):
    """In the order of the standard sampler."""
    given_order = {"shuffle": shuffle, "seed": seed, "epoch": 2}
    order = StandardSampler(n).plan(**given_order).indices(0, n)
    found = RepeatSampler(k).for_length(n).plan(**given_order).indices(0, n * k + 9)
    assert np.repeat(order, k).tolist() == found.tolist()


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(1, 5), st.integers(0, 70), st.integers(0, 20))
def test_a_part_may_begin_and_end_among_copies(k, start, size):
    """Also beyond the end."""
    plan = RepeatSampler(k).for_length(11).plan(shuffle=True, seed=3, epoch=4)
    whole = plan.indices(0, 11 * k)
    assert whole[start : start + size].tolist() == plan.indices(start, start + size).tolist()


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(1, 20), st.integers(1, 4), st.integers(1, 13), st.integers(0, 99))
def test_an_order_drawn_from_a_generator_has_one_permutation(n, k, size, seed):
    """Whatever the size of batches, which end among copies."""
    sampler = RepeatSampler(k).for_length(n)
    found = list(sampler.shuffled_indices_batch_iterator(size, np.random.RandomState(seed)))
    expected = np.repeat(np.random.RandomState(seed).permutation(n), k)
    assert expected.tolist() == np.concatenate(found).tolist()


def test_one_copy_is_the_standard_order():
    """Nothing is repeated."""
    found = RepeatSampler(1).for_length(5).plan(shuffle=True, seed=0, epoch=0).indices(0, 9)
    assert found.tolist() == [1, 3, 2, 0, 4]


def test_it_learns_the_number_of_samples_later():
    """From its data; the one that was given stays as it is."""
    sampler = RepeatSampler(3)
    known = sampler.for_length(7)
    assert (known.k, known.length, known.num_indices_generated()) == (3, 7, 21)
    assert sampler.length is None


@pytest.mark.parametrize(
    "call",
    [
        lambda sampler: sampler.num_indices_generated(),
        lambda sampler: sampler.map_indices([0]),
        lambda sampler: sampler.plan(shuffle=False, seed=0, epoch=0),
        lambda sampler: sampler.plan(shuffle=True, seed=0, epoch=0),
        lambda sampler: sampler.shuffled_indices_batch_iterator(2, np.random.RandomState(0)),
        lambda sampler: sampler.in_order_indices_batch_iterator(2),
    ],
    ids=["number", "indices", "in order", "shuffled", "shuffled iterator", "iterator"],
)
def test_what_needs_the_number_of_samples_is_refused_before(call):
    """The message says where it comes from."""
    with pytest.raises(ArgumentError) as caught:
        call(RepeatSampler(2))
    assert str(caught.value) == (
        "a RepeatSampler does not know the number of samples before it is given to a data source "
        "or a loader"
    )


@pytest.mark.parametrize("k", [True, False, 1.0, "2", None])
def test_a_number_of_copies_that_is_no_integer_is_refused(k):
    """The message shows it."""
    with pytest.raises(ArgumentTypeError) as caught:
        RepeatSampler(k)
    assert f"k must be an integer of 1 or more, not {k!r}" == str(caught.value)


@pytest.mark.parametrize("k", [0, -1])
def test_too_few_copies_are_refused(k):
    """One is the least."""
    with pytest.raises(ArgumentError, match=rf"^k must be an integer of 1 or more, not {k}$"):
        RepeatSampler(k)


def test_an_integer_of_numpy_will_do():
    """It becomes one of Python's."""
    sampler = RepeatSampler(np.int8(100)).for_length(50)
    assert (type(sampler.k), sampler.num_indices_generated()) == (int, 5000)


def test_positions_are_indices_of_the_data():
    """Checked against the number of samples, not of copies."""
    sampler = RepeatSampler(3).for_length(4)
    assert sampler.map_indices([-1, 0]).tolist() == [3, 0]
    with pytest.raises(IndexRangeError, match="index 4 is out of range for 4 samples"):
        sampler.map_indices([4])


def test_repr_and_description():
    """The number of samples is not its own."""
    assert repr(RepeatSampler(2).for_length(9)) == "RepeatSampler(2)"
    assert RepeatSampler(2).describe() == "RepeatSampler(2)"
