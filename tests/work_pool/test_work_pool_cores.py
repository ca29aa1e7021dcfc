"""How many cores this process may use."""

import math
import os

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool, _cores
from aliquot.work_pool._cores import _quota, check_workers, usable_cores


@pytest.fixture
def machine(monkeypatch):
    """Give a function that pretends a number of cores, a quota and processes that share them."""

    def pretend(cores, quota=math.inf, share=None):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
        monkeypatch.setattr(_cores, "_quota", lambda: quota)
        monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
        if share is not None:
            monkeypatch.setenv("LOCAL_WORLD_SIZE", share)

    return pretend


@pytest.mark.parametrize(
    ("cores", "quota", "share", "expected"),
    [
        (8, math.inf, None, 8),
        (8, 3.0, None, 3),
        (8, 2.5, None, 2),
        (8, 0.5, None, 1),
        (2, 16.0, None, 2),
        (8, math.inf, "4", 2),
        (8, 6.0, "4", 1),
        (8, math.inf, "3", 2),
        (8, math.inf, "100", 1),
        (8, math.inf, "0", 8),
        (8, math.inf, "", 8),
        (8, math.inf, "many", 8),
        (8, math.inf, "-2", 8),
    ],
)
def test_affinity_quota_and_share_are_respected(machine, cores, quota, share, expected):
    """The least of the first two, divided by the third; 1 at the least."""
    machine(cores, quota, share)
    assert expected == usable_cores()


def test_without_affinity_all_cores_are_counted(machine, monkeypatch):
    """As on systems that have no such thing."""
    machine(1)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores() == 6


def test_a_count_that_the_system_does_not_know_is_one(machine, monkeypatch):
    """`os.cpu_count` may give `None`."""
    machine(1)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def _write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


V1 = "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, math.inf),
        ({"cpu.max": "200000 100000\n"}, 2.0),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu.max": ""}, math.inf),
        ({"cpu.max": "100000 0\n"}, math.inf),
        ({V1[0]: "300000\n", V1[1]: "100000\n"}, 3.0),
        ({V1[0]: "-1\n", V1[1]: "100000\n"}, math.inf),
        ({V1[0]: "300000\n"}, math.inf),
        ({V1[0]: "rubbish\n", V1[1]: "100000\n"}, math.inf),
    ],
)
def test_the_quota_of_a_control_group(tmp_path, files, expected):
    """Version 2, version 1, none, and files that say nothing useful."""
    _write(tmp_path, files)
    assert expected == _quota(tmp_path)


@pytest.mark.parametrize("workers", [1, 5, np.int64(3)])
def test_a_number_of_workers_is_given_back(workers):
    """Whatever kind of integer it is."""
    assert (int, int(workers)) == (type(check_workers(workers)), check_workers(workers))


def test_no_number_means_all_usable_cores(machine):
    """As documented."""
    machine(7)
    assert check_workers(None) == 7


@pytest.mark.parametrize("kind", [WorkerThreadPool, WorkerProcessPool])
@pytest.mark.parametrize(
    ("workers", "error"),
    [(0, ArgumentError), (-1, ArgumentError), (2.0, ArgumentTypeError), ("2", ArgumentTypeError)],
)
def test_a_wrong_number_of_workers_is_refused(kind, workers, error):
    """By the constructor, which says what was expected and what came."""
    with pytest.raises(error) as caught:
        kind(workers)
    expected = f"processes must be an integer of 1 or more, or None for one a core, not {workers!r}"
    assert expected == str(caught.value)
