"""The lock between processes, and between the threads of one."""

import os
import subprocess
import sys
import threading

import pytest

from aliquot.cache._lock import FileLock


@pytest.fixture
def opened(tmp_path):
    fds = []

    def make():
        fds.append(os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT))
        return FileLock(fds[-1])

    yield make
    for fd in fds:
        os.close(fd)


def blocked(fn):
    """Run a function in a thread; give the thread, and whether it waits."""
    began, ended = threading.Event(), threading.Event()

    def run():
        began.set()
        fn()
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(10)
    return thread, not ended.wait(0.1)


@pytest.mark.parametrize("openings", [1, 2])
def test_one_alone_keeps_out_all_others(opened, openings):
    """Threads that share the file's opening, and such as have their own."""
    locks = [opened() for _ in range(openings)]
    entered = []

    def enter():
        with locks[-1].shared():
            entered.append(1)

    with locks[0].alone():
        thread, waits = blocked(enter)
        assert waits
        assert entered == []
    thread.join(10)
    assert entered == [1]


def test_those_who_share_are_together(opened):
    """And the last of them to go lets in the one who wants to be alone."""
    lock = opened()

    def alone():
        with lock.alone():
            pass

    with lock.shared():
        with lock.shared():
            thread, waits = blocked(alone)
            assert waits
        assert thread.is_alive()
    thread.join(10)
    assert not thread.is_alive()


def test_a_killed_process_lets_go(tmp_path):
    """As the system closes its files."""
    code = (
        "import os, sys; from aliquot.cache._lock import FileLock\n"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "with FileLock(fd).alone():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        fd = os.open(path, os.O_RDWR)
        try:
            lock = FileLock(fd)
            thread, waits = blocked(lambda: lock.alone().__enter__())
            assert waits
            holder.kill()
            thread.join(10)
            assert not thread.is_alive()
        finally:
            os.close(fd)
