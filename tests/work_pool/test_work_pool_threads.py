"""Worker threads."""

import gc
import threading
import weakref
from concurrent.futures import Future

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import PoolClosedError
from aliquot.work_pool import WorkerThreadPool


def ended(threads):
    for thread in threads:
        thread.join(10)
    return [thread for thread in threads if thread.is_alive()]


def fail(error):
    raise error


class Breaks:
    """An array-like of ten samples, the eighth of which cannot be read."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if 7 in np.atleast_1d(index):
            raise OSError("cannot be read")
        return np.asarray(index)


def test_a_task_is_done_by_a_worker():
    """Not by the thread that asks."""
    with WorkerThreadPool(1) as pool:
        found = pool.submit(threading.current_thread).result(10)
    assert found.name == "aliquot worker 0"


def test_workers_work_at_the_same_time():
    """As many as were asked for: all of them meet."""
    meeting = threading.Barrier(3)
    with WorkerThreadPool(3) as pool:
        places = [pool.submit(meeting.wait, 10) for _ in range(3)]
        assert sorted(place.result(10) for place in places) == [0, 1, 2]


def test_a_shared_constant_is_the_value_itself():
    """Threads share everything."""
    value = [1, 2]
    assert value is WorkerThreadPool(1).shared_constant(value)


@pytest.mark.parametrize("error", [OSError("broken"), SystemExit(3), KeyboardInterrupt()])
def test_an_error_reaches_the_caller_as_itself(error):
    """Whatever its kind."""
    with WorkerThreadPool(1) as pool, pytest.raises(type(error)) as caught:
        pool.submit(fail, error).result(10)
    assert error is caught.value


def test_a_worker_survives_an_error():
    """Also one that would end a program."""
    with WorkerThreadPool(1) as pool:
        pool.submit(fail, SystemExit(3))
        assert pool.submit(pow, 2, 3).result(10) == 8


def test_an_error_tells_where_it_was_raised():
    """The traceback goes down to the user's code, and a note names the sample."""
    with WorkerThreadPool(2) as pool:
        source = pool.parallel_data_source(ArrayDataSource([Breaks()]))
        with pytest.raises(OSError, match="cannot be read") as caught:
            list(source.batch_iterator(4))
    assert caught.value.__notes__ == ["while reading column 0: sample 7"]
    assert caught.traceback[-1].frame.code.name == "__getitem__"


def test_threads_end_with_close(new_threads):
    """It waits for them."""
    pool = WorkerThreadPool(3)
    pool.submit(pow, 2, 3).result(10)
    threads = new_threads()
    pool.close()
    assert ([False] * 3, set()) == ([thread.is_alive() for thread in threads], new_threads())


def test_threads_end_with_the_pool(new_threads):
    """When nobody holds it any more."""
    pool = WorkerThreadPool(3)
    pool.submit(pow, 2, 3).result(10)
    threads = new_threads()
    del pool
    gc.collect()
    assert ended(threads) == []


def test_threads_end_with_an_abandoned_iterator(new_threads):
    """Half-way through an epoch without end."""
    source = ArrayDataSource([np.arange(10)], repeats=-1)
    batches = WorkerThreadPool(2).parallel_data_source(source).batch_iterator(2)
    next(batches)
    threads = new_threads()
    assert len(threads) == 2
    del batches
    gc.collect()
    assert ended(threads) == []


def test_threads_end_after_an_error_was_caught_and_dropped(new_threads):
    """Neither its traceback nor its future keeps the pool alive."""

    def use():
        pool = WorkerThreadPool(2)
        source = pool.parallel_data_source(ArrayDataSource([Breaks()]))
        try:
            list(source.batch_iterator(4))
        except OSError:
            return new_threads()

    threads = use()
    gc.collect()
    assert (len(threads), ended(threads)) == (2, [])


def test_the_last_holder_may_be_a_worker(new_threads):
    """A pool that is dropped inside one of its own tasks ends without a deadlock."""
    held = [WorkerThreadPool(1)]
    go = threading.Event()

    def drop():
        go.wait(10)
        held.clear()
        gc.collect()

    done = held[0].submit(drop)
    threads = new_threads()
    go.set()
    done.result(10)
    assert ended(threads) == []


def test_a_result_is_not_held_by_a_waiting_worker():
    """It would keep a batch alive that the user has dropped."""
    with WorkerThreadPool(1) as pool:
        result = pool.submit(Breaks).result(10)
        held = weakref.ref(result)
        pool.submit(pow, 2, 3).result(10)  # the worker is past the first task
        del result
        gc.collect()
        assert held() is None


def test_tasks_of_a_dropped_stream_are_not_done():
    """Those that wait; the one under way is finished."""
    done = []
    started, go = threading.Event(), threading.Event()

    def task(number):
        started.set()
        go.wait(10)
        done.append(number)

    with WorkerThreadPool(1) as pool:
        stream = pool.work_stream((task, (i,)) for i in range(5))
        started.wait(10)
        del stream
        gc.collect()
        go.set()
        pool.submit(pow, 2, 3).result(10)
    assert done == [0]


def test_waiting_tasks_of_a_closed_pool_say_so():
    """Nobody waits for them in vain."""
    held = []
    go = threading.Event()

    def close():
        go.wait(10)
        held[0].close()
        return "done"

    held.append(WorkerThreadPool(1))
    stream = held[0].work_stream([(close,), *[(pow, (2, 3))] * 3])
    go.set()
    assert stream.retrieve() == "done"
    for _ in range(3):
        with pytest.raises(PoolClosedError, match="closed before this task was done"):
            stream.retrieve()
    assert stream.retrieve() is None


def test_two_streams_share_a_pool():
    """Each gets its own results in its own order."""
    with WorkerThreadPool(2) as pool:
        streams = [pool.work_stream((pow, (i, n)) for i in range(20)) for n in (2, 3)]
        found = list(zip(*(stream.retrieve_iter() for stream in streams), strict=True))
    assert [(i**2, i**3) for i in range(20)] == found


def test_a_future_is_given():
    """The standard library's own."""
    with WorkerThreadPool(1) as pool:
        assert Future is type(pool.submit(pow, 2, 3))
