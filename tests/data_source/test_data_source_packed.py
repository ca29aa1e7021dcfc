"""Rows made of several samples each."""

import numpy as np
import pytest

from aliquot.data_source import PackedBatch, pack
from aliquot.errors import ArgumentError, BatchError

# Two samples in row 0, one in row 1, none in row 2.
PACKED = PackedBatch(
    sample_indices=np.array([7, 3, 5]),
    row=np.array([0, 0, 1]),
    offset=np.array([0, 2, 0]),
    length=np.array([2, 1, 4]),
    tokens=5,
)
TEXTS = [np.array([1, 2]), np.array([3]), np.array([4, 5, 6, 7])]
ROWS = [[1, 2, 3, 0, 0], [4, 5, 6, 7, 0], [0] * 5]
SEGMENTS = [[1, 1, 2, 0, 0], [1, 1, 1, 1, 0], [0] * 5]
POSITIONS = [[0, 1, 0, 0, 0], [0, 1, 2, 3, 0], [0] * 5]


def test_tokens_stand_where_they_belong():
    """Filled up with 0; what sample they are of, and which token, comes last."""
    found = pack((TEXTS,), PACKED, 3)
    assert [column.tolist() for column in found] == [ROWS, SEGMENTS, POSITIONS]


def test_the_columns_that_are_added_are_int32():
    """Whatever the tokens are."""
    tokens, *added = pack(([text.astype(np.uint16) for text in TEXTS],), PACKED, 3)
    assert tokens.dtype == np.uint16
    assert [(column.dtype, column.shape) for column in added] == [(np.int32, (3, 5))] * 2


def test_tokens_may_have_a_shape():
    """One vector each."""
    vectors = [np.stack([text, -text], axis=1) for text in TEXTS]
    found = pack((vectors,), PACKED, 3)[0]
    assert found.shape == (3, 5, 2)
    assert found[..., 0].tolist() == ROWS
    assert found[..., 1].tolist() == (-np.array(ROWS)).tolist()


def test_an_array_of_samples_of_one_length():
    """As a column that happens to be one gives."""
    packed = PACKED._replace(length=np.array([2, 2, 2]))
    found = pack((np.array([[1, 2], [3, 4], [5, 6]]),), packed, 2)[0]
    assert found.tolist() == [[1, 2, 3, 4, 0], [5, 6, 0, 0, 0]]


def test_lists_of_numbers_are_samples():
    """They need not be arrays."""
    assert pack(([text.tolist() for text in TEXTS],), PACKED, 3)[0].tolist() == ROWS


def test_values_of_samples_are_listed_by_row():
    """An array a row, of one value a sample."""
    _, values, *_ = pack((TEXTS, np.array([0.5, 1.5, 2.5])), PACKED, 3)
    assert [row.tolist() for row in values] == [[0.5, 1.5], [2.5], []]
    assert {row.dtype for row in values} == {np.dtype(np.float64)}


def test_names_of_samples_are_listed_by_row():
    """Strings, say."""
    _, names, *_ = pack((TEXTS, ["a", "b", "c"]), PACKED, 3)
    assert [row.tolist() for row in names] == [["a", "b"], ["c"], []]


def test_dicts_stay_dicts():
    """What is added has names."""
    found = pack({"text": TEXTS}, PACKED, 3)
    assert {name: column.tolist() for name, column in found.items()} == {
        "text": ROWS,
        "segment_ids": SEGMENTS,
        "positions": POSITIONS,
    }


def test_a_bare_batch_becomes_a_tuple():
    """As it has grown."""
    found = pack(TEXTS, PACKED, 3)
    assert [column.tolist() for column in found] == [ROWS, SEGMENTS, POSITIONS]


def test_nested_batches_keep_their_structure():
    """Each column is packed."""
    found = pack(({"text": TEXTS}, TEXTS), PACKED, 3)
    assert (found[0]["text"].tolist(), found[1].tolist()) == (ROWS, ROWS)


@pytest.mark.parametrize("name", ["segment_ids", "positions"])
def test_names_that_are_taken_are_refused(name):
    """The message tells which."""
    with pytest.raises(ArgumentError, match=f"needs the name '{name}', which a column has"):
        pack({"text": TEXTS, name: np.arange(3)}, PACKED, 3)


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([TEXTS[0], TEXTS[0], TEXTS[2]], r"column \[0\] has int64 \(2,\) for sample 3, .* is 1"),
        ([TEXTS[0], np.int64(3), TEXTS[2]], r"column \[0\] has .* for sample 3, whose length is 1"),
        (np.zeros((3, 6)), r"column \[0\] has float64 \(6,\) for sample 7, whose length is 2"),
    ],
)
def test_another_number_of_tokens_is_refused(column, shown):
    """With the sample."""
    with pytest.raises(BatchError, match=shown):
        pack((column,), PACKED, 3)


@pytest.mark.parametrize(
    "other", [TEXTS[1].astype(np.float32), TEXTS[1].reshape(1, 1), TEXTS[1].astype(np.int8)]
)
def test_samples_that_do_not_fit_in_one_array_are_refused(other):
    """The message names the column."""
    with pytest.raises(BatchError, match=r"column \['text'\] cannot be packed: its samples differ"):
        pack({"text": [TEXTS[0], other, TEXTS[2]]}, PACKED, 3)


def test_the_column_of_a_bare_batch_has_number_0():
    """In messages."""
    with pytest.raises(BatchError, match="column 0 has"):
        pack([TEXTS[0], TEXTS[0], TEXTS[2]], PACKED, 3)


def test_what_is_left_out_leaves_padding():
    """The others stay where they are, and are numbered anew."""
    packed = PACKED.without([0])
    tokens, segments, positions = pack((TEXTS[1:],), packed, 3)
    assert tokens.tolist() == [[0, 0, 3, 0, 0], ROWS[1], ROWS[2]]
    assert segments.tolist() == [[0, 0, 1, 0, 0], SEGMENTS[1], SEGMENTS[2]]
    assert positions.tolist() == [[0] * 5, POSITIONS[1], POSITIONS[2]]


def test_places_are_those_of_first_tokens():
    """Which no other sample has, in any batch; they do not depend on what is left out."""
    rows = np.array([4, 9, 2])
    assert PACKED.places(rows).tolist() == [20, 22, 45]
    assert PACKED.without([0]).places(rows).tolist() == [22, 45]


def test_what_is_packed_is_new():
    """Writing into it changes no sample."""
    texts = [text.copy() for text in TEXTS]
    values = np.arange(3)
    tokens, listed, *_ = pack((texts, values), PACKED, 3)
    tokens[:] = 9
    listed[0][:] = 9
    assert [text.tolist() for text in texts] == [text.tolist() for text in TEXTS]
    assert values.tolist() == [0, 1, 2]
