"""Worker processes."""

import contextlib
import gc
import importlib
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import MissingExtraError, PoolClosedError, SampleError, WorkerLostError
from aliquot.work_pool import WorkerProcessPool


class Breaks:
    """An array-like of ten samples, the eighth of which cannot be read."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if 7 in np.atleast_1d(index):
            raise OSError("cannot be read")
        return np.asarray(index)


def ended(threads):
    for thread in threads:
        thread.join(10)
    return [thread for thread in threads if thread.is_alive()]


def test_a_task_is_done_by_another_process(processes):
    """Not by this one."""
    assert os.getpid() != processes.submit(os.getpid).result(30)


def test_a_lambda_goes_by_value(processes):
    """With what it refers to."""
    factor = 3
    assert processes.submit(lambda x: x * factor, 5).result(30) == 15


def test_a_worker_is_a_fresh_interpreter(processes):
    """Not a fork of this one: what this one has changed or imported is not there."""
    math.changed_by_a_test = True
    try:
        found = processes.submit(
            lambda: (hasattr(math, "changed_by_a_test"), "_pytest" in sys.modules)
        ).result(30)
    finally:
        del math.changed_by_a_test
    assert found == (False, False)


def test_what_is_defined_in_the_main_file_goes_by_value(run_script, tmp_path):
    """Functions, classes and lambdas; and the main file, though unguarded, is run once only."""
    lines = run_script("""
from pathlib import Path
with Path("runs.txt").open("a") as file:
    file.write("run\\n")
import numpy as np
from aliquot.data_source import ArrayDataSource
from aliquot.work_pool import WorkerProcessPool

class Column:
    def __len__(self):
        return 4
    def __getitem__(self, index):
        return Row.scale * index

class Row:
    scale = 10

class MainError(Exception):
    pass

def add_one(x):
    return (x + 1,)

def fail():
    raise MainError("by hand")

with WorkerProcessPool(2) as pool:
    source = ArrayDataSource([Column()]).map(add_one).map(lambda x: (x * 2,))
    print([x.tolist() for (x,) in pool.parallel_data_source(source).batch_iterator(3)])
    try:
        pool.submit(fail).result()
    except MainError as error:
        print("caught", error)
