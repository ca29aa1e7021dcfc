"""Draws with replacement, by weight."""

import hashlib
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import hash_places
from aliquot.sampling import WeightedSampler, WeightedSubsetSampler, _alias
from aliquot.sampling._alias import AliasTable, KeyedByWeight, LazyTable

MIXED = (np.arange(200_000) * 7919 % 1009).astype(float)


def tail(statistic, df):
    """Give the probability of a larger chi-square (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * df)
    return math.erfc(((statistic / df) ** (1 / 3) - 1 + spread) / math.sqrt(2 * spread)) / 2


def digest(array):
    return hashlib.blake2b(array.tobytes(), digest_size=8).hexdigest()


def likely(table):
    """Give the probability of each sample, put together from the cells, times their number."""
    kept = table._thresholds / 2.0**64
    found = kept.copy()
    np.add.at(found, table._aliases, 1 - kept)
    return found


def errors(weights, table):
    """Give how far each probability is from its weight's, in parts of it, or of a cell if less."""
    expected = weights / math.fsum(weights.tolist()) * len(weights)
    return np.abs(likely(table) - expected) / np.maximum(1, expected)


def is_exact(weights, table):
    """Say that each probability is its weight's."""
    return bool(errors(weights, table).max() <= 1e-9)


# Frozen: a change to one of these numbers is a new version of the orders.


def test_a_small_table_is_frozen():
    """Thresholds and aliases; a full cell lacks one part in 2**53, which is its alias's."""
    table = AliasTable(np.array([1.0, 2.0, 0.0, 3.0, 4.0]))
    full = 2**64 - 2**11
    assert table._thresholds.tolist() == [2**63, full, 0, full, full]
    assert table._aliases.tolist() == [3, 3, 4, 4, 4]


def test_a_large_table_is_frozen():
    """By the digests of thresholds and aliases, little-endian."""
    table = AliasTable(MIXED)
    found = digest(table._thresholds.astype("<u8")), digest(table._aliases.astype("<i8"))
    assert found == ("e9159ddcee032402", "30044259979fc89d")


def test_draws_are_frozen():
    """At the start and far beyond."""
    plan = KeyedByWeight(AliasTable(np.array([1.0, 2.0, 0.0, 3.0, 4.0])), 0, 0)
    assert plan.indices(0, 12).tolist() == [4, 4, 3, 3, 3, 4, 4, 3, 4, 1, 4, 3]
    assert plan.indices(10**12, 10**12 + 5).tolist() == [3, 0, 3, 0, 4]


# What a word gives.


def test_the_upper_half_of_the_product_is_the_cell_and_the_lower_half_the_place_in_it():
    """Words at both ends of both parts of two cells, one of which is a third full."""
    table = AliasTable(np.array([1.0, 5.0]))
    threshold = int(table._thresholds[0])
    words = [0, (threshold - 1) // 2, (threshold + 1) // 2, 2**63 - 1, 2**63, 2**64 - 2**12]
    assert table.at(np.array(words, np.uint64)).tolist() == [0, 0, 1, 1, 1, 1]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=30).filter(any),
    st.lists(st.integers(0, 2**64 - 1), max_size=40),
)
def test_words_are_looked_up_as_the_table_says(weights, words):
    """In integers of any size."""
    table = AliasTable(np.array(weights, float))
    expected = []
    for word in words:
        cell, where = divmod(word * len(weights), 2**64)
        own = where < int(table._thresholds[cell])
        expected.append(cell if own else int(table._aliases[cell]))
    found = table.at(np.array(words, np.uint64))
    assert expected == found.tolist()
    assert found.dtype == np.int64


# The table is exact.

WEIGHTS = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=40),
    st.lists(st.floats(0, 1), min_size=1, max_size=40),
    st.lists(st.sampled_from([0.0, 0.1, 1 / 3, 1.0]), min_size=1, max_size=40),
    st.lists(st.floats(1e-200, 1e200), min_size=1, max_size=40),
    st.builds(lambda n, weight: [weight] * n, st.integers(1, 40), st.floats(1e-9, 1e9)),
).map(lambda weights: np.array(weights, float))


