"""Shuffled batches from arrays in memory, beside bare NumPy indexing and the rivals, in one run.

Batches of 256 from 50,000 x 32 x 32 x 3 uint8 and their labels. Contenders take turns round by
round, so that a slow spell of the machine meets all of them; medians over the rounds are printed,
with the ratio to bare indexing of the same round. A rival that is not installed is said to be so.

    python benchmarks/arrays.py [--rounds 15]
"""

import argparse
import gc
import importlib.util
import os
import resource
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

import aliquot as aq
from aliquot import data_source, work_pool

N, BATCH = 50_000, 256

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")


def bare_indexing(X, y) -> Iterator[Any]:
    order = np.random.RandomState(12345).permutation(N)
    for start in range(0, N, BATCH):
        indices = order[start : start + BATCH]
        yield X[indices], y[indices]


def bare_take(X, y) -> Iterator[Any]:
    order = np.random.RandomState(12345).permutation(N)
    x_out, y_out = np.empty((BATCH, *X.shape[1:]), X.dtype), np.empty(BATCH, y.dtype)
    for start in range(0, N, BATCH):
        indices = order[start : start + BATCH]
        n = len(indices)
        np.take(X, indices, axis=0, out=x_out[:n], mode="clip")
        np.take(y, indices, axis=0, out=y_out[:n], mode="clip")
        yield x_out[:n], y_out[:n]


def aliquot_iterator(X, y) -> Iterator[Any]:
    source = data_source.ArrayDataSource([X, y])
    return source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


def aliquot_pool(X, y) -> Iterator[Any]:
    with work_pool.WorkerThreadPool(1) as pool:
        source = pool.parallel_data_source(data_source.ArrayDataSource([X, y]), 4)
        yield from source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


def aliquot_loader(X, y) -> Iterator[Any]:
    with aq.Loader([X, y], batch_size=BATCH, shuffle=True, seed=0) as loader:
        yield from loader


def aliquot_loader_thread(X, y) -> Iterator[Any]:
    with aq.Loader([X, y], batch_size=BATCH, shuffle=True, seed=0, pool=1) as loader:
        yield from loader


def batchup_iterator(X, y) -> Iterator[Any]:
    from batchup import data_source as batchup

    source = batchup.ArrayDataSource([X, y])
    return source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


def torch_loader(X, y, **options) -> Iterator[Any]:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    return iter(DataLoader(dataset, batch_size=BATCH, shuffle=True, **options))


def torch_two_workers(X, y) -> Iterator[Any]:
    return torch_loader(X, y, num_workers=2)


def torch_batch_sampler(X, y) -> Iterator[Any]:
    import torch
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

    dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    sampler = BatchSampler(RandomSampler(dataset), BATCH, drop_last=False)
    return iter(DataLoader(dataset, sampler=sampler, batch_size=None))


def torchdata_nodes(X, y) -> Iterator[Any]:
    import torch
    from torch.utils.data import RandomSampler, default_collate
    from torchdata import nodes

    rows = [torch.from_numpy(X), torch.from_numpy(y)]
    sampler = nodes.SamplerWrapper(RandomSampler(range(N)))
    samples = nodes.Mapper(sampler, lambda i: (rows[0][i], rows[1][i]))
    batches = nodes.Mapper(nodes.Batcher(samples, BATCH, drop_last=False), default_collate)
    return iter(nodes.Loader(batches))


def tf_data(X, y) -> Iterator[Any]:
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(N).batch(BATCH)
    return dataset.as_numpy_iterator()


def grain_dataset(X, y, **options) -> Iterator[Any]:
    import grain

    class Rows:
        def __len__(self):
            return N

        def __getitem__(self, i):
            return X[i], y[i]

    dataset = grain.MapDataset.source(Rows()).shuffle(seed=0).batch(BATCH)
    return iter(dataset.to_iter_dataset(grain.ReadOptions(**options)))


def grain_inline(X, y) -> Iterator[Any]:
    return grain_dataset(X, y, num_threads=0, prefetch_buffer_size=0)


def grain_two_threads(X, y) -> Iterator[Any]:
    return grain_dataset(X, y, num_threads=2, prefetch_buffer_size=4)


# A rival that takes milliseconds a batch is timed over fewer of them.
SOME, ALL = 40, None

CONTENDERS: dict[str, tuple[str, int | None, Callable[..., Iterator[Any]]]] = {
    "X[idx], y[idx]": ("numpy", ALL, bare_indexing),
    "np.take into one buffer": ("numpy", ALL, bare_take),
    "Aliquot Loader, inline": ("aliquot", ALL, aliquot_loader),
    "Aliquot Loader, one thread": ("aliquot", ALL, aliquot_loader_thread),
    "Aliquot batch_iterator": ("aliquot", ALL, aliquot_iterator),
    "Aliquot pool of one thread": ("aliquot", ALL, aliquot_pool),
    "BatchUp": ("batchup", ALL, batchup_iterator),
    "torch DataLoader": ("torch", ALL, torch_loader),
    "torch, 2 workers": ("torch", ALL, torch_two_workers),
    "torch, batch sampler": ("torch", ALL, torch_batch_sampler),
    "torchdata nodes": ("torchdata", SOME, torchdata_nodes),
    "tf.data": ("tensorflow", ALL, tf_data),
    "grain": ("grain", SOME, grain_inline),
    "grain, 2 threads": ("grain", SOME, grain_two_threads),
}


def processor_seconds() -> float:
    """Give the processor time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(contender, limit, X, y) -> tuple[float, float]:
    """Give wall and processor microseconds a batch, making the iterator included."""
    gc.collect()
    wall, cpu = time.perf_counter(), processor_seconds()
    count = sum(1 for _ in islice(contender(X, y), limit))
    wall, cpu = time.perf_counter() - wall, processor_seconds() - cpu
    return 1e6 * wall / count, 1e6 * cpu / count


def versions(names) -> str:
    from importlib.metadata import version

    distributions = {"tensorflow": "tensorflow-cpu"}
    return ", ".join(f"{name} {version(distributions.get(name, name))}" for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(N, 32, 32, 3), dtype=np.uint8)
    y = rng.randint(0, 10, size=N)
    packages = dict.fromkeys(package for package, _, _ in CONTENDERS.values())
    installed = [name for name in packages if importlib.util.find_spec(name)]
    names = [name for name, (package, _, _) in CONTENDERS.items() if package in installed]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        # Another one begins each round: whoever follows the collector finds a colder cache.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            _, limit, contender = CONTENDERS[name]
            figures = measure(contender, limit, X, y)
            if turn:  # the first round warms up
                found[name].append(figures)
    bare = [wall for wall, _ in found[names[0]]]
    print(f"{versions(installed)}; {rounds} rounds, medians")
    for name in packages.keys() - set(installed):
        print(f"{name} is not installed")
    print(f"{'':<28}{'us a batch':>12}{'CPU us':>10}{'ratio':>8}")
    for name, figures in found.items():
        walls, cpus = zip(*figures, strict=True)
        ratio = statistics.median(w / b for w, b in zip(walls, bare, strict=True))
        print(
            f"{name:<28}{statistics.median(walls):>12.1f}{statistics.median(cpus):>10.1f}"
            f"{ratio:>8.2f}"
        )


if __name__ == "__main__":
    main()
