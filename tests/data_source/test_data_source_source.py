"""What a data source is, and the source that maps another's batches."""

import functools
import pickle
import re

import numpy as np
import pytest

from aliquot.data_source import (
    AbstractDataSource,
    ArrayDataSource,
    CallableDataSource,
    CompositeDataSource,
    IteratorDataSource,
    MapDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError

Y = np.arange(5) * 10


def add_one(x):
    return (x + 1,)


class Countdown(AbstractDataSource):
    """A user's source without random access."""

    def num_samples(self, **settings):
        return 5

    def batch_iterator(self, batch_size, shuffle=None):
        for i in range(5, 0, -batch_size):
            yield (np.arange(i, max(i - batch_size, 0), -1),)


SOURCES = {
    "array": ArrayDataSource([Y]),
    "map": ArrayDataSource([Y]).map(add_one),
    "iterator": IteratorDataSource(iter([])),
    "callable": CallableDataSource(lambda batch_size: iter([])),
    "composite": CompositeDataSource([ArrayDataSource([Y])]),
    "user": Countdown(),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_not_iterated_over_directly(name):
    """The message shows what to write."""
    source = SOURCES[name]
    with pytest.raises(ArgumentTypeError) as caught:
        iter(source)
    message = str(caught.value)
    assert f"{type(source).__name__} is not iterated over directly" in message
    assert "write `for batch in source.batch_iterator(batch_size=64)`" in message


@pytest.mark.parametrize(
    "call",
    [
        lambda source: source[[0]],
        lambda source: source.samples_by_indices([0]),
        lambda source: source.samples_by_indices_nomapping([0]),
        lambda source: source.batch_indices_iterator(2),
    ],
    ids=["brackets", "positions", "no mapping", "indices"],
)
@pytest.mark.parametrize(
    "source",
    [
        Countdown(),
        Countdown().map(add_one),
        CompositeDataSource([Countdown(), ArrayDataSource([Y])]),
    ],
    ids=["plain", "map", "composite"],
)
def test_without_random_access_there_is_no_fetching(source, call):
    """The message says what works."""
    with pytest.raises(ArgumentTypeError, match=r"not random-access.*only batch_iterator works"):
        call(source)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda source: source.num_samples(), "does not say how many samples it has"),
        (lambda source: source.batch_iterator(2), "has no batch_iterator"),
    ],
    ids=["number", "batches"],
)
def test_what_a_source_does_not_define_is_named(call, text):
    """With the class that lacks it."""

    class Bare(AbstractDataSource):
        pass

    with pytest.raises(NotImplementedError, match=f"Bare {text}"):
        call(Bare())


def test_a_users_source_can_be_mapped():
    """Without random access, too."""
    found = Countdown().map(add_one).batch_iterator(2)
    assert [batch.tolist() for (batch,) in found] == [[6, 5], [4, 3], [2]]


def test_a_map_that_is_no_function_is_refused():
    """The message shows what came."""
    with pytest.raises(ArgumentTypeError, match="map needs a function, not 3"):
        ArrayDataSource([Y]).map(3)


def test_a_map_counts_as_its_source():
    """Samples are neither added nor lost."""
    assert Countdown().map(add_one).num_samples() == 5


@pytest.mark.parametrize("source", [ArrayDataSource([Y]), Countdown()])
def test_a_map_is_random_access_if_its_source_is(source):
    """It changes nothing about that."""
    assert source.is_random_access == source.map(add_one).is_random_access


def test_a_map_of_single_samples():
    """Fetching applies the function."""
    source = ArrayDataSource([Y], indices=[4, 2]).map(add_one)
    assert source[[0]][0].tolist() == [41]
    assert source.samples_by_indices_nomapping([0])[0].tolist() == [1]


def test_maps_apply_in_the_order_in_which_they_were_added():
    """The last one sees what the first gave."""
    source = ArrayDataSource([Y]).map(lambda y: (y + 1,)).map(lambda y: (y * 2,))
    assert source[[1]][0].tolist() == [22]


def test_a_map_gets_a_dict_as_one_argument():
    """And may give one."""
    source = ArrayDataSource({"y": Y}).map(lambda batch: {**batch, "z": batch["y"] + 1})
    assert {k: v.tolist() for k, v in source[[1]].items()} == {"y": [10], "z": [11]}


def test_a_map_may_turn_tuples_into_dicts_and_back():
    """Structure is the function's choice."""
    source = ArrayDataSource([Y, Y]).map(lambda a, b: {"a": a, "b": b})
    back = source.map(lambda batch: (batch["b"],))
    assert back[[1]][0].tolist() == [10]


def test_a_map_may_give_one_array():
    """A bare batch."""
    assert ArrayDataSource([Y]).map(lambda y: y + 1)[[1]].tolist() == [11]


