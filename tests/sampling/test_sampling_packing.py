"""Several short samples in one row of a fixed length."""

import hashlib
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import hash_key
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import PackingSampler, RowPlan, _packing

LENGTHS = st.lists(st.integers(1, 20), min_size=1, max_size=60)
EPOCHS = st.none() | st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 99))


def plan_of(sampler, epoch):
    """Give the rows of an epoch, in order if there is none."""
    seed, number = epoch or (0, 0)
    return sampler.row_plan(shuffle=epoch is not None, seed=seed, epoch=number)


def rows_of(sampler, epoch):
    """Give all rows of an epoch."""
    return plan_of(sampler, epoch).rows(np.arange(sampler.num_rows))


def first_fit(lengths, tokens):
    """Give the lengths in each row: first fit, longest first, one by one."""
    rows = []
    for length in sorted(lengths, reverse=True):
        row = next((row for row in rows if sum(row) + length <= tokens), None)
        if row is None:
            rows.append([length])
        else:
            row.append(length)
    return rows


def patterns(rows):
    """Give the sorted lengths of each row."""
    return [
        tuple(sorted(rows.length[rows.row == number].tolist()))
        for number in range(rows.row.max() + 1)
    ]


# Rows.


@settings(derandomize=True, max_examples=120, deadline=None)
@given(LENGTHS, st.integers(20, 70), EPOCHS)
def test_rows_are_those_of_first_fit(lengths, tokens, epoch):
    """Longest first, as done one by one: as many rows, and the same lengths in each."""
    sampler = PackingSampler(lengths, tokens)
    expected = sorted(tuple(sorted(row)) for row in first_fit(lengths, tokens))
    assert len(expected) == sampler.num_rows
    assert expected == sorted(patterns(rows_of(sampler, epoch)))


def test_without_shuffling_rows_come_in_the_order_in_which_they_are_begun():
    """The fullest first, more or less."""
    lengths = [5, 3, 2, 2, 4, 1, 1, 2, 3, 5]
    expected = [tuple(sorted(row)) for row in first_fit(lengths, 8)]
    assert expected == patterns(rows_of(PackingSampler(lengths, 8), None))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(20, 70), EPOCHS)
def test_every_sample_comes_once(lengths, tokens, epoch):
    """With its own length."""
    rows = rows_of(PackingSampler(lengths, tokens), epoch)
    assert list(range(len(lengths))) == sorted(rows.samples.tolist())
    assert np.array(lengths)[rows.samples].tolist() == rows.length.tolist()


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(20, 70), EPOCHS)
def test_samples_of_a_row_follow_each_other_without_a_gap(lengths, tokens, epoch):
    """From its start on, and not beyond its end."""
    rows = rows_of(PackingSampler(lengths, tokens), epoch)
    assert (np.diff(rows.row) >= 0).all()
    for number in range(rows.row.max() + 1):
        own = rows.row == number
        ends = np.cumsum(rows.length[own])
        assert [0, *ends[:-1].tolist()] == rows.offset[own].tolist()
        assert ends[-1] <= tokens


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(20, 70), EPOCHS, st.data())
def test_any_rows_are_those_of_the_whole(lengths, tokens, epoch, data):
    """In any order, also several times, also from a pickle."""
    sampler = PackingSampler(lengths, tokens)
    whole = rows_of(sampler, epoch)
    places = data.draw(st.lists(st.integers(0, sampler.num_rows - 1), min_size=1, max_size=9))
    plan = plan_of(pickle.loads(pickle.dumps(sampler)), epoch)
    for read in (plan, pickle.loads(pickle.dumps(plan))):
        found = read.rows(np.array(places))
        for number, place in enumerate(places):
            own, there = found.row == number, whole.row == place
            assert whole.samples[there].tolist() == found.samples[own].tolist()
            assert whole.offset[there].tolist() == found.offset[own].tolist()
            assert whole.length[there].tolist() == found.length[own].tolist()


def test_no_rows_have_no_samples():
    """Empty arrays of integers, in and out of order."""
    sampler = PackingSampler([3, 2, 4], 5)
    for epoch in (None, (0, 0)):
        rows = plan_of(sampler, epoch).rows(np.arange(0))
        assert [(part.shape, part.dtype) for part in rows] == [((0,), np.dtype(np.int64))] * 4


def test_epochs_have_the_same_rows_of_other_samples():
    """The lengths in them are packed once; which samples have them, and the order, are drawn."""
    lengths = np.arange(300) * 7919 % 1009 % 40 + 1
    sampler = PackingSampler(lengths, 64)
    epochs = [rows_of(sampler, (1, epoch)) for epoch in range(4)]
    found = {tuple(sorted(patterns(rows))) for rows in epochs}
    assert len(found) == 1
    assert len({tuple(patterns(rows)) for rows in epochs}) == 4
    assert len({tuple(rows.samples.tolist()) for rows in epochs}) == 4


