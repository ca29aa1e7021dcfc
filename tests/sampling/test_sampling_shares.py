"""Members that take turns by integer shares."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError
from aliquot.sampling import Runs, integer_shares

SHARES = st.lists(st.integers(1, 9), min_size=1, max_size=6)


# Shares.


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1], [1]),
        ([0.25], [1]),
        ([1, 1], [1, 1]),
        ([0.7, 0.2, 0.1], [7, 2, 1]),
        ([2, 4, 6], [1, 2, 3]),
        ([1 / 3, 1 / 3, 1 / 3], [1, 1, 1]),
        ([1 / 7, 6 / 7], [1, 6]),
        ([9999, 1], [9999, 1]),
        ((1e300, 3e300), [1, 3]),
        (np.array([1e-300, 3e-300]), [1, 3]),
        ([0.1] * 10, [1] * 10),
        ([True, True], [1, 1]),
    ],
    ids=str,
)
def test_shares_are_the_smallest_in_proportion(weights, expected):
    """Of integers and fractions."""
    assert expected == integer_shares(weights).tolist()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.floats(1e-6, 1e6))
def test_shares_of_integers_are_themselves_in_lowest_terms(shares, scale):
    """However they are scaled."""
    assert (np.array(shares) // np.gcd.reduce(shares)).tolist() == integer_shares(
        [share * scale for share in shares]
    ).tolist()


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([np.pi, np.e, 1], [2290, 1981, 729]),
        ([1, 2**0.5], [2071, 2929]),
        ([5000.1, 4999.3, 0.6], [5000, 4999, 1]),
    ],
    ids=["three", "two", "a small one"],
)
def test_other_weights_are_rounded_to_10000_parts(weights, expected):
    """Those with the largest remainders up, and then to lowest terms."""
    assert expected == integer_shares(weights).tolist()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_shares_are_within_a_part_of_the_weights(weights):
    """Their sum is at most 10,000."""
    found = integer_shares(weights)
    assert found.sum() <= 10_000
    np.testing.assert_allclose(
        np.array(weights) / sum(weights), found / found.sum(), rtol=0, atol=1.001e-4
    )


@pytest.mark.parametrize(
    "weights",
    [[1, 0], [1, -1], [1, np.nan], [1, np.inf], [[1, 2]], 3],
    ids=["zero", "negative", "nan", "infinite", "2-D", "one number"],
)
def test_wrong_weights_are_refused(weights):
    """The message shows them."""
    with pytest.raises(ArgumentError) as caught:
        integer_shares(weights)
    assert f"weights must be finite numbers above 0, not {weights!r}" == str(caught.value)


def test_no_weights_are_refused():
    """There is nobody to take turns."""
    with pytest.raises(ArgumentError, match="weights"):
        integer_shares([])


def test_a_weight_of_less_than_half_a_part_is_refused():
    """Rather than left out; the message says which."""
    with pytest.raises(ArgumentError) as caught:
        integer_shares([1.0, 1e-5])
    assert str(caught.value) == (
        "weights are rounded to parts of 10000, and none of them is left for number 1: [1.0, 1e-05]"
    )


def test_a_refusal_of_many_weights_is_short():
    """Eighty letters of them are shown."""
    with pytest.raises(ArgumentError) as caught:
        integer_shares([0] * 1000)
    assert len(str(caught.value)) < 130


# Runs.


def test_members_are_spread_evenly():
    """A frozen order: the member that is farthest behind comes next, the first of those."""
    members, draws = Runs(np.array([3, 2, 1])).at(np.arange(14), None, None)
    assert members.tolist() == [0, 1, 0, 2, 1, 0, 0, 1, 0, 2, 1, 0, 0, 1]
    assert draws.tolist() == [0, 0, 1, 0, 1, 2, 3, 2, 4, 1, 3, 5, 6, 4]


def test_keyed_runs_are_frozen():
    """With a last run that is shorter, and with none."""
    runs = Runs(np.array([3, 2, 1]))
    members, draws = runs.at(np.arange(14), 14, 7)
    assert members.tolist() == [0, 1, 1, 2, 0, 0, 2, 0, 1, 1, 0, 0, 0, 1]
    assert draws.tolist() == [1, 1, 0, 0, 2, 0, 1, 4, 2, 3, 3, 5, 6, 4]
    assert runs.at(np.arange(12, 14), None, 7)[0].tolist() == [0, 2]


def test_long_keyed_runs_are_frozen():
    """By the digests of members and draws, as little-endian int64."""
    found = Runs(np.array([3, 2, 1])).at(np.arange(200_000), 200_000, 7)
    digests = [hashlib.blake2b(a.astype("<i8").tobytes(), digest_size=8).hexdigest() for a in found]
    assert digests == ["1b58e308da3f1598", "6ea4f8aafe3cd160"]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(SHARES, st.integers(1, 150), st.none() | st.integers(0, 2**64 - 1))
def test_every_run_has_each_member_as_often_as_its_share(shares, length, key):
    """A short last run has as many of each as without a key."""
    runs = Runs(np.array(shares))
    members, _ = runs.at(np.arange(length), length, key)
    size = sum(shares)
    for start in range(0, length - length % size, size):
        counts = np.bincount(members[start : start + size], minlength=len(shares))
        assert shares == counts.tolist()
    evenly = runs.at(np.arange(length), None, None)[0][length - length % size :]
    assert sorted(members[length - length % size :].tolist()) == sorted(evenly.tolist())


@settings(derandomize=True, max_examples=150, deadline=None)
@given(SHARES, st.integers(1, 150), st.none() | st.integers(0, 2**64 - 1))
def test_draws_of_a_member_are_counted(shares, length, key):
    """Each number below theirs once; all of a run before any of the next."""
    members, draws = Runs(np.array(shares)).at(np.arange(length), length, key)
    for member, share in enumerate(shares):
        own = draws[members == member]
        assert list(range(len(own))) == sorted(own.tolist())
        assert (np.diff(own // share) >= 0).all()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(SHARES, st.integers(1, 150))
def test_members_are_near_their_shares_at_every_place(shares, length):
    """Spread evenly they are less than a sample for each other member away."""
    members, _ = Runs(np.array(shares)).at(np.arange(length), None, None)
    for member, share in enumerate(shares):
        had = np.cumsum(members == member)
        due = np.arange(1, length + 1) * share / sum(shares)
        assert np.abs(had - due).max() <= max(1, len(shares) / 2)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(SHARES, st.lists(st.integers(0, 90), min_size=1, max_size=20), st.integers(0, 99))
def test_any_places_are_those_of_the_whole(shares, places, key):
    """In any order, with an end and without."""
    runs, places = Runs(np.array(shares)), np.array(places)
    for length in (91, None):
        for used in (key, None):
            whole = runs.at(np.arange(91), length, used)
            found = runs.at(places, length, used)
            assert [part[places].tolist() for part in whole] == [part.tolist() for part in found]


def test_runs_far_away_are_there_at_once():
    """Run a million million."""
    members, draws = Runs(np.array([2, 1])).at(3 * 10**12 + np.arange(3), None, 5)
    assert sorted(zip(members.tolist(), draws.tolist(), strict=True)) == [
        (0, 2 * 10**12),
        (0, 2 * 10**12 + 1),
        (1, 10**12),
    ]


@pytest.mark.parametrize("key", [None, 5])
def test_no_places_have_no_members(key):
    """Empty arrays of integers."""
    members, draws = Runs(np.array([2, 1])).at(np.arange(0), None, key)
    assert [members.tolist(), draws.tolist()] == [[], []]


@pytest.mark.parametrize("length", [None, 300])
def test_keys_and_runs_have_orders_of_their_own(length):
    """With an end and without."""
    runs = Runs(np.full(30, 1))
    orders = [runs.at(30 * run + np.arange(30), length, key)[0] for run in (0, 1) for key in (0, 1)]
    assert len({tuple(order.tolist()) for order in orders}) == 4


@settings(derandomize=True, max_examples=100, deadline=None)
@given(SHARES, st.integers(0, 200))
def test_the_place_of_a_draw_is_where_it_stands(shares, place):
    """When members are spread evenly."""
    runs = Runs(np.array(shares))
    (member,), (draw,) = runs.at(np.array([place]), None, None)
    assert place == runs.place_of(int(member), int(draw))
    assert isinstance(runs.place_of(int(member), int(draw)), int)
