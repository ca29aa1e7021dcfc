"""Every sampler's order is a function of (seed, epoch, place), and belongs to its version."""

import hashlib
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.sampling import (
    BucketSampler,
    ClassBalancedSampler,
    RepeatSampler,
    StandardSampler,
    StratifiedSampler,
    SubsetSampler,
    WeightedSampler,
    WeightedSubsetSampler,
)

N = 200
MIXED = np.arange(200_000) * 7919 % 1009
SOME = MIXED[:N]

# Each draws from N samples or so.
SAMPLERS = {
    "standard": StandardSampler(N, repeats=2),
    "endless": StandardSampler(N, repeats=-1),
    "subset": SubsetSampler(SOME, repeats=2),
    "weighted": WeightedSampler(SOME),
    "without replacement": WeightedSampler(SOME * (SOME % 3), replacement=False),
    "weighted subset": WeightedSubsetSampler(SOME, np.arange(N)[::-1]),
    "balanced": ClassBalancedSampler(SOME % 7 // 2),
    "stratified": StratifiedSampler(SOME % 7 // 2).for_steps(16, 32),
    "repeat": RepeatSampler(3).for_length(N),
    "buckets": BucketSampler(SOME, buckets=4).for_steps(8, 16),
}
SHUFFLED_ONLY = {"weighted", "without replacement", "weighted subset"}
RACE = {"without replacement"}
MODES = [(name, True) for name in SAMPLERS]
MODES += [(name, False) for name in SAMPLERS if name not in SHUFFLED_ONLY]
REACH = 700


def plan_of(name, shuffle, seed=3, epoch=4):
    return SAMPLERS[name].plan(shuffle=shuffle, seed=seed, epoch=epoch)


WHOLE = {mode: plan_of(*mode).indices(0, REACH) for mode in MODES}


@pytest.mark.parametrize("mode", MODES, ids=str)
@settings(derandomize=True, max_examples=25, deadline=None)
@given(reads=st.lists(st.tuples(st.integers(0, 650), st.integers(0, 50)), min_size=1, max_size=8))
def test_any_places_are_those_of_the_whole(mode, reads):
    """Asked for in any order, empty reads and reads beyond the end included."""
    plan = plan_of(*mode)
    for start, size in reads:
        found = plan.indices(start, start + size)
        assert WHOLE[mode][start : start + size].tolist() == found.tolist()
        assert found.dtype == np.int64


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_an_epoch_ends_where_the_sampler_says(mode):
    """There is nothing beyond."""
    number = SAMPLERS[mode[0]].num_indices_generated()
    assert min(number, REACH) == len(WHOLE[mode])


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_no_places_have_no_samples(mode):
    """An empty array of integers, at the start, within, and far beyond the end."""
    plan = plan_of(*mode)
    found = [plan.indices(start, start) for start in (0, 20, 5000)]
    assert [(a.shape, a.dtype) for a in found] == [((0,), np.dtype(np.int64))] * 3


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_what_is_given_is_the_callers_own(mode):
    """Writing to it changes nothing."""
    plan = plan_of(*mode)
    plan.indices(0, 50)[:] = -1
    assert WHOLE[mode][:50].tolist() == plan.indices(0, 50).tolist()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_sampler_from_a_pickle_gives_the_same(mode):
    """Whether it was used before or not."""
    name, shuffle = mode
    copy = pickle.loads(pickle.dumps(SAMPLERS[name]))
    found = copy.plan(shuffle=shuffle, seed=3, epoch=4).indices(0, REACH)
    assert np.array_equal(WHOLE[mode], found)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode[0] not in RACE], ids=str)
def test_a_plan_from_a_pickle_gives_the_same(mode):
    """From the middle on, before and after it was read."""
    plan = plan_of(*mode)
    fresh = pickle.loads(pickle.dumps(plan))
    plan.indices(0, 10)
    read = pickle.loads(pickle.dumps(plan))
    found = [copy.indices(40, 90).tolist() for copy in (fresh, read)]
    assert [WHOLE[mode][40:90].tolist()] * 2 == found


