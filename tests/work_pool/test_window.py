"""The window of open tasks: its table of moves, order, room, retries and end."""

import gc
import weakref
from contextlib import suppress
from itertools import permutations, product
from typing import get_args

import pytest

from aliquot.errors import ArgumentError
from aliquot.work_pool._window import TRANSITIONS, Event, IllegalMoveError, State, Window

LEGAL = {
    ("running", "done"): "done",
    ("running", "failed"): "failed",
    ("running", "lost"): "running",
}
PAIRS = [*product(get_args(State), get_args(Event))]

ERROR = ValueError("of the task")


class Thing:
    """What can be watched by a weak reference."""


class ThingError(Exception):
    """An exception that is caught once."""


def window_of(tasks, *, size=9, **options):
    """Make a window with a number of running tasks."""
    window = Window(size, **options)
    for _ in range(tasks):
        window.add()
    return window


def report(window, event, number=0):
    """Tell of an event."""
    outcome = {"done": ("result",)}.get(event, (ERROR,))
    return getattr(window, event)(number, *outcome)


def bring(state):
    """Make a window whose task 0 is in a state."""
    window = window_of(1)
    if state != "running":
        report(window, state)
    return window


def state_of_head(window):
    """Tell the state of the head by what can be seen of it."""
    if not window.ready:
        return "running"
    try:
        window.take()
    except ValueError:
        return "failed"
    return "done"


@pytest.fixture
def uncollected():
    """Show what reference counts alone do."""
    gc.disable()
    yield
    gc.enable()


# The table


def test_the_table_knows_every_state():
    """It has a row for each state, and no others."""
    assert {*get_args(State)} == {*TRANSITIONS}


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_the_table_lists_the_legal_moves(state, event):
    """Each pair of a state and an event leads where it should, or nowhere."""
    assert LEGAL.get((state, event)) == TRANSITIONS[state].get(event)


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair in LEGAL])
def test_legal_moves_are_made(state, event):
    """A task is then in the state that the table gives."""
    window = bring(state)
    report(window, event)
    assert LEGAL[state, event] == state_of_head(window)


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair not in LEGAL])
def test_illegal_moves_are_refused(state, event):
    """The error names task, state and event, and the task is as it was."""
    window = bring(state)
    with pytest.raises(IllegalMoveError, match=f"^task 0 is {state}: '{event}' cannot happen"):
        report(window, event)
    assert (window.running, window.waiting) == (0, 1)
    assert state == state_of_head(window)


@pytest.mark.parametrize("event", get_args(Event))
@pytest.mark.parametrize("number", [1, -1])
def test_numbers_never_given_out_are_refused(event, number):
    """The error says that there is no such task yet."""
    window = window_of(1)
    with pytest.raises(RuntimeError, match=f"^task {number} is not begun: '{event}' cannot"):
        report(window, event, number)


@pytest.mark.parametrize("event", get_args(Event))
def test_late_reports_of_delivered_tasks_are_ignored(event):
    """Nothing is run again, and nothing is delivered twice."""
    window = window_of(2)
    window.done(0, "first")
    window.take()
    assert not report(window, event, 0)
    assert (window.running, window.waiting, window.head) == (1, 0, 1)


# Order


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_results_come_in_the_order_of_the_tasks(order):
    """In whatever order the tasks finish."""
    window = window_of(4)
    for number in order:
        window.done(number, f"result {number}")
    assert [f"result {number}" for number in range(4)] == [window.take() for _ in range(4)]


def test_the_head_is_the_first_task_not_delivered():
    """It moves on as tasks are taken, and is `None` when none is open."""
    window = window_of(2)
    heads = [window.head]
    for number in range(2):
        window.done(number, None)
        window.take()
        heads.append(window.head)
    assert heads == [0, 1, None]


def test_a_finished_task_waits_for_the_head():
    """It is not ready while an earlier one runs."""
    window = window_of(2)
    window.done(1, "second")
    assert not window.ready
    window.done(0, "first")
    assert window.ready


@pytest.mark.parametrize(
    ("tasks", "said"), [(0, "task 0 is not begun: 'take'"), (1, "task 0 is running: 'take'")]
)
def test_nothing_is_taken_before_it_is_ready(tasks, said):
    """Taking is refused when the head is running, or when there is none."""
    window = window_of(tasks)
    with pytest.raises(IllegalMoveError, match=said):
        window.take()
    assert tasks == window.running


def test_an_error_is_raised_in_its_turn():
    """It is the very object, and the tasks after it go on."""
    window = window_of(3)
    window.failed(1, ERROR)
    window.done(2, "third")
    window.done(0, "first")
    assert window.take() == "first"
    with pytest.raises(ValueError) as caught:
        window.take()
    assert ERROR is caught.value
    assert window.take() == "third"


def test_an_exception_can_be_a_result():
    """A task may return one; it is then given, not raised."""
    window = window_of(1)
    window.done(0, ERROR)
    assert ERROR is window.take()


@pytest.mark.usefixtures("uncollected")
def test_a_taken_result_is_not_kept():
    """The window does not hold what it has delivered."""
    window = window_of(1)
    window.done(0, Thing())
    watched = weakref.ref(window.take())
    assert watched() is None


