"""The orders that samplers give."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source import PackedBatch, Recipe
from aliquot.data_source._sampler_orders import PlanOrder, RowOrder, fitting, order_of
from aliquot.errors import ArgumentError
from aliquot.sampling import (
    AbstractSampler,
    BucketSampler,
    ClassBalancedSampler,
    PackingSampler,
    RepeatSampler,
    StandardSampler,
    StratifiedSampler,
    SubsetSampler,
    WeightedSampler,
)

MANY = settings(derandomize=True, max_examples=60, deadline=None)


def recipe(batch_size=4, step_size=8, *, shuffle=False, seed=3, epoch=0):
    return Recipe(
        seed=seed, epoch=epoch, shuffle=shuffle, batch_size=batch_size, step_size=step_size
    )


def plain(batch):
    """Give a packed batch as lists."""
    return [part if isinstance(part, int) else part.tolist() for part in batch]


class Counted:
    """A plan of 1000 places that records what it is asked."""

    def __init__(self):
        self.asked = []

    def indices(self, start, stop):
        self.asked.append((start, stop))
        return np.arange(start, min(stop, 1000)) * 2


# Plans


def test_an_order_is_read_by_blocks_of_its_plan():
    """Not by a question a batch."""
    plan = Counted()
    order = PlanOrder(plan, 1000)
    for start in range(0, 1000, 10):
        assert order.between(start, start + 10)[0] == 2 * start
    assert len(plan.asked) < 10


def test_places_that_follow_each_other_are_asked_for_at_once():
    """Others by themselves, in the order that they are given in."""
    plan = Counted()
    found = PlanOrder(plan, 1000).at(np.array([5, 6, 7, 2, 2, 3, 9]))
    assert found.tolist() == [10, 12, 14, 4, 4, 6, 18]
    assert plan.asked == [(5, 8), (2, 3), (2, 4), (9, 10)]


def test_no_places_are_no_integers():
    """Of the same dtype."""
    found = PlanOrder(Counted(), 1000).at(np.empty(0, np.int64))
    assert (len(found), found.dtype) == (0, np.int64)


@pytest.mark.parametrize(
    ("start", "n", "left"), [(0, 4, 4), (998, 4, 2), (1000, 4, 0), (2000, 4, 0)]
)
def test_the_samples_of_a_plan_are_counted(start, n, left):
    """Up to its end."""
    assert PlanOrder(Counted(), 1000).real(start, n) == left


def test_a_plan_without_end_has_all_samples():
    """As many as are asked for."""
    assert PlanOrder(Counted(), None).real(10**15, 7) == 7


def test_a_plan_is_plain_unless_it_says_so():
    """It can go on with any batch size."""
    order = PlanOrder(Counted(), 1000)
    assert (order.packed, order.batch_shaped, order.interleaved) == (False, False, None)


# Rows


def rows(lengths, tokens, *, shuffle=True, seed=3, epoch=0):
    sampler = PackingSampler(lengths, tokens)
    return order_of(sampler, recipe(shuffle=shuffle, seed=seed, epoch=epoch))


def test_rows_are_places():
    """Each with several samples."""
    order = rows([3, 5, 2, 1, 4], 8, shuffle=False)
    assert (type(order), order.length, order.packed) == (RowOrder, 2, True)
    assert (order.batch_shaped, order.interleaved) == (False, None)
    assert plain(order.between(0, 2)) == [
        [0, 1, 3, 2, 4],
        [0, 0, 1, 1, 1],
        [0, 3, 0, 1, 3],
        [3, 5, 1, 2, 4],
        8,
    ]


@MANY
@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=30),
    st.booleans(),
    st.integers(0, 9),
    st.data(),
)
def test_any_rows_can_be_asked_for(lengths, shuffle, epoch, data):
    """In any order, more than once; each is what it is among all."""
    order = rows(lengths, 8, shuffle=shuffle, epoch=epoch)
    whole = order.between(0, order.length)
    places = data.draw(st.lists(st.integers(0, order.length - 1), min_size=1, max_size=6))
    found = order.at(np.array(places))
    assert type(found) is PackedBatch
    for row, place in enumerate(places):
        mine, same = found.row == row, whole.row == place
        for name in ("sample_indices", "offset", "length"):
            assert getattr(found, name)[mine].tolist() == getattr(whole, name)[same].tolist()


@MANY
@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 7)), min_size=1, max_size=12),
)
def test_rows_that_follow_each_other_are_those_asked_for_alone(lengths, asked):
    """Though they are read ahead, and wherever the reader jumps."""
    order = rows(lengths, 8)
    for start, n in asked:
        start = min(start, order.length)
        stop = min(start + n, order.length)
        found = order.between(start, stop)
        assert plain(found) == plain(order.at(np.arange(start, stop)))
        for part in found[:4]:
            part[:] = 99  # it is the caller's own


def test_rows_are_read_ahead():
    """Rather than by a question a batch."""
    asked = []

    class Recorded:
        def rows(self, places):
            asked.append(len(places))
            none = np.zeros(len(places), np.int64)
            return places * 10, np.arange(len(places)), none, none + 1

    order = RowOrder(Recorded(), 1000, 4)
    for start in range(0, 1000, 10):
        assert order.between(start, start + 10).sample_indices[0] == 10 * start
    assert len(asked) < 20


@MANY
@given(st.lists(st.integers(1, 8), min_size=1, max_size=30), st.booleans(), st.integers(0, 9))
def test_rows_hold_every_sample_once_side_by_side(lengths, shuffle, epoch):
    """With its own length, and within the row."""
    order = rows(lengths, 8, shuffle=shuffle, epoch=epoch)
    found = order.between(0, order.length)
    assert sorted(found.sample_indices) == list(range(len(lengths)))
    assert found.length.tolist() == [lengths[i] for i in found.sample_indices]
    for row in range(order.length):
        offset, length = found.offset[found.row == row], found.length[found.row == row]
        ends = np.cumsum(length)
        assert (offset.tolist(), ends[-1] <= 8) == ((ends - length).tolist(), True)


@pytest.mark.parametrize(("start", "n", "left"), [(0, 2, 2), (2, 4, 1), (3, 4, 0), (9, 1, 0)])
def test_the_rows_of_an_order_are_counted(start, n, left):
    """Up to the last."""
    assert rows([4, 4, 4], 5).real(start, n) == left


# Samplers


def test_a_sampler_learns_how_many_samples_there_are():
    """Before it is asked anything."""
    assert fitting(RepeatSampler(3), 5).num_indices_generated() == 15


@pytest.mark.parametrize(
    ("sampler", "reach"),
    [
        (StandardSampler(6), 6),
        (SubsetSampler([0, 5]), 6),
        (WeightedSampler(np.ones(6)), 6),
        (StratifiedSampler([0, 1] * 3), 6),
        (ClassBalancedSampler([0, 1] * 3), 6),
        (BucketSampler(np.arange(6)), 6),
        (PackingSampler([1] * 6, 2), 6),
    ],
)
def test_a_sampler_of_more_samples_than_there_are_is_refused(sampler, reach):
    """With both numbers."""
    assert fitting(sampler, 6).reach() == reach
    with pytest.raises(ArgumentError, match=rf"draws from {reach} samples, .* has only 5"):
        fitting(sampler, 5)


@pytest.mark.parametrize(
    ("sampler", "length"),
    [
        (StandardSampler(6, repeats=2), 12),
        (StandardSampler(6, repeats=-1), None),
        (WeightedSampler(np.ones(6)), None),
        (WeightedSampler([1, 0, 1], replacement=False), 2),
        (ClassBalancedSampler([0, 1]), None),
    ],
)
def test_an_order_is_as_long_as_its_sampler_says(sampler, length):
    """`None` for no end."""
    assert order_of(sampler, recipe()).length == length


def test_a_sampler_that_does_not_know_its_length():
    """It is taken to have no end."""

    class Unknown(AbstractSampler):
        def num_indices_generated(self):
            return None

        def plan(self, *, shuffle, seed, epoch):
            return Counted()

    assert order_of(Unknown(), recipe()).length is None


@pytest.mark.parametrize("change", [{"seed": 4}, {"epoch": 1}, {"shuffle": False}])
def test_an_order_is_that_of_seed_and_epoch(change):
    """Another with another."""
    sampler, own = StandardSampler(50), {"shuffle": True, "seed": 3, "epoch": 0}
    one, same, other = (
        order_of(sampler, recipe(**options)).between(0, 50).tolist()
        for options in (own, own, {**own, **change})
    )
    assert one == same
    assert one != other


def test_a_stratified_order_is_laid_out_for_the_batch_size():
    """Not for the step of all ranks; the sampler stays as it is."""
    sampler = StratifiedSampler([0, 0, 0, 1] * 4)
    order = order_of(sampler, recipe(4, 16, shuffle=True))
    assert (order.interleaved, order.batch_shaped) == (4, False)
    batches = order.between(0, 16).reshape(4, 4)
    assert (batches % 4 == 3).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert sampler.interleaved != 4


def test_a_bucketed_order_is_that_of_steps():
    """Of all ranks."""
    lengths = np.repeat([1, 50], 8)
    order = order_of(BucketSampler(lengths, 2), recipe(2, 8, shuffle=True))
    assert (order.batch_shaped, order.interleaved) == (True, None)
    steps = lengths[order.between(0, 16)].reshape(2, 8)
    assert sorted(steps.tolist()) == [[1] * 8, [50] * 8]


def test_parts_of_an_order_are_what_they_are_among_all():
    """For samplers of all kinds."""
    n = 24
    labels = np.arange(n) % 3
    for sampler, shuffle in itertools.product(
        [
            StandardSampler(n, repeats=2),
            StratifiedSampler(labels),
            ClassBalancedSampler(labels),
            BucketSampler(labels),
            fitting(RepeatSampler(2), n),
            WeightedSampler(labels + 1, replacement=False),
        ],
        [False, True],
    ):
        order = order_of(sampler, recipe(shuffle=shuffle))
        whole = order_of(sampler, recipe(shuffle=shuffle)).between(0, n)
        assert order.between(7, 19).tolist() == whole[7:19].tolist()
        assert order.at(np.array([20, 3, 3, 4])).tolist() == whole[[20, 3, 3, 4]].tolist()


@pytest.mark.parametrize(
    "sampler", [StandardSampler(6), SubsetSampler([0, 5]), WeightedSampler(np.ones(6))]
)
def test_a_sampler_of_fewer_samples_than_there_are_is_fine(sampler):
    """It draws from the first of them."""
    assert fitting(sampler, 7).reach() == 6


@pytest.mark.parametrize(
    "sampler",
    [
        ClassBalancedSampler([0, 1, 0]),
        StratifiedSampler([0, 1, 0]),
        BucketSampler([3, 1, 2]),
        PackingSampler([3, 1, 2], 4),
    ],
)
def test_a_sampler_of_every_sample_needs_as_many(sampler):
    """Those that it does not know would never be drawn."""
    with pytest.raises(ArgumentError, match="for each sample, and the data has 5 samples"):
        fitting(sampler, 5)
    assert fitting(sampler, 3) is sampler
