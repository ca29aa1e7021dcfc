"""The fixed layout."""

import json

import numpy as np
import pytest

from aliquot._batch import leaves
from aliquot.cache._layout import (
    columns_of,
    filled,
    fits,
    layout_from_json,
    layout_of,
    layout_to_json,
)

BATCHES = [
    np.zeros((3, 2), np.float32),
    (np.zeros(3), {"a": np.zeros((3, 0)), "b": (np.zeros((3, 4), "U5"),)}),
    np.zeros(3, [("x", "i4"), ("y", "f8", (2,))]),
]


@pytest.mark.parametrize("batch", BATCHES)
def test_a_layout_comes_back(batch):
    """Through JSON."""
    layout = layout_of(batch)
    assert layout == layout_from_json(json.loads(json.dumps(layout_to_json(layout))))
    assert fits(batch, layout, 3)


@pytest.mark.parametrize(
    "batch",
    [
        ["a", "b"],
        (np.zeros(2), ["a", "b"]),
        np.array(["a", None], object),
        {1: np.zeros(2)},
        (),
        (np.zeros(2), {}),
        np.ma.zeros(2),
    ],
)
def test_what_has_no_layout(batch):
    """Lists, objects, and names that are no str."""
    assert layout_of(batch) is None


def test_what_does_not_fit():
    """Another shape, dtype, structure or number of samples."""
    layout = layout_of(np.zeros((3, 2)))
    for other in (np.zeros((3, 1)), np.zeros((3, 2), int), (np.zeros((3, 2)),), ["a"] * 3):
        assert not fits(other, layout, 3)
    assert not fits(np.zeros((3, 2)), layout, 2)
    assert not fits(np.zeros((3, 2)), None, 3)


def test_columns_go_back_into_their_containers():
    """In the order of the leaves."""
    batch = BATCHES[1]
    layout = layout_of(batch)
    found = filled(layout, iter([leaf for _, leaf in leaves(batch)]))
    assert [path for path, _ in leaves(batch)] == [path for path, _ in leaves(found)]
    assert [column.size for column in columns_of(layout)] == [8, 0, 80]
