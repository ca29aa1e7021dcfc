"""Tasks done ahead of time by a pool, their results in order."""

import gc
import itertools
from concurrent.futures import Future

import pytest

from aliquot.errors import ArgumentError, PoolClosedError
from aliquot.work_pool import WorkStream


class ScriptedPool:
    """Does nothing by itself: a test finishes its tasks by hand."""

    def __init__(self):
        self.futures = []
        self.calls = []

    def submit(self, fn, /, *args, **kwargs):
        self.futures.append(Future())
        self.calls.append((fn, args, kwargs))
        return self.futures[-1]

    def finish(self, *numbers):
        for number in numbers:
            fn, args, kwargs = self.calls[number]
            try:
                self.futures[number].set_result(fn(*args, **kwargs))
            except Exception as error:
                self.futures[number].set_exception(error)


class EagerPool(ScriptedPool):
    """Does each task when it is submitted."""

    def submit(self, fn, /, *args, **kwargs):
        future = super().submit(fn, *args, **kwargs)
        self.finish(len(self.futures) - 1)
        return future


def squares(n=None):
    return ((pow, (i, 2)) for i in (itertools.count() if n is None else range(n)))


def fail(error):
    raise error


def test_filling_begins_when_the_stream_is_made():
    """Before any result is asked for, and no further than the buffer."""
    pool = ScriptedPool()
    stream = WorkStream(pool, squares(), task_buffer_size=3)
    assert (len(pool.calls), type(stream)) == (3, WorkStream)


def test_results_come_in_the_order_of_the_tasks():
    """In whichever order they were finished."""
    pool = ScriptedPool()
    stream = WorkStream(pool, squares(3))
    pool.finish(2, 0, 1)
    assert list(stream.retrieve_iter()) == [0, 1, 4]


def test_a_retrieved_result_makes_room_for_one_task():
    """So that the buffer stays full."""
    pool = EagerPool()
    stream = WorkStream(pool, squares(), task_buffer_size=3)
    counts = []
    for _ in range(3):
        stream.retrieve()
        counts.append(len(pool.calls))
    assert counts == [4, 5, 6]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_buffer_is_never_exceeded(size):
    """Tasks handed over less results given out: the size, and not one more."""
    pool = EagerPool()
    stream = WorkStream(pool, squares(), task_buffer_size=size)
    ahead = [len(pool.calls)]
    for given in range(1, 20):
        stream.retrieve()
        ahead.append(len(pool.calls) - given)
    assert {size} == set(ahead)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ((dict,), {}),
        ((dict, ([("a", 1)],)), {"a": 1}),
        ((dict, [[("a", 1)]]), {"a": 1}),
        ((dict, (), {"b": 2}), {"b": 2}),
        ((dict, ([("a", 1)],), {"fn": 3, "self": 4}), {"a": 1, "fn": 3, "self": 4}),
    ],
    ids=["function", "arguments", "a list of them", "names", "names of ours"],
)
def test_the_three_forms_of_a_task(task, expected):
    """A function; with arguments; with named ones."""
    assert expected == WorkStream(EagerPool(), [task]).retrieve()


def test_after_the_last_result_comes_none():
    """Again and again."""
    stream = WorkStream(EagerPool(), squares(1))
    assert [stream.retrieve() for _ in range(3)] == [0, None, None]


def test_an_empty_stream_has_no_results():
    """No task, no result."""
    stream = WorkStream(EagerPool(), [])
    assert (stream.retrieve(), list(stream.retrieve_iter())) == (None, [])


def test_both_ways_of_reading_take_from_one_stream():
    """What one has given, the other does not."""
    stream = WorkStream(EagerPool(), squares(4))
    assert (
        stream.retrieve(),
        next(stream.retrieve_iter()),
        list(stream.retrieve_iter()),
    ) == (0, 1, [4, 9])


def test_a_failed_task_raises_its_own_error():
    """The very object."""
    error = OSError("broken")
    stream = WorkStream(EagerPool(), [(fail, (error,))])
    with pytest.raises(OSError, match="broken") as caught:
        stream.retrieve()
    assert error is caught.value


def test_the_stream_goes_on_after_a_failed_task():
    """With the next one."""
    tasks = [(pow, (2, 2)), (fail, (OSError("broken"),)), (pow, (3, 2))]
    stream = WorkStream(EagerPool(), tasks, task_buffer_size=1)
    assert stream.retrieve() == 4
    with pytest.raises(OSError, match="broken"):
        stream.retrieve()
    assert list(stream.retrieve_iter()) == [9]


def test_an_error_of_the_task_generator_comes_at_its_place():
    """After the results of the tasks before it; then the stream ends."""

    def tasks():
        yield (pow, (2, 2))
        yield (pow, (3, 2))
        raise OSError("no more tasks")

    stream = WorkStream(EagerPool(), tasks())
    assert (stream.retrieve(), stream.retrieve()) == (4, 9)
    with pytest.raises(OSError, match="no more tasks"):
        stream.retrieve()
    assert stream.retrieve() is None


def test_a_closed_pool_is_told_where_its_result_would_have_come():
    """The results before it are still given."""

    class Closing(EagerPool):
        def submit(self, fn, /, *args, **kwargs):
            if len(self.calls) == 2:
                raise PoolClosedError("the pool is closed: make a new one")
            return super().submit(fn, *args, **kwargs)

    stream = WorkStream(Closing(), squares(5))
    assert [stream.retrieve(), stream.retrieve()] == [0, 1]
    with pytest.raises(PoolClosedError, match="make a new one"):
        stream.retrieve()


def test_a_cancelled_task_says_that_the_pool_was_closed():
    """Rather than leaving its reader to wait."""
    pool = ScriptedPool()
    stream = WorkStream(pool, squares(2))
    pool.futures[0].cancel()
    with pytest.raises(PoolClosedError, match="closed before this task was done"):
        stream.retrieve()


def test_a_dropped_stream_cancels_its_tasks():
    """Nobody waits for them."""
    pool = ScriptedPool()
    stream = WorkStream(pool, squares(), task_buffer_size=3)
    del stream
    gc.collect()
    assert [future.cancelled() for future in pool.futures] == [True] * 3


def test_a_dropped_iterator_cancels_its_tasks():
    """Half-way through."""
    pool = ScriptedPool()
    results = WorkStream(pool, squares(), task_buffer_size=3).retrieve_iter()
    pool.finish(0)
    next(results)
    del results
    gc.collect()
    assert [future.cancelled() for future in pool.futures] == [False, True, True, True]


def test_a_result_is_held_by_nobody_once_it_is_given():
    """Memory is bounded by the buffer."""
    alive = []

    class Batch:
        def __init__(self):
            alive.append(self)

        def __del__(self):
            dropped.append(True)

    dropped = []

    class Forgetful(EagerPool):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.set_result(fn(*args, **kwargs))
            alive.clear()
            return future

    stream = WorkStream(Forgetful(), [(Batch,)] * 3, task_buffer_size=1)
    counts = []
    for _ in range(3):
        stream.retrieve()
        counts.append(len(dropped))
    assert counts == [1, 2, 3]


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_buffer_is_refused(size):
    """It could hold no task."""
    with pytest.raises(ArgumentError) as caught:
        WorkStream(EagerPool(), squares(), task_buffer_size=size)
    assert f"the size of a buffer must be an integer of 1 or more, not {size}" == str(caught.value)
