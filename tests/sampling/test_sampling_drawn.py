"""Orders drawn from a user's generator."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.sampling._drawn import DrawnByWeight, DrawnPasses, Seeded
from aliquot.sampling._keyed import KeyedPasses
from aliquot.sampling._plan import batches


class CountingRNG:
    """Gives passes in order, and counts how many were drawn."""

    def __init__(self):
        self.drawn = 0

    def permutation(self, n):
        self.drawn += 1
        return np.arange(n)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_each_pass_holds_every_sample_once(n, repeats, size, seed):
    """Batches that run over the end of a pass, or over several, included."""
    plan = DrawnPasses(n, repeats, np.random.RandomState(seed))
    drawn = np.concatenate(list(batches(plan, size))).reshape(repeats, n)
    assert np.tile(np.arange(n), (repeats, 1)).tolist() == np.sort(drawn).tolist()


def test_a_batch_may_span_several_passes():
    """Three passes of two samples fit in a batch of six."""
    rng = np.random.RandomState(1)
    expected = np.concatenate([np.random.RandomState(1).permutation(2)]).tolist()
    (batch,) = batches(DrawnPasses(2, 3, rng), 6)
    assert (expected, 6) == (batch[:2].tolist(), len(batch))


def test_nothing_is_drawn_before_the_first_place_is_asked_for():
    """A generator shared by two sources is read in the order in which they are."""
    rng = CountingRNG()
    DrawnPasses(4, 1, rng)
    assert rng.drawn == 0


def test_one_pass_is_drawn_once():
    """However many batches it takes."""
    rng = CountingRNG()
    list(batches(DrawnPasses(4, 1, rng), 3))
    assert rng.drawn == 1


def test_an_endless_plan_lets_go_of_what_lies_behind():
    """Memory is that of the passes of one batch."""
    plan = DrawnPasses(3, -1, np.random.RandomState(0))
    list(itertools.islice(batches(plan, 2), 1000))
    assert len(plan._passes) <= 3


def test_an_empty_set_has_no_batches():
    """Shuffled, too."""
    assert list(batches(DrawnPasses(0, 1, np.random.RandomState(0)), 3)) == []


def test_what_is_drawn_is_the_callers():
    """Writing to a batch leaves the order that is drawn from as it was."""
    plan = DrawnPasses(6, 1, CountingRNG())
    plan.indices(0, 3)[:] = 99
    assert [plan.indices(0, 3).tolist(), plan.indices(3, 6).tolist()] == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_draws_by_weight_follow_the_weights(make):
    """To a tenth of a percent or so."""
    drawn = DrawnByWeight(np.array([0.5, 0.0, 0.3, 0.2]), make(0)).indices(0, 200_000)
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    np.testing.assert_allclose([0.5, 0.0, 0.3, 0.2], shares, atol=0.005)


@pytest.mark.parametrize("edge", [0.0, np.nextafter(1.0, 0.0)])
def test_a_sample_without_weight_is_never_drawn(edge):
    """Not even at the ends of the generator's range."""

    class Edge:
        def random(self, size):
            return np.full(size, edge)

    weights = np.array([0.0, 0.1, 0.2, 0.7, 0.0])
    assert set(DrawnByWeight(weights, Edge()).indices(0, 3).tolist()) <= {1, 3}


# Keyed plans whose seed is drawn.


class CountedPlan:
    """Remembers its seed."""

    def __init__(self, seed):
        self.seed = seed

    def indices(self, start, stop):
        return np.arange(start, stop) + self.seed % 1000


def test_a_seed_is_drawn_once_and_when_the_plan_is_first_asked():
    """One number of 53 bits, so that another plan of the generator has another."""
    rng, other = np.random.RandomState(1), np.random.RandomState(1)
    made = []
    plan = Seeded(lambda seed: made.append(seed) or CountedPlan(seed), rng)
    assert made == []
    plan.indices(0, 5)
    plan.indices(2, 4)
    assert [int(other.random_sample() * 2**53)] == made
    assert other.random_sample() == rng.random_sample()


def test_a_seeded_plan_gives_what_the_keyed_one_gives():
    """Any places, as often as they are asked for."""
    rng = np.random.RandomState(1)
    seed = int(np.random.RandomState(1).random_sample() * 2**53)
    plan = Seeded(lambda seed: KeyedPasses(50, 2, seed, 0), rng)
    expected = KeyedPasses(50, 2, seed, 0)
    for start, stop in ((90, 120), (0, 60), (0, 60), (7, 7)):
        assert expected.indices(start, stop).tolist() == plan.indices(start, stop).tolist()


@pytest.mark.parametrize("edge", [0.0, np.nextafter(1.0, 0.0)])
def test_every_number_of_a_generator_is_a_seed(edge):
    """At both ends of its range: from 0 to 2**53 - 1, an `int`."""

    class Edge:
        def random(self):
            return np.float64(edge)

    made = []
    Seeded(lambda seed: made.append(seed) or CountedPlan(seed), Edge()).indices(0, 1)
    assert ([0] if edge == 0 else [2**53 - 1]) == made
    assert type(made[0]) is int


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_both_kinds_of_generators_give_a_seed(make):
    """The same state the same one."""
    orders = [
        Seeded(lambda seed: KeyedPasses(50, 1, seed, 0), make(state)).indices(0, 50).tolist()
        for state in (3, 3, 4)
    ]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