def test_which_samples_share_a_row_is_drawn():
    """Of two that fill a row, any two: each of 15 pairs as often, within 5 deviations."""
    sampler = PackingSampler([4] * 6, 8)
    counts = np.zeros((6, 6))
    for epoch in range(1500):
        pairs = np.sort(rows_of(sampler, (2, epoch)).samples.reshape(3, 2), axis=1)
        counts[pairs[:, 0], pairs[:, 1]] += 1
    found = counts[np.triu_indices(6, 1)]
    assert np.abs(found - 300).max() < 5 * np.sqrt(300)


def test_seeds_have_orders_of_their_own():
    """And one address has one."""
    sampler = PackingSampler(np.arange(60) % 7 + 1, 9)
    orders = [
        tuple(rows_of(sampler, (seed, epoch)).samples.tolist())
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert len(set(orders)) == 4
    assert orders[0] == tuple(rows_of(sampler, (0, 0)).samples.tolist())


# Many samples, which are packed in parts.


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LENGTHS, st.integers(20, 70), st.integers(1, 20), EPOCHS)
def test_parts_are_packed_on_their_own(lengths, tokens, at_once, epoch):
    """Each has every so many-th by length; samples come once, and no row is too long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_packing, "_AT_ONCE", at_once)
        sampler = PackingSampler(lengths, tokens)
    parts = -(-len(lengths) // at_once)
    rows = sum(len(first_fit(sorted(lengths)[part::parts], tokens)) for part in range(parts))
    assert rows == sampler.num_rows
    found = rows_of(sampler, epoch)
    assert list(range(len(lengths))) == sorted(found.samples.tolist())
    assert np.bincount(found.row, weights=found.length).max() <= tokens


def test_parts_cost_little():
    """Of 20,000 in 10 parts, less than a hundredth more rows."""
    lengths = np.arange(20_000) * 7919 % 1009 % 500 + 1
    whole = PackingSampler(lengths, 2048).num_rows
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_packing, "_AT_ONCE", 2000)
        assert PackingSampler(lengths, 2048).num_rows < 1.01 * whole


def test_more_than_262144_samples_are_packed_in_parts():
    """Unpatched: rows are as full as they can be."""
    lengths = np.arange(300_000) % 8 + 1
    sampler = PackingSampler(lengths, 64)
    assert sampler.num_rows <= -(-int(lengths.sum()) // 64) + 2
    rows = rows_of(sampler, (0, 0))
    assert np.array_equal(np.arange(300_000), np.sort(rows.samples))
    assert np.bincount(rows.row, weights=rows.length).max() == 64


# Frozen: a change to one of these numbers is a new version of the orders.


@pytest.mark.parametrize(
    ("epoch", "samples", "row"),
    [
        (None, [1, 0, 8, 9, 2, 3, 4, 5, 6, 7], [0, 0, 1, 1, 2, 2, 2, 3, 3, 3]),
        ((0, 0), [3, 7, 4, 5, 6, 2, 1, 9, 8, 0], [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]),
        ((0, 3), [6, 5, 3, 7, 2, 4, 1, 0, 8, 9], [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]),
        ((7, 0), [8, 9, 1, 0, 7, 2, 4, 5, 6, 3], [0, 0, 1, 1, 2, 2, 2, 3, 3, 3]),
        ((7, 3), [1, 0, 8, 9, 2, 3, 4, 5, 6, 7], [0, 0, 1, 1, 2, 2, 2, 3, 3, 3]),
    ],
)
def test_orders_are_frozen(epoch, samples, row):
    """Of ten samples, in order and of two seeds and epochs."""
    rows = rows_of(PackingSampler([5, 3, 2, 2, 4, 1, 1, 2, 3, 5], 8), epoch)
    assert (samples, row) == (rows.samples.tolist(), rows.row.tolist())


@pytest.fixture(scope="module")
def long():
    """Give a sampler of 200,000 samples."""
    return PackingSampler(np.arange(200_000) * 7919 % 1009 % 500 + 1, 512)


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        (None, "d4b4002a97ecfd7f"),
        ((0, 0), "2d80a2763dc9bab6"),
        ((0, 3), "6a60f7b41d1c88ca"),
        ((7, 0), "6ea2339a83539845"),
        ((7, 3), "87fc899af0a6eb02"),
    ],
)
def test_long_orders_are_frozen(long, epoch, expected):
    """By the digest of samples, rows, offsets and lengths, as little-endian int64."""
    found = np.concatenate(rows_of(long, epoch)).astype("<i8").tobytes()
    assert expected == hashlib.blake2b(found, digest_size=8).hexdigest()


# What it is.


def test_padding_is_the_share_that_rows_do_not_use():
    """Of 3 rows of 8, 5 of 24."""
    sampler = PackingSampler([5, 3, 7, 4], 8)
    assert (sampler.num_rows, sampler.padding) == (3, pytest.approx(5 / 24))


def test_an_epoch_has_as_many_places_as_rows():
    """The data have as many samples as there are lengths."""
    sampler = PackingSampler([5, 3, 7, 4], 8)
    assert (sampler.num_indices_generated(), sampler.num_rows) == (3, 3)
    assert (sampler.length, sampler.reach(), sampler.tokens) == (4, 4, 8)


def test_a_row_may_be_filled_by_one_sample():
    """As long as it."""
    sampler = PackingSampler([8, 8], 8)
    assert (sampler.num_rows, sampler.padding) == (2, 0.0)


def test_an_epoch_is_keyed_by_its_seed_and_number():
    """As `RowPlan` is, by their hash."""
    sampler = PackingSampler([3, 2, 4, 1, 1], 5)
    key = hash_key(int.from_bytes(b"packing"), 5, 6)
    expected = RowPlan(sampler._packing, key).rows(np.arange(3)).samples
    assert expected.tolist() == rows_of(sampler, (5, 6)).samples.tolist()


@pytest.mark.parametrize(
    "call",
    [
        lambda sampler: sampler.in_order_indices_batch_iterator(2),
        lambda sampler: sampler.shuffled_indices_batch_iterator(2, np.random.RandomState(0)),
    ],
    ids=["in order", "shuffled"],
)
def test_it_has_no_batches_of_its_own(call):
    """The message says what draws rows."""
    with pytest.raises(NotImplementedError, match="a PackingSampler packs rows: give it to a Load"):
        call(PackingSampler([1], 2))


def test_the_callers_lengths_are_left_alone():
    """And what is done with them later changes nothing."""
    lengths = np.array([3, 1, 2])
    sampler = PackingSampler(lengths, 4)
    before = rows_of(sampler, None).length.tolist()
    assert lengths.tolist() == [3, 1, 2]
    lengths[:] = 1
    assert before == rows_of(sampler, None).length.tolist()


def test_repr_and_description():
    """The description tells other lengths apart."""
    sampler = PackingSampler([4, 2, 4], 8)
    assert repr(sampler) == "PackingSampler(3 lengths, tokens=8)"
    assert sampler.describe().startswith("PackingSampler(3 lengths, tokens=8) #")
    assert sampler.describe() != PackingSampler([4, 2, 2], 8).describe()


def test_a_sample_that_is_longer_than_a_row_is_refused():
    """The message names the longest, and says what to do."""
    with pytest.raises(ArgumentError) as caught:
        PackingSampler([3, 9, 10, 4], 8)
    assert str(caught.value) == (
        "sample 2 has 10 tokens, and a row has only 8: cut such samples, or give more tokens="
    )


@pytest.mark.parametrize("tokens", [8.0, "8", None])
def test_a_number_of_tokens_that_is_no_integer_is_refused(tokens):
    """The message shows it."""
    with pytest.raises(ArgumentTypeError) as caught:
        PackingSampler([1, 2], tokens)
    assert f"tokens must be an integer, not {tokens!r}" == str(caught.value)


@pytest.mark.parametrize("tokens", [0, -3])
def test_rows_without_tokens_are_refused(tokens):
    """No sample fits."""
    with pytest.raises(ArgumentError, match=f"a row has only {tokens}: cut such samples"):
        PackingSampler([1, 2], tokens)


@pytest.mark.parametrize(
    ("lengths", "error", "text"),
    [
        ([], ArgumentError, "lengths must not be empty"),
        ([3, 0], ArgumentError, "lengths must be 1 or more, but that of sample 1 is 0"),
        ([0.5], ArgumentTypeError, "lengths must be integers, not float64"),
    ],
)
def test_wrong_lengths_are_refused(lengths, error, text):
    """As `check_lengths` says."""
    with pytest.raises(error, match=text):
        PackingSampler(lengths, 8)


def test_it_keeps_24_bytes_a_sample_and_8_a_row():
    """An epoch keeps nothing."""
    n = 500_000
    lengths = np.arange(n) * 7919 % 1009 % 50 + 1
    tracemalloc.start()
    try:
        sampler = PackingSampler(lengths, 512)
        kept = tracemalloc.get_traced_memory()[0]
        plan = plan_of(sampler, (0, 0))
        plan.rows(np.arange(4))
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # Orders of up to 65,536 rows are sorted and kept, in 2 bytes each.
    assert kept < 24 * n + 8 * sampler.num_rows + 100_000
    assert after - kept < 2 * sampler.num_rows + 100_000
