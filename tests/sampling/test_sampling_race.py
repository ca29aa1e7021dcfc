"""Draws without replacement, by weight."""

import hashlib
import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import hash_places, to_unit
from aliquot.sampling import _race
from aliquot.sampling._race import Race, _log, drawn_race, keyed_race

UNITS = to_unit(hash_places(0, np.arange(200_000)))


def tail(statistic, df):
    """Give the probability of a larger chi-square (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * df)
    return math.erfc(((statistic / df) ** (1 / 3) - 1 + spread) / math.sqrt(2 * spread)) / 2


def is_plausible(counts, expected):
    """Say that a chi-square is neither too large nor too small."""
    statistic = ((counts - expected) ** 2 / expected).sum()
    return 1e-4 < tail(statistic, len(counts) - 1) < 1 - 1e-4


def of(values):
    """Give uniform numbers from a list."""
    array = np.array(values, float)
    return lambda start, stop: array[start:stop]


# Logarithms.

LOGS = {
    "uniform": 1 - UNITS,
    "near 1": 1 - UNITS * 1e-6,
    "next to 1": 1 - np.arange(1, 2000) * 2.0**-53,
    "near 0": np.ldexp(1 - UNITS, -(np.arange(200_000) % 52)),
    "around the switch": math.sqrt(0.5) + np.arange(-2000, 2000) * 2.0**-53,
    "powers": 2.0 ** -np.arange(1, 54),
}


@pytest.mark.parametrize("name", LOGS)
def test_logarithms_are_right(name):
    """To 1e-15 of their values."""
    expected = [math.log(x) for x in LOGS[name].tolist()]
    np.testing.assert_allclose(expected, _log(LOGS[name]), rtol=1e-15, atol=0)


def test_the_logarithm_of_1_is_0():
    """Exactly."""
    assert _log(np.array([1.0])).tolist() == [0]


def test_logarithms_are_frozen():
    """Bit by bit, as little-endian float64, by their digest and a few values."""
    found = _log(1 - UNITS)
    digest = hashlib.blake2b(found.astype("<f8").tobytes(), digest_size=8).hexdigest()
    assert digest == "6aeeaf2feb3cd46b"
    assert found[:3].tolist() == [0.0, -0.330953310759271, -1.6222757901625975]


# The order of arrival.


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.001, 0.5, 1.0, 1.0, 7.0, 1e6]),
            st.sampled_from([0.0, 0.3, 0.5, 0.999, 1 - 2**-53]) | st.floats(0, 1, exclude_max=True),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([1, 3, 8, 65_536]),
)
def test_samples_arrive_by_the_upper_bits_of_their_times(runners, chunk):
    """Ties by number; whoever has no weight does not arrive; chunks change nothing."""
    weights, units = zip(*runners, strict=True)
    number = 2 ** max(len(runners) - 1, 1).bit_length() - 1
    times = [
        (int((-_log(np.array([1 - unit])) / weight).view(np.uint64)[0]) << 1 & ~number, i)
        for i, (weight, unit) in enumerate(runners)
        if weight > 0
    ]
    # The sign of -0.0 is shifted out.
    expected = [i for _, i in sorted((time % 2**64, i) for time, i in times)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_race, "_CHUNK", chunk)
        found = Race(np.array(weights), of(units)).indices(0, 99)
    assert expected == found.tolist()
    assert found.dtype == np.int64


def test_times_are_in_inverse_proportion_to_weights():
    """Of two with the same number the heavier arrives first."""
    race = Race(np.array([1.0, 3.0, 2.0]), of([0.5, 0.5, 0.5]))
    assert race.indices(0, 3).tolist() == [1, 2, 0]


def test_those_who_tie_arrive_by_number():
    """All with one time."""
    race = Race(np.ones(300), lambda start, stop: np.full(stop - start, 0.25))
    assert race.indices(0, 300).tolist() == list(range(300))


def test_a_number_of_0_arrives_first():
    """Its time is 0."""
    assert Race(np.ones(3), of([0.5, 0.1, 0.0])).indices(0, 3).tolist() == [2, 1, 0]


def test_one_sample_arrives():
    """There need be no other."""
    assert Race(np.ones(1), of([0.5])).indices(0, 9).tolist() == [0]


def test_numbers_are_asked_for_once_and_from_0_to_the_end():
    """In chunks, at the first use."""
    asked = []

    def uniforms(start, stop):
        asked.append((start, stop))
        return np.full(stop - start, 0.5)

    race = Race(np.ones(150_000), uniforms)
    assert asked == []
    race.indices(5, 9)
    race.indices(0, 5)
    assert asked == [(0, 65_536), (65_536, 131_072), (131_072, 150_000)]


def test_everyone_with_a_weight_arrives_once():
    """Nobody else, over several chunks."""
    weights = (np.arange(150_000) * 7919 % 1009 % 3).astype(float)
    found = keyed_race(weights, 1, 2).indices(0, 200_000)
    assert np.array_equal(np.flatnonzero(weights), np.sort(found))


def test_a_race_is_drawn_from_a_generator():
    """One number a sample, weight or not, when it is first asked for."""
    rng, other = np.random.RandomState(3), np.random.RandomState(3)
    weights = np.array([1.0, 0.0, 2.0, 4.0])
    race = drawn_race(weights, rng)
    assert rng.random_sample() == other.random_sample()
    expected = Race(weights, of(other.random_sample(4))).indices(0, 4).tolist()
    assert expected == race.indices(0, 4).tolist()
    assert rng.random_sample() == other.random_sample()


def test_a_keyed_race_is_of_its_seed_and_epoch():
    """Any other has another order."""
    orders = [
        tuple(keyed_race(np.ones(30), seed, epoch).indices(0, 30).tolist())
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert len(set(orders)) == 4


# Frequencies.

WEIGHTS = np.array([1.0, 2.0, 3.0, 6.0])
EPOCHS = 8000


@pytest.fixture(scope="module")
def orders():
    """Give the orders of many epochs, one a row."""
    return np.array([keyed_race(WEIGHTS, 5, epoch).indices(0, 4) for epoch in range(EPOCHS)])


def test_the_first_is_drawn_in_proportion_to_its_weight(orders):
    """Chi-square."""
    counts = np.bincount(orders[:, 0], minlength=4)
    assert is_plausible(counts, EPOCHS * WEIGHTS / WEIGHTS.sum())


@pytest.mark.parametrize("first", range(4))
def test_the_second_is_drawn_in_proportion_among_those_left(orders, first):
    """Whoever came first."""
    rows = orders[orders[:, 0] == first]
    left = np.flatnonzero(np.arange(4) != first)
    counts = np.bincount(rows[:, 1], minlength=4)[left]
    assert is_plausible(counts, len(rows) * WEIGHTS[left] / WEIGHTS[left].sum())


def test_every_order_is_as_likely_as_draws_one_by_one_make_it(orders):
    """All 24."""
    codes = orders @ np.array([64, 16, 4, 1])
    counts, expected = [], []
    for order in itertools.permutations(range(4)):
        weights = WEIGHTS[list(order)]
        expected.append(EPOCHS * np.prod(weights / np.cumsum(weights[::-1])[::-1]))
        counts.append(np.count_nonzero(codes == np.dot(order, [64, 16, 4, 1])))
    assert sum(counts) == EPOCHS
    assert is_plausible(np.array(counts), np.array(expected))


def test_a_large_race_begins_in_proportion_to_the_weights():
    """The first thousandth of 200,000, of four kinds: within 4 deviations."""
    weights = np.tile([1.0, 2.0, 3.0, 4.0], 50_000)
    first = keyed_race(weights, 2, 0).indices(0, 2000) % 4
    expected = 2000 * np.array([0.1, 0.2, 0.3, 0.4])
    assert (np.abs(np.bincount(first) - expected) < 4 * np.sqrt(expected)).all()


# Memory.


def test_a_race_keeps_8_bytes_a_sample():
    """And less than 8 MB for a chunk while it is run, however many there are."""
    n = 2_000_000
    race = keyed_race(np.ones(n), 0, 0)
    tracemalloc.start()
    try:
        race.indices(0, 64)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 8 * n <= kept < 8 * n + 10_000
    assert peak < 8 * n + 8_000_000
