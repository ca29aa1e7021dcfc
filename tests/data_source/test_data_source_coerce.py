"""From whatever a user has to a data source."""

import numpy as np
import pytest

from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    IteratorDataSource,
    coerce_data_source,
)
from aliquot.errors import ArgumentError, ArgumentTypeError

X = np.arange(3)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        ([X], ArrayDataSource),
        ((X, X), ArrayDataSource),
        ({"x": X}, ArrayDataSource),
        (iter([(X,)]), IteratorDataSource),
        ((batch for batch in [(X,)]), IteratorDataSource),
        (lambda batch_size: iter([]), CallableDataSource),
    ],
    ids=["list", "tuple", "dict", "iterator", "generator", "function"],
)
def test_each_thing_has_its_source(x, kind):
    """As the documentation says."""
    assert kind is type(coerce_data_source(x))


def test_a_source_stays_itself():
    """Nothing is wrapped twice."""
    source = ArrayDataSource([X])
    assert source is coerce_data_source(source)


@pytest.mark.parametrize("x", [X, "abc", 3, None, {1, 2}])
def test_what_is_none_of_these_is_refused(x):
    """The message lists them, and says what came."""
    with pytest.raises(ArgumentTypeError) as caught:
        coerce_data_source(x)
    message = str(caught.value)
    assert "expected a data source, a list, tuple or dict of array-likes" in message
    assert message.endswith(type(x).__name__)


@pytest.mark.parametrize("x", [[], (), {}])
def test_nothing_is_refused(x):
    """As by `ArrayDataSource`."""
    with pytest.raises(ArgumentError, match="at least one array-like"):
        coerce_data_source(x)
