"""Sources whose samples can be fetched by index."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source import RandomAccessDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import SubsetSampler, WeightedSampler
from aliquot.work_pool import WorkerThreadPool


class Squares(RandomAccessDataSource):
    """A user's source: computes its samples."""

    def samples_by_indices_nomapping(self, indices):
        return (indices**2,)


def values(batches):
    return [batch.tolist() for (batch,) in batches]


def test_a_users_source_gives_batches():
    """Only the method that fetches is needed."""
    assert values(Squares(5).batch_iterator(2)) == [[0, 1], [4, 9], [16]]


def test_a_users_source_can_be_read_by_a_pool():
    """The same batches."""
    source = Squares(5, indices=[4, 0, 2])
    with WorkerThreadPool(2) as pool:
        assert values(pool.parallel_data_source(source).batch_iterator(2)) == [[16, 0], [4]]


def test_a_users_source_can_be_mapped():
    """As any other."""
    assert values(Squares(3).map(lambda x: (x + 1,)).batch_iterator(3)) == [[1, 2, 5]]


def test_fetching_must_be_defined():
    """The message names class and method."""

    class Bare(RandomAccessDataSource):
        pass

    with pytest.raises(NotImplementedError, match="Bare must define samples_by_indices_nomapping"):
        next(Bare(3).batch_iterator(2))


def test_it_is_random_access():
    """So pools take it."""
    assert Squares(3).is_random_access


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 3),
    st.integers(1, 15),
    st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
def test_an_epoch_holds_every_sample_once_a_pass(n, repeats, size, seed):
    """All batches but the last are full."""
    shuffle = None if seed is None else np.random.RandomState(seed)
    batches = values(Squares(n, repeats=repeats).batch_iterator(size, shuffle=shuffle))
    assert sorted(itertools.chain(*batches)) == sorted([i**2 for i in range(n)] * repeats)
    assert {size} >= {len(batch) for batch in batches[:-1]}


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 15), st.integers(0, 2**32 - 1))
def test_the_same_generator_gives_the_same_batches(n, size, seed):
    """And so do the indices that are handed to pools."""
    source = Squares(n)
    batches = values(source.batch_iterator(size, shuffle=np.random.RandomState(seed)))
    indices = source.batch_indices_iterator(size, shuffle=np.random.RandomState(seed))
    assert batches == [(own**2).tolist() for own in indices]


def test_without_end():
    """`islice` takes as many batches as are wanted."""
    source = Squares(3, repeats=-1)
    assert values(itertools.islice(source.batch_iterator(2), 3)) == [[0, 1], [4, 0], [1, 4]]
    assert np.inf == source.num_samples()


def test_a_sampler_without_end():
    """One that draws by weight."""
    source = Squares(3, sampler=WeightedSampler([0, 0, 1]))
    found = source.batch_iterator(2, shuffle=np.random.RandomState(0))
    assert values(itertools.islice(found, 2)) == [[4, 4], [4, 4]]


@pytest.mark.parametrize("method", ["batch_iterator", "batch_indices_iterator"])
@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"batch_size": 0}, ArgumentError, "integer of 1 or more, not 0"),
        ({"batch_size": -3}, ArgumentError, "integer of 1 or more, not -3"),
        ({"batch_size": 2.5}, ArgumentTypeError, "integer of 1 or more, not 2.5"),
        ({"batch_size": 2, "shuffle": 42}, ArgumentTypeError, "not 42; for a fixed order"),
        ({"batch_size": 2, "shufle": True}, ArgumentTypeError, "Squares knows no setting 'shufle'"),
    ],
    ids=["zero", "negative", "float", "seed", "unknown"],
)
def test_wrong_arguments_are_refused_at_the_call(method, arguments, error, text):
    """Not at the first `next`."""
    with pytest.raises(error, match=text):
        getattr(Squares(5), method)(**arguments)


def test_an_unknown_setting_names_the_known_ones():
    """So that a typing error is easy to see."""
    with pytest.raises(ArgumentTypeError, match="batch_iterator takes batch_size and shuffle"):
        Squares(5).num_samples(depth=3)


def test_the_number_of_samples_does_not_depend_on_shuffling():
    """The setting is known, and not used."""
    assert Squares(5).num_samples(shuffle=True) == 5


def test_indices_are_checked_by_the_constructor():
    """Against the length."""
    with pytest.raises(IndexRangeError, match="index 5 is out of range for 5 samples"):
        Squares(5, indices=[5])


def test_a_sampler_with_repeats_is_refused():
    """It decides how many passes there are."""
    with pytest.raises(ArgumentError, match="without indices= and repeats="):
        Squares(5, sampler=SubsetSampler([1]), repeats=2)


def test_shuffling_leaves_the_global_generator_alone():
    """``shuffle=True`` has one of its own."""
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    list(Squares(50).batch_iterator(7, shuffle=True))
    assert expected == np.random.random()


def test_nothing_is_drawn_before_the_first_batch_is_wanted():
    """An iterator that is never read leaves the generator as it was."""
    rng = np.random.RandomState(5)
    Squares(50).batch_iterator(7, shuffle=rng)
    assert np.random.RandomState(5).random() == rng.random()


@pytest.mark.parametrize("shuffle", [False, None])
def test_no_shuffling_is_in_order(shuffle):
    """Both ways of saying so."""
    assert values(Squares(4).batch_iterator(4, shuffle=shuffle)) == [[0, 1, 4, 9]]
