"""Shuffled batches from arrays in memory, beside bare NumPy indexing and BatchUp, in one run.

Batches of 256 from 50,000 x 32 x 32 x 3 uint8 and their labels. Contenders take turns round by
round, so that a slow spell of the machine meets all of them; medians over the rounds are printed,
with the ratio to bare indexing of the same round.

    python benchmarks/arrays.py [--rounds 15]
"""

import argparse
import gc
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from aliquot import data_source, work_pool

N, BATCH = 50_000, 256


def bare_indexing(X, y) -> Iterator[Any]:
    order = np.random.RandomState(12345).permutation(N)
    for start in range(0, N, BATCH):
        indices = order[start : start + BATCH]
        yield X[indices], y[indices]


def aliquot_inline(X, y) -> Iterator[Any]:
    source = data_source.ArrayDataSource([X, y])
    return source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


def aliquot_one_thread(X, y) -> Iterator[Any]:
    with work_pool.WorkerThreadPool(1) as pool:
        source = pool.parallel_data_source(data_source.ArrayDataSource([X, y]), 4)
        yield from source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


def batchup_inline(X, y) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from batchup import data_source as batchup
    source = batchup.ArrayDataSource([X, y])
    return source.batch_iterator(BATCH, shuffle=np.random.RandomState(12345))


CONTENDERS: dict[str, Callable[..., Iterator[Any]]] = {
    "X[idx], y[idx]": bare_indexing,
    "Aliquot, inline": aliquot_inline,
    "Aliquot, one thread ahead": aliquot_one_thread,
    "BatchUp 0.2.3": batchup_inline,
}


def measure(contender, X, y) -> tuple[float, float]:
    """Give wall and processor microseconds a batch over one epoch."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in contender(X, y))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return 1e6 * wall / count, 1e6 * cpu / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(N, 32, 32, 3), dtype=np.uint8)
    y = rng.randint(0, 10, size=N)
    names = list(CONTENDERS)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        # Another one begins each round: whoever follows the collector finds a colder cache.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            figures = measure(CONTENDERS[name], X, y)
            if turn:  # the first round warms up
                found[name].append(figures)
    bare = [wall for wall, _ in found[names[0]]]
    print(f"numpy {np.__version__}, {rounds} rounds, medians")
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
