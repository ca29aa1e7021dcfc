"""Orders made of a key."""

import hashlib
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError
from aliquot.sampling import _keyed
from aliquot.sampling._keyed import ORDER_VERSION, KeyedPasses, Permutation

KEYS = st.integers(0, 2**64 - 1)


def whole(n, key):
    return Permutation(n, key).at(np.arange(n))


def digest(order):
    return hashlib.sha256(order.astype("<i8").tobytes()).hexdigest()[:16]


# Frozen: a change to one of these numbers is a new version of the orders.


def test_the_version():
    """A state of another one is refused."""
    assert ORDER_VERSION == 1


@pytest.mark.parametrize(
    ("n", "epochs"),
    [
        (1, [[0], [0]]),
        (2, [[0, 1], [1, 0]]),
        (5, [[1, 3, 2, 0, 4], [2, 0, 1, 4, 3]]),
        (10, [[9, 7, 6, 0, 3, 4, 1, 5, 2, 8], [5, 7, 8, 0, 1, 6, 2, 3, 9, 4]]),
    ],
)
def test_small_orders_are_frozen(n, epochs):
    """Of the first two epochs of seed 0."""
    assert epochs == [KeyedPasses(n, 1, 0, epoch).indices(0, n).tolist() for epoch in (0, 1)]


@pytest.mark.parametrize(
    ("n", "first", "expected"),
    [
        (1000, [924, 998, 235, 248, 216], "5d42eb84cb221862"),
        (65_536, [54992, 57596, 46545, 54513, 15560], "35daee2d062f0b77"),
        (65_537, [19184, 53254, 64238, 3775, 55163], "92bdaef8b9409742"),
        (100_000, [12068, 47231, 9686, 12023, 86714], "876b3f294e1ee7b6"),
    ],
)
def test_orders_are_frozen(n, first, expected):
    """By their beginning, and by the SHA-256 of the whole as little-endian int64."""
    order = KeyedPasses(n, 1, 0, 0).indices(0, n)
    assert (first, expected) == (order[:5].tolist(), digest(order))


