"""Plain counters of what a loader did."""

import timeit

from aliquot._ledger import Ledger


def test_a_new_ledger_is_empty():
    """And shares nothing with another."""
    first, second = Ledger(), Ledger()
    first.add(1, 2, 3, {"read": 4})
    first.failures.append("failure")
    assert (second.batches, second.samples, second.wait_ns, second.work_ns) == (0, 0, 0, 0)
    assert (second.stages, second.failures) == ({}, [])


def test_batches_add_up():
    """In every counter; a stage begins with the first batch that has it."""
    ledger = Ledger()
    ledger.add(64, wait_ns=10, work_ns=100, stages={"read": 60})
    ledger.add(36, wait_ns=5, work_ns=50, stages={"read": 30, "map f": 7})
    assert (ledger.batches, ledger.samples, ledger.wait_ns, ledger.work_ns) == (2, 100, 15, 150)
    assert ledger.stages == {"read": 90, "map f": 7}


def test_the_stages_of_a_batch_are_copied():
    """What is added later does not change a batch's own clock."""
    ledger, clock = Ledger(), {"read": 1}
    ledger.add(1, 0, 0, clock)
    ledger.add(1, 0, 0, {"read": 2})
    assert clock == {"read": 1}


def test_adding_a_batch_is_cheap():
    """Two microseconds at most, the best of several."""
    ledger, stages = Ledger(), {"read": 1, "map f": 2}
    best = min(timeit.repeat(lambda: ledger.add(64, 1, 2, stages), number=1000, repeat=9))
    assert best < 2e-6 * 1000
