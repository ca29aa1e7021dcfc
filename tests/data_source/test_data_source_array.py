"""Batches from array-likes, read side by side."""

import pickle

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, IndexRangeError
from aliquot.sampling import StandardSampler, SubsetSampler
from aliquot.work_pool import WorkerThreadPool

X = np.arange(12).reshape(6, 2)
Y = np.arange(6) * 10


class Gives:
    """An array-like of five samples that answers any read with the same thing."""

    def __init__(self, answer):
        self.answer = answer

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return self.answer


class Breaks:
    """An array-like of ten samples, one of which cannot be read."""

    def __init__(self, broken, error=OSError):
        self.broken = broken
        self.error = error

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if self.broken in np.atleast_1d(index):
            raise self.error("cannot be read")
        return np.asarray(index) * 10


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (X, ArgumentTypeError, "list, tuple or dict of array-likes, not .*ndarray: for a single"),
        ("abc", ArgumentTypeError, r"not .*str: for a single one write \[data\]"),
        (None, ArgumentTypeError, "not .*NoneType"),
        ([], ArgumentError, "at least one array-like"),
        ({}, ArgumentError, "at least one array-like"),
        ([X, Y[:4]], ArgumentError, r"same length, not \{0: 6, 1: 4\}"),
        ({"a": X, "b": Y[:4]}, ArgumentError, r"same length, not \{'a': 6, 'b': 4\}"),
        ([X, "abcdef"], ArgumentTypeError, "expected an array-like .* not .*str: 'abcdef'"),
        ([X, {"a": Y}], ArgumentTypeError, "expected an array-like .* not .*dict"),
        ([X, iter(Y)], ArgumentTypeError, "expected an array-like"),
        ([X, None], ArgumentTypeError, "expected an array-like .* not .*NoneType"),
        ([ArrayDataSource([X])], ArgumentTypeError, "column 0 is a data source.*CompositeData"),
        ({"a": ArrayDataSource([X])}, ArgumentTypeError, "column 'a' is a data source"),
    ],
)
def test_data_that_is_no_columns_is_refused(data, error, text):
    """By the constructor, which says what to hand over."""
    with pytest.raises(error, match=text):
        ArrayDataSource(data)


def test_a_column_without_an_axis_is_refused():
    """By the constructor, which says what was expected of it."""
    with pytest.raises(ArgumentTypeError, match="array-like"):
        ArrayDataSource([np.array(5)])


def test_pandas_is_refused():
    """Also inside a dict."""
    methods = {"__len__": lambda self: 6, "__getitem__": lambda self, i: i}
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame", **methods})()
    with pytest.raises(ArgumentTypeError, match="a pandas DataFrame is indexed by label"):
        ArrayDataSource({"a": frame})


@pytest.mark.parametrize("option", [{"indices": [0]}, {"repeats": 2}])
def test_a_sampler_with_indices_or_repeats_is_refused(option):
    """It decides both."""
    with pytest.raises(ArgumentError, match="give it without indices= and repeats="):
        ArrayDataSource([X], sampler=StandardSampler(6), **option)


@pytest.mark.parametrize(
    ("indices", "error", "text"),
    [
        ([0, 6], IndexRangeError, "index 6 is out of range for 6 samples"),
        ([-7], IndexRangeError, "index -7 is out of range"),
        ([[0, 1]], ArgumentError, "must be a 1-D array"),
        ([0.0, 1.0], ArgumentTypeError, "must be integers, not float64"),
        ([True, False], ArgumentTypeError, "for a mask write np.flatnonzero"),
    ],
    ids=["beyond", "below", "2-D", "float", "mask"],
)
@pytest.mark.parametrize("use", ["constructor", "positions", "brackets", "no mapping"])
def test_wrong_indices_are_refused(use, indices, error, text):
    """Wherever they are given."""
    source = ArrayDataSource([X])
    calls = {
        "constructor": lambda: ArrayDataSource([X], indices=indices),
        "positions": lambda: source.samples_by_indices(indices),
        "brackets": lambda: source[indices],
        "no mapping": lambda: source.samples_by_indices_nomapping(indices),
    }
    with pytest.raises(error, match=text):
        calls[use]()


