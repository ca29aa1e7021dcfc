"""Many permutations at once."""

import hashlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import hash_key, hash_keys
from aliquot.sampling import Permutation, _permuted
from aliquot.sampling._permuted import permuted

SIZES = st.one_of(
    st.integers(1, 9),
    st.integers(1, 300),
    st.sampled_from([1, 2, 255, 256, 257, 1023, 1024, 1025, 4096]),
)
LARGE = st.sampled_from([32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 70_000])


def one_by_one(lengths, keys, places):
    """Give the same from whole permutations."""
    orders = {
        key: Permutation(n, key)
        for n, key in zip(lengths.tolist(), map(int, keys.tolist()), strict=True)
    }
    return [
        int(orders[key].at(np.array([place]))[0])
        for key, place in zip(map(int, keys.tolist()), places.tolist(), strict=True)
    ]


def asked(data, sizes, most):
    """Draw permutations of some sizes, and places in them in any order."""
    drawn = data.draw(st.lists(sizes, min_size=1, max_size=most))
    which = data.draw(st.lists(st.integers(0, len(drawn) - 1), min_size=1, max_size=40))
    lengths = np.array(drawn)[which]
    keys = hash_keys(data.draw(st.integers(0, 99)), np.array(which))
    places = hash_keys(1, np.arange(len(which))) % lengths.astype(np.uint64)
    return lengths, keys, places.astype(np.int64)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(st.data())
def test_every_place_is_that_of_its_permutation(data):
    """Of short ones, mixed."""
    lengths, keys, places = asked(data, SIZES, 20)
    assert one_by_one(lengths, keys, places) == permuted(lengths, keys, places).tolist()


@settings(derandomize=True, max_examples=15, deadline=None)
@given(st.data())
def test_every_place_is_that_of_its_permutation_when_some_are_long(data):
    """On both sides of the size from which on they are networks."""
    lengths, keys, places = asked(data, SIZES | LARGE, 6)
    assert one_by_one(lengths, keys, places) == permuted(lengths, keys, places).tolist()


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.data(), st.sampled_from([1, 16, 64, 300]))
def test_matrices_of_any_size_give_the_same(data, cells):
    """When the permutations of a width do not fit one."""
    lengths, keys, places = asked(data, SIZES, 20)
    expected = permuted(lengths, keys, places).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_permuted, "_CELLS", cells)
        assert expected == permuted(lengths, keys, places).tolist()


@pytest.mark.parametrize("n", [1, 2, 5, 100, 65_536, 65_537])
def test_a_whole_permutation_has_every_place(n):
    """The very one of that size and key."""
    found = permuted(np.full(n, n), np.full(n, 9, np.uint64), np.arange(n))
    assert np.array_equal(Permutation(n, 9).at(np.arange(n)), found)


def test_a_key_that_is_0_or_all_ones_is_one_like_others():
    """Both ends of its range."""
    keys = np.array([0, 2**64 - 1], np.uint64)
    expected = [int(Permutation(50, key).at(np.array([3]))[0]) for key in (0, 2**64 - 1)]
    assert expected == permuted(np.array([50, 50]), keys, np.array([3, 3])).tolist()


def test_nothing_asked_for_gives_nothing():
    """An empty array of integers."""
    found = permuted(np.arange(0), np.empty(0, np.uint64), np.arange(0))
    assert (np.dtype(np.int64), (0,)) == (found.dtype, found.shape)


def test_permutations_are_frozen():
    """Of 300 sizes, by the digest of 200,000 places as little-endian int64."""
    n = np.arange(200_000) * 7919 % 1009 % 300 + 1
    found = permuted(n, hash_keys(5, n), np.arange(200_000) % n)
    assert hashlib.blake2b(found.astype("<i8").tobytes(), digest_size=8).hexdigest() == (
        "3ba899dd77bf7454"
    )


def test_what_was_given_stays_as_it_is():
    """Lengths, keys and places."""
    lengths, keys, places = np.array([5, 5]), np.array([1, 1], np.uint64), np.array([0, 1])
    permuted(lengths, keys, places)
    assert [lengths.tolist(), keys.tolist(), places.tolist()] == [[5, 5], [1, 1], [0, 1]]


@pytest.mark.parametrize("n", [40_000, 65_536])
def test_long_permutations_are_sorted_a_few_at_a_time(n):
    """A hundred of them take less than 60 MB."""
    keys = hash_keys(hash_key(1), np.arange(100))
    tracemalloc.start()
    try:
        permuted(np.full(100, n), keys, np.arange(100))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000
