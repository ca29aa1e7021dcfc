"""The method `pad`, and what functions are called with after samples that differ in length."""

import numpy as np
import pytest

from aliquot import Loader
from aliquot.data_source import (
    AbstractDataSource,
    ArrayDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    IteratorDataSource,
    SingleDataSource,
)
from aliquot.errors import ArgumentError, BatchError

TEXTS = [np.array([5, 6, 7]), np.array([8]), np.array([9, 4])]
PADDED = [[5, 6, 7], [8, 0, 0], [9, 4, 0]]
MASK = [[True] * 3, [True, False, False], [True, True, False]]
LABELS = np.array([0, 1, 2])


class Texts:
    """An array-like without a shape; counts what is read."""

    def __init__(self):
        self.read = []

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.read.append(np.asarray(index).tolist())
        return [TEXTS[i] for i in index]


def listed(batch):
    """Give the columns as lists."""
    if isinstance(batch, dict):
        return {name: column.tolist() for name, column in batch.items()}
    return [column.tolist() for column in batch]


def objects():
    """Give an object array of arrays."""
    column = np.empty(3, dtype=object)
    column[:] = TEXTS
    return column


# Which columns


@pytest.mark.parametrize("column", [TEXTS, tuple(TEXTS), objects(), Texts()])
def test_columns_that_may_differ_are_padded(column):
    """Not those with a shape; the masks come last."""
    found = ArrayDataSource([LABELS, column]).pad()[:]
    assert listed(found) == [[0, 1, 2], PADDED, MASK]


def test_columns_of_a_dict_are_padded_by_name():
    """Each has a mask under its name."""
    found = ArrayDataSource({"text": TEXTS, "label": LABELS}).pad()[:]
    assert listed(found) == {"text": PADDED, "label": [0, 1, 2], "text_mask": MASK}


def test_lists_of_numbers_are_left():
    """They are no sequences."""
    found = ArrayDataSource([TEXTS, [1, 2, 3], ["a", "b", "c"]]).pad()[:]
    assert (found[0].tolist(), list(found[1]), found[2]) == (PADDED, [1, 2, 3], ["a", "b", "c"])
    assert len(found) == 4


def test_several_columns_are_padded():
    """Their masks in the same order."""
    found = ArrayDataSource([TEXTS, LABELS, TEXTS[::-1]]).pad()[[1, 0]]
    assert [column.shape for column in found] == [(2, 3), (2,), (2, 2), (2, 3), (2, 2)]


def test_one_sample_is_looked_at():
    """Whether it has an axis; the others are read as batches are."""
    texts = Texts()
    ArrayDataSource([texts]).pad()
    assert texts.read == [[0]]


@pytest.mark.parametrize("columns", [0, [0], (0,)])
def test_columns_named_by_position(columns):
    """One or a list of them."""
    found = ArrayDataSource([TEXTS, TEXTS]).pad(columns)[[1, 2]]
    assert found[0].tolist() == [[8, 0], [9, 4]]
    assert [type(column) for column in found] == [np.ndarray, list, np.ndarray]


def test_columns_named_by_name():
    """Likewise."""
    found = ArrayDataSource({"a": TEXTS, "b": TEXTS}).pad("b")[[1, 2]]
    assert [(name, type(column)) for name, column in found.items()] == [
        ("a", list),
        ("b", np.ndarray),
        ("b_mask", np.ndarray),
    ]


@pytest.mark.parametrize("data", [[LABELS], [LABELS, [1, 2, 3]], {"x": np.zeros((3, 2))}])
def test_nothing_to_pad_is_refused(data):
    """At once, with what to do."""
    with pytest.raises(ArgumentError, match="name those to pad with columns="):
        ArrayDataSource(data).pad()


def test_a_selection_pads_what_it_selects_from():
    """Its columns are the same."""
    found = ArrayDataSource([TEXTS, LABELS]).filter(lambda y: y != 1, on=1).skip(1).pad()[:]
    assert listed(found) == [[[9, 4]], [2], [[True, True]]]


@pytest.mark.parametrize(
    "source",
    [
        ArrayDataSource([TEXTS]).map(lambda x: (x,)),
        ArrayDataSource([TEXTS]).map_samples(lambda x: (x,)),
        ArrayDataSource([TEXTS]).map(lambda x: (x,)).take(2),
    ],
)
def test_after_functions_columns_have_to_be_named(source):
    """What a function gives is known once it was called."""
    with pytest.raises(ArgumentError, match=r"as in pad\(columns=\[0\]\) for tuples or pad\("):
        source.pad()
    assert source.pad(0)[[1, 0]][0].tolist() == [[8, 0, 0], [5, 6, 7]]


@pytest.mark.parametrize(
    "source", [CompositeDataSource([ArrayDataSource([TEXTS])]), IteratorDataSource(iter([]))]
)
def test_of_other_sources_columns_have_to_be_named(source):
    """The message names the kind of source."""
    with pytest.raises(ArgumentError, match=f"which columns of a {type(source).__name__}"):
        source.pad()


