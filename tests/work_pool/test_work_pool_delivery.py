"""Tasks done ahead by whoever does them, delivered in their order."""

import gc
import weakref
from concurrent.futures import Future
from functools import partial

import pytest

from aliquot.errors import ArgumentError, PoolClosedError, TaskTimeoutError, WorkerLostError
from aliquot.testing import ScriptedPool
from aliquot.work_pool import Delivery

LOST = WorkerLostError("a worker process ended")


class Answers:
    """Does each task when it is submitted, as scripted: a value to give, or an error to raise.

    What has no script gives ten times itself.
    """

    def __init__(self, **script):
        self.script = {int(name[1:]): list(outcomes) for name, outcomes in script.items()}
        self.asked = []

    def __call__(self, task):
        self.asked.append(task)
        outcomes = self.script.get(task)
        outcome = outcomes.pop(0) if outcomes else task * 10
        future = Future()
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future


class Scripted:
    """A delivery of squares by a pool whose tasks a test finishes by hand."""

    def __init__(self, tasks=10, size=3, **options):
        self.pool = ScriptedPool()
        self.made = []
        self.delivery = Delivery(
            partial(self.pool.submit, pow, 2), self._tasks(tasks), size, **options
        )

    def _tasks(self, n):
        for task in range(n):
            self.made.append(task)
            yield task


def everything(delivery):
    """Take all that is left: results, and errors in their place."""
    found = []
    for _ in range(50):
        delivery.fill()
        if delivery.exhausted:
            return found
        try:
            found.append(delivery.take())
        except Exception as error:
            found.append(error)
    raise AssertionError(f"the delivery does not end: {found[-5:]}")


# Order and back-pressure


def test_constructing_starts_nothing():
    """Neither a task nor the making of one."""
    scripted = Scripted()
    assert (scripted.made, scripted.pool.calls, scripted.delivery.exhausted) == ([], [], False)


def test_results_come_in_the_order_of_the_tasks():
    """Each with its task, in whichever order they were finished."""
    scripted = Scripted(3)
    scripted.delivery.fill()
    scripted.pool.finish(2, 0, 1)
    assert everything(scripted.delivery) == [(0, 1), (1, 2), (2, 4)]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_tasks_are_made_when_there_is_room(size):
    """As many as may be open, and another for each that is delivered."""
    scripted = Scripted(size=size)
    counts = []
    for number in range(3):
        scripted.delivery.fill()
        counts.append((len(scripted.made), len(scripted.pool.calls)))
        scripted.pool.finish(number)
        scripted.delivery.take()
    assert [(size, size), (size + 1, size + 1), (size + 2, size + 2)] == counts


def test_filling_again_does_nothing():
    """While there is no room."""
    scripted = Scripted(size=2)
    for _ in range(3):
        scripted.delivery.fill()
    assert scripted.made == [0, 1]


def test_it_is_exhausted_when_the_last_is_delivered():
    """Not when the last is submitted."""
    delivery = Delivery(Answers(), iter([1]), 2)
    delivery.fill()
    before = delivery.exhausted
    assert (delivery.take(), before, delivery.exhausted) == ((1, 10), False, True)


def test_no_tasks_are_no_results():
    """Known once there was a look at them."""
    assert everything(Delivery(Answers(), iter([]), 2)) == []


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 1, "attempts": 0}])
def test_no_room_and_no_attempts_are_refused(options):
    """Nothing could be done."""
    with pytest.raises(ArgumentError, match=r"1 .* or more, not 0"):
        Delivery(Answers(), iter([1]), **options)


# Failures


def test_an_error_of_a_task_comes_at_its_place():
    """The very object; the others are delivered."""
    error = OSError("broken")
    delivery = Delivery(Answers(_1=[error]), iter([0, 1, 2]), 3)
    found = everything(delivery)
    assert found == [(0, 0), error, (2, 20)]
    assert found[1] is error


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, TimeoutError])
def test_any_kind_of_error_is_the_tasks_own(kind):
    """A task's own TimeoutError is not taken for ours."""
    error = kind("from the task")
    delivery = Delivery(Answers(_1=[error]), iter([1]), 1, timeout=5)
    delivery.fill()
    with pytest.raises(kind) as caught:
        delivery.take()
    assert caught.value is error


