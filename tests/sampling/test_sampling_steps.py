"""How many batches there are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import StandardSampler, num_batches


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 60), st.integers(1, 70))
def test_it_is_the_number_of_batches_that_come(n, size):
    """Short last ones count."""
    expected = len(list(StandardSampler(n).in_order_indices_batch_iterator(size)))
    assert expected == num_batches(n, size)


@pytest.mark.parametrize(("size", "error"), [(0, ArgumentError), (2.5, ArgumentTypeError)])
def test_a_wrong_batch_size_is_refused(size, error):
    """As everywhere else."""
    with pytest.raises(error, match="batch_size must be an integer of 1 or more"):
        num_batches(10, size)
