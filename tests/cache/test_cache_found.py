"""Hits and misses put together."""

import numpy as np
import pytest
from cache_cases import plain, ragged, squares

from aliquot.cache._found import Found
from aliquot.cache._samples import learn, split


def cells(batch, rows, always):
    return dict(zip(rows, split(batch, len(rows), always), strict=True))


@pytest.mark.parametrize("make", [squares, ragged])
@pytest.mark.parametrize("here", [[0], [1, 3], [0, 2, 3, 4]])
def test_any_mixture_is_the_whole(make, here):
    """Of samples in the columns, alone, and just read."""
    whole = make(range(10, 15))
    always = {}
    learn(whole, always)
    rows = np.array(here)
    rest = np.setdiff1d(np.arange(5), rows)
    alone = Found(5, cells=cells(make(rows + 10), here, always))
    assert rest.tolist() == alone.missing().tolist()
    assert plain(whole) == plain(alone.completed(rest, make(rest + 10), always))
    if make is squares:
        mapped = Found(5, rows, make(rows + 10))
        assert rest.tolist() == mapped.missing().tolist()
        assert plain(whole) == plain(mapped.completed(rest, make(rest + 10), always))
        both = Found(5, rows, make(rows + 10), cells(make(rest + 10), rest.tolist(), always))
        assert plain(whole) == plain(both.complete())


def test_a_whole_batch_lacks_nothing():
    """And is given as it is."""
    batch = squares([1, 2])
    found = Found(2, None, batch)
    assert not len(found.missing())
    assert found.complete() is batch


def test_another_layout_is_joined_sample_by_sample():
    """As of samples that are not of one shape after all."""
    found = Found(3, np.array([0, 1]), np.zeros((2, 4)))
    assert plain([np.zeros(4), np.zeros(4), np.zeros(5)]) == plain(
        found.completed(np.array([2]), np.zeros((1, 5)), {"": False})
    )
