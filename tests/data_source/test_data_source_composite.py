"""Batches with samples from every one of several sources."""

import itertools
import pickle

import numpy as np
import pytest

from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.work_pool import WorkerThreadPool

FIVE = ArrayDataSource([np.arange(5), np.arange(5) * 10])
FOUR = ArrayDataSource([np.arange(100, 104)])


def plain(batch):
    if isinstance(batch, tuple):
        return tuple(plain(part) for part in batch)
    if isinstance(batch, dict):
        return {key: plain(part) for key, part in batch.items()}
    return batch.tolist() if isinstance(batch, np.ndarray) else batch


def test_columns_stand_side_by_side():
    """Cut to the shortest member."""
    found = CompositeDataSource([FIVE, FOUR]).batch_iterator(3)
    assert list(map(plain, found)) == [
        ([0, 1, 2], [0, 10, 20], [100, 101, 102]),
        ([3], [30], [103]),
    ]


def test_unflattened_batches_are_one_a_member():
    """Each a tuple of its own."""
    batch = next(CompositeDataSource([FIVE, FOUR], flatten=False).batch_iterator(2))
    assert plain(batch) == (([0, 1], [0, 10]), ([100, 101],))


def test_untrimmed_batches_keep_their_lengths():
    """The last step differs."""
    *_, last = CompositeDataSource([FIVE, FOUR], trim=False).batch_iterator(3)
    assert [len(column) for column in last] == [2, 2, 1]


def test_list_columns_are_trimmed():
    """As arrays are."""
    listed = ArrayDataSource([list("abcde")])
    *_, last = CompositeDataSource([listed, FOUR]).batch_iterator(3)
    assert plain(last) == (["d"], [103])


def test_list_columns_of_arrays_that_differ_in_shape_are_trimmed():
    """A list stays a list."""
    ragged = ArrayDataSource([[np.zeros(i) for i in range(5)]])
    *_, (last, _) = CompositeDataSource([ragged, FOUR]).batch_iterator(3)
    assert [len(row) for row in last] == [3]


def test_nested_columns_are_trimmed():
    """However deep they lie."""
    nested = FIVE.map(lambda a, b: {"a": a, "deep": ({"b": b}, list(b))})
    *_, last = CompositeDataSource([nested, FOUR], flatten=False).batch_iterator(3)
    assert plain(last) == ({"a": [3], "deep": ({"b": [30]}, [30])}, ([103],))


def test_dicts_are_joined():
    """If no name is there twice."""
    a = ArrayDataSource({"a": np.arange(3)})
    b = ArrayDataSource({"b": np.arange(3)})
    assert plain(CompositeDataSource([a, b])[[0, 1], [0, 1]]) == {"a": [0, 1], "b": [0, 1]}


@pytest.mark.parametrize("other", [ArrayDataSource({"a": np.arange(5)}), FIVE])
def test_what_cannot_be_joined_is_refused_with_a_remedy(other):
    """A common name, or a tuple beside a dict."""
    composite = CompositeDataSource([ArrayDataSource({"a": np.arange(5)}), other])
    with pytest.raises(BatchError, match="write flatten=False"):
        next(composite.batch_iterator(2))


def test_single_columns_are_joined():
    """A bare array counts as a tuple of one."""
    bare = FOUR.map(lambda x: x + 1)
    assert plain(next(CompositeDataSource([FIVE, bare]).batch_iterator(2))) == (
        [0, 1],
        [0, 10],
        [101, 102],
    )


def test_a_composite_within_a_composite():
    """All columns in one tuple."""
    inner = CompositeDataSource([FOUR, FOUR])
    batch = next(CompositeDataSource([inner, FIVE]).batch_iterator(1))
    assert plain(batch) == ([100], [100], [0], [0])


def test_an_endless_member_follows_the_others():
    """An epoch is that of the shortest."""
    endless = ArrayDataSource([np.arange(2)], repeats=-1)
    composite = CompositeDataSource([endless, FOUR])
    assert list(map(plain, composite.batch_iterator(3))) == [
        ([0, 1, 0], [100, 101, 102]),
        ([1], [103]),
    ]
    assert composite.num_samples() == 4


def test_members_without_end_have_none():
    """`islice` takes some of it."""
    endless = ArrayDataSource([np.arange(2)], repeats=-1)
    composite = CompositeDataSource([endless, endless])
    assert np.inf == composite.num_samples()
    assert len(list(itertools.islice(composite.batch_iterator(3), 5))) == 5


def test_an_unknown_number_is_unknown():
    """The shortest may be the one that does not say."""
    unknown = CallableDataSource(lambda batch_size: iter([]))
    assert CompositeDataSource([FIVE, unknown]).num_samples() is None


def test_each_member_has_an_order_of_its_own():
    """Drawn from one generator, in the order of the members."""
    rng = np.random.RandomState(3)
    expected = (rng.permutation(5).tolist(), (100 + rng.permutation(5)).tolist())
    other = ArrayDataSource([np.arange(100, 105)])
    single = ArrayDataSource([np.arange(5)])
    found = CompositeDataSource([single, other]).batch_iterator(5, np.random.RandomState(3))
    assert expected == plain(next(found))


@pytest.mark.parametrize("indices", [([0],), ([0], [1], [2]), []])
@pytest.mark.parametrize("method", ["samples_by_indices", "samples_by_indices_nomapping"])
def test_a_wrong_number_of_index_arrays_is_refused(method, indices):
    """The message says how many there must be."""
    with pytest.raises(ArgumentError) as caught:
        getattr(CompositeDataSource([FIVE, FOUR]), method)(indices)
    expected = (
        f"expected a list with the indices for each data source: 2 of them, not {len(indices)}"
    )
    assert expected == str(caught.value)


@pytest.mark.parametrize("indices", [3, slice(0, 2), None])
def test_indices_that_are_no_list_are_refused(indices):
    """In the same words."""
    with pytest.raises(ArgumentTypeError, match="a list with the indices for each data source"):
        CompositeDataSource([FIVE, FOUR])[indices]


def test_fetching_takes_indices_for_each_member():
    """Positions with brackets, indices of the data without mapping."""
    subset = ArrayDataSource([np.arange(5)], indices=[4, 3])
    composite = CompositeDataSource([subset, FOUR])
    assert (
        plain(composite[[0], [1]]),
        plain(composite.samples_by_indices_nomapping([[0], [1]])),
    ) == (([4], [101]), ([0], [101]))


@pytest.mark.parametrize("options", [{}, {"flatten": False}, {"trim": False}])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_pool_gives_the_same_batches(options, shuffled):
    """Serial is the truth."""
    choice = ChoiceDataSource([FOUR, FOUR], stratified=True)
    composite = CompositeDataSource([FIVE, CompositeDataSource([FOUR, FIVE]), choice], **options)

    def shuffle():
        return np.random.RandomState(1) if shuffled else None

    expected = list(map(plain, composite.batch_iterator(3, shuffle=shuffle())))
    with WorkerThreadPool(2) as pool:
        found = pool.parallel_data_source(composite).batch_iterator(3, shuffle=shuffle())
        assert expected == list(map(plain, found))


def test_pickling():
    """With its members."""
    again = pickle.loads(pickle.dumps(CompositeDataSource([FIVE, FOUR])))
    assert plain(again[[1], [2]]) == ([1], [10], [102])
