"""Making one batch: what a worker does, and what is done again when samples fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import numpy as np

from aliquot._address import Address, SampleFailures
from aliquot._batch import length
from aliquot._indices import IntArray
from aliquot._random import hash_key
from aliquot._task import Task
from aliquot.data_source import AbstractDataSource, Order, PackedBatch, Raw, pack, take
from aliquot.errors import ArgumentError, SampleError, portable, site
from aliquot.events import SampleFailed
from aliquot.loader._steps import Steps

_CANDIDATES = 8
"""How many samples may stand in for one, before it is an error."""


@dataclass
class Made:
    """What became of a task."""

    batch: Any = None
    samples: int = 0
    """Samples in the batch; 0 if all of them failed, and there is none."""
    failures: dict[int, Exception] = field(default_factory=dict)
    """The rows that failed, if there are any: then there is no batch yet."""
    work_ns: int = 0
    stages: dict[str, int] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Whether there is a batch: not if all its samples failed."""
        return self.samples > 0 or self.batch is not None

    def __getstate__(self) -> dict[str, Any]:
        # An error that cannot be rebuilt would take the batch's other failures with it.
        failures = {row: portable(error) for row, error in self.failures.items()}
        return {**self.__dict__, "failures": failures}


@dataclass(frozen=True)
class Maker:
    """Everything that a worker needs besides a task; it is sent to each worker once."""

    source: AbstractDataSource[Any]
    seed: int
    tolerant: bool
    collate: Callable[[Any], Any] | None

    def __call__(self, task: Task) -> Made:
        """Make the batch of a task."""
        if not len(task.places):
            return Made()
        start = perf_counter_ns()
        indices, places = flat(task)
        address = Address(self.seed, task.epoch, places, tolerant=self.tolerant)
        try:
            batch = self.source.read_at(indices, address)
        except SampleFailures as failed:
            return Made(failures=failed.rows)
        samples = len(places) if task.mask is None else int(task.mask[rows_of(task)].sum())
        if isinstance(task.indices, PackedBatch):
            begun = perf_counter_ns()
            batch = pack(batch, task.indices, len(task.places))
            address.count("pack", begun)
        if task.mask is not None:
            batch = _with_mask(batch, task.mask)
        if self.collate is not None:
            begun = perf_counter_ns()
            batch = self.collate(batch)
            address.count("collate", begun)
        return Made(batch, samples, {}, perf_counter_ns() - start, address.clock)


def flat(task: Task) -> tuple[Any, IntArray]:
    """Give the index and the place of each sample, also if they are packed in rows."""
    if isinstance(task.indices, PackedBatch):
        return task.indices.sample_indices, task.indices.places(task.places)
    return task.indices, task.places


def rows_of(task: Task) -> IntArray:
    """Give the row that each sample stands in, also if several stand in one."""
    packed = isinstance(task.indices, PackedBatch)
    rows: IntArray = task.indices.row if packed else np.arange(len(task.places))
    return rows


def make(maker: Maker, task: Task) -> Made:
    """Do a task: what pools are given."""
    return maker(task)


def _with_mask(batch: Any, mask: Any) -> Any:
    if isinstance(batch, dict):
        if "mask" in batch:
            raise ArgumentError('pad_last=True needs the name "mask", which a column has')
        return {**batch, "mask": mask.copy()}
    columns = batch if isinstance(batch, tuple) else (batch,)
    return (*columns, mask.copy())