@pytest.mark.usefixtures("uncollected")
def test_a_raised_error_is_not_kept():
    """Neither the window nor a circle of frames holds it once it was caught."""
    window = window_of(1)
    error = ThingError()
    watched = weakref.ref(error)
    window.failed(0, error)
    del error
    with suppress(ThingError):
        window.take()
    assert watched() is None


# Room


def test_room_is_what_is_neither_running_nor_waiting():
    """Only delivery makes room: finishing does not."""
    window = Window(2)
    rooms = [window.room]
    for step in (window.add, window.add, lambda: window.done(0, None), window.take):
        step()
        rooms.append(window.room)
    assert rooms == [2, 1, 0, 0, 1]


def test_no_task_is_begun_without_room():
    """Beginning one is refused, and takes no number."""
    window = window_of(1, size=1)
    with pytest.raises(IllegalMoveError, match=r"^task 1 is not begun: 'add' cannot happen"):
        window.add()
    window.done(0, None)
    window.take()
    assert window.add() == 1


def test_tasks_are_counted():
    """Running and waiting ones, finished well or badly."""
    window = window_of(4)
    window.done(1, None)
    window.failed(2, ERROR)
    assert (window.running, window.waiting) == (2, 2)


@pytest.mark.parametrize("size", [0, -1])
def test_a_window_without_room_is_refused(size):
    """The size that came is said."""
    with pytest.raises(ArgumentError, match=f"1 task or more, not {size}"):
        Window(size)


# Retries


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_lost_task_is_run_again_up_to_its_attempts(attempts):
    """The last loss makes it fail with the error that came with it."""
    window = window_of(1, attempts=attempts)
    assert [True] * (attempts - 1) == [window.lost(0, OSError()) for _ in range(attempts - 1)]
    assert not window.ready
    assert not window.lost(0, ERROR)
    with pytest.raises(ValueError) as caught:
        window.take()
    assert ERROR is caught.value


def test_attempts_are_counted_for_each_task():
    """From 0, for the task that was lost only; the last loss begins no other."""
    window = window_of(2, attempts=2)
    window.lost(1, ERROR)
    window.lost(1, ERROR)
    assert [window.attempt(number) for number in range(2)] == [0, 1]


def test_a_lost_task_can_succeed():
    """It keeps its number, and so its turn."""
    window = window_of(2)
    window.lost(0, ERROR)
    window.done(1, "second")
    window.done(0, "first")
    assert [window.take(), window.take()] == ["first", "second"]


def test_a_task_is_run_three_times_unless_told_otherwise():
    """The default is two more attempts after the first."""
    window = window_of(1)
    assert [window.lost(0, ERROR) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("number", "state"), [(0, "forgotten"), (1, "not begun")])
def test_only_open_tasks_have_an_attempt(number, state):
    """Asking for that of another is refused."""
    window = window_of(1)
    window.cancel_all()
    with pytest.raises(IllegalMoveError, match=f"^task {number} is {state}: 'attempt' cannot"):
        window.attempt(number)


@pytest.mark.parametrize("attempts", [0, -1])
def test_no_attempt_at_all_is_refused(attempts):
    """The number that came is said."""
    with pytest.raises(ArgumentError, match=f"1 attempt or more, not {attempts}"):
        Window(1, attempts=attempts)


# End


def test_an_ended_window_has_no_room():
    """It may be ended twice; beginning another task is refused."""
    window = Window(2)
    window.end()
    window.end()
    assert window.room == 0
    with pytest.raises(IllegalMoveError, match=r"'add' cannot happen to it in .*ended"):
        window.add()


def test_it_is_exhausted_when_ended_and_all_is_delivered():
    """Open tasks are delivered after the end; without an end it is never exhausted."""
    window = window_of(1)
    seen = []
    for step in (lambda: None, window.end, lambda: window.done(0, None), window.take):
        step()
        seen.append(window.exhausted)
    assert seen == [False, False, False, True]
    assert not Window(1).exhausted


# Cancelling


def test_cancelling_forgets_the_open_tasks():
    """Their numbers are given, finished ones included, and all room is back."""
    window = window_of(3, size=3)
    window.done(0, "first")
    window.take()
    window.done(2, "third")
    assert window.cancel_all() == [1, 2]
    assert (window.running, window.waiting, window.room, window.head) == (0, 0, 3, None)
    assert window.cancel_all() == []


@pytest.mark.parametrize("event", get_args(Event))
def test_late_reports_of_cancelled_tasks_are_ignored(event):
    """They are neither run again nor delivered."""
    window = window_of(1)
    window.cancel_all()
    assert not report(window, event)
    assert (window.running, window.waiting, window.ready) == (0, 0, False)


def test_numbers_are_not_used_again_after_cancelling():
    """A late report cannot be taken for that of a new task."""
    window = window_of(2)
    window.cancel_all()
    assert 2 == window.add() == window.head


@pytest.mark.usefixtures("uncollected")
def test_cancelling_lets_go_of_results():
    """What nobody waits for is not held."""
    window = window_of(1)
    result = Thing()
    watched = weakref.ref(result)
    window.done(0, result)
    del result
    window.cancel_all()
    assert watched() is None


# Printed


def test_it_shows_its_counts():
    """Head and end are shown when there are any."""
    window = Window(4)
    assert repr(window) == "Window(size=4, running=0, waiting=0)"
    window.add()
    window.add()
    window.done(1, None)
    window.end()
    assert repr(window) == "Window(size=4, running=1, waiting=1, head=0, ended)"
