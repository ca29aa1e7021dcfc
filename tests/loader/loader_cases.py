"""What the tests of the loader share: a matrix of sources, scripted array-likes, comparisons."""

import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aliquot import Loader
from aliquot._batch import leaves
from aliquot.data_source import (
    ArrayDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    MixDataSource,
)
from aliquot.sampling import (
    BucketSampler,
    ClassBalancedSampler,
    PackingSampler,
    RepeatSampler,
    StratifiedSampler,
    WeightedSampler,
    WeightedSubsetSampler,
)
from aliquot.stages import CutMix, MixUp

LAST = {"plain": {}, "drop_last": {"drop_last": True}, "pad_last": {"pad_last": True}}


# Comparing


def plain(value):
    """Give a value that is equal for what is bit-identical, and for nothing else."""
    if isinstance(value, np.ndarray | np.generic):
        return type(value).__name__, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return "dict", tuple((name, plain(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(plain, value))
    return type(value).__name__, value


def plains(batches):
    """Give the same of each batch."""
    return [plain(batch) for batch in batches]


def rows(batch, masked=False):
    """Give what stands in each row of a batch that is no padding, without the mask."""
    found = list(leaves(batch))
    mask = [True] * len(found[0][1])
    if masked:
        path, mask = found.pop()
        assert path == ("['mask']" if isinstance(batch, dict) else f"[{len(batch) - 1}]")
        assert mask.dtype == np.bool_
    return [tuple(plain(leaf[row]) for _, leaf in found) for row in range(len(mask)) if mask[row]]


def all_rows(batches, masked=False):
    """Give the rows of batches that follow each other."""
    return list(itertools.chain(*[rows(batch, masked) for batch in batches]))


def saved(loader, ago=0):
    """Give the state as it comes back from a file."""
    text = json.dumps(loader.state_dict(ago=ago))
    assert len(text) < 300
    return json.loads(text)


# Sources


def numbers(n, start=0, **options):
    """Give a source of `n` numbers."""
    return ArrayDataSource([np.arange(start, start + n)], **options)


def jitter(x, rng):
    """Draw for a batch; what is drawn is the same in `jitter_sample`."""
    return x, rng.random(), rng.integers(1000, shape=3), rng.normal(), rng.seeds()


def jitter_sample(x, rng):
    """Draw for a sample."""
    return (
        np.asarray(x),
        rng.random(),
        rng.integers(1000, shape=3),
        rng.normal(),
        np.uint64(rng.seeds()),
    )


def beside(*columns, rng):
    """Draw one number a sample, beside the columns."""
    return *columns, rng.random()


def _nested(n):
    sides = [
        CompositeDataSource([numbers(n).map(jitter), numbers(5, 10**3, repeats=-1)]),
        CompositeDataSource([numbers(n, 10**4).map(jitter), numbers(7, 10**5, repeats=-1)]),
    ]
    return CompositeDataSource([ChoiceDataSource(sides), numbers(3, 10**6, repeats=-1)])


def texts(n, **options):
    """Give a source of samples of one to four tokens, each with a number."""
    return ArrayDataSource([[np.full(i % 4 + 1, i) for i in range(n)], np.arange(n)], **options)


def token_counts(n):
    """Give the lengths of `texts`."""
    return np.arange(n) % 4 + 1


def _mix(n, stopping):
    """Mix sources of all kinds: some have random numbers, some an order without end."""
    members = [
        numbers(2 * n + 6).filter(lambda x: x % 2 == 0).map(beside),
        numbers(5, 10**3, sampler=WeightedSampler([1, 2, 3, 4, 5])).map(beside),
        numbers(n // 2 + 1, 10**4).map_samples(lambda x, rng: (x, rng.random())),
        numbers(3, 10**5, repeats=-1).map(lambda x: (x, x / 2)),
    ]
    if stopping == "all_exhausted":
        members = members[::2]  # with the others, there would be no end
    return MixDataSource(members, np.arange(len(members)) + 1, stopping=stopping)


def _concat(n):
    subset = numbers(n, 10**4, indices=np.arange(n)[::-2])
    members = [numbers(n // 2).map(beside), subset.map_samples(lambda x, rng: (x, rng.random()))]
    return ConcatDataSource([*members, numbers(3, 10**5).map(lambda x: (x, x / 2))]).map(beside)


def _chain(n):
    source = numbers(2 * n + 6, include_indices=True).filter(lambda index, x: x % 3 != 1)
    return source.skip(1).shard(1, 2).map(beside).take(n)


def _pictures(n):
    return [np.arange(16 * n, dtype=np.uint8).reshape(n, 4, 4, 1), np.arange(n) % 3]


@dataclass(frozen=True)
class Case:
    """A source of about `n` samples, and what a loader of it is given besides."""

    make: Callable[[int], Any]
    options: Callable[[int], dict[str, Any]] = field(default=lambda n: {})
    batch_shaped: bool = False
    of_the_batch: bool = False
    """Whether what stands in a row depends on the batch, as a function mixes its samples."""

    def loader(self, n, **options):
        """Give a loader of a new source."""
        return Loader(self.make(n), **{"seed": 7, **self.options(n), **options})


CASES = {
    "tuple": Case(lambda n: (np.arange(2.0 * n, dtype=np.float32).reshape(n, 2), np.arange(n))),
    "dict": Case(lambda n: {"x": np.arange(3 * n).reshape(n, 3), "label": np.arange(n) % 3}),
    "single": Case(lambda n: np.arange(n) * 3),
    "subset": Case(
        lambda n: ArrayDataSource(
            {"x": np.arange(n)}, indices=np.arange(n)[::-2], include_indices=True
        )
    ),
    "repeats": Case(lambda n: numbers(n // 2, repeats=3, include_indices=True)),
    "endless member": Case(
        lambda n: CompositeDataSource([numbers(n), numbers(5, 1000, repeats=-1)])
    ),
    "choice": Case(lambda n: ChoiceDataSource([numbers(n), numbers(n, 1000)]), batch_shaped=True),
    "stratified choice": Case(
        lambda n: ChoiceDataSource(
            [numbers(n), numbers(n // 3, 1000), numbers(2, 2000)], stratified=True
        ),
        batch_shaped=True,
    ),
    "nested": Case(_nested, batch_shaped=True),
    "map": Case(lambda n: numbers(n).map(jitter)),
    "map_samples": Case(lambda n: numbers(n).map_samples(jitter_sample)),
    "weighted": Case(lambda n: numbers(n + 1, sampler=WeightedSampler(np.arange(n + 1) + 1))),
    "ragged": Case(lambda n: ([np.arange(i % 4 + 1) for i in range(n)], np.arange(n))),
    "loader's sampler": Case(
        lambda n: [np.arange(n + 2)],
        lambda n: {"sampler": WeightedSubsetSampler(np.ones(n // 2 + 1), np.arange(n // 2 + 1))},
    ),
    "without replacement": Case(
        lambda n: numbers(n + 1, sampler=WeightedSampler(np.arange(n + 1) + 1, replacement=False))
    ),
    "class balanced": Case(
        lambda n: numbers(n + 1).map(beside),
        lambda n: {"sampler": ClassBalancedSampler(np.arange(n + 1) ** 2 % 7)},
    ),
    "stratified": Case(
        lambda n: numbers(n + 1).map(beside),
        lambda n: {"sampler": StratifiedSampler(np.arange(n + 1) ** 2 % 7)},
    ),
    "repeat": Case(lambda n: numbers(n // 3).map(beside), lambda n: {"sampler": RepeatSampler(3)}),
    "bucket": Case(
        lambda n: texts(n + 1).map_samples(lambda x, i, rng: (x, i, rng.random())),
        lambda n: {"sampler": BucketSampler(token_counts(n + 1), buckets=3)},
        batch_shaped=True,
    ),
    "packing": Case(
        lambda n: texts(2 * n + 1).map_samples(lambda x, i, rng: (x, i, x + rng.random())),
        lambda n: {"sampler": PackingSampler(token_counts(2 * n + 1), tokens=6)},
    ),
    "mix": Case(lambda n: _mix(n, "first_exhausted")),
    "mix to the end": Case(lambda n: _mix(n, "all_exhausted")),
    "concat": Case(_concat),
    "chain": Case(_chain),
    "sampler of a chain": Case(_chain, lambda n: {"sampler": RepeatSampler(2)}),
    "pad": Case(lambda n: texts(n).pad(0, to=4)),
    "pad to the longest": Case(lambda n: texts(n).pad(0, value=-1, mask=False), of_the_batch=True),
    "mixup": Case(lambda n: ArrayDataSource(_pictures(n)).map(MixUp(classes=3)), of_the_batch=True),
    "cutmix": Case(
        lambda n: ArrayDataSource(_pictures(n)).map(CutMix(classes=3)), of_the_batch=True
    ),
}
ROW_BY_ROW = [name for name, case in CASES.items() if not case.of_the_batch]
ORDERED = [name for name in ROW_BY_ROW if not CASES[name].batch_shaped]
BATCH_SHAPED = [name for name, case in CASES.items() if case.batch_shaped]


# Array-likes


class Virtual:
    """Any number of samples, made when they are read."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return np.asarray(index) * 2


class Faulty:
    """Samples some of which cannot be read; tells what they are called."""

    def __init__(self, n, bad, error=OSError):
        self.n, self.bad, self.error = n, set(bad), error

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if self.bad & set(np.atleast_1d(index).tolist()):
            raise self.error("cannot be read")
        return np.asarray(index)

    def describe(self, index):
        """Name a sample."""
        return f"photo {index}.jpg"


class Counted:
    """Counts how many reads were begun, and how many go on at once."""

    def __init__(self, n):
        self.n = n
        self.begun = self.at_once = self._now = 0
        self._lock = threading.Lock()

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        with self._lock:
            self.begun += 1
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        found = np.asarray(index)
        with self._lock:
            self._now -= 1
        return found


class Gated:
    """Reading one of its samples waits until the gate is opened."""

    def __init__(self, n, closed_at):
        self.n, self.closed_at = n, closed_at
        self.gate = threading.Event()

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if self.closed_at in np.atleast_1d(index):
            assert self.gate.wait(60)
        return np.asarray(index)


def workers():
    """Give the worker threads that run now."""
    return {t for t in threading.enumerate() if t.name.startswith("aliquot worker")}


def alive(threads):
    """Wait for threads to end, and give those that do not."""
    for thread in threads:
        thread.join(10)
    return [thread for thread in threads if thread.is_alive()]
