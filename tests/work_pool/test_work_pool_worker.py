"""What a worker process does, tried out in this one."""

import io
import os
import pickle
import threading

import cloudpickle
import pytest

from aliquot.errors import SampleError
from aliquot.work_pool._frames import Reference, Request, receive, send
from aliquot.work_pool._worker import serve


def request(fn, *args, new=None, dropped=(), **kwargs):
    pickled = {number: pickle.dumps(value) for number, value in (new or {}).items()}
    return Request(pickled, list(dropped), cloudpickle.dumps((fn, args, kwargs)))


def answers(*requests):
    asked, replies = io.BytesIO(), io.BytesIO()
    for one in requests:
        send(asked, one)
    asked.seek(0)
    serve(asked, replies)
    replies.seek(0)
    found = [receive(replies) for _ in requests]
    return [(reply.succeeded, pickle.loads(reply.outcome)) for reply in found]


def fail(error):
    raise error


def test_tasks_are_done_in_order():
    """Until there are no more."""
    found = answers(request(pow, 2, 3), request(dict, a=1))
    assert found == [(True, 8), (True, {"a": 1})]


def test_a_constant_is_kept_for_later_tasks():
    """It comes once."""
    found = answers(request(sum, Reference(4), new={4: [1, 2]}), request(len, Reference(4)))
    assert found == [(True, 3), (True, 2)]


def test_a_dropped_constant_is_forgotten():
    """Its memory is free."""
    first = request(sum, Reference(4), new={4: [1, 2]})
    (_, (succeeded, error)) = answers(first, request(sum, Reference(4), dropped=[4]))
    assert (False, KeyError) == (succeeded, type(error))


def test_an_error_carries_its_traceback_as_a_note():
    """The process and the line are in it."""
    ((succeeded, error),) = answers(request(fail, OSError("broken")))
    (note,) = error.__notes__
    assert (False, OSError, "broken") == (succeeded, type(error), str(error))
    assert note.startswith(f"in worker process {os.getpid()}:\nTraceback")
    assert note.endswith("OSError: broken")
    assert "in fail" in note


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_error_that_would_end_a_program_does_not_end_the_worker(error):
    """It is sent like any other."""
    found = answers(request(fail, error), request(pow, 2, 3))
    assert [type(error), int] == [type(outcome) for _, outcome in found]


def unpicklable():
    error = OSError("holds a lock")
    error.lock = threading.Lock()
    error.add_note("read sample 7")
    raise error


def unloadable():
    class PickyError(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a}{b}")

    raise PickyError(1, 2)


@pytest.mark.parametrize(
    ("task", "text"),
    [(unpicklable, "OSError: holds a lock"), (unloadable, "unloadable.<locals>.PickyError: 12")],
)
def test_an_error_that_cannot_be_sent_is_stood_for(task, text):
    """By one with its name, its message and its notes."""
    ((succeeded, error),) = answers(request(task))
    assert (False, SampleError, text) == (succeeded, type(error), str(error))
    assert f"in {task.__name__}" in error.__notes__[-1]


def test_notes_of_an_error_that_cannot_be_sent_are_kept():
    """They name the sample."""
    ((_, error),) = answers(request(unpicklable))
    assert error.__notes__[0] == "read sample 7"


def test_a_result_that_cannot_be_sent_is_an_error():
    """And the worker goes on."""
    found = answers(request(threading.Lock), request(pow, 2, 3))
    assert [(False, TypeError), (True, int)] == [(ok, type(outcome)) for ok, outcome in found]


def test_a_task_that_cannot_be_loaded_is_an_error():
    """And the worker goes on."""
    found = answers(Request({}, [], b"rubbish"), request(pow, 2, 3))
    assert [succeeded for succeeded, _ in found] == [False, True]
