"""Whatever happens in whatever order, the window agrees with a model that is a list."""

from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from aliquot.work_pool._window import IllegalMoveError, Window

picks = st.integers(0, 99)
"""Chooses one of however many there are."""


class Windows(RuleBasedStateMachine):
    """A window beside its model: the open tasks in order, each with its outcome once it has one."""

    @initialize(size=st.integers(1, 4), attempts=st.integers(1, 3))
    def begin(self, size, attempts):
        """Make both."""
        self.window = Window(size, attempts=attempts)
        self.size, self.attempts, self.ended = size, attempts, False
        self.open, self.begun = [], 0
        self.delivered, self.cancelled = [], []

    def of(self, *, running):
        """Give the open tasks that are running, or those that are finished."""
        return [task for task in self.open if (task.outcome is None) == running]

    def forgotten(self):
        """Give the numbers of which nothing more is wanted."""
        return self.delivered + self.cancelled

    def has_room(self):
        """Tell whether a task may be begun."""
        return not self.ended and len(self.open) < self.size

    def has_ready(self):
        """Tell whether a task may be taken."""
        return bool(self.open) and self.open[0].outcome is not None

    # What may happen

    @precondition(lambda self: self.has_room())
    @rule()
    def add(self):
        """Begin a task."""
        assert self.begun == self.window.add()
        self.open.append(SimpleNamespace(number=self.begun, attempt=0, outcome=None))
        self.begun += 1

    @precondition(lambda self: self.of(running=True))
    @rule(pick=picks)
    def done(self, pick):
        """Have a task succeed."""
        task = self.chosen(pick)
        task.outcome = ("result", task.number)
        self.window.done(task.number, task.outcome)

    @precondition(lambda self: self.of(running=True))
    @rule(pick=picks)
    def failed(self, pick):
        """Have a task raise."""
        task = self.chosen(pick)
        task.outcome = ValueError(task.number)
        self.window.failed(task.number, task.outcome)

    @precondition(lambda self: self.of(running=True))
    @rule(pick=picks)
    def lost(self, pick):
        """Have a worker die."""
        task, error = self.chosen(pick), OSError()
        again = task.attempt + 1 < self.attempts
        assert again == self.window.lost(task.number, error)
        if again:
            task.attempt += 1
        else:
            task.outcome = error

    @precondition(lambda self: self.has_ready())
    @rule()
    def take(self):
        """Deliver."""
        task = self.open.pop(0)
        self.delivered.append(task.number)
        try:
            actual = self.window.take()
        except (ValueError, OSError) as error:
            actual = error
        assert task.outcome is actual

    @rule()
    def end(self):
        """Begin no more."""
        self.window.end()
        self.ended = True

    @rule()
    def cancel_all(self):
        """Wait no longer."""
        numbers = [task.number for task in self.open]
        assert numbers == self.window.cancel_all()
        self.cancelled += numbers
        self.open.clear()

    @precondition(lambda self: self.forgotten())
    @rule(pick=picks, report=st.sampled_from([Window.done, Window.failed, Window.lost]))
    def late(self, pick, report):
        """Report what nobody waits for: it changes nothing."""
        numbers = self.forgotten()
        assert not report(self.window, numbers[pick % len(numbers)], OSError())

    # What may not

    @precondition(lambda self: not self.has_room())
    @rule()
    def add_without_room(self):
        """Begin one too many."""
        with pytest.raises(IllegalMoveError):
            self.window.add()

    @precondition(lambda self: not self.has_ready())
    @rule()
    def take_too_early(self):
        """Want what is not there."""
        with pytest.raises(IllegalMoveError):
            self.window.take()

    @precondition(lambda self: self.of(running=False))
    @rule(pick=picks, report=st.sampled_from([Window.done, Window.failed, Window.lost]))
    def report_twice(self, pick, report):
        """Report a finished task again."""
        finished = self.of(running=False)
        with pytest.raises(IllegalMoveError):
            report(self.window, finished[pick % len(finished)].number, OSError())

    @rule(
        beyond=st.integers(0, 9),
        report=st.sampled_from([Window.done, Window.failed, Window.lost]),
    )
    def report_unknown(self, beyond, report):
        """Report a task that was never begun."""
        with pytest.raises(IllegalMoveError):
            report(self.window, self.begun + beyond, OSError())

    # What always holds

    @invariant()
    def is_bounded(self):
        """Have no more open than the window is large."""
        assert self.window.running + self.window.waiting <= self.size

    @invariant()
    def delivers_in_order(self):
        """Deliver 0, 1, 2, ..., but for what was cancelled."""
        gone = range(self.begun - len(self.open))
        assert [number for number in gone if number not in self.cancelled] == self.delivered

    @invariant()
    def accounts_for_every_task(self):
        """Have each delivered, cancelled or open, and that once."""
        numbers = self.forgotten() + [task.number for task in self.open]
        assert [*range(self.begun)] == sorted(numbers)

    @invariant()
    def agrees_with_the_model(self):
        """Give the model's answer to everything that can be asked."""
        window = self.window
        assert len(self.of(running=True)) == window.running
        assert len(self.of(running=False)) == window.waiting
        assert (self.size - len(self.open)) * (not self.ended) == window.room
        assert (self.open[0].number if self.open else None) == window.head
        assert self.has_ready() == window.ready
        assert (self.ended and not self.open) == window.exhausted
        assert [task.attempt for task in self.open] == [
            window.attempt(task.number) for task in self.open
        ]

    def chosen(self, pick):
        """Give one of the running tasks."""
        running = self.of(running=True)
        return running[pick % len(running)]


TestWindow = Windows.TestCase
TestWindow.settings = settings(
    derandomize=True, deadline=None, max_examples=100, stateful_step_count=40
)