""")
    assert lines == ["[[2, 22, 42], [62]]", "caught by hand"]
    assert (tmp_path / "runs.txt").read_text() == "run\n"


@pytest.mark.parametrize(
    "write",
    [
        lambda: print("printed"),
        lambda: sys.__stdout__.write("printed\n"),
        lambda: os.write(1, b"printed\n"),
        lambda: os.system("echo printed"),
    ],
    ids=["print", "stdout", "descriptor", "subprocess"],
)
def test_what_a_task_prints_harms_nothing(processes, write):
    """It does not end up among the replies."""
    processes.submit(write).result(30)
    assert [processes.submit(pow, 2, i).result(30) for i in range(4)] == [1, 2, 4, 8]


def test_what_a_task_prints_is_shown(tmp_path):
    """On the error stream, as the parent's output is its own."""
    script = tmp_path / "script.py"
    script.write_text(
        "from aliquot.work_pool import WorkerProcessPool\n"
        "with WorkerProcessPool(1) as pool:\n"
        "    pool.submit(lambda: print('seen', flush=True)).result()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("", "seen\n")


def test_stdin_is_empty(processes):
    """A task that asks gets nothing, rather than another task."""
    assert processes.submit(lambda: sys.stdin.read()).result(30) == ""


def test_ctrl_c_is_the_parents_to_handle(processes):
    """A worker does not hear it."""

    def interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        return "alive"

    assert processes.submit(interrupt).result(30) == "alive"


def test_a_killed_worker_is_told_and_replaced(processes):
    """The signal is named; the pool goes on."""
    with pytest.raises(WorkerLostError, match=r"\(pid \d+\) was killed by signal 9 during a task"):
        processes.submit(lambda: os.kill(os.getpid(), signal.SIGKILL)).result(30)
    assert [processes.submit(pow, 2, i).result(30) for i in range(4)] == [1, 2, 4, 8]


def test_a_new_worker_is_sent_the_constants_anew(processes):
    """They were lost with the old one."""
    constant = processes.shared_constant([1, 2, 3])
    for _ in range(3):
        assert processes.submit(sum, constant).result(30) == 6
        with pytest.raises(WorkerLostError):
            processes.submit(lambda x: os._exit(1), constant).result(30)
    assert processes.submit(sum, constant).result(30) == 6


def test_sys_exit_reaches_the_caller(processes):
    """As itself; the worker stays."""
    with pytest.raises(SystemExit) as caught:
        processes.submit(sys.exit, 3).result(30)
    assert caught.value.code == 3


def test_an_error_tells_where_it_was_raised(processes):
    """Its type is the same; notes name the sample and show the worker's traceback."""
    source = processes.parallel_data_source(ArrayDataSource([Breaks()]))
    with pytest.raises(OSError, match="cannot be read") as caught:
        list(source.batch_iterator(4))
    sample, trace = caught.value.__notes__
    assert (OSError, "while reading column 0: sample 7") == (type(caught.value), sample)
    assert re.match(r"in worker process \d+:\nTraceback", trace)
    assert "in __getitem__" in trace


def test_the_stream_goes_on_after_an_error(processes):
    """With the next task."""
    tasks = [(math.sqrt, (4,)), (math.sqrt, (-1,)), (math.sqrt, (9,))]
    stream = processes.work_stream(tasks)
    assert stream.retrieve() == 2
    with pytest.raises(ValueError, match=r"domain|nonneg"):
        stream.retrieve()
    assert list(stream.retrieve_iter()) == [3]


def test_an_error_that_cannot_be_sent_is_stood_for(processes):
    """With its name, its message and where it was raised."""

    def fail():
        error = OSError("holds a lock")
        error.lock = threading.Lock()
        raise error

    with pytest.raises(SampleError, match="OSError: holds a lock") as caught:
        processes.submit(fail).result(30)
    assert "in fail" in caught.value.__notes__[-1]


def test_a_result_that_cannot_be_sent_is_an_error(processes):
    """And the pool goes on."""
    with pytest.raises(TypeError, match="cannot pickle"):
        processes.submit(threading.Lock).result(30)
    assert processes.submit(pow, 2, 3).result(30) == 8


def test_an_argument_that_cannot_be_sent_is_an_error(processes):
    """And the pool goes on."""
    with pytest.raises(TypeError, match="cannot pickle"):
        processes.submit(id, threading.Lock()).result(30)
    assert processes.submit(pow, 2, 3).result(30) == 8


def test_a_shared_constant_is_pickled_once_and_sent_to_each_worker_once(processes):
    """However many tasks take it."""
    pickled = []

    class Counted:
        def __getstate__(self):
            pickled.append(True)
            return {"value": 5}

        def __setstate__(self, state):
            import sys

            sys.loads_of_a_constant = getattr(sys, "loads_of_a_constant", 0) + 1
            self.__dict__.update(state)

    def use(constant, number):
        import sys

        return constant.value * number, sys.loads_of_a_constant

    constant = processes.shared_constant(Counted())
    tasks = ((use, (constant, i)) for i in range(20))
    found = list(processes.work_stream(tasks).retrieve_iter())
    assert ([(5 * i, 1) for i in range(20)], [True]) == (found, pickled)


def test_a_shared_constant_may_be_a_named_argument():
    """It is what to put in the arguments of tasks, whichever they are."""
    with WorkerProcessPool(1) as pool:
        constant = pool.shared_constant([1, 2])
        assert pool.submit(dict, wanted=constant).result(30) == {"wanted": [1, 2]}


def test_a_shared_constant_that_cannot_be_loaded_says_why_every_time():
    """Not only to the first task of each worker."""

    class Unloadable:
        def __reduce__(self):
            return math.sqrt, (-1,)

    with WorkerProcessPool(1) as pool:
        constant = pool.shared_constant(Unloadable())
        errors = [type(pool.submit(id, constant).exception(30)) for _ in range(2)]
    assert errors == [ValueError, ValueError]


def test_a_missing_cloudpickle_names_the_extra(monkeypatch):
    """When the pool is made."""

    def import_module(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(MissingExtraError) as caught:
        WorkerProcessPool(1)
    assert (
        str(caught.value) == 'WorkerProcessPool needs cloudpickle: pip install "aliquot[process]"'
    )


def test_processes_end_with_close(is_running):
    """It waits for them."""
    pool = WorkerProcessPool(1)
    pid = pool.submit(os.getpid).result(30)
    pool.close()
    assert not is_running(pid)


def test_close_does_not_wait_for_tasks(is_running):
    """Those under way are ended, those that wait are cancelled; all of them say so."""
    pool = WorkerProcessPool(1)
    pid = pool.submit(os.getpid).result(30)
    stream = pool.work_stream([(time.sleep, (60,))] * 3)
    pool.close()
    for _ in range(3):
        with pytest.raises(PoolClosedError, match="closed before this task was done"):
            stream.retrieve()
    assert not is_running(pid)


@pytest.mark.parametrize("left", ["pool", "iterator", "error"])
def test_processes_end_with_what_holds_the_pool(left, new_threads, is_running):
    """The pool, an iterator abandoned half-way, an error caught and dropped."""

    def use():
        pool = WorkerProcessPool(1)
        pid = pool.submit(os.getpid).result(30)
        source = pool.parallel_data_source(ArrayDataSource([Breaks()], repeats=-1))
        if left == "iterator":
            next(source.batch_iterator(2))
        if left == "error":
            with contextlib.suppress(OSError):
                list(source.batch_iterator(4))
        return pid, new_threads()

    pid, threads = use()
    gc.collect()
    # The thread that serves a process ends after it.
    assert (ended(threads), is_running(pid)) == ([], False)


PARENT = """
import os, sys, time
from aliquot.work_pool import WorkerProcessPool
pool = WorkerProcessPool(2)
pids = set()
while len(pids) < 2:
    pids |= {future.result() for future in [pool.submit(os.getpid) for _ in range(2)]}
def busy():
    os.write(2, b"busy\\n")
    time.sleep(60)
work = [pool.submit(busy) for _ in range(int(sys.argv[1]))]
print(*pids, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("busy", [0, 2], ids=["idle", "busy"])
def test_processes_end_with_a_killed_parent(busy, tmp_path, is_running):
    """Within two seconds, whether or not they are in the middle of a task."""
    script = tmp_path / "script.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(busy)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        for _ in range(busy):
            parent.stderr.readline()
        parent.kill()
        parent.wait(10)
        deadline = time.monotonic() + 2
        while any(map(is_running, pids)) and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        left = [pid for pid in pids if is_running(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
    assert left == []


def test_ctrl_c_ends_the_program_and_its_workers(tmp_path, is_running):
    """One `KeyboardInterrupt` in the parent, and no traceback of a worker."""
    script = tmp_path / "script.py"
    script.write_text("""
import os, signal, time
from aliquot.work_pool import WorkerProcessPool
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts with & ignores it
try:
    with WorkerProcessPool(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 60).result()
except KeyboardInterrupt:
    print("interrupted", flush=True)
""")
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with parent:
        pid = int(parent.stdout.readline())
        # Python does not see a signal of the moment before it begins to wait for a lock.
        time.sleep(0.5)
        os.killpg(parent.pid, signal.SIGINT)
        output, errors = parent.communicate(timeout=20)
    assert (output, errors, is_running(pid)) == (b"interrupted\n", b"", False)
