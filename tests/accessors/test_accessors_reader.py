"""From an array-like to a function that reads many samples of it at once."""

import threading

import numpy as np
import pytest

from aliquot.accessors import reader_for
from aliquot.errors import ArgumentTypeError


class TakesInts:
    """Reads single samples only, and keeps what it was asked for."""

    def __init__(self, values, broken=()):
        self.values = values
        self.broken = broken
        self.asked = []

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        self.asked.append(index)
        if not isinstance(index, int):
            raise TypeError(f"one int, please, not {type(index).__name__}")
        if index in self.broken:
            raise OSError(f"sample {index} is broken")
        return self.values[index]


class TakesArrays(TakesInts):
    """Reads many samples at once, or one."""

    def __getitem__(self, index):
        self.asked.append(index)
        if set(np.atleast_1d(index).tolist()) & set(self.broken):
            raise OSError(f"broken, asked for {index}")
        return self.values[index]


def read(column, *indices):
    return reader_for(column)(np.array(indices, dtype=np.int64))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool, object, "U3", "M8[s]"])
def test_arrays_of_every_kind_are_gathered(dtype):
    """The type stays."""
    array = np.arange(6).astype(dtype).reshape(3, 2)
    np.testing.assert_array_equal(array[[2, 0, 2]], read(array, 2, 0, 2), strict=True)


@pytest.mark.parametrize(
    "array",
    [np.arange(24).reshape(6, 4)[:, ::2], np.arange(24).reshape(4, 6).T, np.arange(12)[::-2]],
    ids=["strided", "transposed", "backward"],
)
def test_arrays_of_every_layout_are_gathered(array):
    """However they lie in memory."""
    np.testing.assert_array_equal(array[[3, 1]], read(array, 3, 1), strict=True)


def test_structured_arrays_are_gathered():
    """All fields of a row."""
    array = np.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")])
    assert read(array, 1, 0).tolist() == [(3, 4.0), (1, 2.0)]


@pytest.mark.parametrize("indices", [(), (1,), (0, 1)])
def test_gathered_rows_are_a_copy(indices):
    """Writable, and no part of the source."""
    array = np.arange(4)
    array.flags.writeable = False
    rows = read(array, *indices)
    assert (rows.flags.writeable, np.shares_memory(rows, array)) == (True, False)


def test_a_memory_map_gives_plain_arrays(tmp_path):
    """A batch keeps no file open."""
    saved = tmp_path / "rows.npy"
    np.save(saved, np.arange(6).reshape(3, 2))
    mapped = np.load(saved, mmap_mode="r")
    rows = read(mapped, 2, 0)
    assert (np.ndarray, [[4, 5], [0, 1]]) == (type(rows), rows.tolist())
    mapped._mmap.close()


def test_a_subclass_of_an_array_keeps_its_meaning():
    """A masked array gives masked rows."""
    masked = np.ma.masked_array([1, 2, 3], mask=[False, True, False])
    assert read(masked, 1, 2).mask.tolist() == [True, False]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([10, 20, 30], [30, 10]),
        ((10, 20, 30), [30, 10]),
        (range(10, 40, 10), [30, 10]),
        ([1.5, 2.5, 3.5], [3.5, 1.5]),
    ],
    ids=["list", "tuple", "range", "floats"],
)
def test_sequences_of_numbers_give_arrays(column, expected):
    """One entry an index."""
    actual = read(column, 2, 0)
    assert (np.ndarray, expected) == (type(actual), actual.tolist())


@pytest.mark.parametrize(
    "column", [["a", "b", "c"], [b"a", b"b", b"c"], [[1], [2, 3], []], [None, 1, None]]
)
def test_sequences_of_other_things_give_lists(column):
    """The very objects."""
    assert [column[2], column[0]] == read(column, 2, 0)


def test_a_list_of_arrays_of_one_shape_gives_an_array():
    """With a new first axis; its memory is not the samples'."""
    column = [np.full(3, i) for i in range(3)]
    rows = read(column, 2, 0)
    rows[:] = 9
    assert (rows.shape, column[2].tolist()) == ((2, 3), [2, 2, 2])


def test_a_list_of_arrays_that_differ_in_shape_gives_a_list():
    """Nothing is padded."""
    column = [np.zeros(i) for i in range(3)]
    assert [len(row) for row in read(column, 2, 0)] == [2, 0]


def test_a_list_of_dicts_gives_columns():
    """A batch of the structure of a sample."""
    rows = read([{"x": i, "name": str(i)} for i in range(3)], 2, 0)
    assert (rows["x"].tolist(), rows["name"]) == ([2, 0], ["2", "0"])


def test_many_samples_are_asked_for_at_once():
    """Of a class that can do so."""
    column = TakesArrays(np.arange(5))
    read(column, 3, 1)
    assert [asked.tolist() for asked in column.asked] == [[3, 1]]


