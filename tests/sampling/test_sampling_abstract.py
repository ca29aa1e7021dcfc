"""Samplers that users write."""

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import ArgumentTypeError
from aliquot.sampling import AbstractSampler, StandardSampler, SubsetSampler
from aliquot.sampling._abstract import PlannedSampler
from aliquot.sampling._plan import InOrder
from aliquot.work_pool import WorkerThreadPool


class BackwardSampler(AbstractSampler):
    """Goes through the data from its end; cannot shuffle."""

    def __init__(self, n):
        self.order = np.arange(n)[::-1].copy()

    def num_indices_generated(self):
        return len(self.order)

    def in_order_indices_batch_iterator(self, batch_size):
        for start in range(0, len(self.order), batch_size):
            yield self.order[start : start + batch_size]


@pytest.fixture
def source():
    """Return a source of five samples in the order of a user's sampler."""
    return ArrayDataSource([np.arange(5) * 10], sampler=BackwardSampler(5))


def test_a_users_sampler_decides(source):
    """Batches come in its order."""
    assert [b.tolist() for (b,) in source.batch_iterator(2)] == [[40, 30], [20, 10], [0]]


def test_a_users_sampler_decides_in_a_pool(source):
    """Its iterator is walked by the caller's thread."""
    with WorkerThreadPool(2) as pool:
        found = [b.tolist() for (b,) in pool.parallel_data_source(source).batch_iterator(2)]
    assert found == [[40, 30], [20, 10], [0]]


def test_the_number_of_samples_is_the_samplers(source):
    """An epoch is what it says."""
    assert source.num_samples() == 5


def test_positions_are_indices_unless_it_says_otherwise(source):
    """The default of `map_indices`."""
    assert source.samples_by_indices(np.array([0, 4]))[0].tolist() == [0, 40]


def test_an_order_that_it_lacks_is_refused(source):
    """The message names the class."""
    with pytest.raises(NotImplementedError, match="BackwardSampler does not support shuffled"):
        source.batch_iterator(2, shuffle=True)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda s: s.num_indices_generated(), "does not say how many indices it gives"),
        (lambda s: s.in_order_indices_batch_iterator(2), "does not support in-order sampling"),
        (lambda s: s.shuffled_indices_batch_iterator(2, None), "does not support shuffled"),
    ],
    ids=["number", "in order", "shuffled"],
)
def test_what_a_sampler_does_not_define_is_named(call, text):
    """With the class that lacks it."""

    class BareSampler(AbstractSampler):
        pass

    with pytest.raises(NotImplementedError, match=f"BareSampler {text}"):
        call(BareSampler())


def test_the_index_column_of_a_batch_is_not_the_samplers_own():
    """A batch belongs to who receives it: writing to it must not change the next epoch."""
    sampler = BackwardSampler(5)
    source = ArrayDataSource([np.arange(5)], sampler=sampler, include_indices=True)
    for indices, _ in source.batch_iterator(2):
        indices[:] = 0
    assert sampler.order.tolist() == [4, 3, 2, 1, 0]


# What a loader asks of a sampler.


def test_a_users_sampler_is_for_any_length_and_steps():
    """It is given as it is."""
    sampler = BackwardSampler(5)
    assert sampler is sampler.for_length(5)
    assert sampler is sampler.for_steps(2, 8)


def test_a_users_order_depends_on_no_step():
    """Unless it says so."""
    sampler = BackwardSampler(5)
    assert (sampler.batch_shaped, sampler.interleaved) == (False, None)


def test_a_users_sampler_has_no_positions_to_choose_from():
    """The message says what to do."""

    class Named(BackwardSampler):
        def __repr__(self):
            return "Named(5)"

    with pytest.raises(ArgumentTypeError) as caught:
        Named(5).positions()
    assert str(caught.value) == (
        "Named(5) draws at random, so that there is no order to choose from: choose samples "
        "first, and give the sampler to the loader"
    )


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (StandardSampler(3), [0, 1, 2]),
        (StandardSampler(3, repeats=-1), [0, 1, 2]),
        (SubsetSampler([7, 2, 7], repeats=2), [7, 2, 7]),
    ],
    ids=["standard", "endless", "subset"],
)
def test_positions_are_those_of_one_pass(sampler, expected):
    """In the order of the data."""
    assert expected == list(sampler.positions())


def test_a_sampler_without_a_plan_is_refused():
    """The message names its class, and what to write."""
    with pytest.raises(ArgumentTypeError) as caught:
        BackwardSampler(5).plan(shuffle=False, seed=0, epoch=0)
    assert str(caught.value) == (
        "a Loader can ask for any place of an epoch, and BackwardSampler has only iterators: give "
        "it a method plan(shuffle=, seed=, epoch=) that returns an object with indices(start, stop)"
    )


def test_nothing_is_known_of_a_users_sampler():
    """No reach, no length of an epoch; its class is its description, or its repr."""
    sampler = BackwardSampler(5)
    assert (sampler.reach(), sampler.default_epoch_samples()) == (0, None)
    assert sampler.describe() == "BackwardSampler"


class SteppedSampler(PlannedSampler):
    """Remembers what it was laid out for."""

    sizes = (0, 0)

    def for_steps(self, batch_size, step_size):
        found = SteppedSampler()
        found.sizes = batch_size, step_size
        return found

    def in_order_plan(self):
        return InOrder(sum(self.sizes), 1)

    def keyed_plan(self, seed, epoch):
        return InOrder(sum(self.sizes), 1)


def test_iterators_are_of_a_sampler_laid_out_for_their_batches():
    """Whose steps are batches; in and out of order."""
    sampler = SteppedSampler()
    in_order = list(sampler.in_order_indices_batch_iterator(3))
    shuffled = list(sampler.shuffled_indices_batch_iterator(3, np.random.RandomState(0)))
    assert [[b.tolist() for b in found] for found in (in_order, shuffled)] == [
        [[0, 1, 2], [3, 4, 5]]
    ] * 2


def test_a_planned_sampler_without_an_order_of_its_own_is_refused():
    """When the iterator is made; the message says what to give."""

    class Random(PlannedSampler):
        pass

    with pytest.raises(NotImplementedError) as caught:
        Random().in_order_indices_batch_iterator(3)
    assert str(caught.value) == (
        "Random draws at random: give shuffle=True or a numpy.random.RandomState"
    )


def test_a_generator_is_not_asked_before_the_first_batch():
    """One shared by two samplers is read in the order in which they are."""
    rng, other = np.random.RandomState(0), np.random.RandomState(0)
    batches = SteppedSampler().shuffled_indices_batch_iterator(3, rng)
    assert other.random_sample() == rng.random_sample()
    next(batches)
    other.random_sample()
    assert other.random_sample() == rng.random_sample()


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_size_that_is_too_small_is_refused(size):
    """By both iterators, when they are made."""
    sampler = SteppedSampler()
    text = f"batch_size must be an integer of 1 or more, not {size}"
    with pytest.raises(ValueError, match=text):
        sampler.in_order_indices_batch_iterator(size)
    with pytest.raises(ValueError, match=text):
        sampler.shuffled_indices_batch_iterator(size, np.random.RandomState(0))
