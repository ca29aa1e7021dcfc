"""Samples to bytes and back."""

import math

import numpy as np
import pytest
from cache_cases import plain
from hypothesis import given
from hypothesis import strategies as st

from aliquot.cache._codec import (
    Cell,
    decode,
    dtype_from_json,
    dtype_to_json,
    encode,
    head_of,
    padded,
)
from aliquot.errors import BatchError


def again(value):
    return decode(b"".join(encode(value)))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
)


@given(VALUES)
def test_plain_values_come_back(value):
    """Exactly, with their types."""
    assert plain(Cell("L", value)) == plain(again(Cell("L", value)))


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.arange(12).reshape(3, 4)[::2, ::-1],
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.zeros((0, 3), np.int8),
    np.array(5),
    np.array(["a", "longer"]),
    np.array([b"x", b""]),
    np.array(["2020-01-01", "NaT"], "M8[D]"),
    np.array([1, 2], ">i4"),
    np.array([(1, 2.5)], [("a", "i1"), ("b", "f8", (2,))]),
    np.array([(1, 2)], np.dtype([("a", "i1"), ("b", "i8")], align=True)),
    np.array([np.nan, -0.0, np.inf], np.float16),
    np.array([1 + 2j]),
    np.array("text"),
    np.zeros(3, "V5"),
    np.zeros(2, "U0"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}-{a.shape}")
def test_arrays_come_back(array):
    """Of any dtype without objects, in any memory layout."""
    assert plain(np.ascontiguousarray(array).reshape(array.shape)) == plain(again(array))


@pytest.mark.parametrize(
    "scalar",
    [np.float32(1.5), np.str_("é"), np.bool_(True), np.datetime64("2020", "s"), np.int8(3)],
)
def test_numpy_scalars_come_back(scalar):
    """As scalars, and not as arrays."""
    assert plain(scalar) == plain(again(scalar))


def test_a_nan_keeps_its_bits():
    """And minus zero its sign."""
    found = again(Cell("L", [-0.0, math.nan]))
    assert math.copysign(1, found.value[0]) == -1
    assert math.isnan(found.value[1])


def test_arrays_are_views_of_the_bytes():
    """What is read is copied once, later."""
    data = b"".join(encode(np.arange(3)))
    assert np.shares_memory(decode(data), np.frombuffer(data, np.uint8))


def test_every_part_is_aligned():
    """An array over the bytes is aligned whatever stands before it."""
    parts = encode((Cell("L", "abc"), Cell("L", b"12345"), Cell("A", np.arange(3.0))))
    data = b"".join(parts)
    assert len(data) % 8 == 0
    assert decode(data)[2].value.flags.aligned


def test_samples_of_one_layout_have_the_same_head():
    """Whatever the numbers are."""
    one, two = (b"".join(encode((Cell("A", np.full(3, n)),))) for n in (1, 2))
    assert head_of(one) == head_of(two)
    assert head_of(one) != head_of(b"".join(encode((Cell("A", np.zeros(4, int)),))))


class Custom:
    pass


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Custom(), "test_cache_codec.Custom"),
        (Text("a"), "test_cache_codec.Text"),
        ([1, {"a": {2}}], "builtins.set"),
        (np.array([Custom()]), "numpy.ndarray of object"),
        (np.ma.array([1], mask=[True]), "MaskedArray"),
        (np.zeros(1, np.dtype({"names": ["a"], "formats": ["O"]})), "numpy.ndarray"),
    ],
)
def test_what_cannot_be_encoded_is_named(value, name):
    """With the path of its column and its type."""
    with pytest.raises(BatchError, match=r"column \[1\]\['x'\] cannot be cached") as caught:
        encode((Cell("A", np.zeros(2)), {"x": Cell("L", value)}))
    assert name in str(caught.value)


def test_a_name_that_cannot_be_encoded():
    """Names are part of the batch."""
    with pytest.raises(BatchError, match="the batch cannot be cached: it holds builtins"):
        encode({frozenset(): Cell("A", np.zeros(2))})


@pytest.mark.parametrize("dtype", ["<f4", ">i2", "U7", "M8[ns]", [("a", "<i4"), ("b", "U2", (3,))]])
def test_dtypes_come_back(dtype):
    """Through JSON."""
    assert np.dtype(dtype) == dtype_from_json(dtype_to_json(np.dtype(dtype)))


def test_dtypes_that_have_no_description():
    """Objects, and fields that overlap."""
    overlapping = np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 2]})
    assert [dtype_to_json(np.dtype(object)), dtype_to_json(overlapping)] == [None, None]


def test_padding():
    """To multiples of eight."""
    assert [padded(n) for n in (0, 1, 8, 9)] == [0, 8, 8, 16]
