"""Samples compared, and changed, whatever they are."""

import copy
import datetime as dt

import numpy as np
import pytest
from PIL import Image

from aliquot.testing._samples import arrays_in, row, same, spoil

SAMPLES = [
    3,
    2.5,
    True,
    float("nan"),
    "text",
    b"bytes",
    None,
    dt.date(2000, 1, 1),
    np.float32(1.5),
    np.datetime64("2000-01-01"),
    np.str_("text"),
    np.array([[1, 2], [3, 4]]),
    np.array([1.0, np.nan]),
    np.array(["a", "bc"]),
    np.array([None, "a", np.zeros(2)], object),
    np.array([(1, 2.0)], [("a", int), ("b", float)]),
    [np.zeros(2), np.zeros(3)],
    (1, {"x": np.zeros(2), "y": [None]}),
    Image.fromarray(np.eye(4, dtype=np.uint8)),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda x: type(x).__name__)
def test_a_sample_is_the_same_as_its_copy(sample):
    """Also one with NaN in it."""
    assert same(sample, copy.deepcopy(sample))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (3, 4),
        (3, "3"),
        (3, np.array("3")),
        (0.0, float("nan")),
        ("a", "b"),
        (None, 0),
        (np.float32(1), np.float64(1)),
        (np.array([1, 2]), np.array([1, 2], np.int32)),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array([1, 2]), np.array([1, 3])),
        (np.array([1.0, 2]), np.array([1.0, np.nan])),
        (np.array([1, 2]), [1, 2]),
        (np.array([1, 2]), None),
        (np.array([0.0]), np.array([-0.0])),
        (np.array([None, 1], object), np.array([None, 2], object)),
        ([1], [1, 1]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        ((1, {"x": np.zeros(2)}), (1, {"x": np.ones(2)})),
    ],
)
def test_samples_that_differ(a, b):
    """In value, in type, in shape or in structure; whichever comes first."""
    assert [same(a, b), same(b, a)] == [False, False]


@pytest.mark.parametrize(
    ("a", "b"),
    [(3, np.int32(3)), (0.5, np.float32(0.5)), (True, np.bool_(True)), (3, np.array(3))],
)
def test_pythons_numbers_have_no_dtype(a, b):
    """They stand for NumPy's of the same value."""
    assert [same(a, b), same(b, a)] == [True, True]


def test_nan_is_the_same_whoever_gives_it():
    """Python or NumPy."""
    assert same(float("nan"), np.float32("nan"))


def test_a_row_has_the_structure_of_its_batch():
    """A list is a leaf."""
    assert row((np.arange(3), {"a": ["x", "y", "z"]}), 1) == (1, {"a": "y"})


def test_all_arrays_are_found():
    """However deep they lie."""
    batch = (np.zeros(1), {"a": [np.zeros(2), ({"b": np.zeros(3)}, "text")]}, None)
    assert [array.shape for array in arrays_in(batch)] == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    "array",
    [
        np.array([0, 1, -1]),
        np.array([[0, 255]], np.uint8),
        np.array([0.0, 1.5]),
        np.array([1j, 0]),
        np.array([True, False]),
        np.array(["a", "bc"]),
        np.array(["2000-01-01", "NaT"], "datetime64[D]"),
        np.array(["a", 3], object),
        np.arange(12).reshape(3, 4).T[::2],
        np.array(3),
    ],
    ids=lambda x: f"{x.dtype}{x.shape}",
)
def test_every_entry_is_spoilt(array):
    """Whatever it was, and however it lies in memory."""
    before = array.copy()
    spoil(array)
    pairs = zip(before.ravel(), array.ravel(), strict=True)
    assert [same(np.asarray(x), np.asarray(y)) for x, y in pairs] == [False] * array.size
