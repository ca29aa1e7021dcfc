"""Batches each of which comes from one of several sources."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceBatch,
    ChoiceDataSource,
    IteratorDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, ExhaustedError
from aliquot.work_pool import WorkerThreadPool


def member(n, start=0, **options):
    return ArrayDataSource([np.arange(start, start + n)], **options)


def plain(batches):
    return [batch.tolist() for (batch,) in batches]


def test_members_take_turns():
    """Until one has no batch left."""
    source = ChoiceDataSource([member(6), member(3, 100)])
    assert plain(source.batch_iterator(2)) == [[0, 1], [100, 101], [2, 3], [102], [4, 5]]


def test_shuffled_members_take_turns_in_rounds():
    """Each once a round."""
    source = ChoiceDataSource([member(20), member(20, 100), member(20, 200)])
    found = source.batch_iterator(2, shuffle=np.random.RandomState(0))
    turns = [batch[0] // 100 for (batch,) in found]
    rounds = [sorted(turns[i : i + 3]) for i in range(0, len(turns), 3)]
    assert rounds == [[0, 1, 2]] * 10


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
def test_stratified_gives_every_batch_of_every_member(sizes, batch_size, seed):
    """In order, or shuffled."""
    members = [member(n, 100 * i) for i, n in enumerate(sizes)]
    shuffle = None if seed is None else np.random.RandomState(seed)
    source = ChoiceDataSource(members, stratified=True)
    found = plain(source.batch_iterator(batch_size, shuffle=shuffle))
    assert sorted(itertools.chain(*found)) == [
        100 * i + j for i, n in enumerate(sizes) for j in range(n)
    ]


@pytest.mark.parametrize("shuffled", [False, True])
def test_stratified_passes_over_an_empty_member(shuffled):
    """It has no batch, so it has no turn."""
    shuffle = np.random.RandomState(0) if shuffled else None
    source = ChoiceDataSource([member(4), member(0)], stratified=True)
    found = plain(source.batch_iterator(2, shuffle=shuffle))
    assert sorted(itertools.chain(*found)) == [0, 1, 2, 3]


def test_stratified_with_an_endless_member_takes_turns():
    """There is no end to spread batches over."""
    source = ChoiceDataSource([member(2, repeats=-1), member(2, 100, repeats=-1)], stratified=True)
    found = plain(itertools.islice(source.batch_iterator(2), 4))
    assert found == [[0, 1], [100, 101]] * 2


def test_stratified_needs_to_know_lengths():
    """The message says of which member."""
    unknown = CallableDataSource(lambda batch_size: iter([]))
    source = ChoiceDataSource([member(4), unknown], stratified=True)
    with pytest.raises(ArgumentError, match="needs the number of samples of data source 1"):
        next(source.batch_iterator(2))


def test_a_member_that_promised_too_much_is_named():
    """Rather than ending the epoch early without a word."""
    short = IteratorDataSource(iter([(np.arange(2),)]), n_samples=6)
    source = ChoiceDataSource([member(4), short], stratified=True)
    with pytest.raises(ExhaustedError, match="data source 1 gave fewer than the 3 batches"):
        list(source.batch_iterator(2))


@pytest.mark.parametrize(
    ("sizes", "expected"), [((4, 3), 7), ((4, None), 4), ((4, np.inf), np.inf)]
)
def test_the_number_of_samples_is_that_of_all_members(sizes, expected):
    """As far as they know it."""
    members = [CallableDataSource(lambda batch_size: iter([]), size) for size in sizes]
    assert expected == ChoiceDataSource(members).num_samples()


@pytest.mark.parametrize("method", ["samples_by_indices", "samples_by_indices_nomapping"])
@pytest.mark.parametrize("indices", [[0, 1], ([0, 1], 0), 3])
def test_fetching_needs_a_choice_batch(method, indices):
    """The message shows its parts."""
    with pytest.raises(ArgumentTypeError) as caught:
        getattr(ChoiceDataSource([member(4)]), method)(indices)
    message = str(caught.value)
    assert message.startswith("expected a ChoiceBatch(sample_indices, ds_index), not ")
    assert message.endswith(type(indices).__name__)


def test_fetching():
    """Positions with brackets, indices of the data without mapping."""
    source = ChoiceDataSource([member(4), member(4, 100, indices=[3, 2])])
    wanted = ChoiceBatch([0], 1)
    assert source[wanted][0].tolist() == [103]
    assert source.samples_by_indices_nomapping(wanted)[0].tolist() == [100]


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_pool_gives_the_same_batches(stratified, shuffled):
    """Serial is the truth."""
    source = ChoiceDataSource([member(7), member(4, 100), member(9, 200)], stratified=stratified)

    def shuffle():
        return np.random.RandomState(1) if shuffled else None

    expected = plain(source.batch_iterator(2, shuffle=shuffle()))
    with WorkerThreadPool(2) as pool:
        found = pool.parallel_data_source(source).batch_iterator(2, shuffle=shuffle())
        assert expected == plain(found)


def test_list_columns_come_through():
    """A list stays a list."""
    source = ChoiceDataSource([ArrayDataSource([list("ab")]), ArrayDataSource([list("cd")])])
    assert [batch for (batch,) in source.batch_iterator(2)] == [["a", "b"], ["c", "d"]]