def test_batches_of_a_stream_are_padded():
    """If their columns are named."""
    source = IteratorDataSource(iter([(TEXTS[:2], LABELS[:2])])).pad(0)
    (found,) = source.batch_iterator(2)
    assert listed(found) == [[[5, 6, 7], [8, 0, 0]], [0, 1], [[True] * 3, [True, False, False]]]


# How


def test_value_length_and_lengths():
    """As the stage `Pad` takes them."""
    found = ArrayDataSource([TEXTS, LABELS]).pad(value=-1, to=4, mask=False)[[1, 2]]
    assert listed(found) == [[[8, -1, -1, -1], [9, 4, -1, -1]], [1, 2], [1, 2]]


def test_samples_longer_than_asked_for_are_refused():
    """While reading."""
    source = ArrayDataSource([TEXTS]).pad(to=2)
    assert source[[1, 2]][0].tolist() == [[8, 0], [9, 4]]
    with pytest.raises(BatchError, match="has length 3, but to=2"):
        source[[0]]


def test_a_batch_is_as_long_as_its_longest_sample():
    """Not as that of another batch."""
    loader = Loader(ArrayDataSource([TEXTS]).pad(), batch_size=1, seed=0)
    assert [values.shape for values, _ in loader] == [(1, 3), (1, 1), (1, 2)]


def test_padding_is_shown():
    """As a stage."""
    assert ".map(Pad(columns=(0,), value=0, to=None" in repr(ArrayDataSource([TEXTS]).pad())


# Bare sources


def test_a_bare_ragged_source_is_padded():
    """It has grown a mask."""
    assert listed(SingleDataSource(TEXTS).pad()[:]) == [PADDED, MASK]


def test_a_loader_of_a_bare_padded_source():
    """With the mask of padding rows last."""
    loader = Loader(SingleDataSource(TEXTS).pad(), batch_size=2, pad_last=True, seed=0)
    assert [listed(batch) for batch in loader][1] == [
        [[9, 4], [9, 4]],
        [[True, True], [True, True]],
        [True, False],
    ]


def test_a_function_is_given_a_bare_ragged_batch_as_one_column():
    """A list with an entry a sample, not an argument a sample."""
    source = SingleDataSource(TEXTS).map(lambda rows: np.array([len(row) for row in rows]))
    assert source[:].tolist() == [3, 1, 2]
    assert next(iter(Loader(source, batch_size=3, seed=0))).tolist() == [3, 1, 2]
    assert [batch.tolist() for batch in source.batch_iterator(2)] == [[3, 1], [2]]


def test_a_function_with_random_numbers_is_given_it_likewise():
    """One draw a sample."""
    source = SingleDataSource(TEXTS).map(lambda rows, rng: (rows, rng.random()))
    rows, draws = source[:]
    assert ([row.tolist() for row in rows], draws.shape) == ([list(own) for own in TEXTS], (3,))


def test_a_function_of_samples_is_given_a_bare_sample():
    """One argument."""
    assert SingleDataSource(TEXTS).map_samples(len)[:].tolist() == [3, 1, 2]


def test_a_function_after_one_that_gives_a_bare_ragged_batch():
    """It is a column to the next."""
    source = ArrayDataSource([np.array([3, 1, 2])]).map_samples(np.arange)
    assert source.map(lambda rows: np.array([len(row) for row in rows]))[:].tolist() == [3, 1, 2]
    assert source.pad(0)[:][0].tolist() == [[0, 1, 2], [0, 0, 0], [0, 1, 0]]


def test_a_function_after_a_selection_of_a_bare_ragged_source():
    """It is given what the source gives."""
    source = SingleDataSource(TEXTS).skip(1).map(lambda rows: np.array([row[0] for row in rows]))
    assert source[:].tolist() == [8, 9]


class Lists(AbstractDataSource):
    """Gives lists of columns, as sources of BatchUp's users may."""

    def num_samples(self, **settings):
        return 2

    def batch_iterator(self, batch_size, shuffle=None):
        yield [np.array([1, 2]), np.array([3, 4])]


def test_lists_of_other_sources_are_columns():
    """Each an argument."""
    (found,) = Lists().map(lambda x, y: x + y).batch_iterator(2)
    assert found.tolist() == [4, 6]


def test_lists_of_a_choice_of_bare_ragged_sources_are_one_column():
    """As those of its members."""
    members = [SingleDataSource(TEXTS), SingleDataSource(TEXTS)]
    source = ChoiceDataSource(members).map(lambda rows: np.array([len(row) for row in rows]))
    assert next(iter(Loader(source, batch_size=2, seed=0))).tolist() == [3, 1]


def test_columns_are_padded_beside_the_indices():
    """Which come first."""
    found = ArrayDataSource([TEXTS, LABELS], include_indices=True).pad()[:]
    assert listed(found) == [[0, 1, 2], PADDED, [0, 1, 2], MASK]
