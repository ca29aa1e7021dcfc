"""What belongs to one worker and ends with it."""

import threading

import pytest

from aliquot._scope import at_end_of_worker, begin_worker, end_worker


@pytest.fixture
def in_thread():
    """Give a function that calls another in a thread of its own."""

    def run(fn):
        thread = threading.Thread(target=fn)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    return run


def test_what_a_worker_opened_is_closed_at_its_end(in_thread):
    """The latest first, as it may need the others."""
    closed = []

    def worker():
        begin_worker()
        for name in "abc":
            at_end_of_worker(lambda name=name: closed.append(name))
        assert closed == []
        end_worker()

    in_thread(worker)
    assert closed == ["c", "b", "a"]


def test_a_thread_that_is_no_worker_closes_nothing(in_thread):
    """Its end is not known."""
    closed = []

    def no_worker():
        at_end_of_worker(lambda: closed.append(1))
        end_worker()

    in_thread(no_worker)
    assert closed == []


def test_every_worker_closes_its_own(in_thread):
    """Not those of another that goes on."""
    closed = []
    first_ended = threading.Event()

    def worker(name, before_the_end):
        begin_worker()
        at_end_of_worker(lambda: closed.append(name))
        before_the_end()
        end_worker()

    def both():
        second = threading.Thread(target=worker, args=("second", lambda: first_ended.wait(10)))
        second.start()
        worker("first", lambda: None)
        seen.extend(closed)
        first_ended.set()
        second.join(10)

    seen = []
    in_thread(both)
    assert (seen, closed) == (["first"], ["first", "second"])


def test_the_end_comes_once(in_thread):
    """A second one closes nothing again."""
    closed = []

    def worker():
        begin_worker()
        at_end_of_worker(lambda: closed.append(1))
        end_worker()
        end_worker()

    in_thread(worker)
    assert closed == [1]


def test_what_closing_opens_is_closed_too(in_thread):
    """Nothing is left."""
    closed = []

    def worker():
        begin_worker()
        at_end_of_worker(lambda: at_end_of_worker(lambda: closed.append("late")))
        end_worker()

    in_thread(worker)
    assert closed == ["late"]


def test_one_that_cannot_be_closed_keeps_none_of_the_others_open(in_thread):
    """They are closed all the same."""
    closed = []

    def broken():
        raise OSError("cannot be closed")

    def worker():
        begin_worker()
        at_end_of_worker(lambda: closed.append("first"))
        at_end_of_worker(broken)
        at_end_of_worker(lambda: closed.append("last"))
        with pytest.warns(UserWarning, match="could not close what it opened.*cannot be closed"):
            end_worker()

    in_thread(worker)
    assert closed == ["last", "first"]
