"""The object that a training loop holds."""

import math
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Generic, Self, TypedDict, TypeVar, Unpack, overload

import numpy as np

from aliquot._arguments import check_batch_size
from aliquot._ledger import Ledger
from aliquot._protocols import ArrayLike
from aliquot._task import Task
from aliquot.data_source import (
    AbstractDataSource,
    Order,
    Recipe,
    before,
    codecs,
    python_functions,
)
from aliquot.diagnostics import Report
from aliquot.errors import (
    ArgumentError,
    ArgumentTypeError,
    LoaderClosedError,
    StateError,
    TaskTimeoutError,
    TooManyFailuresError,
)
from aliquot.events import EpochEnded, Event, SampleFailed
from aliquot.loader import _options, _state
from aliquot.loader._inline import Finished
from aliquot.loader._iterator import BatchIterator
from aliquot.loader._make import Made, Maker, Policy, flat, make
from aliquot.loader._position import Position, normal
from aliquot.loader._ranks import find_rank
from aliquot.loader._read_ahead import ReadAhead
from aliquot.loader._steps import Steps
from aliquot.loader._streams import check_stream_options, stream_of
from aliquot.loader._verify import verify
from aliquot.sampling import AbstractSampler, num_batches
from aliquot.work_pool import AbstractWorkerPool, Delivery, Pending

BatchT = TypeVar("BatchT")
_ATTEMPTS = 3


class Options(TypedDict, total=False):
    """The options of a loader, for type checkers; `Loader` describes them."""

    shuffle: Any
    seed: int | None
    sampler: AbstractSampler | None
    drop_last: bool
    pad_last: bool
    epoch_samples: int | None
    collate: Callable[[Any], Any] | None
    pool: AbstractWorkerPool | int | None
    prefetch: int
    rank: int | str
    world_size: int
    on_error: str
    max_failures: int | None
    timeout: float | None


