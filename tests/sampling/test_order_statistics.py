"""Keyed orders are as random as real ones: chi-square tests over many epochs of fixed seeds."""

import itertools
import math

import numpy as np
import pytest

from aliquot.sampling import _keyed
from aliquot.sampling._keyed import KeyedPasses

LARGE = 100_000


def tail(statistic, df):
    """Give the probability of a larger chi-square (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * df)
    return math.erfc(((statistic / df) ** (1 / 3) - 1 + spread) / math.sqrt(2 * spread)) / 2


def is_plausible(statistic, df):
    """Say that a statistic is neither too large nor too small."""
    return 1e-4 < tail(statistic, df) < 1 - 1e-4


def chi_square(counts, expected):
    return ((counts - expected) ** 2 / expected).sum()


def orders(n, epochs, seed):
    for epoch in range(epochs):
        yield KeyedPasses(n, 1, seed, epoch).indices(0, n)


def test_the_approximation_of_the_tail():
    """At quantiles from a table."""
    found = [tail(18.307, 10), tail(29.588, 10), tail(124.342, 100), tail(149.449, 100)]
    assert found == pytest.approx([0.05, 0.001, 0.05, 0.001], rel=0.07)


# All orders.


@pytest.mark.parametrize(("n", "epochs"), [(3, 3000), (4, 4000), (5, 6000), (6, 9000), (7, 30_000)])
def test_every_order_is_as_likely(n, epochs):
    """All n! of them."""
    weights = np.array([n**power for power in range(n)])
    codes = [weights @ order for order in itertools.permutations(range(n))]
    drawn = np.array([weights @ order for order in orders(n, epochs, seed=n)])
    counts = np.bincount(np.searchsorted(np.sort(codes), drawn), minlength=len(codes))
    assert is_plausible(chi_square(counts, epochs / len(codes)), len(codes) - 1)


# Positions and pairs of small orders.


def positions(found, n, cells):
    """Count which cell of places holds which cell of samples, over whole orders."""
    places = np.tile(np.arange(n), len(found) // n) * cells // n
    counts = np.bincount(places * cells + found * cells // n, minlength=cells**2)
    # Row and column sums are given: a permutation has each place and each sample once.
    return chi_square(counts, len(found) / cells**2) * (n - 1) / n, (cells - 1) ** 2


@pytest.mark.parametrize(
    ("n", "epochs", "cells"), [(10, 3000, 10), (1000, 300, 20), (1000, 300, 500)]
)
def test_every_sample_is_as_likely_at_every_place(n, epochs, cells):
    """Of small orders, sorted."""
    found = np.concatenate(list(orders(n, epochs, seed=1)))
    assert is_plausible(*positions(found, n, cells))


@pytest.mark.parametrize(("n", "epochs"), [(10, 9000), (1000, 9000)])
@pytest.mark.parametrize("place", [0, 4, 8])
def test_every_pair_is_as_likely_at_adjacent_places(n, epochs, place):
    """In either order, of samples or of tenths of them."""
    found = np.array([order[place : place + 2] for order in orders(n, epochs, seed=place)])
    cells = found * 10 // n
    counts = np.bincount(cells[:, 0] * 10 + cells[:, 1], minlength=100).reshape(10, 10)
    inside = n // 10
    expected = np.full((10, 10), inside**2, float)
    np.fill_diagonal(expected, inside * (inside - 1))
    possible = expected > 0
    assert counts[~possible].sum() == 0
    expected *= epochs / (n * (n - 1))
    statistic = chi_square(counts[possible], expected[possible])
    assert is_plausible(statistic, possible.sum() - 1)


# Positions and pairs of large orders, which are made by the network.

EPOCHS = 40


@pytest.fixture(scope="module")
def large():
    """Give orders of 100,000, one a row."""
    return np.stack(list(orders(LARGE, EPOCHS, seed=2)))


@pytest.mark.parametrize("cells", [20, 500])
def test_every_sample_is_as_likely_at_every_place_of_a_large_order(large, cells):
    """In cells."""
    assert is_plausible(*positions(large.ravel(), LARGE, cells))


def test_lowest_bits_are_independent_of_those_of_the_place(large):
    """Which halves of a place could have let through."""
    places = np.tile(np.arange(LARGE) % 32, EPOCHS)
    counts = np.bincount(places * 32 + large.ravel() % 32, minlength=32**2)
    assert is_plausible(chi_square(counts, large.size / 32**2), 31**2)


# 2**9 apart, two places share the lower half, and within 2**9 mostly the upper one.
STRIDES = [1, 2, 3, 255, 256, 512, 1024, 65_536]


@pytest.mark.parametrize("stride", STRIDES)
def test_pairs_of_a_large_order_are_independent(large, stride):
    """At adjacent places, and at places that share a half."""
    cells = large * 40 // LARGE
    counts = np.bincount((cells[:, :-stride] * 40 + cells[:, stride:]).ravel(), minlength=1600)
    table = counts.reshape(40, 40)
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    assert is_plausible(chi_square(table, expected), 39**2)


@pytest.mark.parametrize("stride", STRIDES)
def test_differences_of_pairs_of_a_large_order_are_uniform(large, stride):
    """Modulo n: every one but 0 as likely."""
    differences = (large[:, stride:] - large[:, :-stride]) % LARGE
    assert differences.min() > 0
    counts = np.bincount(differences.ravel() * 1000 // LARGE, minlength=1000)
    expected = np.full(1000, 100.0)
    expected[0] = 99
    assert is_plausible(chi_square(counts, expected * differences.size / (LARGE - 1)), 999)


@pytest.mark.parametrize("stride", STRIDES)
def test_differing_bits_of_pairs_of_a_large_order_are_uniform(large, stride):
    """Of the lower and of the upper bits: what a network of too few rounds would show."""
    differing = (large[:, stride:] ^ large[:, :-stride]).ravel()
    counts = np.bincount(differing % 512, minlength=512)
    same = LARGE / 512 - 1  # one of the others in its class is the sample itself
    expected = np.full(512, (LARGE - 1 - same) / 511)
    expected[0] = same
    # The classes modulo 512 differ by one sample in size: less than a thousandth of a deviation.
    assert is_plausible(chi_square(counts, expected * len(differing) / (LARGE - 1)), 511)


def test_epochs_of_a_large_order_are_independent(large):
    """What stands at a place in one epoch says nothing about the next."""
    cells = large * 40 // LARGE
    counts = np.bincount((cells[:-1] * 40 + cells[1:]).ravel(), minlength=1600)
    assert is_plausible(chi_square(counts, (EPOCHS - 1) * LARGE / 1600), 39**2)


def test_fixed_points_are_as_rare_as_they_are(large):
    """One an order on average, with a deviation of one: within 4 deviations."""
    fixed = np.count_nonzero(large == np.arange(LARGE))
    assert abs(fixed - EPOCHS) < 4 * math.sqrt(EPOCHS)


def test_cycles_are_as_many_as_they_are(large):
    """About ln(n) + 0.577 an order: within 4 deviations of 10 orders."""
    counted = [cycles(order.tolist()) for order in large[:10]]
    mean, deviation = math.log(LARGE) + 0.5772, math.sqrt(math.log(LARGE) - 1.0677)
    assert abs(np.mean(counted) - mean) < 4 * deviation / math.sqrt(10)


def cycles(order):
    count, seen = 0, bytearray(len(order))
    for start in range(len(order)):
        count += not seen[start]
        at = start
        while not seen[at]:
            seen[at] = 1
            at = order[at]
    return count


# The network at a size where its faults are easiest to see: halves of 5 bits.

PLACES = [0, 1, 2, 31, 32, 33, 512, 1023]


@pytest.fixture(scope="module")
def small_networks():
    """Give what stands at PLACES of 1024 under 25,000 keys, one a row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_keyed, "SORTED_UP_TO", 1)
        places = np.array(PLACES)
        return np.stack([_keyed.Permutation(1024, key).at(places) for key in range(25_000)])


@pytest.mark.parametrize("column", range(1, len(PLACES)))
def test_two_places_of_a_small_network_differ_in_any_bits(small_networks, column):
    """By the bits in which they differ; 4 rounds fail by far at place 32."""
    differing = np.bincount(small_networks[:, 0] ^ small_networks[:, column], minlength=1024)
    assert differing[0] == 0
    assert is_plausible(chi_square(differing[1:], len(small_networks) / 1023), 1022)


@pytest.mark.parametrize("column", range(len(PLACES)))
def test_every_sample_is_as_likely_at_a_place_of_a_small_network(small_networks, column):
    """Over keys."""
    counts = np.bincount(small_networks[:, column], minlength=1024)
    assert is_plausible(chi_square(counts, len(small_networks) / 1024), 1023)
