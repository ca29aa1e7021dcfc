"""The states of the random generators that a whole program shares."""

import random

import numpy as np
import pytest

from aliquot.testing._global_states import global_states, unlikely_states
from aliquot.testing._samples import same


@pytest.mark.parametrize(
    ("draw", "name"), [(random.random, "random"), (np.random.random, "numpy.random")]
)
def test_a_draw_changes_one_state(draw, name):
    """The one of its own module."""
    with unlikely_states():
        before = global_states()
        draw()
        after = global_states()
    assert [name] == [module for module in before if not same(before[module], after[module])]


def test_the_states_are_put_back():
    """Also after an error."""
    before = global_states()
    with pytest.raises(OSError, match="stop"), unlikely_states():
        raise OSError("stop")
    assert same(before, global_states())


def test_no_fixed_seed_leads_to_the_state():
    """Nor is it the same twice."""
    with unlikely_states():
        first = global_states()
    with unlikely_states():
        assert not same(first, global_states())