@pytest.mark.parametrize(
    ("n", "first", "last", "middle"),
    [
        (
            10**8,
            [58534264, 91398623, 59463742, 24120262, 91501375],
            [42437950],
            [88685346, 101521],
        ),
        (
            2**27 + 1,
            [65962606, 7979444, 116319607, 109274514, 28311427],
            [93671999],
            [7111611, 36166597],
        ),
        (
            2**62,
            [
                47373476185751051,
                1542406599574972055,
                1942041740424595022,
                981824750874153319,
                1127011470862031331,
            ],
            [4033404317972297846],
            [2200499585123849069, 192381472754801680],
        ),
    ],
)
def test_large_orders_are_frozen(n, first, last, middle):
    """By a few places, each of which can be asked for on its own."""
    plan = KeyedPasses(n, 1, 0, 0)
    assert (first, last, middle) == (
        plan.indices(0, 5).tolist(),
        plan.indices(n - 1, n + 9).tolist(),
        plan.indices(n // 2, n // 2 + 2).tolist(),
    )


def test_a_later_pass_and_epoch_are_frozen():
    """Those of another seed as well."""
    plan = KeyedPasses(10**8, -1, 5, 6)
    assert plan.indices(7 * 10**8, 7 * 10**8 + 3).tolist() == [38953164, 28060403, 73582100]


# Permutations.


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 5000), KEYS)
def test_small_orders_are_permutations(n, key):
    """Every sample once."""
    assert np.array_equal(np.arange(n), np.sort(whole(n, key)))


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.integers(2, 5000), KEYS, st.integers(100, 3000))
def test_networks_are_permutations(n, key, chunk):
    """At any size, though used for large ones only; however it is cut into chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_keyed, "SORTED_UP_TO", 1)
        expected = whole(n, key)
        patch.setattr(_keyed, "_CHUNK", chunk)
        patch.setattr(_keyed, "_BLOCK", 2 * chunk)
        assert expected.tolist() == whole(n, key).tolist()
    assert np.array_equal(np.arange(n), np.sort(expected))


@pytest.mark.parametrize("n", [65_536, 65_537, 100_000, 2**17, 2**17 + 1])
def test_orders_around_the_threshold_are_permutations(n):
    """And at the best and worst sizes of the network."""
    assert np.array_equal(np.arange(n), np.sort(whole(n, n)))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(2**16 + 1, 2**62), KEYS, st.data())
def test_what_stands_at_a_place_is_in_range_and_of_the_place_alone(n, key, data):
    """Whatever else is asked for, in whatever order."""
    places = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=20)))
    permutation = Permutation(n, key)
    found = permutation.at(places)
    assert ((found >= 0) & (found < n)).all()
    assert len(set(places.tolist())) == len(set(found.tolist()))
    assert found[::-1].tolist() == permutation.at(places[::-1]).tolist()
    assert [found[0]] == Permutation(n, key).at(places[:1]).tolist()


@pytest.mark.parametrize("n", [10, 10**6])
def test_the_places_asked_for_stay_as_they_are(n):
    """The answer is a new array."""
    places = np.arange(10)
    found = Permutation(n, 3).at(places)
    kept = found.tolist()
    found[:] = -1
    assert (list(range(10)), kept) == (places.tolist(), Permutation(n, 3).at(places).tolist())


@pytest.mark.parametrize("n", [0, 1000, 65_537])
def test_no_places_have_no_samples(n):
    """Also when there are none."""
    found = Permutation(n, 3).at(np.empty(0, np.int64))
    assert (np.dtype(np.int64), (0,)) == (found.dtype, found.shape)


@pytest.mark.parametrize("n", [-1, 2**62 + 1])
def test_an_order_of_no_such_length_is_refused(n):
    """Halves have 32 bits at most."""
    with pytest.raises(ArgumentError, match=rf"of 0 to 2\*\*62 samples, not {n}"):
        Permutation(n, 0)


def test_a_large_order_keeps_nothing():
    """Blocks of it cost a few megabytes while they are made."""
    tracemalloc.start()
    try:
        plan = KeyedPasses(2**61 + 1, 1, 0, 0)
        for start in range(0, 2**62, 2**59):
            plan.indices(start, start + 65_536)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (kept < 20_000, peak < 4_000_000) == (True, True)


# Passes.


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.integers(0, 40), st.integers(1, 4), KEYS, st.integers(0, 99), st.integers(0, 170), st.data()
)
def test_any_places_are_those_of_the_whole(n, repeats, seed, epoch, start, data):
    """Across the ends of passes, and cut at the end of the last."""
    size = data.draw(st.integers(0, 90))
    epoch_order = KeyedPasses(n, repeats, seed, epoch).indices(0, n * repeats)
    found = KeyedPasses(n, repeats, seed, epoch).indices(start, start + size)
    assert epoch_order[start : start + size].tolist() == found.tolist()
    assert found.dtype == np.int64


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 140_000), st.integers(0, 70_000))
def test_any_places_of_a_large_order_are_those_of_the_whole(start, size):
    """Two passes of 65,537."""
    found = KeyedPasses(65_537, 2, 1, 2).indices(start, start + size)
    assert np.array_equal(LARGE[start : start + size], found)


LARGE = KeyedPasses(65_537, 2, 1, 2).indices(0, 2 * 65_537)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=8))
def test_what_was_read_before_changes_nothing(reads):
    """Backwards and forwards over the passes of an endless plan."""
    plan = KeyedPasses(7, -1, 3, 4)
    order = KeyedPasses(7, -1, 3, 4).indices(0, 90)
    for start, size in reads:
        assert order[start : start + size].tolist() == plan.indices(start, start + size).tolist()


@pytest.mark.parametrize("n", [12, 70_000])
def test_seeds_epochs_and_passes_have_orders_of_their_own(n):
    """And so do sizes."""
    orders = [
        KeyedPasses(n, 3, seed, epoch).indices(start, start + 12).tolist()
        for seed in (0, 1)
        for epoch in (0, 1)
        for start in (0, n, 2 * n)
    ]
    assert len({tuple(order) for order in orders}) == 12
    assert orders[0] != KeyedPasses(n + 1, 1, 0, 0).indices(0, 12).tolist()


@pytest.mark.parametrize("n", [9, 10**12])
def test_an_endless_plan_goes_on(n):
    """Pass a million is there at once."""
    start = n * 10**6 - 2
    found = KeyedPasses(n, -1, 0, 0).indices(start, start + 4)
    assert ((found >= 0) & (found < n)).all()
    assert found[2:].tolist() == KeyedPasses(n, -1, 0, 0).indices(start + 2, start + 4).tolist()


@pytest.mark.parametrize(("n", "repeats"), [(0, 1), (0, 3), (5, 1)])
def test_there_is_nothing_beyond_the_end(n, repeats):
    """An empty array of integers."""
    found = KeyedPasses(n, repeats, 0, 0).indices(5 * repeats, 99)
    assert (np.dtype(np.int64), (0,)) == (found.dtype, found.shape)


@pytest.mark.parametrize(("n", "repeats"), [(5, 0), (5, -2), (0, -1)])
def test_wrong_repeats_are_refused(n, repeats):
    """As everywhere."""
    with pytest.raises(ArgumentError, match="repeat"):
        KeyedPasses(n, repeats, 0, 0)


@pytest.mark.parametrize(
    "plan",
    [
        Permutation(20, 5),
        KeyedPasses(20, 2, 3, 4),
        KeyedPasses(10**9, -1, 3, 4),
    ],
    ids=["permutation", "small", "large"],
)
def test_plans_can_be_pickled(plan):
    """They give the same afterwards."""
    read = plan.at if isinstance(plan, Permutation) else lambda places: plan.indices(0, 20)
    expected = read(np.arange(20)).tolist()
    copy = pickle.loads(pickle.dumps(plan))
    again = copy.at(np.arange(20)) if isinstance(plan, Permutation) else copy.indices(0, 20)
    assert expected == again.tolist()
