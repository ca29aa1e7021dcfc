"""What array-likes tell of themselves, found in any source."""

import numpy as np
import pytest

from aliquot.data_source import (
    ArrayDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    IteratorDataSource,
    MixDataSource,
    RandomAccessDataSource,
    SingleDataSource,
    codecs,
    python_functions,
)
from aliquot.image import ImageFiles

X = np.arange(10)


class Own:
    """An array-like without a `repr`."""

    def __init__(self, k):
        self.k = k

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return np.asarray(index) * self.k


class Squares(RandomAccessDataSource):
    def __init__(self, k):
        super().__init__(10)
        self.k = k

    def samples_by_indices_nomapping(self, indices):
        return (indices**2 * self.k,)


def scaled(*columns):
    return columns


class Calls(Own):
    """An array-like that tells what it calls."""

    def __init__(self, *names):
        super().__init__(1)
        self.python_functions = names


ONE = ArrayDataSource([Calls("f", "g"), X])
OTHER = ArrayDataSource({"x": Calls("h"), "y": Calls("f")})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ArrayDataSource([X, Own(1)]), ()),
        (ONE, ("f", "g")),
        (OTHER, ("h", "f")),
        (SingleDataSource(Calls("f")), ("f",)),
        (ONE.map(scaled).filter(lambda x, y: y > 3).take(2), ("f", "g")),
        (ONE.cache(memory=1000), ("f", "g")),
        (ConcatDataSource([ONE, ONE, SingleDataSource(Calls("h"))]), ("f", "g", "h")),
        (MixDataSource([ONE, OTHER], weights=[1, 1]), ("f", "g", "h")),
        (CompositeDataSource([OTHER, ONE]), ("h", "f", "g")),
        (ChoiceDataSource([ONE, OTHER]).map(scaled), ("f", "g", "h")),
        (Squares(2), ()),
        (IteratorDataSource(iter([])), ()),
    ],
    ids=range(12),
)
def test_functions_that_run_in_python_are_found_in_every_source(source, expected):
    """Once each, in order."""
    assert python_functions(source) == expected


def test_codecs_are_found_in_every_source():
    """Also behind functions, selections and mixtures."""
    photos = ImageFiles(["a.jpg", "b.jpg"], codec="pillow")
    other = Calls()
    other.codec = "mine"
    source = ConcatDataSource([SingleDataSource(photos).map(scaled), SingleDataSource(other)])
    assert codecs(source.take(3)) == ("pillow", "mine")
    assert codecs(SingleDataSource(X)) == ()