@settings(derandomize=True, max_examples=400, deadline=None)
@given(WEIGHTS, st.sampled_from([1, 2, 3, 7, 65_536]))
def test_probabilities_are_the_weights(weights, chunk):
    """Wherever the edges of chunks are; none for a weight of 0."""
    if not weights.sum() > 1e-300:
        weights[0] = 1.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_alias, "_CHUNK", chunk)
        table = AliasTable(weights)
    assert is_exact(weights, table)
    assert not likely(table)[weights == 0].any()


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=60).filter(any),
    st.integers(1, 12),
)
def test_chunks_change_nothing(weights, chunk):
    """The order belongs to the weights (of which the sum is exact here)."""
    weights = np.array(weights, float)
    whole = AliasTable(weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_alias, "_CHUNK", chunk)
        parts = AliasTable(weights)
    assert whole._thresholds.tolist() == parts._thresholds.tolist()
    assert whole._aliases.tolist() == parts._aliases.tolist()


KINDS = {
    "uniform": lambda rng, n: rng.random_sample(n),
    "equal": lambda rng, n: np.full(n, 0.1),
    "pareto": lambda rng, n: rng.pareto(1.0, n),
    "0 or 1": lambda rng, n: (rng.random_sample(n) < 0.3).astype(float),
    "a giant first": lambda rng, n: np.where(np.arange(n) == 0, 1e7, 1.0),
    "a giant last": lambda rng, n: np.where(np.arange(n) == n - 1, 1e7, 1.0),
    "one alone": lambda rng, n: (np.arange(n) == n // 2).astype(float),
    "tiny ones": lambda rng, n: np.where(np.arange(n) % 3 > 0, 1e-12, rng.random_sample(n)),
    "ascending": lambda rng, n: np.sort(rng.random_sample(n)),
    "descending": lambda rng, n: np.sort(rng.random_sample(n))[::-1],
    "light half": lambda rng, n: np.where(np.arange(n) < n // 2, 0.5, 1.5),
    "heavy half": lambda rng, n: np.where(np.arange(n) < n // 2, 1.5, 0.5),
}


@pytest.mark.parametrize("n", [1, 2, 65_535, 65_536, 65_537, 131_073, 200_000])
@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_the_weights_around_the_edges_of_chunks(kind, n):
    """Of every kind of weights; none for a weight of 0.

    What rounding leaves of all cells together is given to one sample.
    """
    weights = KINDS[kind](np.random.RandomState(n), n) * 1.0
    weights[0] += not weights.any()
    table = AliasTable(weights)
    found = np.sort(errors(weights, table))
    assert found[-1] <= 2e-12 * n + 1e-15
    assert found[:-1].max(initial=0) <= 1e-9
    assert not likely(table)[weights == 0].any()


@pytest.mark.parametrize("n", range(1, 60))
def test_equal_weights_have_a_cell_each(n):
    """Also where rounding makes all of them less than their mean."""
    for weight in (1.0, 0.1, 1 / n, 1 / 3):
        assert is_exact(np.full(n, weight), AliasTable(np.full(n, weight)))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.0, 0.5, 0.9999999, 1.0, 1.0000001, 2.0]), min_size=1, max_size=40
    ).filter(any)
)
def test_weights_in_32_bits_are_as_exact(weights):
    """A sample whose weight is a shade below the mean keeps its cell."""
    weights = np.array(weights, np.float32)
    assert is_exact(weights.astype(float), AliasTable(weights))


def test_the_callers_weights_are_left_alone():
    """They are read in chunks."""
    weights = np.array([3.0, 0.0, 1.0])
    AliasTable(weights)
    assert weights.tolist() == [3, 0, 1]


# Draws follow the weights.


@pytest.mark.parametrize("n", [7, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_drawn_as_often_as_their_weights_say(kind, n):
    """Chi-square, the rare ones as one; those of weight 0 are never drawn."""
    weights = KINDS[kind](np.random.RandomState(n), n)
    drawn = KeyedByWeight(AliasTable(weights), 11, 12).indices(0, 300_000)
    counts = np.bincount(drawn, minlength=n)
    assert not counts[weights == 0].any()
    expected = 300_000 * weights / weights.sum()
    often = expected >= 10
    counts = np.append(counts[often], counts[~often].sum())
    expected = np.append(expected[often], expected[~often].sum())
    if len(counts) > 2:
        cells = expected > 0
        statistic = ((counts - expected)[cells] ** 2 / expected[cells]).sum()
        assert 1e-4 < tail(statistic, cells.sum() - 1) < 1 - 1e-4
    # One alone, or a giant and the rest: within 4 deviations.
    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected) + 1e-9).all()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 10**15), st.integers(0, 50), st.integers(0, 50))