def test_a_class_that_takes_single_indices_is_read_one_by_one():
    """With real `int` objects."""
    column = TakesInts([10, 20, 30])
    assert read(column, 2, 0).tolist() == [30, 10]
    assert [int, int] == [type(asked) for asked in column.asked[-2:]]


def test_what_a_class_takes_is_found_out_once():
    """Later reads do not try anew."""
    column = TakesInts([10, 20, 30])
    read_rows = reader_for(column)
    read_rows(np.array([0, 1]))
    column.asked.clear()
    read_rows(np.array([2, 1]))
    assert column.asked == [2, 1]


def test_one_index_is_an_array_too():
    """A batch of one is a batch."""
    assert read(TakesArrays(np.arange(5) * 10), 3).tolist() == [30]


def test_a_broken_sample_of_a_class_that_takes_arrays_raises_its_error():
    """The first one: that of the array call."""
    column = TakesArrays(np.arange(5), broken=[3])
    with pytest.raises(OSError, match=r"broken, asked for \[1 3\]"):
        read(column, 1, 3)


def test_a_broken_sample_does_not_change_how_a_class_is_read():
    """Having failed once, it is still asked for many samples at once."""
    column = TakesArrays(np.arange(5), broken=[3])
    read_rows = reader_for(column)
    with pytest.raises(OSError, match="broken"):
        read_rows(np.array([1, 3]))
    column.asked.clear()
    read_rows(np.array([0, 1]))
    assert [asked.tolist() for asked in column.asked] == [[0, 1]]


def test_a_broken_sample_later_is_not_read_one_by_one():
    """Once arrays are known to work, the error is final."""
    column = TakesArrays(np.arange(5), broken=[3])
    read_rows = reader_for(column)
    read_rows(np.array([0, 1]))
    column.asked.clear()
    with pytest.raises(OSError, match="broken"):
        read_rows(np.array([1, 3]))
    assert len(column.asked) == 1


def test_a_broken_sample_of_a_class_that_takes_ints_raises_its_error():
    """Also in its first batch, where it is not known yet what the class takes."""
    with pytest.raises(OSError, match="sample 1 is broken"):
        read(TakesInts([10, 20, 30], broken=[1]), 0, 1, 2)


def test_a_broken_sample_later_of_a_class_that_takes_ints_raises_its_error():
    """Its own, not one about arrays."""
    read_rows = reader_for(TakesInts([10, 20, 30], broken=[1]))
    read_rows(np.array([0, 2]))
    with pytest.raises(OSError, match="sample 1 is broken"):
        read_rows(np.array([0, 1]))


def test_no_samples_of_a_class_that_takes_ints_are_an_empty_list():
    """Whether or not something was read before."""
    assert read(TakesInts([10, 20, 30])) == []


def test_running_out_of_what_is_no_exception_is_not_caught():
    """Ctrl-C in a user's class ends the read at once."""

    class Interrupted(TakesInts):
        def __getitem__(self, index):
            self.asked.append(index)
            raise KeyboardInterrupt

    column = Interrupted([1, 2])
    with pytest.raises(KeyboardInterrupt):
        read(column, 0, 1)
    assert len(column.asked) == 1


def test_several_threads_may_find_out_at_once():
    """All get their rows."""
    read_rows = reader_for(TakesInts(list(range(100))))
    start = threading.Barrier(4)
    found = {}

    def work(number):
        start.wait(10)
        found[number] = read_rows(np.arange(number, 100, 4)).tolist()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {number: list(range(number, 100, 4)) for number in range(4)} == found


@pytest.mark.parametrize(
    ("column", "name"),
    [("abc", "str"), (b"abc", "bytes"), ({0: 1}, "dict"), ({1, 2}, "set"), (3, "int")],
)
def test_what_is_no_array_like_is_refused(column, name):
    """The message says what one is, and what came."""
    with pytest.raises(ArgumentTypeError) as caught:
        reader_for(column)
    message = str(caught.value)
    assert message.startswith("expected an array-like (len() and [] with integers), not ")
    assert message.endswith(f"{name}: {column!r}")


def test_a_long_value_is_cut_in_the_message():
    """A text file read by mistake does not fill the screen."""
    with pytest.raises(ArgumentTypeError) as caught:
        reader_for("x" * 100_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["DataFrame", "Series"])
def test_pandas_is_refused_with_a_remedy(name):
    """Its brackets take labels, which would go wrong without a word."""
    methods = {"__len__": lambda self: 3, "__getitem__": lambda self, i: i}
    kind = type(name, (), {"__module__": "pandas.core.frame", **methods})
    with pytest.raises(ArgumentTypeError) as caught:
        reader_for(kind())
    message = str(caught.value)
    assert f"a pandas {name} is indexed by label, not by position" in message
    assert "frame['name'].to_numpy()" in message
