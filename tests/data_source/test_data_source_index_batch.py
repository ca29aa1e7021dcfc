"""The indices of a batch: an array, a tuple of these for a composite, or a choice of one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source._index_batch import ChoiceBatch, PackedBatch, count, first_at, take, trim

FEW = settings(derandomize=True, max_examples=60, deadline=None)


def indices(n):
    return st.integers(0, 10**6).map(lambda first: np.arange(first, first + n))


def nested(n):
    """Draw the indices of a batch of `n` samples, of a source of any structure."""

    def deeper(inner):
        members = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return members | st.builds(ChoiceBatch, inner, st.integers(0, 2))

    return st.recursive(indices(n), deeper, max_leaves=5)


sized = st.integers(0, 6).flatmap(lambda n: st.tuples(st.just(n), nested(n)))


def plain(batch):
    """Give the structure with lists in place of arrays, and choices by name."""
    if isinstance(batch, ChoiceBatch):
        return {"choice": batch.ds_index, "of": plain(batch.sample_indices)}
    return tuple(map(plain, batch)) if isinstance(batch, tuple) else list(batch)


def chosen(structure, rows):
    """Keep some of the samples, in the plain structure."""
    if isinstance(structure, dict):
        return {**structure, "of": chosen(structure["of"], rows)}
    if isinstance(structure, tuple):
        return tuple(chosen(part, rows) for part in structure)
    return [structure[row] for row in rows]


def leaves(structure):
    if isinstance(structure, dict):
        return leaves(structure["of"])
    if isinstance(structure, tuple):
        return [leaf for part in structure for leaf in leaves(part)]
    return [structure]


@FEW
@given(sized)
def test_samples_are_counted_at_any_depth(batch):
    """Those of the first array."""
    n, found = batch
    assert n == count(found)


@FEW
@given(sized, st.data())
def test_taking_keeps_rows_of_every_array(batch, data):
    """In the order asked for, more than once if so; the structure stays."""
    n, found = batch
    rows = data.draw(st.lists(st.integers(0, n - 1)) if n else st.just([]))
    expected = chosen(plain(found), rows)
    assert expected == plain(take(found, np.array(rows, np.int64)))


@FEW
@given(sized, st.integers(0, 8), st.integers(0, 8))
def test_taking_a_slice_keeps_the_rows_in_it(batch, start, stop):
    """As of a list."""
    n, found = batch
    expected = chosen(plain(found), range(n)[start:stop])
    assert expected == plain(take(found, slice(start, stop)))


@FEW
@given(st.lists(sized, min_size=1, max_size=4))
def test_trimming_cuts_every_member_to_the_shortest(batches):
    """At any depth."""
    members = tuple(found for _, found in batches)
    shortest = min(n for n, _ in batches)
    found = trim(members)
    assert chosen(plain(members), range(shortest)) == plain(found)
    assert {shortest} == {len(leaf) for leaf in leaves(plain(found))}


def test_members_of_one_length_are_not_copied():
    """Nearly all steps are such."""
    members = (np.arange(3), ChoiceBatch(np.arange(3), 1))
    assert members is trim(members)


def test_a_choice_stays_one():
    """Rows of it are a `ChoiceBatch` of the same member."""
    found = take(ChoiceBatch((np.arange(3), np.arange(3)), 2), slice(1))
    assert (type(found), found.ds_index, count(found)) == (ChoiceBatch, 2, 1)


@pytest.mark.parametrize(
    "batch",
    [
        np.array([4, 5, 6]),
        [4, 5, 6],
        (np.array([4, 5, 6]), np.array([0, 0, 0])),
        ChoiceBatch(np.array([4, 5, 6]), 1),
        (ChoiceBatch((np.array([4, 5, 6]), np.array([0, 0, 0])), 1), np.array([1, 1, 1])),
    ],
)
def test_the_index_in_a_row_is_that_of_the_first_member(batch):
    """An `int`, for messages."""
    found = first_at(batch, 1)
    assert (found, type(found)) == (5, int)


def packed():
    """Give two samples in row 0, none in row 1, one in row 2."""
    return PackedBatch(
        np.array([7, 3, 5]), np.array([0, 0, 2]), np.array([0, 2, 0]), np.array([2, 1, 4]), tokens=5
    )


def listed(batch):
    """Give samples, rows, offsets and lengths."""
    return [part.tolist() for part in batch[:4]]


def test_samples_of_rows_are_counted():
    """Not the rows."""
    assert count(packed()) == 3


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0, 3, [[7, 3, 5], [0, 0, 2], [0, 2, 0], [2, 1, 4]]),
        (0, 1, [[7, 3], [0, 0], [0, 2], [2, 1]]),
        (1, 3, [[5], [1], [0], [4]]),
        (1, 2, [[], [], [], []]),
    ],
)
def test_rows_that_are_kept_count_from_0(start, stop, expected):
    """With all their samples; the others are gone."""
    found = packed().rows(start, stop)
    assert (listed(found), found.tokens) == (expected, 5)


def test_rows_that_are_kept_are_copies():
    """Writing into them changes no others."""
    whole = packed()
    for part in whole.rows(0, 3)[:4]:
        part[:] = 99
    assert listed(whole) == listed(packed())


def test_samples_that_are_left_out_leave_their_row():
    """The others stay where they are."""
    assert listed(packed().without([0, 2])) == [[3], [0], [2], [1]]
