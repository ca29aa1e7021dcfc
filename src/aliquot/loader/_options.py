"""The arguments of a loader, checked."""

import secrets
from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np

from aliquot.data_source import (
    AbstractDataSource,
    ArrayDataSource,
    SingleDataSource,
    WrappedDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import AbstractSampler
from aliquot.work_pool import AbstractWorkerPool, ParallelDataSource, WorkerThreadPool

_OUR_WORDS = {
    "num_workers": "pool",
    "workers": "pool",
    "generator": "seed",
    "random_state": "seed",
    "rng": "seed",
    "drop_remainder": "drop_last",
    "num_replicas": "world_size",
    "num_shards": "world_size",
    "shard": "rank",
    "prefetch_factor": "prefetch",
    "prefetch_size": "prefetch",
    "collate_fn": "collate",
    "dataset": "source",
}


def refuse_other_words(other: Mapping[str, Any]) -> None:
    """Refuse keywords that are not ours, and name ours where there is one."""
    for name in other:
        ours = f": the word here is {_OUR_WORDS[name]}=" if name in _OUR_WORDS else ""
        raise ArgumentTypeError(f"Loader takes no argument {name}={ours}")


def as_source(source: Any) -> AbstractDataSource[Any]:
    """Make a data source of what the loader was given."""
    _refuse_parallel(source)
    if isinstance(source, AbstractDataSource):
        return source
    if isinstance(source, (list, tuple, Mapping)):
        columns: AbstractDataSource[Any] = ArrayDataSource(source)
        return columns
    return SingleDataSource(source)


def _refuse_parallel(source: Any) -> None:
    if isinstance(source, ParallelDataSource):
        raise ArgumentTypeError(
            "a Loader has its own workers: hand it the data source itself, and pass pool="
        )
    below = [source.source] if isinstance(source, WrappedDataSource) else []
    for part in [*below, *getattr(source, "datasets", ())]:
        _refuse_parallel(part)


def as_seed(seed: Any, shuffle: Any) -> tuple[int, bool]:
    """Give the seed, and whether the user chose it."""
    if hasattr(shuffle, "bytes"):
        if seed is not None:
            raise ArgumentError("shuffle is a generator, from which the seed is drawn: drop seed=")
        return int.from_bytes(shuffle.bytes(8), "little") >> 1, True
    if seed is None:
        return secrets.randbits(63), False
    try:
        number = index(seed)
    except TypeError:
        raise ArgumentTypeError(f"seed must be an integer, not {seed!r}") from None
    if not 0 <= number < 2**64:
        raise ArgumentError(f"seed must be 0 or more and less than 2**64, not {number}")
    return number, True


def as_pool(pool: Any) -> tuple[AbstractWorkerPool | None, WorkerThreadPool | None]:
    """Give the pool, and again if it is the loader's own to close."""
    if pool is None or isinstance(pool, AbstractWorkerPool):
        return pool, None
    if isinstance(pool, bool) or not hasattr(pool, "__index__"):
        raise ArgumentTypeError(
            f"pool must be None, a number of worker threads or a worker pool, not {pool!r}"
        )
    own = WorkerThreadPool(pool)
    return own, own


def check_whole(value: Any, name: str, least: int) -> int:
    """Give an integer of at least `least`."""
    try:
        number = index(value)
    except TypeError:
        raise ArgumentTypeError(
            f"{name} must be an integer of {least} or more, not {value!r}"
        ) from None
    if number < least:
        raise ArgumentError(f"{name} must be an integer of {least} or more, not {number}")
    return number


def check_last(*, drop_last: bool, pad_last: bool, world_size: int) -> None:
    """Refuse what leaves ranks with unequal steps."""
    if drop_last and pad_last:
        raise ArgumentError("drop_last and pad_last exclude each other")
    if world_size > 1 and not (drop_last or pad_last):
        raise ArgumentError(
            "several ranks need equal steps: choose drop_last=True (less than one step of all "
            "ranks is left out) or pad_last=True (the last is filled up, with a mask)"
        )


def check_on_error(on_error: Any) -> str:
    """Give the failure policy."""
    if on_error not in ("raise", "skip", "substitute"):
        raise ArgumentError(f'on_error must be "raise", "skip" or "substitute", not {on_error!r}')
    return str(on_error)


def check_optional(value: Any, name: str, least: int) -> int | None:
    """Give an integer of at least `least`, or `None`."""
    return None if value is None else check_whole(value, name, least)


def as_shuffle(shuffle: Any) -> bool:
    """Whether epochs are shuffled."""
    if isinstance(shuffle, (bool, np.bool_)) or shuffle is None:
        return bool(shuffle)
    if hasattr(shuffle, "bytes"):
        return True
    raise ArgumentTypeError(
        "shuffle must be True, False, a numpy.random.RandomState or a numpy.random.Generator, "
        f"not {shuffle!r}; for a fixed order write shuffle=True, seed=..."
    )


def check_sampler(sampler: Any) -> AbstractSampler | None:
    """Give the sampler."""
    if sampler is None or isinstance(sampler, AbstractSampler):
        return sampler
    raise ArgumentTypeError(f"sampler must be a sampler of aliquot.sampling, not {sampler!r}")


def check_timeout(timeout: Any, pool: AbstractWorkerPool | None) -> float | None:
    """Give the timeout in seconds."""
    if timeout is None:
        return None
    if pool is None:
        raise ArgumentError("timeout= needs a pool: what is done inline cannot be waited for")
    if not timeout > 0:
        raise ArgumentError(f"timeout must be more than 0 seconds, not {timeout!r}")
    return float(timeout)


def epoch_length(natural: int | None, default: int | None, wanted: int | None) -> int | None:
    """Give the samples of an epoch; `None` for no end."""
    if natural is None:
        return default if wanted is None else wanted
    if wanted is not None and wanted > natural:
        raise ArgumentError(
            f"epoch_samples is {wanted}, and an epoch has only {natural} samples: repeats=-1 on "
            "the source lets it go on"
        )
    return natural if wanted is None else wanted
