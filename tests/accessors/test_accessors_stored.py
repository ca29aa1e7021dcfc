"""HDF5 datasets and Zarr arrays, read as they are."""

import h5py
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aliquot.accessors._stored import package_of, read_sorted
from aliquot.data_source import ArrayDataSource

ROWS = np.arange(60).reshape(20, 3)


@pytest.fixture(params=["h5py", "zarr"])
def stored(request, tmp_path):
    """Yield a dataset of 20 rows in either store."""
    if request.param == "zarr":
        yield zarr.create_array(str(tmp_path / "rows.zarr"), data=ROWS, chunks=(4, 3))
    else:
        with h5py.File(tmp_path / "rows.h5", "w") as file:
            yield file.create_dataset("rows", data=ROWS, chunks=(4, 3))


def test_the_package_of_a_dataset_is_known(stored):
    """Without importing it, and also through a subclass."""
    expected = type(stored).__module__.partition(".")[0]
    assert expected == package_of(stored)
    derived = type("Derived", (type(stored),), {})
    assert expected == package_of(object.__new__(derived))


@pytest.mark.parametrize("column", [[1], "h5py", np.zeros(3), object()])
def test_other_objects_need_no_care(column):
    """They come from no package that is told apart."""
    assert package_of(column) == ""


@pytest.mark.parametrize(
    "indices",
    [[4, 5, 6], [7], [19, 0, 10], [3, 3, 1, 3], [6, 5, 4], []],
    ids=["contiguous", "one", "apart", "repeated", "falling", "none"],
)
def test_rows_are_those_of_the_array(stored, indices):
    """In any order, more than once, or not at all."""
    source = ArrayDataSource([stored])
    expected = ROWS[np.array(indices, int)]
    (actual,) = source.samples_by_indices(indices)
    np.testing.assert_array_equal(expected, actual, strict=True)


@settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 19)))
def test_any_indices_give_the_rows_of_the_array(stored, indices):
    """The slow and the fast way alike."""
    chosen = np.array(indices, dtype=np.int64)
    actual = read_sorted(stored, package_of(stored), chosen)
    np.testing.assert_array_equal(ROWS[chosen], actual, strict=True)


def test_an_epoch_with_repeats_in_one_batch(stored):
    """The same sample twice in a batch, which h5py itself would refuse."""
    source = ArrayDataSource([stored], repeats=2)
    (batch,) = next(source.batch_iterator(40, shuffle=np.random.RandomState(0)))
    assert np.sort(np.tile(np.arange(0, 60, 3), 2)).tolist() == np.sort(batch[:, 0]).tolist()


def test_a_batch_is_the_callers(stored):
    """Writing to it leaves the store as it was."""
    (batch,) = ArrayDataSource([stored]).samples_by_indices([0, 1])
    batch[:] = -1
    np.testing.assert_array_equal(ROWS[:2], stored[:2])


def test_a_repr_shows_the_shape(stored):
    """As for arrays in memory."""
    assert repr(ArrayDataSource([stored])).startswith("ArrayDataSource(0: int64 (20, 3);")


class Recorded:
    """A stand-in for a dataset that keeps what it was asked for."""

    def __init__(self):
        self.asked = []

    def __getitem__(self, chosen):
        self.asked.append(chosen)
        return ROWS[chosen]


def test_neighbouring_rows_are_read_as_one_slice():
    """Much faster than a list of rows, in both stores."""
    column = Recorded()
    read_sorted(column, "h5py", np.array([6, 4, 5, 4]))
    assert column.asked == [slice(4, 7)]


def test_rows_apart_are_asked_for_rising_and_once():
    """What h5py demands."""
    column = Recorded()
    read_sorted(column, "h5py", np.array([9, 2, 9, 5]))
    assert [asked.tolist() for asked in column.asked] == [[2, 5, 9]]