@pytest.mark.parametrize("name", SAMPLERS)
def test_seeds_and_epochs_have_orders_of_their_own(name):
    """And one address has one order."""
    orders = [
        tuple(plan_of(name, True, seed, epoch).indices(0, 40).tolist())
        for seed in (0, 1, 2**64 - 1)
        for epoch in (0, 1, 2**64 - 1)
    ]
    assert len(set(orders)) == 9
    assert orders[0] == tuple(plan_of(name, True, 0, 0).indices(0, 40).tolist())


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - SHUFFLED_ONLY))
def test_without_shuffling_all_epochs_are_alike(name):
    """Of every seed."""
    assert WHOLE[name, False][:90].tolist() == plan_of(name, False, 8, 9).indices(0, 90).tolist()


@pytest.mark.parametrize("name", sorted(SHUFFLED_ONLY))
def test_what_is_drawn_by_weight_is_random_in_any_case(name):
    """A loader that does not shuffle gives the same draws."""
    assert WHOLE[name, True].tolist() == plan_of(name, False).indices(0, REACH).tolist()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_the_iterators_of_a_sampler_end_with_the_epoch(mode):
    """The last batch is as short as it has to be."""
    name, shuffle = mode
    if shuffle:
        rng = np.random.RandomState(5)
        batches = SAMPLERS[name].shuffled_indices_batch_iterator(64, rng)
    else:
        batches = SAMPLERS[name].in_order_indices_batch_iterator(64)
    total = min(SAMPLERS[name].num_indices_generated(), 12 * 64)
    sizes = [len(batch) for batch in itertools.islice(batches, 12)]
    assert [min(64, total - start) for start in range(0, total, 64)] == sizes


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_samples_are_within_reach(mode):
    """No index is negative, or is as large as the sampler's reach, where it has one."""
    found = WHOLE[mode]
    assert found.min() >= 0
    assert found.max() < (SAMPLERS[mode[0]].reach() or N)


# Frozen: a change to one of these numbers is a new version of the orders. Digests are BLAKE2b of
# the first 200,000 samples as little-endian int64.