def test_any_draws_by_weight_are_those_of_the_whole(start, skip, size):
    """Each place has a draw of its own."""
    plan = KeyedByWeight(AliasTable(np.array([3.0, 0.0, 1.0, 2.0])), 5, 6)
    expected = plan.indices(start, start + 100)[skip : skip + size].tolist()
    assert expected == plan.indices(start + skip, start + skip + size).tolist()


def test_epochs_of_draws_differ():
    """And seeds."""
    table = AliasTable(np.ones(1000))
    drawn = [
        KeyedByWeight(table, seed, epoch).indices(0, 10).tolist()
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert len({tuple(draws) for draws in drawn}) == 4


def test_places_that_follow_each_other_are_independent():
    """Chi-square of pairs."""
    weights = np.arange(1.0, 9.0)
    drawn = KeyedByWeight(AliasTable(weights), 3, 0).indices(0, 200_000).reshape(-1, 2)
    counts = np.bincount(drawn[:, 0] * 8 + drawn[:, 1], minlength=64)
    expected = np.outer(weights, weights).ravel() / weights.sum() ** 2 * len(drawn)
    assert 1e-4 < tail(((counts - expected) ** 2 / expected).sum(), 63) < 1 - 1e-4


def test_a_plan_from_a_pickle_gives_the_same():
    """It holds the table."""
    plan = KeyedByWeight(AliasTable(np.arange(20.0)), 3, 4)
    copy = pickle.loads(pickle.dumps(plan))
    assert plan.indices(0, 20).tolist() == copy.indices(0, 20).tolist()


# Tables when they are needed.


def test_a_table_is_made_once():
    """At the first call."""
    lazy = LazyTable(np.ones(5))
    assert lazy._table is None
    assert lazy() is lazy()


def test_a_table_is_not_pickled():
    """A copy makes its own."""
    lazy = LazyTable(np.arange(1000.0))
    before = len(pickle.dumps(lazy))
    table = lazy()
    assert before == len(pickle.dumps(lazy))
    copy = pickle.loads(pickle.dumps(lazy))
    assert copy._table is None
    words = hash_places(0, np.arange(100))
    assert table.at(words).tolist() == copy().at(words).tolist()


# Memory.


def traced(make):
    """Give what `make` gave, what is kept of the memory it took, and its peak."""
    tracemalloc.start()
    try:
        made = make()
        return made, *tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["uniform", "pareto", "a giant last", "ascending", "descending"])
def test_a_table_takes_12_bytes_a_sample(kind):
    """And less than 8 MB for the chunks while it is built, however many there are."""
    n = 2_000_000
    weights = np.ascontiguousarray(KINDS[kind](np.random.RandomState(0), n))
    _, kept, peak = traced(lambda: AliasTable(weights))
    assert kept < 12 * n + 10_000
    assert peak < 12 * n + 8_000_000


def test_chunks_are_all_that_building_takes():
    """Of short ones, 12.1 bytes a sample."""
    weights = np.random.RandomState(0).pareto(1.0, 2_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_alias, "_CHUNK", 2048)
        _, _, peak = traced(lambda: AliasTable(weights))
    assert peak < 12.2 * 2_000_000


@pytest.mark.parametrize("subset", [False, True])
def test_a_sampler_takes_less_than_24_bytes_a_sample(subset):
    """Beyond what it was given: weights and table, and indices that it copies in a subset."""
    n = 2_000_000
    weights, indices = np.random.RandomState(0).pareto(1.0, n), np.arange(n)

    def draw():
        sampler = WeightedSubsetSampler(weights, indices) if subset else WeightedSampler(weights)
        plan = sampler.plan(shuffle=True, seed=0, epoch=0)
        return sampler, plan, len(plan.indices(0, 65_536))

    _, _, peak = traced(draw)
    assert peak < (32 if subset else 24) * n


def test_there_can_be_more_than_16_million_samples():
    """NumPy's own draws by weight, and those of others, end at 2**24."""
    n = 2**24 + 1000
    weights = np.ones(n)
    weights[-1000:] = n / 1000
    plan = WeightedSampler(weights).plan(shuffle=True, seed=0, epoch=0)
    drawn = plan.indices(0, 100_000)
    last = np.bincount(drawn[drawn >= 2**24] - 2**24, minlength=1000)
    # Half of the weight is theirs: within 4 deviations, all together and each.
    assert abs(last.sum() - 50_000) < 4 * math.sqrt(25_000)
    assert last.min() > 50 - 4 * math.sqrt(50)
    assert drawn[drawn < 2**24].max() > 2**24 - 10_000
