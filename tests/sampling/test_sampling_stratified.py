"""Every batch with the classes in proportion."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import StratifiedSampler, num_batches

LABELS = st.lists(st.integers(0, 7), min_size=1, max_size=90) | st.builds(
    lambda counts, order: order.permutation(np.repeat(np.arange(len(counts)), counts)).tolist(),
    st.lists(st.integers(0, 60), min_size=1, max_size=5).filter(any),
    st.integers(0, 99).map(np.random.RandomState),
)
EPOCHS = st.none() | st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 99))


def plan_of(labels, size, epoch):
    """Give an epoch laid out for a batch size, in order if there is none."""
    sampler = StratifiedSampler(labels).for_steps(size, 3 * size)
    seed, number = epoch or (0, 0)
    return sampler.plan(shuffle=epoch is not None, seed=seed, epoch=number)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(LABELS, st.integers(1, 70), EPOCHS)
def test_every_sample_comes_once(labels, size, epoch):
    """In and out of order."""
    found = plan_of(labels, size, epoch).indices(0, len(labels) + 99)
    assert list(range(len(labels))) == sorted(found.tolist())


@settings(derandomize=True, max_examples=200, deadline=None)
@given(LABELS, st.integers(1, 70), EPOCHS)
def test_every_batch_has_the_classes_in_proportion(labels, size, epoch):
    """To the whole number below or above, also in the last one, which may be short."""
    n, plan, totals = len(labels), plan_of(labels, size, epoch), Counter(labels)
    for start in range(0, n, size):
        batch = plan.indices(start, start + size)
        counts = Counter(np.array(labels)[batch].tolist())
        for label, total in totals.items():
            share, remainder = divmod(total * len(batch), n)
            assert share <= counts[label] <= share + (remainder > 0)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("size", [1, 7, 64, 1000, 99_999, 100_000, 100_001])
def test_large_data_is_divided_in_proportion_too(size, shuffle):
    """Of 100,000, in three classes of which one has more than are sorted at once."""
    n = 100_000
    labels = np.where(np.arange(n) % 100 < 3, np.arange(n) % 100 % 2, 2)
    order = plan_of(labels, size, (1, 2) if shuffle else None).indices(0, n)
    assert np.array_equal(np.arange(n), np.sort(order))
    batch = np.arange(n) // size
    for label in range(3):
        counts = np.bincount(batch, weights=labels[order] == label)
        exact = np.bincount(batch) * np.count_nonzero(labels == label) / n
        assert np.abs(counts - exact).max() < 1


@pytest.mark.parametrize("shuffle", [False, True])
def test_parts_of_a_batch_are_near_the_proportion(shuffle):
    """As its rows are mixed, also in order: within 4 deviations over many batches."""
    labels = np.arange(6400) // 3200
    plan = plan_of(labels, 64, (1, 2) if shuffle else None)
    first = plan.indices(0, 6400).reshape(100, 64)[:, :32]
    assert abs((labels[first] == 0).sum() - 1600) < 4 * np.sqrt(100 * 64 / 16)


def test_classes_are_taken_in_the_order_of_the_data_without_shuffling():
    """The first batch of 10 of 100 has every tenth of each class, from its first on."""
    labels = np.repeat([0, 1], [60, 40])
    first = plan_of(labels, 10, None).indices(0, 10)
    assert sorted(first.tolist()) == list(range(0, 100, 10))


def test_every_sample_is_as_likely_in_every_batch():
    """Over epochs, within 5 deviations: also in the last one, which is short."""
    labels = [0] * 12 + [1] * 7 + [2] * 3
    counts = np.zeros((22, 5))
    for epoch in range(1000):
        order = plan_of(labels, 5, (4, epoch)).indices(0, 22)
        counts[order, np.arange(22) // 5] += 1
    for label in range(3):
        own = counts[np.array(labels) == label]
        expected = own.mean(axis=0)
        assert (np.abs(own - expected) <= 5 * np.sqrt(expected)).all()


def test_it_goes_on_with_steps_of_another_size():
    """Any places can be asked for: only batches of its own size have the proportions."""
    sampler = StratifiedSampler(np.arange(40) % 3)
    assert (sampler.batch_shaped, sampler.interleaved) == (False, 64)
    laid_out = sampler.for_steps(8, 32)
    assert (laid_out.interleaved, sampler.interleaved) == (8, 64)
    assert laid_out.classes.tolist() == [0, 1, 2]


def test_the_order_depends_on_the_batch_size_and_not_on_the_number_of_ranks():
    """Steps of 8 or of 32 samples are the same."""
    sampler = StratifiedSampler(np.arange(40) % 3)
    orders = [
        sampler.for_steps(*sizes).plan(shuffle=True, seed=0, epoch=0).indices(0, 40).tolist()
        for sizes in ((8, 8), (8, 32), (16, 32))
    ]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


@pytest.mark.parametrize("shuffle", [False, True])
def test_iterators_lay_batches_out_for_their_size(shuffle):
    """Each has the classes in proportion, and the last is short."""
    labels = np.repeat([0, 1], [30, 10])
    sampler = StratifiedSampler(labels)
    batches = list(
        sampler.shuffled_indices_batch_iterator(12, np.random.RandomState(1))
        if shuffle
        else sampler.in_order_indices_batch_iterator(12)
    )
    assert num_batches(40, 12) == len(batches)
    assert [np.bincount(labels[batch]).tolist() for batch in batches] == [[9, 3]] * 3 + [[3, 1]]


def test_an_epoch_has_every_sample():
    """Length, number and reach are those of the labels."""
    sampler = StratifiedSampler(["a", "b", "a"])
    assert (sampler.length, sampler.num_indices_generated(), sampler.reach()) == (3, 3, 3)
    assert sampler.default_epoch_samples() is None


def test_positions_are_indices_of_the_data():
    """Checked against the number of labels."""
    sampler = StratifiedSampler([4, 2, 4])
    assert sampler.map_indices([-1, 0]).tolist() == [2, 0]
    with pytest.raises(IndexRangeError, match="index 3 is out of range for 3 samples"):
        sampler.map_indices([3])


def test_there_are_no_positions_to_choose_from():
    """The message says what to do."""
    text = r"StratifiedSampler\(2 labels of 2 classes\) draws at random.*choose samples first"
    with pytest.raises(ArgumentTypeError, match=text):
        StratifiedSampler([0, 1]).positions()


def test_repr_and_description():
    """The description tells other labels apart, and is of no batch size."""
    sampler = StratifiedSampler([0, 1, 1])
    assert repr(sampler) == "StratifiedSampler(3 labels of 2 classes)"
    assert sampler.describe().startswith("StratifiedSampler(3 labels of 2 classes) #")
    assert sampler.describe() == sampler.for_steps(2, 2).describe()
    assert sampler.describe() != StratifiedSampler([0, 0, 1]).describe()


def test_labels_of_another_kind_are_refused():
    """As `Classes` says."""
    with pytest.raises(ArgumentError, match="labels must be a 1-D array of integers or texts"):
        StratifiedSampler([0.5])


def test_it_keeps_8_bytes_a_sample():
    """And an epoch keeps nothing, though a block of it is read."""
    labels = np.arange(1_000_000) * 7919 % 1009 % 10
    tracemalloc.start()
    try:
        sampler = StratifiedSampler(labels)
        kept = tracemalloc.get_traced_memory()[0]
        plan = sampler.plan(shuffle=True, seed=0, epoch=0)
        plan.indices(0, 65_536)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 8 * 1_000_000 + 100_000
    assert after - kept < 100_000