def test_a_tasks_stop_iteration_is_an_error():
    """As in generators (:pep:`479`): it would end the loop of whoever takes, in mid-epoch."""
    delivery = Delivery(Answers(_1=[StopIteration()]), iter([1]), 1)
    delivery.fill()
    with pytest.raises(RuntimeError, match="StopIteration"):
        delivery.take()


def test_an_error_of_the_tasks_iterator_comes_at_its_place():
    """After the results of the tasks before it; then there is nothing more."""

    def tasks():
        yield 0
        yield 1
        raise OSError("no more tasks")

    found = everything(Delivery(Answers(), tasks(), 5))
    assert [*found[:2], str(found[2]), len(found)] == [(0, 0), (1, 10), "no more tasks", 3]


def test_an_error_of_submitting_comes_at_its_place():
    """A pool that was closed, for one."""
    pool = ScriptedPool()
    delivery = Delivery(partial(pool.submit, pow, 2), iter(range(5)), 2)
    delivery.fill()
    pool.finish(0, 1)
    pool.close()
    found = everything(delivery)
    assert [*found[:2], type(found[2]), len(found)] == [(0, 1), (1, 2), PoolClosedError, 3]


def test_a_task_that_its_pool_dropped_says_so():
    """Rather than `CancelledError`; what was done before is delivered."""
    scripted = Scripted(3)
    scripted.delivery.fill()
    scripted.pool.finish(1)
    scripted.pool.close()
    found = everything(scripted.delivery)
    message = "the pool was closed before this task was done"
    assert [str(found[0]), found[1], str(found[2])] == [message, (1, 2), message]
    assert type(found[0]) is PoolClosedError


# Timeouts


def test_a_task_that_takes_too_long_is_named():
    """By its number of seconds, and as the task itself."""
    scripted = Scripted(timeout=0.01)
    scripted.delivery.fill()
    with pytest.raises(TaskTimeoutError, match=r"a task took longer than 0\.01 s") as caught:
        scripted.delivery.take()
    assert caught.value.task == 0


def test_waiting_can_be_tried_again():
    """Nothing is lost by a timeout, and no task is submitted twice."""
    scripted = Scripted(2, timeout=0.01)
    scripted.delivery.fill()
    for _ in range(2):
        with pytest.raises(TaskTimeoutError):
            scripted.delivery.take()
    scripted.pool.finish(0, 1)
    assert everything(scripted.delivery) == [(0, 1), (1, 2)]
    assert len(scripted.pool.calls) == 2


def test_what_is_done_is_given_whatever_the_timeout():
    """Also when the later ones are not."""
    scripted = Scripted(timeout=0.01)
    scripted.delivery.fill()
    scripted.pool.finish(0)
    assert scripted.delivery.take() == (0, 1)
    with pytest.raises(TaskTimeoutError) as caught:
        scripted.delivery.take()
    assert caught.value.task == 1


# Lost workers


def test_a_lost_task_is_done_again():
    """As often as there are attempts; its place stays."""
    answers = Answers(_1=[LOST, LOST])
    found = everything(Delivery(answers, iter([0, 1, 2]), 3, attempts=3))
    assert found == [(0, 0), (1, 10), (2, 20)]
    assert answers.asked == [0, 1, 2, 1, 1]


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_the_last_loss_is_delivered(attempts):
    """The others go on."""
    answers = Answers(_1=[LOST] * 5)
    found = everything(Delivery(answers, iter([0, 1, 2]), 3, attempts=attempts))
    assert found == [(0, 0), LOST, (2, 20)]
    assert answers.asked.count(1) == attempts