SHORT = {
    "weighted": WeightedSampler([1, 2, 0, 3, 4]),
    "without replacement": WeightedSampler([1, 2, 0, 3, 4, 1, 1, 9], replacement=False),
    "weighted subset": WeightedSubsetSampler([1, 2, 0, 3, 4], [50, 60, 70, 80, 90]),
    "balanced": ClassBalancedSampler([0, 1, 1, 2, 2, 2]),
    "stratified": StratifiedSampler([0, 1, 0, 0, 1, 0, 0, 2, 0, 0]).for_steps(4, 4),
    "repeat": RepeatSampler(2).for_length(6),
    "buckets": BucketSampler([3, 50, 4, 52, 5, 51, 4, 49, 90, 3], 3).for_steps(2, 4),
}
LONG = {
    "weighted": lambda: WeightedSampler(MIXED[:100_000]),
    "without replacement": lambda: WeightedSampler(MIXED, replacement=False),
    "weighted subset": lambda: WeightedSubsetSampler(MIXED[:100_000], np.arange(100_000)[::-1]),
    "balanced": lambda: ClassBalancedSampler(MIXED % 50 == 0),
    "stratified": lambda: StratifiedSampler(MIXED % 50 % 4 // 3 + (MIXED % 50 == 0)),
    "repeat": lambda: RepeatSampler(2).for_length(100_000),
    "buckets": lambda: BucketSampler(MIXED).for_steps(64, 128),
}
ADDRESSES = [(0, 0), (0, 3), (7, 0), (7, 3)]
FROZEN = {
    "weighted": (
        [
            [4, 4, 3, 3, 3, 4, 4, 3, 4, 1, 4, 3],
            [4, 4, 3, 4, 1, 3, 4, 3, 4, 4, 0, 4],
            [4, 1, 3, 3, 1, 4, 4, 3, 3, 4, 3, 0],
            [3, 3, 0, 4, 4, 3, 4, 4, 3, 0, 4, 4],
        ],
        ["993989d15022b8d3", "7c7f42b9a60b261c", "6876e8f0b3b37e9a", "0b758ae0b99d43f6"],
    ),
    "without replacement": (
        [
            [7, 6, 4, 3, 0, 1, 5],
            [3, 7, 0, 5, 6, 4, 1],
            [3, 7, 5, 6, 0, 4, 1],
            [4, 3, 7, 1, 6, 0, 5],
        ],
        ["f6be61a2545ffae0", "10813db9a11c0059", "96bfa45f1d94afc0", "d0c5454139cdb6c6"],
    ),
    "weighted subset": (
        [
            [90, 90, 80, 80, 80, 90, 90, 80, 90, 60, 90, 80],
            [90, 90, 80, 90, 60, 80, 90, 80, 90, 90, 50, 90],
            [90, 60, 80, 80, 60, 90, 90, 80, 80, 90, 80, 50],
            [80, 80, 50, 90, 90, 80, 90, 90, 80, 50, 90, 90],
        ],
        ["22beab8609f1bf96", "4a8bca725398a18c", "29d4d6f7ef749334", "ef9d567d05e34c45"],
    ),
    "balanced": (
        [
            [1, 4, 0, 2, 5, 0, 2, 0, 3, 3, 1, 0],
            [0, 1, 4, 3, 2, 0, 5, 0, 1, 0, 2, 5],
            [4, 0, 1, 0, 2, 3, 5, 0, 1, 2, 4, 0],
            [1, 4, 0, 2, 5, 0, 3, 0, 1, 0, 3, 2],
        ],
        ["303dcbf9a0470c0a", "17d21781c4b9bb46", "c004ca0c2e6b5294", "c377b06244b55a6e"],
    ),
    "stratified": (
        [
            [0, 4, 9, 8, 1, 7, 2, 3, 5, 6],
            [4, 2, 8, 7, 6, 1, 5, 0, 3, 9],
            [4, 6, 5, 7, 2, 3, 9, 1, 0, 8],
            [2, 4, 0, 9, 8, 6, 7, 1, 3, 5],
        ],
        ["af6e5007fca9ea24", "3463009b3f066ab0", "702c8397549212de", "65aefc558085ce55"],
    ),
    "repeat": (
        [
            [4, 4, 2, 2, 0, 0, 3, 3, 1, 1, 5, 5],
            [1, 1, 3, 3, 4, 4, 0, 0, 5, 5, 2, 2],
            [0, 0, 2, 2, 3, 3, 1, 1, 5, 5, 4, 4],
            [3, 3, 4, 4, 1, 1, 2, 2, 0, 0, 5, 5],
        ],
        ["7836e16409e2914f", "18101f7af9b0021d", "164d59be80955671", "4a5b6f388edebb85"],
    ),
    "buckets": (
        [
            [3, 1, 7, 5, 6, 4, 9, 0, 2, 8],
            [1, 7, 3, 8, 9, 4, 2, 0, 6, 5],
            [4, 2, 9, 0, 5, 1, 7, 8, 6, 3],
            [3, 1, 7, 8, 6, 9, 0, 5, 4, 2],
        ],
        ["d136f2b58d4c55c3", "3a5f8f0181f13c44", "ca264bf95347efa0", "c441449f4f5577f9"],
    ),
}
FROZEN_IN_ORDER = {
    "balanced": ([0, 1, 3, 0, 2, 4, 0, 1, 5, 0, 2, 3], "096aaafe41b4c69b"),
    "stratified": ([3, 6, 0, 4, 5, 1, 7, 2, 8, 9], "455adcc9ae8ec540"),
    "repeat": ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "80980b265a98bd12"),
    "buckets": ([0, 2, 4, 6, 9, 1, 3, 5, 7, 8], "2d486ac481bee03a"),
}


def digest(order):
    return hashlib.blake2b(order.astype("<i8").tobytes(), digest_size=8).hexdigest()


@pytest.mark.parametrize("name", FROZEN)
def test_orders_are_frozen(name):
    """By their beginnings, of two seeds and epochs."""
    plans = [SHORT[name].plan(shuffle=True, seed=s, epoch=e) for s, e in ADDRESSES]
    assert FROZEN[name][0] == [plan.indices(0, 12).tolist() for plan in plans]


@pytest.mark.parametrize("name", FROZEN)
def test_long_orders_are_frozen(name):
    """By their digests, of two seeds and epochs."""
    sampler = LONG[name]()
    plans = [sampler.plan(shuffle=True, seed=s, epoch=e) for s, e in ADDRESSES]
    assert FROZEN[name][1] == [digest(plan.indices(0, 200_000)) for plan in plans]


@pytest.mark.parametrize("name", FROZEN_IN_ORDER)
def test_orders_without_shuffling_are_frozen(name):
    """As they too are a matter of choice."""
    short = SHORT[name].plan(shuffle=False, seed=0, epoch=0).indices(0, 12).tolist()
    long = LONG[name]().plan(shuffle=False, seed=0, epoch=0).indices(0, 200_000)
    assert FROZEN_IN_ORDER[name] == (short, digest(long))
