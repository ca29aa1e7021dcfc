"""A plan read in blocks."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.sampling._blocks import Blocks
from aliquot.sampling._keyed import KeyedPasses
from aliquot.sampling._plan import InOrder

LONGEST = 65_536


class Counted:
    """A plan that writes down what was asked of it."""

    def __init__(self, plan):
        self.plan = plan
        self.asked = []

    def indices(self, start, stop):
        self.asked.append((start, stop))
        return self.plan.indices(start, stop)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.integers(0, 60),
    st.sampled_from([1, 3, -1]),
    st.lists(st.tuples(st.integers(0, 220), st.integers(0, 40)), max_size=12),
)
def test_any_reads_give_what_the_plan_gives(n, repeats, reads):
    """Jumps, overlaps, empty reads and reads beyond the end."""
    plan = KeyedPasses(max(n, 1) if repeats == -1 else n, repeats, 1, 2)
    blocks = Blocks(plan)
    for start, size in reads:
        found = blocks.indices(start, start + size)
        assert plan.indices(start, start + size).tolist() == found.tolist()
        assert found.dtype == np.int64


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.integers(0, 2000),
    st.lists(st.tuples(st.integers(-30, 300), st.integers(1, 60)), max_size=40),
)
def test_walks_give_what_the_plan_gives(start, steps):
    """Mostly forward, with gaps and steps back."""
    plan = KeyedPasses(1500, 2, 3, 4)
    blocks = Blocks(plan)
    for gap, size in steps:
        start = max(start + gap, 0)
        expected = plan.indices(start, start + size)
        assert expected.tolist() == blocks.indices(start, start + size).tolist()
        start += size


def test_blocks_grow_from_one_batch():
    """Each is twice as long as the one before."""
    plan = Counted(InOrder(10**6, 1))
    blocks = Blocks(plan)
    for start in range(1000, 1000 + 15 * 64, 64):
        blocks.indices(start, start + 64)
    expected = [(1000, 1064), (1064, 1192), (1192, 1448), (1448, 1960)]
    assert expected == plan.asked


def test_blocks_grow_to_the_longest():
    """A hundred thousand batches ask about 112 times."""
    plan = Counted(InOrder(10**8, 1))
    blocks = Blocks(plan)
    for start in range(0, 6_400_000, 64):
        blocks.indices(start, start + 64)
    lengths = [stop - start for start, stop in plan.asked]
    assert [64 << doubling for doubling in range(10)] == lengths[:10]
    assert set(lengths[10:]) == {LONGEST}
    assert len(lengths) == 10 + -(-(6_400_000 - 65_472) // LONGEST)


def test_a_batch_longer_than_the_longest_block_is_a_block():
    """There is nothing to gain."""
    plan = Counted(InOrder(10**6, 1))
    blocks = Blocks(plan)
    for start in (0, 100_000, 200_000):
        assert len(blocks.indices(start, start + 100_000)) == 100_000
    assert plan.asked == [(0, 100_000), (100_000, 200_000), (200_000, 300_000)]


@pytest.mark.parametrize("jump", [0, 5_000, 900_000], ids=["back", "just too far", "far"])
def test_after_a_jump_a_block_is_one_batch(jump):
    """And grows again from there."""
    plan = Counted(InOrder(10**6, 1))
    blocks = Blocks(plan)
    for start in (500, 510, 530):
        blocks.indices(start, start + 10)
    plan.asked.clear()
    blocks.indices(jump, jump + 10)
    blocks.indices(jump + 10, jump + 20)
    assert [(jump, jump + 10), (jump + 10, jump + 30)] == plan.asked


def test_strides_of_many_ranks_are_forward():
    """Every eighth batch is read: blocks grow."""
    plan = Counted(InOrder(10**6, 1))
    blocks = Blocks(plan)
    for step in range(200):
        found = blocks.indices(step * 80 + 30, step * 80 + 40)
        assert found.tolist() == list(range(step * 80 + 30, step * 80 + 40))
    assert len(plan.asked) < 14


def test_a_read_across_the_end_of_a_block_begins_a_new_one():
    """At its own first place."""
    plan = Counted(InOrder(1000, 1))
    blocks = Blocks(plan)
    blocks.indices(0, 10)
    assert blocks.indices(7, 17).tolist() == list(range(7, 17))
    assert plan.asked == [(0, 10), (7, 27)]


def test_the_end_is_asked_for_once():
    """A short block says where the plan ends."""
    plan = Counted(InOrder(25, 1))
    blocks = Blocks(plan)
    found = [blocks.indices(start, start + 10).tolist() for start in (0, 10, 20, 30, 40)]
    assert [*map(list, (range(10), range(10, 20), range(20, 25))), [], []] == found
    assert plan.asked == [(0, 10), (10, 30)]


def test_nothing_is_asked_for_an_empty_read():
    """Nor forgotten."""
    plan = Counted(InOrder(25, 1))
    blocks = Blocks(plan)
    blocks.indices(0, 10)
    assert (len(blocks.indices(9, 9)), len(blocks.indices(90, 80))) == (0, 0)
    blocks.indices(0, 10)
    assert plan.asked == [(0, 10)]


def test_a_batch_of_indices_is_the_callers():
    """Writing to it changes no later read."""
    blocks = Blocks(InOrder(100, 1))
    for _ in range(3):
        found = blocks.indices(0, 10)
        assert found.tolist() == list(range(10))
        found[:] = -1


def test_a_pickle_holds_the_plan_only():
    """Not the block."""
    blocks = Blocks(KeyedPasses(10**6, 1, 0, 0))
    expected = blocks.indices(0, 65_536)[:10].tolist()
    pickled = pickle.dumps(blocks)
    assert len(pickled) < 1000
    assert expected == pickle.loads(pickled).indices(0, 10).tolist()
