"""A source that draws what another draws, and does something with its batches."""

import numpy as np
import pytest

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    CompositeDataSource,
    IteratorDataSource,
    Recipe,
    SingleDataSource,
    WrappedDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.sampling import RepeatSampler, WeightedSampler


class Noted(WrappedDataSource):
    """Gives what it wraps gives, and notes where."""

    def __init__(self, source):
        super().__init__(source)
        self.addresses = []

    def read_at(self, indices, address):
        self.addresses.append(address)
        return super().read_at(indices, address)


SUBSET = ArrayDataSource({"x": np.arange(9), "y": [[i] for i in range(9)]}, indices=[7, 3, 5])
NOISY = ArrayDataSource([np.arange(6)]).map(lambda x, rng: (x, rng.random()))


def test_batches_are_those_of_the_wrapped_source():
    """In order, shuffled and by index."""
    for source in (SUBSET, WrappedDataSource(SUBSET)):
        assert [b["x"].tolist() for b in source.batch_iterator(2)] == [[7, 3], [5]]
        found = source.batch_iterator(3, shuffle=np.random.RandomState(1))
        assert next(found)["x"].tolist() == [7, 5, 3]
        assert source[[0, -1]]["x"].tolist() == [7, 5]
        assert source.samples_by_indices_nomapping([0, -1])["x"].tolist() == [0, 8]


@pytest.mark.parametrize(
    "ask",
    [
        len,
        lambda source: source.is_random_access,
        lambda source: source.num_samples(),
        lambda source: source.data_length(),
        lambda source: source.drawn().positions.tolist(),
        lambda source: source.drawn().repeats,
        lambda source: source.default_epoch_samples(),
        lambda source: source.sampling_note(),
        lambda source: source.count_takers(),
        lambda source: source.ragged_columns(),
        lambda source: source.lists_are_tuples,
        lambda source: source.as_indices([1], mapped=True).tolist(),
        lambda source: source.as_indices([1], mapped=False).tolist(),
        lambda source: [list(column) for column in source.read_columns(np.array([2]), ["x"])],
        lambda source: [own.tolist() for own in source.batch_indices_iterator(2)],
    ],
)
def test_what_it_tells_is_told_by_the_wrapped_source(ask):
    """In all that it does not change."""
    assert ask(WrappedDataSource(SUBSET)) == ask(SUBSET)


def test_its_order_is_that_of_the_wrapped_source():
    """With the sampler of a loader too."""
    source = ArrayDataSource([np.arange(4)])
    recipe = Recipe(
        seed=1, epoch=0, shuffle=True, batch_size=2, step_size=2, sampler=RepeatSampler(2)
    )
    one, other = (own.epoch_order(recipe) for own in (source, WrappedDataSource(source)))
    assert one.between(0, 8).tolist() == other.between(0, 8).tolist()


def test_the_loader_s_epoch_of_weights_is_that_of_the_wrapped_source():
    """As many as there are."""
    source = ArrayDataSource([np.arange(4)], sampler=WeightedSampler(np.ones(4)))
    assert len(Loader(WrappedDataSource(source), batch_size=2, seed=0)) == 2


def test_it_is_asked_for_batches_at_their_addresses():
    """By a loader, and by `batch_iterator`."""
    source = Noted(SUBSET)
    loader = Loader(source, batch_size=2, seed=4)
    loader.set_epoch(3)
    list(loader)
    found = [(own.seed, own.epoch, own.places.tolist()) for own in source.addresses]
    assert found == [(4, 3, [0, 1]), (4, 3, [2])]
    list(source.batch_iterator(2))
    assert [own.places.tolist() for own in source.addresses[2:]] == [[0, 1], [2]]


def test_random_numbers_go_through():
    """They are those of the wrapped source."""
    one, other = (
        [noise.tolist() for _, noise in own.batch_iterator(4, shuffle=np.random.RandomState(3))]
        for own in (NOISY, WrappedDataSource(NOISY))
    )
    assert one == other
    one, other = (Loader(own, batch_size=6, seed=1) for own in (NOISY, WrappedDataSource(NOISY)))
    assert next(iter(one))[1].tolist() == next(iter(other))[1].tolist()


def test_functions_after_it_are_numbered_after_those_before():
    """As if it were not there."""
    one, other = (
        own.map(lambda x, noise, rng: rng.random())[[0, 1]].tolist()
        for own in (NOISY, WrappedDataSource(NOISY))
    )
    assert one == other


def test_a_bare_ragged_source_stays_one():
    """Its lists are columns."""
    source = WrappedDataSource(SingleDataSource([np.zeros(1), np.zeros(2)]))
    assert source.map(lambda rows: np.array([len(row) for row in rows]))[:].tolist() == [1, 2]


def test_verifying_looks_into_it():
    """The first that differs is at fault."""
    source = WrappedDataSource(ArrayDataSource([np.arange(8)]).map(lambda x: (x - x.mean(),)))
    with pytest.raises(BatchError, match=r"differs: ArrayDataSource.*\.map\(.*read in parts"):
        Loader(source, batch_size=4, seed=0).verify()


def test_a_stream_is_no_random_access():
    """Nor is what wraps it."""
    source = WrappedDataSource(IteratorDataSource(iter([])))
    assert not source.is_random_access
    for ask in (
        lambda: source[[0]],
        lambda: source.samples_by_indices_nomapping([0]),
        lambda: source.batch_indices_iterator(2),
    ):
        with pytest.raises(ArgumentTypeError, match="not random-access"):
            ask()


def test_samples_without_numbers_have_no_length():
    """The message says why."""
    both = CompositeDataSource([SUBSET, SUBSET], flatten=False)
    with pytest.raises(ArgumentTypeError, match="CompositeDataSource have no numbers"):
        len(WrappedDataSource(both))


def test_a_batch_size_that_cannot_be_used_is_refused_at_once():
    """Not at the first batch."""
    with pytest.raises(ArgumentError, match="batch_size"):
        WrappedDataSource(SUBSET).batch_iterator(0)
