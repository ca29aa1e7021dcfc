"""A process that does one task at a time, seen from its parent."""

import os
import signal
import threading

import cloudpickle
import pytest

from aliquot.errors import WorkerLostError
from aliquot.work_pool._child import Child, SharedConstant


@pytest.fixture
def child():
    """Yield a process."""
    made = Child(cloudpickle.dumps)
    yield made
    made.end()


def test_a_child_does_tasks_until_it_is_ended(child, is_running):
    """One after the other."""
    pid = child.do(os.getpid, (), {})
    assert (child.do(pow, (2, 3), {}), is_running(pid)) == (8, True)
    child.end()
    assert not is_running(pid)


def test_a_child_may_be_ended_and_killed_twice(child):
    """In any order."""
    child.kill()
    child.end()
    child.kill()
    child.end()
    with pytest.raises((WorkerLostError, ValueError)):
        child.do(pow, (2, 3), {})


def test_a_child_that_was_killed_says_by_what(child):
    """The signal's number, and which process it was."""
    pid = child.do(os.getpid, (), {})
    with pytest.raises(WorkerLostError) as caught:
        child.do(lambda: os.kill(os.getpid(), signal.SIGKILL), (), {})
    expected = f"a worker process (pid {pid}) was killed by signal 9 during a task"
    assert expected == str(caught.value)


def test_a_child_that_ended_by_itself_says_how(child):
    """Its exit status."""
    with pytest.raises(WorkerLostError, match="ended with status 4 during a task"):
        child.do(lambda: os._exit(4), (), {})


def test_a_large_argument_and_result_go_through(child):
    """Larger than any pipe's buffer."""
    data = os.urandom(3_000_000)
    assert data == child.do(lambda x: x, (data,), {})


def test_a_constant_is_pickled_once_however_many_ask():
    """Threads that ask at the same time get the same bytes."""
    calls = []
    constant = SharedConstant([1, 2], lambda value: calls.append(value) or b"pickled")
    meeting = threading.Barrier(4)
    found = []

    def ask():
        meeting.wait(10)
        found.append(constant.pickled())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (calls, found) == ([[1, 2]], [b"pickled"] * 4)


def test_a_constant_is_not_pickled_before_it_is_needed():
    """A source that is never read costs nothing."""
    calls = []
    SharedConstant([1, 2], calls.append)
    assert calls == []


def test_a_constant_that_nobody_holds_is_forgotten_by_the_child(child):
    """With the next task."""
    constant = SharedConstant([1, 2], cloudpickle.dumps)
    child.do(sum, (constant,), {})
    del constant
    child.do(pow, (2, 3), {})
    assert child._known == {}


def test_native_libraries_get_one_thread_a_worker(monkeypatch):
    """Unless the user says otherwise."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    made = Child(cloudpickle.dumps)
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]
    found = made.do(lambda: [os.environ[name] for name in names], (), {})
    made.end()
    assert found == ["1", "3"]


def test_a_child_can_import_what_the_parent_can(child):
    """Its ``sys.path`` is the same."""
    import sys

    assert sys.path == child.do(lambda: __import__("sys").path, (), {})
