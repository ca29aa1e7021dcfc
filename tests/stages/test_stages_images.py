"""Columns of pictures: what is asked of them, and how they are gone through."""

import numpy as np
import pytest

from aliquot.errors import ArgumentError, BatchError
from aliquot.stages._images import as_images, blocks, check_layout, floating


def test_pictures_of_different_sizes():
    """Their shapes are shown, a few of them, and what to do."""
    pictures = [np.zeros((h, 9, 3)) for h in (2, 3, 4, 5, 6)]
    with pytest.raises(BatchError) as caught:
        as_images("photo", pictures, stage="MixUp", axes=1)
    assert str(caught.value) == (
        "column 'photo' is a list of 5 samples, of shapes (2, 9, 3), (3, 9, 3), (4, 9, 3), "
        "(5, 9, 3), ...: MixUp needs one array; give ImageFiles a size=, or pad"
    )


def test_samples_without_a_shape():
    """Their type stands for it."""
    with pytest.raises(BatchError, match="of shapes str"):
        as_images(0, ["a.jpg"], stage="MixUp", axes=1)


@pytest.mark.parametrize("column", [None, 3, ("a",), {"a": 1}])
def test_what_is_no_column(column):
    """It is described."""
    with pytest.raises(BatchError, match="MixUp needs one array"):
        as_images(0, column, stage="MixUp", axes=1)


@pytest.mark.parametrize("axes", [1, 2])
def test_too_few_axes(axes):
    """The shape is shown."""
    with pytest.raises(BatchError, match=rf"shape \(3,\): MixUp needs .* at least {axes} axes"):
        as_images(0, np.zeros(3), stage="MixUp", axes=axes)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("u1", "f4"), ("i8", "f4"), ("?", "f4"), ("f2", "f4"), ("f4", "f4"), ("f8", "f8")],
)
def test_the_dtype_of_results(given, expected):
    """float64 stays, and everything else becomes float32."""
    assert floating(0, np.zeros(1, given), stage="MixUp", kinds="biuf") == expected


@pytest.mark.parametrize("dtype", ["U1", "c8", "M8[s]", np.longdouble])
def test_dtypes_that_are_refused(dtype):
    """The kinds that are taken are listed."""
    with pytest.raises(BatchError, match="normalize takes unsigned integers, floats"):
        floating(0, np.zeros(1, dtype), stage="normalize", kinds="uf")


@pytest.mark.parametrize("shape", [(0, 4), (7,), (5, 0), (100, 10, 10), (3, 10**6), (300, 10**4)])
def test_blocks_hold_each_row_once(shape):
    """In order."""
    rows = np.arange(shape[0])
    found = [rows[block] for block in blocks(np.broadcast_to(np.uint8(0), shape))]
    assert np.concatenate([rows[:0], *found]).tolist() == rows.tolist()


@pytest.mark.parametrize("layout", ["NWHC", None, "nhwc"])
def test_a_layout_that_there_is_not(layout):
    """Those that there are, are named."""
    with pytest.raises(ArgumentError, match="one of 'NHWC', 'NCHW', not"):
        check_layout(layout)