def test_without_a_number_of_attempts_there_is_one():
    """A loader gives another."""
    answers = Answers(_1=[LOST])
    assert everything(Delivery(answers, iter([1]), 1)) == [LOST]


def test_a_lost_task_may_fail_in_its_next_attempt():
    """With its own error, which is not tried again."""
    error = OSError("broken")
    answers = Answers(_1=[LOST, error])
    assert everything(Delivery(answers, iter([1]), 1, attempts=3)) == [error]
    assert answers.asked == [1, 1]


# Tasks done again for their result


def until_hundred(task, result):
    return None if result >= 100 else task + 5


def test_a_task_may_be_followed_by_another_in_its_place():
    """As long as `again` gives one; the last is delivered, with its result."""
    answers = Answers()
    found = everything(Delivery(answers, iter([1, 20, 8]), 3, again=until_hundred))
    assert found == [(11, 110), (20, 200), (13, 130)]
    assert answers.asked == [1, 20, 8, 6, 11, 13]


def test_an_error_is_not_shown_to_again():
    """It has no result."""
    seen = []
    error = OSError("broken")

    def again(task, result):
        seen.append((task, result))

    found = everything(Delivery(Answers(_1=[error]), iter([1, 2]), 2, again=again))
    assert (found, seen) == ([error, (2, 20)], [(2, 20)])


def test_a_task_in_anothers_place_takes_no_room():
    """The window counts places."""
    answers = Answers()
    delivery = Delivery(answers, iter([1, 20, 8]), 1, again=until_hundred)
    delivery.fill()
    assert delivery.take() == (11, 110)
    assert answers.asked == [1, 6, 11]


def test_what_follows_may_be_lost():
    """And is done again itself, rather than the first task."""
    answers = Answers(_6=[LOST, 100])
    found = everything(Delivery(answers, iter([1]), 1, attempts=2, again=until_hundred))
    assert (found, answers.asked) == ([(6, 100)], [1, 6, 6])


# A pool that is closed between two attempts


class ClosesAfter(Answers):
    """Refuses to be asked more often."""

    def __init__(self, times, **script):
        super().__init__(**script)
        self._times = times

    def __call__(self, task):
        if len(self.asked) == self._times:
            raise PoolClosedError("the pool is closed: make a new one")
        return super().__call__(task)


@pytest.mark.parametrize(
    "options", [{"attempts": 3}, {"again": until_hundred}], ids=["lost", "again"]
)
def test_a_pool_closed_between_two_attempts_is_told_once(options):
    """In the place of the task; what was done before is delivered, and it ends."""
    answers = ClosesAfter(2, _1=[LOST] if "attempts" in options else [5], _2=[200])
    found = everything(Delivery(answers, iter([1, 2]), 2, **options))
    assert [type(found[0]), *found[1:]] == [PoolClosedError, (2, 200)]


# The end


def test_cancelling_drops_what_is_open():
    """Also what is done; nothing is made any more."""
    scripted = Scripted(size=3)
    scripted.delivery.fill()
    scripted.pool.finish(0)
    scripted.delivery.cancel()
    scripted.delivery.cancel()
    assert everything(scripted.delivery) == []
    assert [future.cancelled() for future in scripted.pool.futures] == [False, True, True]
    assert scripted.made == [0, 1, 2]


def test_dropping_cancels_what_is_open():
    """Nobody waits for it."""
    scripted = Scripted(size=2)
    scripted.delivery.fill()
    del scripted.delivery
    gc.collect()
    assert [future.cancelled() for future in scripted.pool.futures] == [True, True]


def test_a_delivered_result_is_held_by_nobody():
    """Memory is bounded by the window."""

    class Batch:
        pass

    pool = ScriptedPool()
    delivery = Delivery(lambda task: pool.submit(Batch), iter(range(2)), 1)
    delivery.fill()
    pool.finish(0)
    _, batch = delivery.take()
    held = weakref.ref(batch)
    pool.futures.clear()
    del batch
    gc.collect()
    assert held() is None
