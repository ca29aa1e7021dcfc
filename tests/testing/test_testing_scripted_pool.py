"""A pool whose tasks are done when a test says so."""

import pytest

from aliquot.errors import PoolClosedError, WorkerLostError
from aliquot.testing import ScriptedPool


def test_nothing_is_done_by_itself():
    """What was submitted is kept."""
    pool = ScriptedPool(processes=3)
    future = pool.submit(int, "ff", base=16)
    assert (pool.calls, future.done(), pool.processes) == ([(int, ("ff",), {"base": 16})], False, 3)


def test_tasks_are_finished_by_their_numbers():
    """In any order; an exception is an outcome too."""
    pool = ScriptedPool()
    futures = [pool.submit(int, text) for text in ("1", "x", "3")]
    pool.finish(2, 1)
    assert [future.done() for future in futures] == [False, True, True]
    assert futures[2].result() == 3
    with pytest.raises(ValueError, match="invalid literal"):
        futures[1].result()


def test_a_lost_worker_is_an_outcome():
    """The one that pools of processes give."""
    pool = ScriptedPool()
    future = pool.submit(int)
    pool.lose(0)
    assert isinstance(future.exception(), WorkerLostError)


def test_closing_cancels_what_is_not_done():
    """And refuses what comes later."""
    pool = ScriptedPool()
    futures = [pool.submit(int) for _ in range(2)]
    pool.finish(0)
    with pool:
        pass
    assert [future.cancelled() for future in futures] == [False, True]
    with pytest.raises(PoolClosedError, match="is closed"):
        pool.submit(int)


def test_a_shared_constant_is_the_value_itself():
    """Nothing is sent anywhere."""
    value = [1]
    assert value is ScriptedPool().shared_constant(value)