@pytest.mark.parametrize("repeats", [0, -2])
def test_wrong_repeats_are_refused(repeats):
    """By the constructor."""
    with pytest.raises(ArgumentError, match=f"or -1 for no end, not {repeats}"):
        ArrayDataSource([X], repeats=repeats)


def test_an_empty_set_without_end_is_refused():
    """It would give no batch for ever."""
    with pytest.raises(ArgumentError, match="empty data set"):
        ArrayDataSource([X[:0]], repeats=-1)


def test_a_column_named_index_leaves_no_room_for_the_indices():
    """Neither may hide the other."""
    with pytest.raises(ArgumentError, match='needs the name "index", which a column has'):
        ArrayDataSource({"index": Y}, include_indices=True)


def test_a_column_named_index_is_fine_otherwise():
    """It is a column like any other."""
    assert ArrayDataSource({"index": Y})[[2]]["index"].tolist() == [20]


@pytest.mark.parametrize("container", [list, tuple])
def test_a_list_or_tuple_gives_tuples(container):
    """One column an array."""
    batch = next(ArrayDataSource(container([X, Y])).batch_iterator(2))
    assert [tuple, [[0, 1], [2, 3]], [0, 10]] == [type(batch), *(col.tolist() for col in batch)]


def test_a_dict_gives_dicts():
    """With the names that were given, in their order."""
    batch = next(ArrayDataSource({"y": Y, "x": X}).batch_iterator(2))
    assert [(k, v.tolist()) for k, v in batch.items()] == [("y", [0, 10]), ("x", [[0, 1], [2, 3]])]


def test_indices_come_first_in_a_tuple():
    """The data's own, not positions in the subset."""
    source = ArrayDataSource([Y], indices=[4, -1], include_indices=True)
    assert [col.tolist() for col in next(source.batch_iterator(2))] == [[4, 5], [40, 50]]


def test_indices_come_under_their_name_in_a_dict():
    """And first."""
    batch = next(ArrayDataSource({"y": Y}, include_indices=True).batch_iterator(2))
    assert [(k, v.tolist()) for k, v in batch.items()] == [("index", [0, 1]), ("y", [0, 10])]


def test_columns_of_all_kinds_side_by_side():
    """Lists, tuples and ranges beside arrays."""
    names = list("abcdef")
    source = ArrayDataSource([Y, names, tuple(names), range(6), [np.zeros(i) for i in range(6)]])
    y, listed, tupled, numbers, ragged = source[[3, 1]]
    assert (y.tolist(), listed, tupled, numbers.tolist(), [len(r) for r in ragged]) == (
        [30, 10],
        ["d", "b"],
        ["d", "b"],
        [3, 1],
        [3, 1],
    )


def test_an_array_like_may_give_several_columns():
    """A dict of columns that share one read stays a dict."""

    class Both(Gives):
        def __getitem__(self, index):
            return {"a": index * 2, "b": {"c": index * 3}}

    batch = ArrayDataSource([Both(None), Y[:5]])[[2, 1]]
    assert (batch[0]["a"].tolist(), batch[0]["b"]["c"].tolist(), batch[1].tolist()) == (
        [4, 2],
        [6, 3],
        [20, 10],
    )


def test_an_empty_source_has_no_batches():
    """No batch, rather than an empty one."""
    assert list(ArrayDataSource([X[:0]]).batch_iterator(3)) == []


def test_no_samples_have_the_shape_of_some():
    """An empty batch keeps its trailing axes and type."""
    (batch,) = ArrayDataSource([X])[[]]
    assert ((0, 2), X.dtype) == (batch.shape, batch.dtype)