class Policy:
    """What is done about samples that fail: tasks are done again without them.

    A batch is made anew with other samples in the failing rows, or without these rows. So it is a
    function of its place like any other, whoever makes it.
    """

    def __init__(self, on_error: str, steps: Steps, order: Order, seed: int) -> None:
        self._substitutes = on_error == "substitute"
        self._steps = steps
        self._order = order
        self._seed = seed

    def again(self, task: Task, made: Made) -> Task | None:
        """Give the task to do in place of one with failures; `None` if it has none.

        Raises
        ------
        Exception
            A sample's own, if nothing can stand in for it.
        """
        if not made.failures:
            return None
        return self._substituted(task, made) if self._substitutes else self._skipped(task, made)

    def _skipped(self, task: Task, made: Made) -> Task:
        rows = sorted(made.failures)
        if isinstance(task.indices, PackedBatch):
            return self._unpacked(task, made, rows)
        good = np.delete(np.arange(len(task.places)), rows)
        failed = task.failed + _events(task, made, rows, "skipped")
        if task.mask is not None and not task.mask.any():
            return self._substituted(task, made)  # nothing but padding: any other sample will do
        if not len(good):
            return self._emptied(task, made, failed)
        if task.mask is None:
            indices = take(task.indices, good)
            return task._replace(places=task.places[good], indices=indices, failed=failed)
        # Padded: a good sample of the batch is repeated in each failing row.
        repeated = np.arange(len(task.places))
        repeated[rows] = good[0]
        mask = task.mask.copy()
        mask[rows] = False
        return task._replace(
            places=task.places[repeated],
            indices=take(task.indices, repeated),
            mask=mask,
            failed=failed,
        )

    def _unpacked(self, task: Task, made: Made, rows: list[int]) -> Task:
        """Leave samples out of their rows, which have padding there then."""
        if task.mask is not None and not task.mask.any():
            return self._refilled(task, made)
        failed = task.failed + _events(task, made, rows, "skipped")
        indices = task.indices.without(rows)
        if len(indices.sample_indices):
            return task._replace(indices=indices, failed=failed)
        return self._emptied(task, made, failed)

    def _refilled(self, task: Task, made: Made) -> Task:
        """Fill up a rank that has no row of its own with another one."""
        number = max(task.candidates, default=0) + 1
        if number > _CANDIDATES:
            raise made.failures[min(made.failures)]
        key = hash_key(self._seed, task.epoch, task.place, number)
        row = np.full_like(task.places, self._steps.candidate(self._order, task, key))
        return task._replace(indices=self._order.at(row), candidates=(number,) * len(row))

    def _emptied(self, task: Task, made: Made, failed: tuple[SampleFailed, ...]) -> Task:
        if self._steps.world_size > 1:
            error = made.failures[min(made.failures)]
            error.add_note("no sample of this rank's batch is left, and ranks need equal steps")
            raise error
        return task._replace(places=task.places[:0], failed=failed)

    def _substituted(self, task: Task, made: Made) -> Task:
        rows = sorted(made.failures)
        tries = list(task.candidates or [0] * len(task.places))
        order_places = task.places.copy()
        for row in rows:
            tries[row] += 1
            if tries[row] > _CANDIDATES:
                error = made.failures[row]
                error.add_note(f"{_CANDIDATES} other samples in its place failed too")
                raise error
        for row, number in enumerate(tries):
            if number:
                key = hash_key(self._seed, task.epoch, int(task.places[row]), number)
                order_places[row] = self._steps.candidate(self._order, task, key)
        return task._replace(
            indices=self._order.at(order_places),
            candidates=tuple(tries),
            failed=task.failed + _events(task, made, rows, "substituted"),
        )


def _events(task: Task, made: Made, rows: list[int], action: str) -> tuple[SampleFailed, ...]:
    """Tell of the samples that failed; one that only fills up is told of where it belongs."""
    _, places = flat(task)
    row_of = rows_of(task)
    counted = [row for row in rows if task.mask is None or task.mask[row_of[row]]]
    return tuple(
        [_event(task.epoch, int(places[row]), made.failures[row], action) for row in counted]
    )


def _event(epoch: int, place: int, error: Exception, action: str) -> SampleFailed:
    known = site(error)
    return SampleFailed(
        epoch=epoch,
        place=place,
        index=known.index,
        path=known.path,
        reason=str(error) if type(error) is SampleError else f"{type(error).__name__}: {error}",
        action=action,
    )


def raw_task(batch: Any, epoch: int, place: int, step: int) -> Task:
    """Give the task that passes a batch of a stream through its stages."""
    n = length(tuple(batch) if isinstance(batch, list) else batch)
    return Task(epoch, place, step, np.arange(place, place + n), Raw(batch))
