"""Samplers that users write."""

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.sampling import AbstractSampler
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
