"""Batches of samples of like length."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import BucketSampler

LENGTHS = st.lists(st.integers(0, 30), min_size=1, max_size=80)
STEPS = st.tuples(st.integers(1, 9), st.integers(1, 4)).map(lambda pair: (pair[0], np.prod(pair)))
EPOCHS = st.none() | st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 99))


def order_of(sampler, steps, epoch):
    """Give an epoch for steps of a size, in order if there is none."""
    seed, number = epoch or (0, 0)
    shuffle = epoch is not None
    plan = sampler.for_steps(*steps).plan(shuffle=shuffle, seed=seed, epoch=number)
    return plan.indices(0, sampler.length + 99)


def padding(lengths, edges):
    """Give what all lengths take, each padded to its edge."""
    return sum(min(edge for edge in edges if edge >= length) for length in lengths)


# Buckets.


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=25), st.integers(1, 6))
def test_edges_take_the_least_padding(lengths, buckets):
    """Compared with all that there could be."""
    edges = BucketSampler(lengths, buckets).edges.tolist()
    values = sorted(set(lengths))
    best = min(
        padding(lengths, [*chosen, values[-1]])
        for n in range(min(buckets, len(values)))
        for chosen in itertools.combinations(values[:-1], n)
    )
    assert best == padding(lengths, edges)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 12))
def test_edges_are_lengths_in_ascending_order(lengths, buckets):
    """At most as many as there may be buckets; the last is the largest length."""
    edges = BucketSampler(lengths, buckets).edges
    assert edges.dtype == np.int64
    assert 1 <= len(edges) <= buckets
    assert (np.diff(edges) > 0).all()
    assert set(edges.tolist()) <= set(lengths)
    assert max(lengths) == edges[-1]


def test_as_many_buckets_as_lengths_need_no_padding():
    """There are no more than that."""
    sampler = BucketSampler([5, 3, 5, 8], buckets=100)
    assert (sampler.edges.tolist(), sampler.padding) == ([3, 5, 8], 0.0)


def test_more_buckets_than_a_byte_can_count():
    """Of 2000 lengths, 300 buckets."""
    sampler = BucketSampler(np.arange(2000), buckets=300)
    assert len(sampler.edges) == 300
    order = order_of(sampler, (1, 1), None)
    assert np.array_equal(np.arange(2000), order)


def test_edges_of_many_lengths_are_near_the_best():
    """Of quantiles only: of 100,000 even lengths, less than 1 % more padding than equal parts."""
    sampler = BucketSampler(np.arange(100_000), buckets=4)
    np.testing.assert_allclose(np.arange(1, 5) * 25_000, sampler.edges, rtol=0.02)
    assert sampler.padding < 0.2 * 1.01


def test_edges_of_many_lengths_are_frozen():
    """They are among 512 quantiles, each a length that occurs."""
    edges = BucketSampler(np.arange(5000) ** 2 // 1000, buckets=5).edges
    assert edges.tolist() == [2125, 6370, 11792, 18028, 24990]


def test_padding_is_that_of_samples_padded_to_their_edges():
    """As a share of all that there is then."""
    lengths = [3, 50, 4, 52, 5, 51, 4, 49]
    sampler = BucketSampler(lengths, buckets=2)
    assert sampler.edges.tolist() == [5, 52]
    assert sampler.padding == pytest.approx(1 - sum(lengths) / (4 * 5 + 4 * 52))


def test_samples_of_no_length_need_no_padding():
    """There is nothing to divide by."""
    assert (BucketSampler([0, 0]).edges.tolist(), BucketSampler([0, 0]).padding) == ([0], 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_batches_of_one_bucket_have_no_more_padding_than_was_said(seed):
    """However samples come: here every step is of one bucket."""
    lengths = np.random.RandomState(seed).randint(1, 200, 1024)
    lengths = np.concatenate([lengths] * 16)  # so that each bucket is a number of whole steps
    sampler = BucketSampler(lengths, buckets=6)
    batches = lengths[order_of(sampler, (16, 16), (seed, 0))].reshape(-1, 16)
    padded = 16 * batches.max(axis=1).sum()
    assert 1 - lengths.sum() / padded <= sampler.padding


def test_padding_of_whole_epochs_is_about_what_was_said():
    """Batches of two buckets add a little: less than a hundredth for 64 of 20,000."""
    lengths = np.random.RandomState(0).randint(1, 500, 20_000)
    sampler = BucketSampler(lengths)
    order = order_of(sampler, (64, 64), (0, 0))
    batches = lengths[order[: 20_000 - 20_000 % 64]].reshape(-1, 64)
    assert 1 - batches.sum() / (64 * batches.max(axis=1).sum()) < sampler.padding + 0.01
    shuffled = lengths[: 20_000 - 20_000 % 64].reshape(-1, 64)
    assert 1 - shuffled.sum() / (64 * shuffled.max(axis=1).sum()) > 4 * sampler.padding


# Orders.


@settings(derandomize=True, max_examples=150, deadline=None)
@given(LENGTHS, st.integers(1, 6), STEPS, EPOCHS)
def test_every_sample_comes_once(lengths, buckets, steps, epoch):
    """In and out of order."""
    found = order_of(BucketSampler(lengths, buckets), steps, epoch)
    assert list(range(len(lengths))) == sorted(found.tolist())


@settings(derandomize=True, max_examples=200, deadline=None)
@given(LENGTHS, st.integers(1, 6), STEPS, EPOCHS)
def test_a_full_step_is_of_one_bucket_or_of_neighbours(lengths, buckets, steps, epoch):
    """Of more than two only if those between are smaller than a step, and are all in it."""
    sampler = BucketSampler(lengths, buckets)
    found = order_of(sampler, steps, epoch)
    size = steps[1]
    bucket = np.searchsorted(sampler.edges, np.array(lengths)[found])
    full = bucket[: len(found) - len(found) % size].reshape(-1, size)
    present = np.bincount(full.ravel(), minlength=len(sampler.edges))
    for step in full:
        for between in range(step.min() + 1, step.max()):
            assert present[between] == np.count_nonzero(step == between)


@pytest.mark.parametrize("epoch", [None, (1, 2)])
def test_a_full_step_is_of_two_buckets_at_most_where_none_is_small(epoch):
    """And all but a few are of one."""
    lengths = np.random.RandomState(0).randint(1, 500, 5000)
    sampler = BucketSampler(lengths)
    found = order_of(sampler, (16, 64), epoch)
    bucket = np.searchsorted(sampler.edges, lengths[found])
    full = bucket[: 5000 - 5000 % 64].reshape(-1, 64)
    spread = full.max(axis=1) - full.min(axis=1)
    assert spread.max() <= 1
    assert np.count_nonzero(spread) <= 7


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 6), STEPS)
def test_without_shuffling_buckets_come_from_short_to_long(lengths, buckets, steps):
    """Samples of a bucket in the order of the data."""
    sampler = BucketSampler(lengths, buckets)
    bucket = np.searchsorted(sampler.edges, lengths)
    expected = np.argsort(bucket, kind="stable").tolist()
    assert expected == order_of(sampler, steps, None).tolist()


def test_steps_come_in_random_order():
    """Over epochs every bucket is as likely first: within 4 deviations."""
    sampler = BucketSampler([1] * 8 + [9] * 8, buckets=2)
    first = [order_of(sampler, (4, 4), (3, epoch))[0] < 8 for epoch in range(1000)]
    assert abs(sum(first) - 500) < 4 * np.sqrt(250)


def test_batches_of_a_bucket_are_mixed_anew():
    """Two samples of one are not in one batch in every epoch: 3 of 7, within 4 deviations."""
    sampler = BucketSampler([1] * 8 + [9] * 8, buckets=2)
    together = 0
    for epoch in range(1000):
        place = np.argsort(order_of(sampler, (4, 4), (3, epoch))) // 4
        together += place[0] == place[1]
    assert abs(together - 1000 * 3 / 7) < 4 * np.sqrt(1000 * 12 / 49)


@pytest.mark.parametrize("size", [7, 40, 60])
def test_the_last_step_is_short_and_of_any_lengths(size):
    """So all samples are as likely to be left out: within 5 deviations."""
    lengths = np.arange(50)
    sampler = BucketSampler(lengths, buckets=5)
    left = np.zeros(50)
    for epoch in range(1000):
        left[order_of(sampler, (size, size), (2, epoch))[50 - 50 % size :]] += 1
    share = 50 % size / 50
    assert np.abs(left - 1000 * share).max() <= 5 * np.sqrt(1000 * share * (1 - share))


def test_all_samples_may_be_less_than_a_step():
    """One short step of all."""
    sampler = BucketSampler([5, 1, 9])
    assert sorted(order_of(sampler, (64, 64), (0, 0)).tolist()) == [0, 1, 2]
    assert order_of(sampler, (64, 64), None).tolist() == [1, 0, 2]


def test_the_order_depends_on_the_size_of_a_step():
    """Not on that of a batch; a sampler laid out for another stays as it is."""
    sampler = BucketSampler(np.arange(64))
    orders = [order_of(sampler, sizes, (0, 0)).tolist() for sizes in ((4, 8), (8, 8), (8, 16))]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert sampler.batch_shaped
    assert sampler.interleaved is None


@pytest.mark.parametrize("shuffle", [False, True])
def test_iterators_lay_steps_out_for_their_batches(shuffle):
    """Batches of one bucket."""
    lengths = np.tile([1, 9], 16)
    sampler = BucketSampler(lengths, buckets=2)
    batches = list(
        sampler.shuffled_indices_batch_iterator(8, np.random.RandomState(1))
        if shuffle
        else sampler.in_order_indices_batch_iterator(8)
    )
    found = [set(lengths[batch].tolist()) for batch in batches]
    assert sorted(map(sorted, found)) == [[1], [1], [9], [9]]


# What it is.


def test_an_epoch_has_every_sample():
    """Length, number and reach are those of the lengths."""
    sampler = BucketSampler([4, 5, 6])
    assert (sampler.length, sampler.num_indices_generated(), sampler.reach()) == (3, 3, 3)


def test_positions_are_indices_of_the_data():
    """Checked against the number of lengths."""
    sampler = BucketSampler([4, 2, 4])
    assert sampler.map_indices([-1, 0]).tolist() == [2, 0]
    with pytest.raises(IndexRangeError, match="index 3 is out of range for 3 samples"):
        sampler.map_indices([3])


def test_the_callers_lengths_are_left_alone():
    """And what is done with them later changes nothing."""
    lengths = np.array([3, 1, 2])
    sampler = BucketSampler(lengths)
    before = order_of(sampler, (1, 1), None).tolist()
    assert lengths.tolist() == [3, 1, 2]
    lengths[:] = 0
    assert before == order_of(sampler, (1, 1), None).tolist()


def test_repr_and_description():
    """The number of buckets that there are; the description tells other lengths apart."""
    sampler = BucketSampler([4, 2, 4])
    assert repr(sampler) == "BucketSampler(3 lengths, buckets=2)"
    assert sampler.describe().startswith("BucketSampler(3 lengths, buckets=2) #")
    assert sampler.describe() != BucketSampler([4, 2, 2]).describe()


@pytest.mark.parametrize("buckets", [True, 1.0, "2", None])
def test_a_number_of_buckets_that_is_no_integer_is_refused(buckets):
    """The message shows it."""
    with pytest.raises(ArgumentTypeError) as caught:
        BucketSampler([1, 2], buckets)
    assert f"buckets must be an integer of 1 or more, not {buckets!r}" == str(caught.value)


@pytest.mark.parametrize("buckets", [0, -1])
def test_too_few_buckets_are_refused(buckets):
    """One is the least."""
    with pytest.raises(ArgumentError) as caught:
        BucketSampler([1, 2], buckets)
    assert f"buckets must be an integer of 1 or more, not {buckets}" == str(caught.value)


@pytest.mark.parametrize(
    ("lengths", "error", "text"),
    [
        ([], ArgumentError, "lengths must not be empty"),
        ([3, -1], ArgumentError, "lengths must be 0 or more, but that of sample 1 is -1"),
        ([0.5], ArgumentTypeError, "lengths must be integers, not float64"),
    ],
)
def test_wrong_lengths_are_refused(lengths, error, text):
    """As `check_lengths` says."""
    with pytest.raises(error, match=text):
        BucketSampler(lengths)


def test_it_keeps_a_byte_a_sample_and_8_more_in_an_epoch():
    """Beyond some tables; while an epoch is sorted, 24."""
    n = 2_000_000
    lengths = np.arange(n) * 7919 % 1009
    BucketSampler(lengths[:1000])  # what NumPy keeps from the first time on
    tracemalloc.start()
    try:
        sampler = BucketSampler(lengths).for_steps(64, 128)
        kept, built = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        plan = sampler.plan(shuffle=True, seed=0, epoch=0)
        plan.indices(0, 64)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < n + 100_000
    assert built < 24 * n
    assert after - kept < 8 * n + 100_000
    assert peak - kept < 24.1 * n
