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

Epoch = Callable[[], Iterator[Any]]
"""Begins an epoch; what it iterates over is made once, before the first."""

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")


def bare_indexing(X, y) -> Epoch:
    rng = np.random.RandomState(12345)

    def epoch():
        order = rng.permutation(N)
        for start in range(0, N, BATCH):
            indices = order[start : start + BATCH]
            yield X[indices], y[indices]

    return epoch


def bare_take(X, y) -> Epoch:
    rng = np.random.RandomState(12345)
    x_out, y_out = np.empty((BATCH, *X.shape[1:]), X.dtype), np.empty(BATCH, y.dtype)

    def epoch():
        order = rng.permutation(N)
        for start in range(0, N, BATCH):
            indices = order[start : start + BATCH]
            n = len(indices)
            np.take(X, indices, axis=0, out=x_out[:n], mode="clip")
            np.take(y, indices, axis=0, out=y_out[:n], mode="clip")
            yield x_out[:n], y_out[:n]

    return epoch


def aliquot_loader(X, y, **options) -> Epoch:
    loader = aq.Loader([X, y], batch_size=BATCH, shuffle=True, seed=0, **options)
    return lambda: iter(loader)


def aliquot_loader_thread(X, y) -> Epoch:
    return aliquot_loader(X, y, pool=1)


def aliquot_iterator(X, y) -> Epoch:
    source, rng = data_source.ArrayDataSource([X, y]), np.random.RandomState(12345)
    return lambda: source.batch_iterator(BATCH, shuffle=rng)


def aliquot_pool(X, y) -> Epoch:
    source = data_source.ArrayDataSource([X, y])
    parallel = work_pool.WorkerThreadPool(1).parallel_data_source(source, batch_buffer_size=4)
    rng = np.random.RandomState(12345)
    return lambda: parallel.batch_iterator(BATCH, shuffle=rng)


def batchup_iterator(X, y) -> Epoch:
    from batchup import data_source as batchup

    source, rng = batchup.ArrayDataSource([X, y]), np.random.RandomState(12345)
    return lambda: source.batch_iterator(BATCH, shuffle=rng)


def torch_loader(X, y, **options) -> Epoch:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    loader = DataLoader(dataset, batch_size=BATCH, shuffle=True, **options)
    return lambda: iter(loader)


def torch_two_workers(X, y) -> Epoch:
    return torch_loader(X, y, num_workers=2)


def torch_batch_sampler(X, y) -> Epoch:
    import torch
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

    dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    sampler = BatchSampler(RandomSampler(dataset), BATCH, drop_last=False)
    loader = DataLoader(dataset, sampler=sampler, batch_size=None)
    return lambda: iter(loader)


def torchdata_nodes(X, y) -> Epoch:
    import torch
    from torch.utils.data import RandomSampler, default_collate
    from torchdata import nodes

    rows = [torch.from_numpy(X), torch.from_numpy(y)]
    sampler = nodes.SamplerWrapper(RandomSampler(range(N)))
    samples = nodes.Mapper(sampler, lambda i: (rows[0][i], rows[1][i]))
    batches = nodes.Mapper(nodes.Batcher(samples, BATCH, drop_last=False), default_collate)
    loader = nodes.Loader(batches)
    return lambda: iter(loader)


def tf_data(X, y) -> Epoch:
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(N).batch(BATCH)
    return dataset.as_numpy_iterator


def hf_datasets(X, y) -> Epoch:
    from datasets import Dataset

    dataset = Dataset.from_dict({"x": X.reshape(N, -1), "y": y}).with_format("numpy")
    return lambda: dataset.shuffle(seed=0).iter(batch_size=BATCH)


def grain_dataset(X, y, **options) -> Epoch:
    import grain

    class Rows:
        def __len__(self):
            return N

        def __getitem__(self, i):
            return X[i], y[i]

    dataset = grain.MapDataset.source(Rows()).shuffle(seed=0).batch(BATCH)
    batches = dataset.to_iter_dataset(grain.ReadOptions(**options))
    return lambda: iter(batches)


def grain_inline(X, y) -> Epoch:
    return grain_dataset(X, y, num_threads=0, prefetch_buffer_size=0)


def grain_two_threads(X, y) -> Epoch:
    return grain_dataset(X, y, num_threads=2, prefetch_buffer_size=4)


# A rival that takes milliseconds a batch is timed over fewer of them.
SOME, ALL = 40, None

CONTENDERS: dict[str, tuple[str, int | None, Callable[..., Epoch]]] = {
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
    "HF datasets": ("datasets", SOME, hf_datasets),
    "grain": ("grain", SOME, grain_inline),
    "grain, 2 threads": ("grain", SOME, grain_two_threads),
}


def processor_seconds() -> float:
    """Give the processor time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(epoch: Epoch, limit: int | None) -> tuple[float, float]:
    """Give wall and processor microseconds a batch, the beginning of the epoch included."""
    gc.collect()
    wall, cpu = time.perf_counter(), processor_seconds()
    count = sum(1 for _ in islice(epoch(), limit))
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
    epochs = {name: CONTENDERS[name][2](X, y) for name in names}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        # Another one begins each round: whoever follows the collector finds a colder cache.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            figures = measure(epochs[name], CONTENDERS[name][1])
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
