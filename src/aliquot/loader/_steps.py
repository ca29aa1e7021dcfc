"""The arithmetic of an epoch: which places are a step, and which of them are a rank's."""

from dataclasses import dataclass

import numpy as np

from aliquot._task import Task
from aliquot.data_source import Order


@dataclass(frozen=True, kw_only=True)
class Steps:
    """How the places of an epoch are cut."""

    length: int | None
    """Places of an epoch; `None` for no end."""
    batch_size: int
    """Samples a rank and step."""
    rank: int
    world_size: int
    drop_last: bool
    pad_last: bool

    @property
    def size(self) -> int:
        """Places of a step, over all ranks."""
        return self.batch_size * self.world_size

    def left(self, place: int) -> int | None:
        """Count the steps from a place on; `None` for no end."""
        if self.length is None:
            return None
        places = max(self.length - place, 0)
        return places // self.size if self.drop_last else -(-places // self.size)

    def task(self, order: Order, epoch: int, place: int, step: int) -> Task:
        """Give this rank's part of the step that begins at `place`."""
        start = place + self.rank * self.batch_size
        n = self._real(order, start, self.batch_size)
        if n == self.batch_size or not self.pad_last:
            places = np.arange(start, start + n)
            mask = np.ones(n, dtype=np.bool_) if self.pad_last else None
            return Task(epoch, place, step, places, order.between(start, start + n), mask)
        # What fills up is the step's last sample: a real one, also for a rank with none left.
        last = place + self._real(order, place, self.size) - 1
        places = np.concatenate(
            [np.arange(start, start + n), np.full(self.batch_size - n, last, dtype=np.int64)]
        )
        return Task(epoch, place, step, places, order.at(places), np.arange(self.batch_size) < n)

    def candidate(self, order: Order, task: Task, number: int) -> int:
        """Turn a hash into a place whose sample can stand in for another's."""
        if order.batch_shaped:  # of a choice's own step
            return task.place + number % self._real(order, task.place, self.size)
        return number % (self.length or 2**32)

    def _real(self, order: Order, start: int, n: int) -> int:
        """Count the samples among places, up to the end of the epoch."""
        if self.length is not None:
            n = max(min(n, self.length - start), 0)
        return order.real(start, n) if n else 0
