"""Orders drawn from a user's generator."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.sampling._drawn import DrawnByWeight, DrawnPasses
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