def test_a_slice_of_a_source_is_a_batch():
    """Steps and negative bounds as for a list."""
    assert ArrayDataSource([Y])[-4::2][0].tolist() == [20, 40]


def test_positions_are_in_the_subset():
    """Brackets count within it; `samples_by_indices_nomapping` does not."""
    source = ArrayDataSource([Y], indices=[5, 3, 1])
    assert source[[0, -1]][0].tolist() == [50, 10]
    assert source.samples_by_indices_nomapping([0, -1])[0].tolist() == [0, 50]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_column_that_gives_another_number_of_rows_is_named(rows):
    """The message says how many were wanted."""
    source = ArrayDataSource({"y": Y[:5], "odd": Gives(np.zeros(rows))})
    with pytest.raises(BatchError) as caught:
        source[[0, 1]]
    expected = f"column 'odd' gave float64 ({rows},) when asked for 2 samples"
    assert expected in str(caught.value)


@pytest.mark.parametrize("answer", [None, 3.5, "ab"])
def test_a_column_that_gives_no_rows_at_all_is_named(answer):
    """Neither `None`, a number nor a string is a column."""
    with pytest.raises(BatchError, match="column 'odd'"):
        ArrayDataSource({"odd": Gives(answer)})[[0, 1]]


def test_a_column_of_columns_that_differ_in_length_is_named():
    """Each of them is counted."""
    answer = {"a": np.zeros(2), "b": np.zeros(3)}
    with pytest.raises(BatchError, match="column 'odd'"):
        ArrayDataSource({"odd": Gives(answer)})[[0, 1]]


@pytest.mark.parametrize("name", [1, "broken"])
def test_a_failing_read_names_column_and_sample(name):
    """In a note on the user's own error."""
    data = [np.arange(10), Breaks(7)] if name == 1 else {"x": np.arange(10), "broken": Breaks(7)}
    source = ArrayDataSource(data)
    with pytest.raises(OSError, match="cannot be read") as caught:
        source[[1, 7, 3]]
    assert caught.value.__notes__ == [f"while reading column {name!r}: sample 7"]


def test_a_failing_read_in_a_map_names_the_sample_too():
    """The note is added where the sample is read."""
    source = ArrayDataSource([Breaks(7)]).map(lambda x: (x,))
    with pytest.raises(OSError, match="cannot be read") as caught:
        list(source.batch_iterator(4))
    assert caught.value.__notes__ == ["while reading column 0: sample 7"]


def test_a_read_that_fails_for_many_samples_only_names_them_all():
    """No single one is at fault."""

    class Overfull(Breaks):
        def __getitem__(self, index):
            if np.size(index) > 1:
                raise OSError("too many open files")
            return np.asarray(index)

    source = ArrayDataSource([Overfull(None)])
    source[[0]]
    with pytest.raises(OSError, match="too many open files") as caught:
        source[[1, 7, 3]]
    assert caught.value.__notes__ == [
        "while reading column 0: samples [1 7 3]",
        "each of these samples can be read alone",
    ]


def test_running_out_of_memory_is_not_tried_again():
    """Reading sample after sample would only run out once more."""
    asked = []

    class Greedy(Breaks):
        def __getitem__(self, index):
            asked.append(index)
            if len(asked) > 1:
                raise MemoryError
            return np.asarray(index)

    source = ArrayDataSource([Greedy(None)])
    source[[0]]
    with pytest.raises(MemoryError) as caught:
        source[[1, 2]]
    assert (len(asked), caught.value.__notes__) == (2, ["while reading column 0: samples [1 2]"])


