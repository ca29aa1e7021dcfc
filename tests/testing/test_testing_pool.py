"""The contract of a pool: those that we have keep it, and it can be broken."""

from concurrent.futures import Future

import numpy as np
import pytest

from aliquot.errors import PoolClosedError
from aliquot.testing import WorkerPoolContract
from aliquot.work_pool import AbstractWorkerPool, WorkerProcessPool, WorkerThreadPool


class TestThreads(WorkerPoolContract):
    """Several of them."""

    def make_pool(self):
        return WorkerThreadPool(3)


class TestOneThread(WorkerPoolContract):
    """Which does all the work."""

    def make_pool(self):
        return WorkerThreadPool(1)


class TestProcesses(WorkerPoolContract):
    """Two are several."""

    def make_pool(self):
        return WorkerProcessPool(2)


class Eager(AbstractWorkerPool):
    """The simplest pool: does each task when it is submitted. The others here break it."""

    def __init__(self):
        self._closed = False

    @property
    def processes(self):
        return 1

    def submit(self, fn, /, *args, **kwargs):
        if self._closed:
            raise PoolClosedError("the pool is closed: make a new one")
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self):
        self._closed = True

    def shared_constant(self, x):
        return x


class TestEager(WorkerPoolContract):
    """Nothing is asked that the contract does not say."""

    def make_pool(self):
        return Eager()


class Idle(Eager):
    @property
    def processes(self):
        return 0


class ForgetsNames(Eager):
    def submit(self, fn, /, *args, **kwargs):
        return super().submit(fn, *args)


class WrapsErrors(Eager):
    def submit(self, fn, /, *args, **kwargs):
        future = super().submit(fn, *args, **kwargs)
        if future.exception() is None:
            return future
        wrapped = Future()
        wrapped.set_exception(RuntimeError("a worker failed"))
        return wrapped


class LosesNotes(Eager):
    def submit(self, fn, /, *args, **kwargs):
        future = super().submit(fn, *args, **kwargs)
        if future.exception() is not None:
            del future.exception().__notes__
        return future


class SendsPlaceholders(Eager):
    """Puts something in the place of a constant, and does not resolve it."""

    def shared_constant(self, x):
        return (len(x),)


class Backwards(Eager):
    """Results come in the order in which they are finished: the last first."""

    def work_stream(self, task_generator, task_buffer_size=20):
        return super().work_stream(list(task_generator)[::-1], task_buffer_size)


class Rounds(Eager):
    """Batches come back in single precision."""

    def submit(self, fn, /, *args, **kwargs):
        def rounded():
            found = fn(*args, **kwargs)
            if isinstance(found, dict):
                return {**found, "x": found["x"].astype(np.float32)}
            return found

        return super().submit(rounded)


class StaysOpen(Eager):
    def close(self):
        pass


class ClosesOnce(Eager):
    def close(self):
        if self._closed:
            raise PoolClosedError("the pool is closed already")
        super().close()


class LeavesWaiting(Eager):
    """Drops what it has not begun without a word."""

    def submit(self, fn, /, *args, **kwargs):
        return Future()


class EntersAnother(Eager):
    def __enter__(self):
        return Eager()


def contract(make):
    class Contract(WorkerPoolContract):
        def make_pool(self):
            return make()

    return Contract


ORDER = "results_come_in_the_order_of_the_tasks"
INLINE = "batches_are_those_made_inline"
ONE_ERROR = "a_task_raises_its_own_exception"
GOES_ON = "a_stream_goes_on_after_an_exception"
NOTES = "the_exception_of_a_sample_comes_with_notes"
CLOSED = "a_closed_pool_takes_no_task"
WITH = "a_with_block_closes_the_pool"


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (Idle, {"there_is_a_worker_or_more"}),
        (ForgetsNames, {"a_task_gives_its_result", "a_shared_constant_reaches_its_tasks"}),
        (WrapsErrors, {ONE_ERROR, GOES_ON, NOTES}),
        (Backwards, {ORDER, INLINE, GOES_ON, "two_sources_share_a_pool"}),
        (Rounds, {INLINE}),
        (StaysOpen, {CLOSED, WITH}),
        (ClosesOnce, {"a_pool_can_be_closed_twice"}),
        (EntersAnother, {WITH}),
    ],
)
def test_a_broken_pool_fails_the_right_tests(failing, broken, expected):
    """Those of the clause that it breaks, and others only where they follow from it."""
    assert expected == failing(contract(broken))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (LosesNotes, NOTES),
        (SendsPlaceholders, "a_shared_constant_reaches_its_tasks"),
        (LeavesWaiting, "no_task_is_left_waiting_by_close"),
    ],
)
def test_a_broken_pool_fails_the_test_of_its_clause(broken, expected):
    """Whatever else it fails."""
    with pytest.raises(AssertionError):
        getattr(contract(broken)(), f"test_{expected}")()


def test_a_broken_clause_is_told_in_words():
    """Which batches, and what they were."""
    with pytest.raises(AssertionError) as caught:
        contract(Rounds)().test_batches_are_those_made_inline()
    message = "batches of 1, in order, differ from those made inline: [{'index': array([0])"
    assert str(caught.value).startswith(message)


def test_a_contract_without_a_pool_says_what_to_write():
    """In the words of the method that is missing."""
    with pytest.raises(NotImplementedError, match="must define make_pool"):
        WorkerPoolContract().test_there_is_a_worker_or_more()
