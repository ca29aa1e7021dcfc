"""Sources that can only be read from one end to the other."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aliquot._random import hash_key
from aliquot._task import Task
from aliquot.data_source import AbstractDataSource, IteratorDataSource, MappedDataSource, Raw
from aliquot.errors import ArgumentError, StateError
from aliquot.loader._make import raw_task

_REMEMBERED = 64


class Stream:
    """The part of a source that is read by the loader's own thread; its stages are for workers.

    A state holds how many batches were delivered, and what the iterator's own ``state_dict()``
    gave as the latest of them was read, if it has one. Without, a resume reads and drops.
    """

    def __init__(self, leaf: AbstractDataSource[Any], batch_size: int, *, shuffle: bool) -> None:
        self._leaf = leaf
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._positions: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._positions.append({"epoch": 0, "place": 0, "step": 0})

    def num_samples(self) -> int | float | None:
        """Count the samples of an epoch, if the source knows."""
        return self._leaf.num_samples()

    def tasks(self, seed: int, epoch: int, place: int, step: int) -> Iterator[Task]:
        """Read an epoch from a position on; each batch is passed through the stages as a task."""
        batches = self._begin(seed, epoch)
        skip = step
        at = self._positions[-1]
        loaded = at.get("stream") if (at["epoch"], at["step"]) == (epoch, step) else None
        stateful: Any = batches
        if isinstance(self._leaf, IteratorDataSource):  # which wraps the user's iterator
            stateful = self._leaf.batch_iter
        if loaded is not None:
            stateful.load_state_dict(loaded)
            skip = 0
        for _ in range(skip):
            next(batches, None)
        for batch, state, last in _with_last(batches, stateful):
            task = raw_task(batch, epoch, place, step)
            place, step = place + len(task.places), step + 1
            yield task._replace(indices=Raw(batch, state, last))

    def note_delivery(self, task: Task) -> None:
        """Note the position after a batch."""
        raw: Raw = task.indices
        position = {
            "epoch": task.epoch,
            "place": task.place + len(task.places),
            "step": task.step + 1,
        }
        if raw.last:
            position = {"epoch": task.epoch + 1, "place": 0, "step": 0}
        elif raw.state is not None:
            position["stream"] = raw.state
        self._positions.append(position)

    def position(self, ago: int) -> dict[str, Any]:
        """Give the position before the last `ago` batches."""
        if ago >= len(self._positions):
            raise ArgumentError(
                f"a stream remembers {len(self._positions) - 1} positions, not {ago}"
            )
        return dict(self._positions[-1 - ago])

    def stand(self, epoch: int, place: int, step: int) -> None:
        """Stand at the beginning of an iteration."""
        position = {"epoch": epoch, "place": place, "step": step}
        latest = self._positions[-1]
        if {name: latest[name] for name in position} != position:
            self._positions[-1] = position

    def load(self, state: Mapping[str, Any]) -> None:
        """Stand where a state says."""
        kept = {name: state[name] for name in ("epoch", "place", "step", "stream") if name in state}
        if "step" not in kept:
            raise StateError("the state of a stream must hold the number of its step")
        self._positions.clear()
        self._positions.append(kept)

    def _begin(self, seed: int, epoch: int) -> Iterator[Any]:
        if not self._shuffle:
            return iter(self._leaf.batch_iterator(self._batch_size))
        rng = np.random.RandomState(hash_key(seed, epoch) % 2**32)
        return iter(self._leaf.batch_iterator(self._batch_size, shuffle=rng))


def stream_of(source: AbstractDataSource[Any], batch_size: int, *, shuffle: bool) -> Stream | None:
    """Give the stream below the stages of a source; `None` if the source is random-access."""
    if source.is_random_access:
        return None
    while isinstance(source, MappedDataSource):
        source = source.source
    return Stream(source, batch_size, shuffle=shuffle)


def check_stream_options(**options: Any) -> None:
    """Refuse what needs samples that can be fetched by index."""
    plain = {"world_size": 1, "on_error": "raise"}
    for name, value in options.items():
        if value not in (None, False, plain.get(name)):
            raise ArgumentError(
                f"{name}={value!r} needs a random-access source, and this one is a stream"
            )


def _state_of(stateful: Any) -> Any:
    return stateful.state_dict() if hasattr(stateful, "state_dict") else None


def _with_last(batches: Iterator[Any], stateful: Any) -> Iterator[tuple[Any, Any, bool]]:
    """Yield each batch, the state after it, and whether it is the last: one is read beyond it."""
    held: tuple[Any, Any] | None = None
    try:
        for batch in batches:
            if held is not None:
                yield *held, False
            held = batch, _state_of(stateful)
    except Exception:
        # It was raised beyond the batch that is held, which comes first.
        if held is not None:
            yield *held, False
        raise
    if held is not None:
        yield *held, True
