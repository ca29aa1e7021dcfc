"""A function called by several threads at the same time."""

import sys
import threading

import pytest

from aliquot.testing._at_once import at_once


def test_all_are_in_it_at_once():
    """They meet."""
    meeting = threading.Barrier(5)
    assert sorted(at_once(lambda _: meeting.wait(10), 5)) == [0, 1, 2, 3, 4]


def test_results_come_in_the_order_of_the_numbers():
    """Whoever is first."""
    assert at_once(lambda number: number * 10, 4) == [0, 10, 20, 30]


def test_an_error_of_any_is_raised():
    """And the interpreter switches as it did before."""
    before = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        at_once(lambda number: 1 // (number - 2), 4)
    assert before == sys.getswitchinterval()
