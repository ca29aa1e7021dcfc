"""Orders of 100 million samples and of the worst lengths, beside permutations that are stored.

Ours is read in blocks of 65,536 places spread over an epoch; a stored one is made whole, then
read in the same blocks. Contenders take turns round by round, so that a slow spell of the machine
meets all of them; medians over the rounds are printed, with the ratio to NumPy's permutation of
100 million in the same round. Memory is the peak of what the contender allocates.

    python benchmarks/order.py [--rounds 5] [--draws]
"""

import argparse
import gc
import importlib
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from aliquot._random import Draws
from aliquot.sampling._keyed import KeyedPasses

N, BLOCK, BLOCKS = 10**8, 65_536, 100


def read(indices: Callable[[int, int], Any], n: int, blocks: int = BLOCKS) -> float:
    """Give nanoseconds an index of reading blocks that are spread over an epoch."""
    starts = np.linspace(0, n - BLOCK, blocks).astype(np.int64).tolist()
    begun = time.perf_counter()
    for start in starts:
        indices(start, start + BLOCK)
    return 1e9 * (time.perf_counter() - begun) / (blocks * BLOCK)


def ours(n: int) -> Callable[[int], tuple[float, float]]:
    def measure(epoch: int) -> tuple[float, float]:
        figure = read(KeyedPasses(n, 1, 0, epoch).indices, n)
        tracemalloc.start()
        read(KeyedPasses(n, 1, 0, epoch).indices, n, blocks=4)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return figure, peak

    return measure


def stored(epoch: int) -> tuple[float, float]:
    begun = time.perf_counter()
    order = np.random.default_rng(epoch).permutation(N)
    made = 1e9 * (time.perf_counter() - begun) / N
    return made + read(lambda start, stop: order[start:stop].copy(), N), order.nbytes


def torch_randperm(epoch: int) -> tuple[float, float]:
    torch = importlib.import_module("torch")
    begun = time.perf_counter()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(epoch))
    made = 1e9 * (time.perf_counter() - begun) / N
    figure = made + read(lambda start, stop: order[start:stop].numpy().copy(), N)
    return figure, order.element_size() * order.nelement()


def grain_index_shuffle(epoch: int) -> tuple[float, float]:
    shuffle = importlib.import_module(
        "grain._src.python.experimental.index_shuffle.python.index_shuffle_module"
    ).index_shuffle
    count = BLOCK // 4
    begun = time.perf_counter()
    for index in range(count):
        shuffle(index, max_index=N - 1, seed=epoch, rounds=4)
    return 1e9 * (time.perf_counter() - begun) / count, 0.0


CONTENDERS: dict[str, Callable[[int], tuple[float, float]]] = {
    "numpy permutation, 10**8": stored,
    "Aliquot, 10**8": ours(N),
    "Aliquot, 2**27 (best)": ours(2**27),
    "Aliquot, 4**13 + 1 (worst)": ours(4**13 + 1),
    "Aliquot, 2**27 + 1 (worst)": ours(2**27 + 1),
    "Aliquot, 2**61 + 1 (worst)": ours(2**61 + 1),
    "torch.randperm, 10**8": torch_randperm,
    "grain index_shuffle, 10**8": grain_index_shuffle,
}
NEEDS = {"torch.randperm, 10**8": "torch", "grain index_shuffle, 10**8": "grain"}


def installed(name: str) -> bool:
    try:
        importlib.import_module(NEEDS.get(name, "numpy"))
    except ImportError:
        return False
    return True


def interleaved(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Measure each contender once a round; another one begins each round."""
    names = [name for name in CONTENDERS if installed(name)]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            found[name].append(CONTENDERS[name](turn))
    return found


def print_orders(rounds: int) -> None:
    found = interleaved(rounds)
    base = [figure for figure, _ in found["numpy permutation, 10**8"]]
    print(f"numpy {np.__version__}, {rounds} rounds, medians")
    print(f"{'':<30}{'ns an index':>12}{'ratio':>8}{'MB':>10}")
    for name in CONTENDERS:
        if name not in found:
            print(f"{name:<30}{'not installed':>14}")
            continue
        figures, peaks = zip(*found[name], strict=True)
        ratio = statistics.median(f / b for f, b in zip(figures, base, strict=True))
        memory = f"{max(peaks) / 1e6:.1f}" if max(peaks) else "none"
        print(f"{name:<30}{statistics.median(figures):>12.1f}{ratio:>8.2f}{memory:>10}")


def print_draws(rounds: int) -> None:
    """Print microseconds a sample of one draw in batches of 64, the key included."""
    places = np.arange(64)
    draws: dict[str, Callable[[Draws], Any]] = {
        "random()": Draws.random,
        "integers(10)": lambda draws: draws.integers(10),
        "normal()": Draws.normal,
        "random() of each sample alone": lambda draws: [
            draws.sample(j).random() for j in range(64)
        ],
    }
    found: dict[str, list[float]] = {name: [] for name in draws}
    for turn in range(20 * rounds):
        for name, draw in draws.items():
            begun = time.perf_counter()
            for epoch in range(50):
                draw(Draws(0, epoch, turn, places))
            found[name].append(1e6 * (time.perf_counter() - begun) / (50 * len(places)))
    print(f"\n{'one draw, batches of 64':<30}{'us a sample':>12}")
    for name, figures in found.items():
        print(f"{name:<30}{statistics.median(figures):>12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--draws", action="store_true", help="random numbers only")
    arguments = parser.parse_args()
    if not arguments.draws:
        print_orders(arguments.rounds)
    print_draws(arguments.rounds)


if __name__ == "__main__":
    main()
