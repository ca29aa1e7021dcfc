"""Where the time went, in plain words."""

import dataclasses

import pytest

from aliquot._ledger import Ledger
from aliquot.diagnostics import Report
from aliquot.events import SampleFailed


def report(*batches, workers=2, elapsed=1.0, failures=(), **more):
    ledger = Ledger()
    for batch in batches:
        ledger.add(*batch)
    return Report.of(
        ledger, recipe="seed 3", workers=workers, elapsed=elapsed, failures=failures, **more
    )


def failure(**more):
    fields = {"epoch": 1, "place": 7, "index": 3, "path": None}
    return SampleFailed(**{**fields, "reason": "OSError: broken", "action": "skipped", **more})


# A batch of 64 samples, waited for 20 ms, made in 30 ms of which reading took 25.
BATCH = (64, 20_000_000, 30_000_000, {"read": 25_000_000})
QUICK = (64, 1_000_000, 30_000_000, {"read": 25_000_000})


def test_times_are_milliseconds_a_batch():
    """Of waiting, of work, and of each stage."""
    found = report(BATCH, (36, 10_000_000, 10_000_000, {"read": 5_000_000, "map f": 2_000_000}))
    assert (found.batches, found.samples, found.wait_ms, found.work_ms) == (2, 100, 15.0, 20.0)
    assert found.stage_ms == {"read": 15.0, "map f": 1.0}


@pytest.mark.parametrize(("elapsed", "share"), [(0.1, 0.2), (0.02, 1.0), (0.0, 0.0)])
def test_the_share_of_waiting_is_of_the_time_that_passed(elapsed, share):
    """None passed before the first batch."""
    assert share == pytest.approx(report(BATCH, elapsed=elapsed).wait_share)


def test_nothing_delivered_is_no_division_by_zero():
    """And no advice."""
    assert str(report(elapsed=0.0)).splitlines() == [
        "0 batches, 0 samples; seed 3",
        "waited for batches    0.00 ms a batch (0 % of the time)",
        "made by 2 workers     0.00 ms a batch",
        "no sample failed",
    ]


def test_it_is_printed_in_words():
    """Times stand below each other."""
    found = report(BATCH, BATCH, elapsed=0.1, stuck=("epoch 0, samples [3 4]",))
    assert str(found).splitlines() == [
        "2 batches, 128 samples; seed 3",
        "waited for batches   20.00 ms a batch (40 % of the time)",
        "made by 2 workers    30.00 ms a batch",
        "  read               25.00 ms a batch",
        "no sample failed",
        "stuck: epoch 0, samples [3 4]",
        "-> the loop waits for data: more workers, or less work a sample",
    ]


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(0, "made inline"), (1, "made by 1 worker "), (8, "made by 8 workers")],
)
def test_it_says_who_made_the_batches(workers, expected):
    """One worker is no workers."""
    line = str(report(BATCH, workers=workers)).splitlines()[2]
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("batch", "workers", "advice"),
    [
        (BATCH, 2, "-> the loop waits for data: more workers, or less work a sample"),
        (BATCH, 0, "-> batches are made inline: pool=2 or more makes them ahead"),
        (QUICK, 2, None),
        (QUICK, 0, None),
    ],
)
def test_advice_is_given_to_a_loop_that_waits(batch, workers, advice):
    """What to change; none where nobody would notice."""
    lines = str(report(batch, workers=workers, elapsed=0.05)).splitlines()
    assert [line for line in lines if line.startswith("->")] == ([advice] if advice else [])


def test_failures_are_listed():
    """Where, which and why: by path where there is one."""
    failures = (failure(), failure(place=9, path="a.jpg", action="substituted"))
    assert str(report(QUICK, failures=failures)).splitlines()[-3:] == [
        "2 samples failed:",
        "  epoch 1, place 7: sample 3 skipped, OSError: broken",
        "  epoch 1, place 9: a.jpg substituted, OSError: broken",
    ]


def test_functions_that_run_in_python_are_named():
    """Below the times, which they are part of."""
    found = report(BATCH, python_functions=("noisy", "Wrap(Compose(...))"))
    assert str(found).splitlines()[3:5] == [
        "  read               25.00 ms a batch",
        "transforms: noisy (runs in Python), Wrap(Compose(...)) (runs in Python)",
    ]


def test_a_report_stays_what_it_was():
    """It is a fact: what the ledger counts later does not change it."""
    ledger = Ledger()
    ledger.add(*BATCH)
    found = Report.of(ledger, recipe="", workers=0, elapsed=1.0, failures=())
    before = str(found)
    ledger.add(*BATCH)
    assert before == str(found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.batches = 5
