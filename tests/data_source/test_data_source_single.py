"""Batches from one array-like, without a tuple around them."""

import pickle

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource, SingleDataSource
from aliquot.errors import ArgumentTypeError, BatchError, IndexRangeError, site
from aliquot.testing import Scripted
from aliquot.work_pool import WorkerThreadPool

X = np.arange(23) * 10


class Columns:
    """A dict of columns that share one read."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return {"x": index * 10, "name": [str(i) for i in index]}


def test_a_batch_is_what_the_array_like_gives():
    """An array, a list or a dict."""
    columns = SingleDataSource(Columns())[[3, 1]]
    assert (columns["x"].tolist(), columns["name"]) == ([30, 10], ["3", "1"])
    assert [
        SingleDataSource(X)[[3, 1]].tolist(),
        SingleDataSource(list("abcd"))[[3, 1]],
    ] == [[30, 10], ["d", "b"]]


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("size", [1, 4, 23, 50])
def test_an_epoch_is_that_of_an_array_data_source(size, shuffled):
    """Without the tuple; by a pool as well."""

    def epoch(source):
        rng = np.random.RandomState(5) if shuffled else None
        return source.batch_iterator(size, shuffle=rng)

    expected = [batch.tolist() for (batch,) in epoch(ArrayDataSource([X]))]
    source = SingleDataSource(X)
    with WorkerThreadPool(2) as pool:
        found = [list(epoch(source)), list(epoch(pool.parallel_data_source(source)))]
    assert [expected, expected] == [[batch.tolist() for batch in batches] for batches in found]
    assert source.num_samples() == 23


def test_a_batch_is_the_callers():
    """Writing to it leaves the data as they were."""
    data = np.arange(5)
    source = SingleDataSource(data)
    for batch in (source[[0, 1]], next(source.batch_iterator(5))):
        batch[:] = -1
    assert data.tolist() == [0, 1, 2, 3, 4]


def test_a_function_takes_the_batch_as_one_argument():
    """And gives one, or a tuple."""
    assert SingleDataSource(X).map(lambda x: x + 1)[[2]].tolist() == [21]
    both = SingleDataSource(X).map(lambda x: (x, -x))[[2]]
    assert [column.tolist() for column in both] == [[20], [-20]]


def test_a_function_takes_a_dict_as_one_argument():
    """Sample by sample, one row of each column."""
    source = SingleDataSource(Columns()).map_samples(lambda row: f"{row['name']}: {row['x']}")
    assert source[[3, 1]] == ["3: 30", "1: 10"]


def test_an_error_names_the_sample():
    """And its path."""
    with pytest.raises(OSError, match="sample 3 cannot be read") as caught:
        list(SingleDataSource(Scripted(5, failures={3: 100})).batch_iterator(2))
    assert (site(caught.value).index, site(caught.value).path) == (3, "scripted/3")
    assert "while reading column 0: sample 3" in caught.value.__notes__


def test_indices_are_checked():
    """And negative ones wrapped."""
    assert SingleDataSource(X)[[-1]].tolist() == [220]
    with pytest.raises(IndexRangeError, match="index 23 is out of range for 23 samples"):
        SingleDataSource(X)[[23]]


def test_a_wrong_number_of_samples_is_refused():
    """With what came."""

    class Short(Columns):
        def __getitem__(self, index):
            return np.asarray(index)[:-1]

    with pytest.raises(BatchError, match="when asked for 2 samples"):
        SingleDataSource(Short())[[0, 1]]


@pytest.mark.parametrize("column", [3, "text", {1, 2}])
def test_what_is_no_array_like_is_refused(column):
    """As by `ArrayDataSource`."""
    with pytest.raises(ArgumentTypeError, match="expected an array-like"):
        SingleDataSource(column)


def test_its_repr_shows_the_shape():
    """Not the data."""
    assert repr(SingleDataSource(X)) == f"SingleDataSource({ArrayDataSource([X])!r})"


def test_pickling():
    """With its data."""
    again = pickle.loads(pickle.dumps(SingleDataSource(X)))
    assert again[[2]].tolist() == [20]