class Loader(Generic[BatchT]):
    """Batches for a training loop: shuffled, made ahead, the same every time, resumed exactly.

    A batch is a function of the recipe (source, sampler, seed, batch size) and its position
    (epoch and place). Workers, ranks and resuming decide who makes it and when.

    Parameters
    ----------
    source : data source, list, tuple or dict of array-likes, or one array-like
        What batches are drawn from. Of one array-like, batches are what it gives.
    batch_size : int
        Samples a batch, on each rank.
    shuffle : bool, numpy.random.RandomState or numpy.random.Generator, default False
        Whether each epoch has a random order of its own. A generator is used once, to draw the
        seed.
    seed : int, optional
        What orders and random numbers are made of; drawn, and shown, if not given. Several ranks
        need it.
    sampler : AbstractSampler, optional
        Which samples are drawn, if the source does not say so itself.
    drop_last : bool, default False
        Leave out what is less than one step of all ranks.
    pad_last : bool, default False
        Give every batch its full size, and a boolean column that is `False` for padding: last in
        a tuple, ``"mask"`` in a dict.
    epoch_samples : int, optional
        Samples of an epoch, for a source that has no end, or for shorter epochs.
    collate : callable, optional
        Called with each batch last of all, by the worker.
    pool : int or worker pool, optional
        How many worker threads make batches ahead, or a pool, which stays open. `None`: batches
        are made when they are asked for.
    prefetch : int, default 2
        Finished batches that wait, besides the one that each worker makes.
    rank, world_size : int, default 0 and 1
        Which of how many processes this is; ``rank="env"`` asks torchrun's, Slurm's or Open
        MPI's variables.
    on_error : {"raise", "skip", "substitute"}, default "raise"
        What is done when a sample cannot be read or ``map_samples`` fails: raise, leave it out,
        or take another one.
    max_failures : int, optional
        Raise after more failures than this.
    timeout : float, optional
        Seconds to wait for a batch. Needs a pool.

    Attributes
    ----------
    source : AbstractDataSource
        What batches are drawn from.
    seed : int
        What orders and random numbers are made of.
    batch_size, rank, world_size : int
        As given, or as found.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If arguments cannot be used, or not together (a `ValueError` or `TypeError`).

    Examples
    --------
    >>> X, y = np.arange(10.0), np.arange(10)
    >>> with Loader([X, y], batch_size=4, shuffle=True, seed=0) as loader:
    ...     for epoch in loader.epochs(2):
    ...         for batch_X, batch_y in loader:
    ...             print(epoch, batch_y)
    0 [9 7 6 0]
    0 [3 4 1 5]
    0 [2 8]
    1 [5 7 8 0]
    1 [1 6 2 3]
    1 [9 4]
    """

    @overload
    def __init__(
        self: "Loader[BatchT]",
        source: AbstractDataSource[BatchT],
        *,
        batch_size: int,
        **options: Unpack[Options],
    ) -> None: ...

    @overload
    def __init__(
        self: "Loader[dict[str, Any]]",
        source: Mapping[str, ArrayLike],
        *,
        batch_size: int,
        **options: Unpack[Options],
    ) -> None: ...

    @overload
    def __init__(
        self: "Loader[tuple[Any, ...]]",
        source: list[Any] | tuple[Any, ...],
        *,
        batch_size: int,
        **options: Unpack[Options],
    ) -> None: ...

    @overload
    def __init__(
        self: "Loader[Any]",
        source: ArrayLike,
        *,
        batch_size: int,
        **options: Unpack[Options],
    ) -> None: ...

    def __init__(
        self,
        source: Any,
        *,
        batch_size: int,
        shuffle: Any = False,
        seed: int | None = None,
        sampler: AbstractSampler | None = None,
        drop_last: bool = False,
        pad_last: bool = False,
        epoch_samples: int | None = None,
        collate: Callable[[Any], Any] | None = None,
        pool: AbstractWorkerPool | int | None = None,
        prefetch: int = 2,
        rank: int | str = 0,
        world_size: int = 1,
        on_error: str = "raise",
        max_failures: int | None = None,
        timeout: float | None = None,
        **other: Any,
    ) -> None:
        _options.refuse_other_words(other)
        self.source: AbstractDataSource[Any] = _options.as_source(source)
        self.batch_size = check_batch_size(batch_size)
        self.rank, self.world_size = find_rank(rank, world_size)
        self.seed, self._seed_given = _options.as_seed(seed, shuffle)
        if self.world_size > 1 and not self._seed_given:
            raise ArgumentError("several ranks need one seed: give every rank the same seed=")
        _options.check_last(drop_last=drop_last, pad_last=pad_last, world_size=self.world_size)
        self._shuffle = _options.as_shuffle(shuffle)
        self._sampler = _options.check_sampler(sampler)
        self._on_error = _options.check_on_error(on_error)
        self._max_failures = _options.check_optional(max_failures, "max_failures", 0)
        self._collate = collate
        self._prefetch = _options.check_whole(prefetch, "prefetch", 0)
        self._pool, self._own_pool = _options.as_pool(pool)
        self._timeout = _options.check_timeout(timeout, self._pool)
        self._stream = stream_of(self.source, self.batch_size, shuffle=self._shuffle)
        self._steps = Steps(
            length=None,
            batch_size=self.batch_size,
            rank=self.rank,
            world_size=self.world_size,
            drop_last=drop_last,
            pad_last=pad_last,
        )
        self._order_of: tuple[int, Order] | None = None
        # The batch size that orders are laid out for: a loaded state may bring another.
        self._interleaved = self.batch_size
        wanted = _options.check_optional(epoch_samples, "epoch_samples", 1)
        if self._stream is None:
            default = (self._sampler or self.source).default_epoch_samples()
            order = self._order(0)
            length = _options.epoch_length(order.length, default, wanted)
            if order.packed and self._on_error == "substitute":
                raise ArgumentError(
                    'on_error="substitute" does not go with a PackingSampler, whose rows have room '
                    'for no other sample: on_error="skip" leaves padding'
                )
            self._steps = replace(self._steps, length=length)
        else:
            check_stream_options(
                drop_last=drop_last,
                pad_last=pad_last,
                world_size=self.world_size,
                on_error=self._on_error,
                epoch_samples=wanted,
                sampler=sampler,
            )
        self._position = Position()
        self._ledger = Ledger()
        self._listeners: list[Callable[[Event], None]] = []
        self._stuck: list[str] = []
        self._iterator: Callable[[], BatchIterator | None] = _nothing
        self._shared_maker: Any = None
        self._ahead: ReadAhead | None = None
        self._first_batch: float | None = None
        self._closed = False

    # What it is made of

    def __repr__(self) -> str:
        order = "shuffled" if self._shuffle else "in order"
        if self._sampler is not None:
            order += f", sampler={self._sampler!r}"
        ranks = f", rank {self.rank} of {self.world_size}" if self.world_size > 1 else ""
        pool = "inline" if self._pool is None else repr(self._pool)
        return (
            f"Loader({self.source!r}, batch_size={self.batch_size}, {order}, seed={self.seed}"
            f"{ranks}, {pool})"
        )

    def fingerprint(self) -> str:
        """Give a short hash of what the order is made of: its version, length, sampler and seed.

        Two loaders with one fingerprint draw the same samples in the same order, whatever their
        batch sizes, ranks and pools.
        """
        return _state.fingerprint(self._recipe())

    def __len__(self) -> int:
        """Count the steps of a whole epoch."""
        left = self._steps.left(0)
        n = None if self._stream is None else self._stream.num_samples()
        if n is not None and not math.isinf(n):
            left = num_batches(int(n), self.batch_size)
        if left is None:
            raise ArgumentTypeError(
                "an endless epoch has no length: give the loader epoch_samples="
                if self._stream is None
                else "the stream does not know its number of samples"
            )
        return left

    # Where it stands

    @property
    def epoch(self) -> int:
        """The epoch of the last batch, or of the next if none was delivered since loading."""
        return self._position.epoch

    @property
    def step(self) -> int:
        """How many batches of this epoch have been delivered."""
        return self._position.step

    @property
    def steps_left(self) -> int | None:
        """How many batches of this epoch are left; `None` for no end."""
        return self._steps.left(self._position.place)

    def set_epoch(self, epoch: int) -> None:
        """Have the next iteration be that of an epoch, from its start.

        If it is the epoch of a state that was just loaded, the position in it is kept.
        """
        epoch = _options.check_whole(epoch, "epoch", 0)
        if not (self._position.fresh and self._position.epoch == epoch):
            self._go(epoch)

    def epochs(self, n: int) -> Iterator[int]:
        """Iterate over the epochs that are left of `n`, the loaded one first.

        Inside it ``iter(loader)`` is that epoch.

        Parameters
        ----------
        n : int
            The number of epochs in all.

        Returns
        -------
        iterator of int
            The epochs' numbers, from 0.
        """
        position = self._position
        first = position.epoch if position.fresh else position.epoch + 1
        try:
            for epoch in range(first, n):
                if not (position.fresh and position.epoch == epoch):
                    self._go(epoch)
                position.pinned = epoch
                yield epoch
        finally:
            position.pinned = None

    # Batches

    def __iter__(self) -> Iterator[BatchT]:
        """Begin the next epoch, or the rest of the one that was loaded."""
        if self._closed:
            raise LoaderClosedError("the loader is closed: make a new one")
        self._end_iterator("another iteration over the loader was begun")
        self._position.begin()
        epoch, place, step = self._position.epoch, self._position.place, self._position.step
        if self._stream is not None:
            self._stream.stand(epoch, place, step)
            tasks, again = self._stream.tasks(self.seed, epoch, place, step), None
        else:
            order = self._order(epoch)
            if self._pool is not None and self.source.reads_ahead and self._ahead is None:
                self._ahead = ReadAhead(self.source, self)
            tasks = self._tasks(order, epoch, place, step)
            again = self._again(order)
        delivery = Delivery(
            self._submitter(),
            tasks,
            1 if self._pool is None else self._prefetch + self._pool.processes,
            attempts=_ATTEMPTS,
            again=again,
            timeout=self._timeout,
        )
        iterator = BatchIterator(self, delivery, ahead=self._pool is not None)
        self._iterator = weakref.ref(iterator)
        return iterator

    def batch_at(self, epoch: int, place: int, *, until: Any = None) -> BatchT:
        """Make the batch of this rank at a position again, inline.

        Parameters
        ----------
        epoch, place : int
            Where its step begins, such as ``state["epoch"]`` and ``state["place"]``.
        until : callable, optional
            A function that was given to ``map`` or ``map_samples``: make the batch as it is handed
            to that, such as before augmentation.

        Returns
        -------
        batch
            The very batch that the loader gave or will give there.

        Raises
        ------
        ArgumentError
            If no step begins there, or `until` is no function of the source (a `ValueError`).
        """
        maker = self._maker()
        if until is not None:
            maker = replace(maker, source=before(self.source, until), collate=None)
        return self._batch_of(self._made_at(epoch, place, maker), epoch, place)

    def indices_at(self, epoch: int, place: int) -> Any:
        """Give the indices of the samples of `batch_at`, in their order.

        Of a composite they are a tuple of arrays, of a choice a `ChoiceBatch`.
        """
        return self._task_at(epoch, place).indices

    def peek(self) -> BatchT:
        """Give the batch that comes next, and leave it there."""
        epoch, place = self._upcoming()
        made = self._made_at(epoch, place)
        while not made.given and self._steps.left(place + self._steps.size) != 0:
            place += self._steps.size
            made = self._made_at(epoch, place)
        return self._batch_of(made, epoch, place)

    def verify(self, steps: int = 3) -> None:
        """Read the next steps inline twice, in parts and by the pool, and compare.

        Parameters
        ----------
        steps : int, default 3
            How many.

        Raises
        ------
        BatchError
            If a column or a function does not give the same each time, with its name (a
            `TypeError`).
        """
        epoch, place = self._upcoming()
        left = self._steps.left(place)
        number = range(steps if left is None else min(steps, left))
        tasks = [self._task_at(epoch, place + n * self._steps.size) for n in number]
        verify(self._maker(), tasks, None if self._pool is None else self._submitter())

    # Saving and loading

    def state_dict(self, ago: int = 0) -> dict[str, Any]:
        """Give the position of the next batch, to be saved.

        It counts the batches that were delivered, and is the same on every rank after the same
        step. JSON can hold it.

        Parameters
        ----------
        ago : int, default 0
            Give the state before the last `ago` batches, for a wrapper that runs ahead.

        Returns
        -------
        dict
            Under 300 bytes as JSON.
        """
        ago = _options.check_whole(ago, "ago", 0)
        if self._stream is not None:
            return _state.make_state(self._recipe(), self._stream.position(ago))
        position = normal(self._steps, *self._position.ago(ago, self._steps.size))
        names = dict(zip(("epoch", "place", "step"), position, strict=True))
        return _state.make_state(self._recipe(), names)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Stand where a saved state says; the next iteration is the rest of its epoch.

        Batch size, ranks and pool may differ from those of the loader that saved it.

        Parameters
        ----------
        state : mapping
            What `state_dict` gave.

        Raises
        ------
        StateError
            If it belongs to another recipe, with what differs (a `ValueError`).
        """
        recipe = self._recipe()
        _state.check_state(state, recipe, adopt_seed=not self._seed_given)
        if self._stream is None and not self._begins_step(self._order(0), state["place"]):
            raise StateError(f"no step begins at place {state['place']}")
        self._end_iterator("another state was loaded")
        if state["seed"] != self.seed:
            self.seed = state["seed"]
            self._order_of = self._shared_maker = None
        if "interleaved" in recipe and state["interleaved"] != self._interleaved:
            self._interleaved = state["interleaved"]
            self._order_of = None
        self._position.pinned = None
        self._position.go(state["epoch"], state["place"], int(state.get("step", 0)))
        if self._stream is not None:
            self._stream.load(state)

    # What happened

    def report(self) -> Report:
        """Tell where the time went, and which samples failed."""
        elapsed = 0.0 if self._first_batch is None else time.perf_counter() - self._first_batch
        return Report.of(
            self._ledger,
            recipe=f"seed {self.seed}, fingerprint {self.fingerprint()}",
            workers=0 if self._pool is None else self._pool.processes,
            elapsed=elapsed,
            failures=tuple(self._ledger.failures),
            stuck=tuple(self._stuck),
            codecs=self._codecs,
            python_functions=python_functions(self.source),
        )

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have a function called with each event of `aliquot.events`, in this thread."""
        self._listeners.append(listener)

    # Its end

    def close(self) -> None:
        """End the iteration and the loader's own threads; may be called twice."""
        self._closed = True
        self._end_iterator("the loader was closed")
        self._shared_maker = None
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
        if self._own_pool is not None:
            self._own_pool.close(wait=not self._stuck)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # What its iterators tell it

    def note_delivery(self, task: Task, made: Made, wait_ns: int) -> None:
        """Count a batch that is about to be given out, and what failed in it."""
        if self._first_batch is None:
            self._first_batch = time.perf_counter() - wait_ns / 1e9
        failures = self._ledger.failures
        failures.extend(task.failed)
        for event in task.failed:
            self._tell(event)
        if self._max_failures is not None and len(failures) > self._max_failures:
            last = failures[-1]
            raise TooManyFailuresError(
                f"{len(failures)} samples failed, and max_failures is {self._max_failures}; the "
                f"last: {last.path or f'sample {last.index}'}, {last.reason}"
            )
        size = self._steps.size if self._stream is None else made.samples
        self._position.deliver(size, empty=not made.given)
        if self._stream is not None:
            self._stream.note_delivery(task)
        self._ledger.add(made.samples, wait_ns, made.work_ns, made.stages)

    def note_end(self) -> None:
        """Tell the listeners that an epoch is over."""
        self._tell(EpochEnded(epoch=self._position.epoch))

    def note_stuck(self, error: TaskTimeoutError) -> None:
        """Note a task that took too long, and name its samples."""
        task = error.task
        text = f"epoch {task.epoch}, place {task.place}, samples {_shown(task.indices)}"
        error.add_note(text)
        self._stuck.append(text)

    # How it works

    def _go(self, epoch: int) -> None:
        self._end_iterator("the loader was set to another epoch")
        self._position.go(epoch, 0)
        if self._stream is not None:
            self._stream.stand(epoch, 0, 0)

    def _upcoming(self) -> tuple[int, int]:
        """Give the epoch and the place of the next batch."""
        epoch, place = self._position.upcoming(iterating=self._iterator() is not None)
        epoch, place, _ = normal(self._steps, epoch, place, 0)
        return epoch, place

    def _tasks(self, order: Order, epoch: int, place: int, step: int) -> Iterator[Task]:
        left = self._steps.left(place)
        while left is None or left > 0:
            task = self._steps.task(order, epoch, place, step)
            if self._ahead is not None:
                self._ahead.note(flat(task)[0])
            yield task
            place += self._steps.size
            step += 1
            left = None if left is None else left - 1

    def _made_at(self, epoch: int, place: int, maker: Maker | None = None) -> Made:
        task: Task | None = self._task_at(epoch, place)
        again, maker = self._again(self._order(epoch)), maker or self._maker()
        while task is not None:
            made = maker(task)
            task = None if again is None else again(task, made)
        return made

    def _batch_of(self, made: Made, epoch: int, place: int) -> BatchT:
        if not made.given:
            raise ArgumentError(f"no sample of the batch at epoch {epoch}, place {place} is left")
        batch: BatchT = made.batch
        return batch

    def _task_at(self, epoch: int, place: int) -> Task:
        if self._stream is not None:
            raise ArgumentTypeError("the batches of a stream come one after the other only")
        order = self._order(_options.check_whole(epoch, "epoch", 0))
        if place < 0 or self._steps.left(place) == 0 or not self._begins_step(order, place):
            raise ArgumentError(
                f"no step begins at place {place} of an epoch with {self._steps.length} samples"
            )
        return self._steps.task(order, epoch, place, 0)

    def _begins_step(self, order: Order, place: int) -> bool:
        return not order.batch_shaped or place % self._steps.size == 0

    def _again(self, order: Order) -> Callable[[Task, Made], Task | None] | None:
        if self._on_error == "raise":
            return None
        return Policy(self._on_error, self._steps, order, self.seed).again

    def _submitter(self) -> Callable[[Task], Pending]:
        if self._pool is None:
            return partial(Finished, make, self._maker())
        if self._shared_maker is None:
            self._shared_maker = self._pool.shared_constant(self._maker())
        return partial(self._pool.submit, make, self._shared_maker)

    def _maker(self) -> Maker:
        return Maker(self.source, self.seed, self._on_error != "raise", self._collate)

    def _order(self, epoch: int) -> Order:
        """Give the order of an epoch; the latest is kept, as it has read ahead."""
        if self._order_of is None or self._order_of[0] != epoch:
            self._order_of = epoch, self.source.epoch_order(self._recipe_at(epoch))
        return self._order_of[1]

    def _recipe_at(self, epoch: int) -> Recipe:
        return Recipe(
            seed=self.seed,
            epoch=epoch,
            shuffle=self._shuffle,
            batch_size=self._interleaved,
            step_size=self._steps.size,
            drop_last=self._steps.drop_last,
            sampler=self._sampler,
        )

    @cached_property
    def _codecs(self) -> tuple[str, ...]:
        return codecs(self.source)

    def _recipe(self) -> dict[str, Any]:
        sampler = self.source.sampling_note(self._sampler)
        order = "shuffled" if self._shuffle else "in order"
        recipe = _state.recipe_of(
            length=self._steps.length, sampling=f"{sampler} {order}", seed=self.seed
        )
        if self._codecs:
            recipe["codec"] = ", ".join(self._codecs)
        if self._stream is None:
            laid_out = self._order(self._position.epoch)
            if laid_out.batch_shaped:
                recipe |= {"batch_size": self.batch_size, "world_size": self.world_size}
            elif laid_out.interleaved is not None:
                recipe["interleaved"] = laid_out.interleaved
        return recipe

    def _end_iterator(self, reason: str) -> None:
        iterator = self._iterator()
        if iterator is not None:
            iterator.end(reason)

    def _tell(self, event: Event | SampleFailed) -> None:
        for listener in self._listeners:
            listener(event)


def _nothing() -> None:
    return None


def _shown(indices: Any) -> str:
    """Show which samples, a few of many."""
    if isinstance(indices, np.ndarray):
        return np.array2string(indices, threshold=10)
    if hasattr(indices, "sample_indices"):
        return _shown(indices.sample_indices)
    return f"({', '.join(map(_shown, indices))})" if type(indices) is tuple else f"{indices!s:.200}"
