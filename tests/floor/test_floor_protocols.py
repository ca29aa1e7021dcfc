"""What an array-like must offer."""

import numpy as np
import pytest

from aliquot._protocols import ArrayLike


@pytest.mark.parametrize("column", [np.zeros(3), [1], (1,), range(2)])
def test_what_can_be_indexed_is_an_array_like(column):
    """No base class is needed."""
    assert isinstance(column, ArrayLike)


@pytest.mark.parametrize("column", [3, {1, 2}, iter([]), None])
def test_what_cannot_be_indexed_is_none(column):
    """Length and brackets are both needed."""
    assert not isinstance(column, ArrayLike)