def test_a_map_of_a_bare_batch_gets_one_argument():
    """Not one a sample."""
    source = ArrayDataSource([Y]).map(lambda y: y + 1).map(lambda y: y * 2)
    assert source[[1, 2]].tolist() == [22, 42]


def test_a_list_of_columns_becomes_a_tuple():
    """As a batch is one."""
    batch = ArrayDataSource([Y]).map(lambda y: [y, y + 1])[[1]]
    assert [tuple, [10], [11]] == [type(batch), *(column.tolist() for column in batch)]


@pytest.mark.parametrize("shapes", [[(2,), (3,)], [(2, 3), (2, 4)], [(2, 3), (4, 5)]])
def test_a_list_column_of_arrays_that_differ_in_shape_survives_a_map(shapes):
    """Pictures of many sizes are such a column."""
    pictures = [np.zeros(shape) for shape in shapes]
    (batch,) = ArrayDataSource([pictures]).map(lambda x: (x,))[[1, 0]]
    assert shapes[::-1] == [picture.shape for picture in batch]


def test_a_list_column_of_strings_survives_a_map():
    """It stays a list."""
    (batch,) = ArrayDataSource([list("abc")]).map(lambda x: (x,))[[2, 0]]
    assert batch == ["c", "a"]


def test_a_map_may_make_a_list_column():
    """Such as crops of many sizes."""
    source = ArrayDataSource([Y]).map(lambda y: (y, [np.zeros(i + 1) for i in range(len(y))]))
    assert [len(crop) for crop in source[[0, 1, 2]][1]] == [1, 2, 3]


def test_a_failing_map_raises_its_own_error_with_a_note():
    """Which function it was, and what it was given."""

    def divide(y):
        raise ZeroDivisionError("by hand")

    with pytest.raises(ZeroDivisionError, match="by hand") as caught:
        ArrayDataSource([Y]).map(divide)[[0, 1]]
    (note,) = caught.value.__notes__
    assert re.search(r"in .*divide \(.*test_data_source_source\.py:\d+\), given \(int64", note)


def test_a_repr_names_the_line_of_a_lambda():
    """File and line lead to it."""
    source = ArrayDataSource([Y]).map(lambda y: y)
    line = test_a_repr_names_the_line_of_a_lambda.__code__.co_firstlineno + 2
    assert f"test_data_source_source.py:{line})" in repr(source)
    assert repr(source).startswith("ArrayDataSource(0: int64 (5,); StandardSampler")


def test_a_repr_names_what_is_inside_a_partial():
    """Its function's own line."""
    source = ArrayDataSource([Y]).map(functools.partial(add_one))
    line = add_one.__code__.co_firstlineno
    assert f"add_one ({__file__}:{line})" in repr(source)


def test_a_map_can_be_pickled():
    """If its function can."""
    again = pickle.loads(pickle.dumps(ArrayDataSource([Y]).map(add_one)))
    assert again[[1]][0].tolist() == [11]


def test_map_data_source_is_what_map_makes():
    """Either way of writing it."""
    source = ArrayDataSource([Y])
    assert (MapDataSource, source, add_one) == (
        type(source.map(add_one)),
        source.map(add_one).source,
        source.map(add_one).fn,
    )


def test_an_endless_source_cannot_be_gathered():
    """Unless it is said how much of it."""
    source = ArrayDataSource([Y], repeats=-1)
    with pytest.raises(ArgumentError, match="no end: say how many batches to process with n_bat"):
        source.batch_map_concat(lambda y: y, 2)
    (found,) = source.batch_map_concat(lambda y: y, 2, n_batches=3)
    assert found.tolist() == [0, 10, 20, 30, 40, 0]


def test_an_endless_source_has_no_mean():
    """Unless it is said of how much of it."""
    source = ArrayDataSource([Y], repeats=-1)
    with pytest.raises(ArgumentError, match="n_batches="):
        source.batch_map_mean(lambda y: y.sum(), 2)
    assert source.batch_map_mean(lambda y: y.sum(), 2, n_batches=1) == (5.0,)


def test_gathering_hands_settings_on():
    """Such as `shuffle`."""
    expected = Y[np.random.RandomState(3).permutation(5)].tolist()
    (found,) = ArrayDataSource([Y]).batch_map_concat(
        lambda y: y, 2, shuffle=np.random.RandomState(3)
    )
    assert expected == found.tolist()


def test_gathering_a_source_of_unknown_length_reads_all_of_it():
    """Progress then has no total."""
    source = IteratorDataSource(iter([(Y[:3],), (Y[3:],)]))
    totals = []

    def progress(batches, total, leave):
        totals.append(total)
        return batches

    (found,) = source.batch_map_concat(lambda y: y, 2, progress_iter_func=progress)
    assert (Y.tolist(), [None]) == (found.tolist(), totals)