@pytest.mark.parametrize("shuffle", [None, np.random.RandomState(0)])
@pytest.mark.parametrize("indices", [None, np.arange(6)])
def test_a_batch_is_the_callers(shuffle, indices):
    """Writing to it changes neither the source, nor the subset, nor a later batch."""
    data = [X.copy(), Y.copy()]
    kept = None if indices is None else indices.copy()
    source = ArrayDataSource(data, indices=indices, include_indices=True)
    drawn = []
    for batch in source.batch_iterator(4, shuffle=shuffle):
        drawn += batch[0].tolist()
        for column in batch:
            column[:] = -1
    assert sorted(drawn) == list(range(6))
    np.testing.assert_array_equal(X, data[0])
    np.testing.assert_array_equal(Y, data[1])
    np.testing.assert_array_equal(kept, indices)


def test_the_index_column_is_not_the_callers_own_array():
    """Writing to a batch must not change the indices that were asked for."""
    wanted = np.array([3, 1])
    ArrayDataSource([Y], include_indices=True).samples_by_indices_nomapping(wanted)[0][:] = 0
    assert wanted.tolist() == [3, 1]


def test_a_source_can_be_pickled():
    """Columns, options and order come along."""
    source = ArrayDataSource({"x": X, "names": list("abcdef")}, indices=[5, 2])
    again = pickle.loads(pickle.dumps(source))
    assert again[[0, 1]]["names"] == ["f", "c"]
    assert repr(source) == repr(again)


def test_an_array_is_pickled_once():
    """What reads it does not travel beside it."""
    array = np.zeros(100_000, np.uint8)
    assert len(pickle.dumps(ArrayDataSource([array]))) < 1.1 * array.nbytes


def test_a_memory_map_can_be_pickled(tmp_path):
    """Once, and its rows are right at the other end."""
    saved = tmp_path / "rows.npy"
    np.save(saved, np.arange(100_000, dtype=np.uint8))
    mapped = np.load(saved, mmap_mode="r")
    sent = pickle.dumps(ArrayDataSource([mapped]))
    (batch,) = pickle.loads(sent)[[3, 1]]
    assert (batch.tolist(), len(sent) < 110_000) == ([3, 1], True)
    mapped._mmap.close()


def test_a_memory_map_gives_batches_of_ones_own(tmp_path):
    """Writable though the map is not."""
    saved = tmp_path / "rows.npy"
    np.save(saved, Y)
    mapped = np.load(saved, mmap_mode="r")
    (batch,) = next(ArrayDataSource([mapped]).batch_iterator(2))
    batch[:] = 7
    assert (type(batch), mapped[:2].tolist()) == (np.ndarray, [0, 10])
    mapped._mmap.close()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            ArrayDataSource([X, list("abcdef")]),
            "ArrayDataSource(0: int64 (6, 2), 1: list of 6; StandardSampler(6, repeats=1))",
        ),
        (
            ArrayDataSource({"y": Y}, indices=[1, 2], repeats=3),
            "ArrayDataSource(y: int64 (6,); SubsetSampler(2 indices, repeats=3))",
        ),
        (
            ArrayDataSource({"y": Breaks(0)}, sampler=SubsetSampler([1])),
            "ArrayDataSource(y: Breaks of 10; SubsetSampler(1 indices, repeats=1))",
        ),
    ],
)
def test_repr_shows_shapes(source, expected):
    """Never contents."""
    assert expected == repr(source)


class Doubled(ArrayDataSource):
    """A user's subclass that changes how samples are fetched."""

    def samples_by_indices_nomapping(self, indices):
        (y,) = super().samples_by_indices_nomapping(indices)
        return (y * 2,)


def test_a_subclass_that_fetches_otherwise_is_heeded_by_batch_iterator():
    """As by brackets."""
    source = Doubled([Y], indices=[5, 1])
    assert [b.tolist() for (b,) in source.batch_iterator(1)] == [[100], [20]]
    assert source[[0]][0].tolist() == [100]


def test_a_subclass_that_fetches_otherwise_is_heeded_by_a_pool():
    """Workers call the same method."""
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(Doubled([Y], indices=[5, 1]))
        assert [b.tolist() for (b,) in parallel.batch_iterator(1)] == [[100], [20]]
