"""The unit of work of a loader: a few integers."""

import pickle

import numpy as np

from aliquot._task import Task
from aliquot.events import SampleFailed


def task(n, **more):
    return Task(1, 64, 2, np.arange(64, 64 + n), np.arange(n), **more)


def test_what_is_rare_has_a_default():
    """Most tasks have no padding, and no failures before them."""
    assert (task(3).mask, task(3).failed, task(3).candidates) == (None, (), ())


def test_a_task_is_small():
    """A few KB at most for a batch of 64, whatever the data."""
    assert len(pickle.dumps(task(64), protocol=5)) < 2048


def test_a_task_goes_to_a_worker_and_back():
    """With what failed in earlier attempts."""
    failed = SampleFailed(
        epoch=1, place=64, index=3, path=None, reason="OSError: broken", action="skipped"
    )
    sent = task(2, mask=np.array([True, False]), failed=(failed,), candidates=(0, 1))
    found = pickle.loads(pickle.dumps(sent))
    assert (found.epoch, found.place, found.step, found.failed) == (1, 64, 2, (failed,))
    assert (found.places.tolist(), found.mask.tolist()) == ([64, 65], [True, False])
    assert found.candidates == (0, 1)
