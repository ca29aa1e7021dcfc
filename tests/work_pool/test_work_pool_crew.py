"""Threads that share a queue of jobs, and the pool around them."""

import os
import sys
import threading

import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import PoolClosedError
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

KINDS = pytest.mark.parametrize("kind", [WorkerThreadPool, WorkerProcessPool])


@KINDS
def test_a_new_pool_has_started_nothing(kind, new_threads):
    """Workers come with the first task."""
    pool = kind(2)
    assert (set(), 2) == (new_threads(), pool._n)


def test_all_threads_start_with_the_first_task(new_threads):
    """And are named after their job."""
    with WorkerThreadPool(3) as pool:
        pool.submit(pow, 2, 3)
        names = sorted(thread.name for thread in new_threads())
    assert names == [f"aliquot worker {i}" for i in range(3)]


@KINDS
def test_a_pool_may_be_closed_twice(kind):
    """Used or not."""
    pool = kind(1)
    pool.close()
    pool.close()
    assert repr(pool) == f"{kind.__name__}(processes=1, closed)"


@KINDS
def test_repr_shows_the_number_of_workers(kind):
    """And, later, that it is closed."""
    assert repr(kind(3)) == f"{kind.__name__}(processes=3)"


@KINDS
def test_a_with_block_closes_the_pool(kind):
    """And gives the pool itself."""
    with kind(1) as pool:
        assert kind is type(pool)
    assert pool._crew.closing


@KINDS
def test_a_with_block_lets_errors_through(kind):
    """Closed all the same."""
    with pytest.raises(OSError, match="by hand"), kind(1) as pool:
        raise OSError("by hand")
    assert pool._crew.closing


@KINDS
def test_a_closed_pool_takes_no_task(kind):
    """The message says what to do."""
    pool = kind(1)
    pool.close()
    with pytest.raises(PoolClosedError) as caught:
        pool.submit(pow, 2, 3)
    assert str(caught.value) == "the pool is closed: make a new one"


@KINDS
def test_a_data_source_of_a_closed_pool_says_so(kind):
    """When its first batch is wanted."""
    pool = kind(1)
    source = pool.parallel_data_source(ArrayDataSource([range(5)]))
    pool.close()
    with pytest.raises(PoolClosedError, match="the pool is closed: make a new one"):
        next(source.batch_iterator(2))


def test_closing_from_several_threads_at_once():
    """All of them return."""
    pool = WorkerThreadPool(2)
    pool.submit(pow, 2, 3).result(10)
    meeting = threading.Barrier(4)

    def close():
        meeting.wait(10)
        pool.close()

    closers = [threading.Thread(target=close) for _ in range(4)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(10)
    assert [closer.is_alive() for closer in closers] == [False] * 4


def test_no_task_is_lost_between_submitting_and_closing():
    """Each is done, cancelled or refused; none is left pending."""
    for _ in range(20):
        pool = WorkerThreadPool(2)
        futures = []
        meeting = threading.Barrier(2)

        def submit(pool=pool, futures=futures, meeting=meeting):
            meeting.wait(10)
            try:
                for _ in range(1000):
                    futures.append(pool.submit(pow, 2, 3))
            except PoolClosedError:
                pass

        submitter = threading.Thread(target=submit)
        submitter.start()
        meeting.wait(10)
        pool.close()
        submitter.join(10)
        assert [future for future in futures if not future.done()] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks")
@KINDS
def test_a_pool_is_dead_in_a_forked_child(kind, run_script):
    """There it says so, closes without a word, and harms nothing; the parent's goes on."""
    lines = run_script(f"""
import os, warnings
warnings.simplefilter("ignore")
from aliquot.work_pool import {kind.__name__}
pool = {kind.__name__}(2)
pool.submit(pow, 2, 3).result()
pid = os.fork()
if not pid:
    try:
        pool.submit(pow, 2, 3)
    except RuntimeError as error:
        print(type(error).__name__, error, flush=True)
    pool.close()
    del pool
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), pool.submit(pow, 2, 4).result())
pool.close()
""")
    refusal = (
        "PoolClosedError the pool was made before this process was forked, and its workers are "
        "not in it: make a pool in each process"
    )
    assert lines == [refusal, "0 16"]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no /proc")  # noqa: PTH112
@KINDS
def test_no_descriptor_is_left_open(kind):
    """Closed or dropped."""

    def count():
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    def use():
        with kind(2) as pool:
            assert list(pool.work_stream((pow, (i, 2)) for i in range(6)).retrieve_iter())

    use()
    before = count()
    for _ in range(2):
        use()
    assert before == count()


@KINDS
def test_a_program_may_end_with_an_open_pool(kind, run_script):
    """With tasks waiting, and without a word."""
    lines = run_script(f"""
import threading
from aliquot.work_pool import {kind.__name__}
pool = {kind.__name__}(1)
stream = pool.work_stream((pow, (i, 2)) for i in range(100))
print(stream.retrieve(), stream.retrieve())
""")
    assert lines == ["0 1"]
