"""Weighted draws, padding and cached pictures, beside NumPy, the rivals and a raw memmap.

Draws: batches of 256 of an epoch of n weighted draws. Each contender runs in a process of its
own, so that peak memory is its own: what it grows by beyond the bare weights (Linux only).
Padding: log-normal lengths, batches of 64. Cache: epochs of shuffled batches of 64 pictures.

Contenders take turns round by round, so that a slow spell of the machine meets all of them;
medians over the rounds are printed, and ratios to the one so marked in the same round.

    python benchmarks/sampling.py [--parts draws padding cache] [--sizes 1e5 1e8] [--folder photos]
"""

import argparse
import gc
import importlib.util
import itertools
import json
import os
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import aliquot as aq
from aliquot import data_source, image, sampling

DRAWN, PADDED, PICTURES = 256, 64, 64
AT_ONCE = 10**6  # draws in one call: of a longer epoch, NumPy's would take minutes
LIMIT = 10.0  # seconds: an epoch that takes longer is extrapolated
LARGE = 10**7  # from here on one round

Epoch = Callable[[], Iterator[Any]]
Drawing = tuple[Epoch, Callable[[], bytes]]
"""What begins an epoch, and what gives the state that goes on after its first batch."""


# Draws


def aliquot_draws(weights, replacement=True) -> Drawing:
    sampler = sampling.WeightedSampler(weights, replacement)
    sampler.plan(shuffle=True, seed=0, epoch=0)  # a table is made here, once
    loader = aq.Loader([weights], batch_size=DRAWN, shuffle=True, seed=0, sampler=sampler)
    epochs = itertools.count()

    def epoch():
        blocks = sampling.Blocks(sampler.plan(shuffle=True, seed=0, epoch=next(epochs)))
        for start in range(0, len(weights), DRAWN):
            yield blocks.indices(start, min(start + DRAWN, len(weights)))

    return epoch, lambda: json.dumps(loader.state_dict()).encode()


def aliquot_race(weights) -> Drawing:
    return aliquot_draws(weights, replacement=False)


def at_once(weights, rng, replace=True) -> Drawing:
    p = weights / weights.sum()
    kept = []

    def epoch():
        for begun in range(0, len(p), AT_ONCE):
            n = min(AT_ONCE, len(p) - begun)
            order = rng.choice(len(p), size=n, p=p, replace=replace)
            kept[:] = order[DRAWN:], state_of(rng)
            for start in range(0, n, DRAWN):
                yield order[start : start + DRAWN]

    return epoch, lambda: pickle.dumps(kept)


def by_batch(weights, rng) -> Drawing:
    p = weights / weights.sum()

    def epoch():
        for start in range(0, len(p), DRAWN):
            yield rng.choice(len(p), size=min(DRAWN, len(p) - start), p=p)

    return epoch, lambda: state_of(rng)


def state_of(rng) -> bytes:
    legacy = isinstance(rng, np.random.RandomState)
    return pickle.dumps(rng.get_state() if legacy else rng.bit_generator.state)


def generator_at_once(weights) -> Drawing:
    return at_once(weights, np.random.default_rng(0))


def generator_race(weights) -> Drawing:
    return at_once(weights, np.random.default_rng(0), replace=False)


def generator_by_batch(weights) -> Drawing:
    return by_batch(weights, np.random.default_rng(0))


def legacy_at_once(weights) -> Drawing:
    return at_once(weights, np.random.RandomState(0))


def legacy_race(weights) -> Drawing:
    return at_once(weights, np.random.RandomState(0), replace=False)


def legacy_by_batch(weights) -> Drawing:
    return by_batch(weights, np.random.RandomState(0))


def inversion(weights) -> Drawing:
    sums = np.cumsum(weights)
    sums /= sums[-1]
    rng = np.random.default_rng(0)

    def epoch():
        for start in range(0, len(sums), DRAWN):
            n = min(DRAWN, len(sums) - start)
            yield sums.searchsorted(rng.random(n), side="right")

    return epoch, lambda: state_of(rng)


def torch_draws(weights, replacement=True) -> Drawing:
    import torch
    from torch.utils.data import BatchSampler, WeightedRandomSampler

    generator = torch.Generator().manual_seed(0)
    sampler = WeightedRandomSampler(
        torch.from_numpy(weights), len(weights), replacement, generator=generator
    )
    kept = []

    def epoch():
        kept[:] = [generator.get_state()]
        yield from BatchSampler(sampler, DRAWN, drop_last=False)

    return epoch, lambda: pickle.dumps(kept[0].numpy())  # the whole epoch is drawn again from it


def torch_race(weights) -> Drawing:
    return torch_draws(weights, replacement=False)


def batchup_draws(weights) -> Drawing:
    from batchup import sampling as batchup

    sampler, rng = batchup.WeightedSampler(weights), np.random.RandomState(0)
    steps = -(-len(weights) // DRAWN)
    return (
        lambda: itertools.islice(sampler.shuffled_indices_batch_iterator(DRAWN, rng), steps),
        lambda: state_of(rng),
    )


BASE, BASE_WITHOUT = "Generator.choice, at once", "Generator.choice, without"
WITH: dict[str, tuple[str, Callable[..., Drawing]]] = {
    BASE: ("numpy", generator_at_once),
    "Generator.choice, by batch": ("numpy", generator_by_batch),
    "RandomState.choice, at once": ("numpy", legacy_at_once),
    "RandomState.choice, by batch": ("numpy", legacy_by_batch),
    "cumsum and searchsorted": ("numpy", inversion),
    "Aliquot": ("aliquot", aliquot_draws),
    "BatchUp": ("batchup", batchup_draws),
    "torch WeightedRandomSampler": ("torch", torch_draws),
}
WITHOUT: dict[str, tuple[str, Callable[..., Drawing]]] = {
    BASE_WITHOUT: ("numpy", generator_race),
    "RandomState.choice, without": ("numpy", legacy_race),
    "Aliquot, without": ("aliquot", aliquot_race),
    "torch, without": ("torch", torch_race),
}


def memory(field: str) -> int:
    """Give a figure of this process in bytes: VmRSS is what it has, VmHWM its peak."""
    found = Path("/proc/self/status").read_text().split(f"{field}:")[1]
    return 1024 * int(found.split()[0])


def clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def measure_draws(name: str, n: int) -> dict[str, Any]:
    """Measure one contender in this process, which has done nothing else."""
    make = (WITH | WITHOUT)[name][1]
    for _ in make(np.ones(1000))[0]():  # imports, and code that is used for the first time
        pass
    weights = np.random.default_rng(1).exponential(size=n)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    begun = clocks()
    epoch, state = make(weights)
    made = clocks()
    batches = epoch()
    next(batches)
    first = clocks()
    count = 0
    for batch in batches:
        count += len(batch)
        if time.perf_counter() - first[0] > LIMIT:
            break
    ended = clocks()
    peak = memory("VmHWM") - before
    del batches
    asked = time.perf_counter()
    size = len(state())
    whole = first - made + (ended - first) * (n - DRAWN) / count
    return {
        "first": list(first - begun),
        "index": list(whole / n),
        "peak": peak,
        "state": size,
        "saving": time.perf_counter() - asked,
    }


def in_own_process(name: str, n: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", name, str(n)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    return json.loads(done.stdout)


def print_draws(contenders, base: str, n: int, rounds: int) -> None:
    names = [name for name, (package, _) in contenders.items() if installed(package)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for name in in_turn(names, rounds):
        if not any("error" in result for result in found[name]):
            found[name].append(in_own_process(name, n))
    print(f"\nn = {n:,}; rounds: {rounds}, medians")
    print(
        f"{'':<29}{'first ms':>10}{'CPU ms':>10}{'ns an index':>12}{'CPU ns':>12}{'ratio':>9}"
        f"{'MB':>9}{'B a sample':>11}{'state B':>13}{'saved ms':>9}"
    )
    for name, results in found.items():
        if "error" in results[-1]:
            print(f"{name:<29}  {results[-1]['error']}")
            continue
        walls, cpus = zip(*(result["index"] for result in results), strict=True)
        bases = [result["index"][0] for result in found[base]]
        ratio = statistics.median(w / b for w, b in zip(walls, bases, strict=True))
        first, first_cpu = np.median([result["first"] for result in results], axis=0)
        peak, state, saving = (
            statistics.median(result[key] for result in results)
            for key in ("peak", "state", "saving")
        )
        print(
            f"{name:<29}{1e3 * first:>10,.2f}{1e3 * first_cpu:>10,.2f}"
            f"{1e9 * statistics.median(walls):>12,.1f}{1e9 * statistics.median(cpus):>12,.1f}"
            f"{ratio:>9.2f}{peak / 1e6:>9,.1f}{peak / n:>11.1f}"
            f"{int(state):>13,}{1e3 * saving:>9.2f}"
        )


def draws(arguments) -> None:
    print("Weighted draws, batches of 256: time from the weights to the first batch, an epoch once")
    print(
        "that is set up, peak memory beyond the weights, and the state that goes on after a batch"
    )
    for n in arguments.sizes:
        print_draws(WITH, BASE, n, 1 if n >= LARGE else arguments.rounds)
    for n in arguments.sizes_without:
        print_draws(WITHOUT, BASE_WITHOUT, n, arguments.rounds)


# Padding


def plan_batches(plan, n: int) -> Iterator[Any]:
    blocks = sampling.Blocks(plan)
    for start in range(0, n, PADDED):
        yield blocks.indices(start, min(start + PADDED, n))


def plain(lengths) -> Callable[[int], Iterator[Any]]:
    sampler, n = sampling.StandardSampler(len(lengths)), len(lengths)
    return lambda epoch: plan_batches(sampler.plan(shuffle=True, seed=0, epoch=epoch), n)


def buckets(number: int) -> Callable[..., Callable[[int], Iterator[Any]]]:
    def make(lengths):
        sampler = sampling.BucketSampler(lengths, buckets=number).for_steps(PADDED, PADDED)
        n = len(lengths)
        return lambda epoch: plan_batches(sampler.plan(shuffle=True, seed=0, epoch=epoch), n)

    return make


def cut(order) -> Iterator[Any]:
    return (order[start : start + PADDED] for start in range(0, len(order), PADDED))


def grouped(lengths) -> Callable[[int], Iterator[Any]]:
    """Sort within each 50 batches of a random order, as transformers' group_by_length does."""

    def epoch(number):
        order = np.random.default_rng(number).permutation(len(lengths))
        for start in range(0, len(order), 50 * PADDED):
            group = order[start : start + 50 * PADDED]
            yield from cut(group[np.argsort(-lengths[group])])

    return epoch


def in_order_of_length(lengths) -> Callable[[int], Iterator[Any]]:
    return lambda epoch: cut(np.argsort(lengths, kind="stable"))


def packing(lengths) -> Callable[[int], Iterator[Any]]:
    """Give batches of as many rows as take up the tokens of 64 samples."""
    sampler = sampling.PackingSampler(lengths, tokens=2048)
    rows = max(round(PADDED * float(lengths.mean()) / 2048), 1)

    def epoch(number):
        plan = sampler.row_plan(shuffle=True, seed=0, epoch=number)
        for start in range(0, sampler.num_rows, rows):
            yield plan.rows(np.arange(start, min(start + rows, sampler.num_rows)))

    return epoch


PADDERS: dict[str, Callable[..., Callable[[int], Iterator[Any]]]] = {
    "shuffled": plain,
    "sorted within 50 batches": grouped,
    "BucketSampler, 4": buckets(4),
    "BucketSampler, 8": buckets(8),
    "BucketSampler, 16": buckets(16),
    "sorted (the least)": in_order_of_length,
    "PackingSampler, 2048": packing,
}


def padding_of(batches: Iterable[Any], lengths) -> float:
    held = padded = 0
    for batch in batches:
        rows = isinstance(batch, tuple)
        held += batch.length.sum() if rows else lengths[batch].sum()
        padded += 2048 * (batch.row[-1] + 1) if rows else len(batch) * lengths[batch].max()
    return 1 - held / padded


def padding(arguments) -> None:
    drawn = np.random.default_rng(0).lognormal(5.0, 1.0, 100_000)
    lengths = np.clip(drawn.astype(np.int64), 1, 2048)
    made: dict[str, float] = {}
    epochs, figures = {}, {name: [] for name in PADDERS}
    for name, make in PADDERS.items():
        begun = time.perf_counter()
        epochs[name] = make(lengths)
        made[name] = 1e3 * (time.perf_counter() - begun)
    for turn, name in enumerate(in_turn(list(PADDERS), arguments.rounds + 1)):
        gc.collect()
        begun = clocks()
        count = sum(1 for _ in epochs[name](turn))
        if turn >= len(PADDERS):  # the first round warms up
            figures[name].append(1e6 * (clocks() - begun) / count)
    print(
        f"\nPadding of {len(lengths):,} log-normal lengths, mean {lengths.mean():.0f}, batches of"
    )
    print(f"64 (of as many tokens in rows of 2048); {arguments.rounds} rounds, medians")
    print(f"{'':<29}{'padding %':>10}{'us a batch':>12}{'CPU us':>9}{'ratio':>8}{'made ms':>9}")
    for name in PADDERS:
        walls, cpus = np.transpose(figures[name])
        ratio = np.median(walls / np.transpose(figures["shuffled"])[0])
        share = 100 * padding_of(epochs[name](0), lengths)
        print(
            f"{name:<29}{share:>10.2f}{np.median(walls):>12.2f}{np.median(cpus):>9.2f}"
            f"{ratio:>8.2f}{made[name]:>9.2f}"
        )


# Cache


def loader_of(source) -> Epoch:
    loader = aq.Loader(source, batch_size=PICTURES, shuffle=True, seed=0)
    return lambda: iter(loader)


def read_memmap(mapped) -> Epoch:
    rng = np.random.default_rng(0)

    def epoch():
        order = rng.permutation(len(mapped))
        for start in range(0, len(order), PICTURES):
            yield mapped[order[start : start + PICTURES]]

    return epoch


def time_epoch(epoch: Epoch) -> np.ndarray:
    gc.collect()
    begun = clocks()
    count = sum(1 for _ in epoch())
    return 1e3 * (clocks() - begun) / count


def mapped_pictures(source, path: Path, shape):
    mapped = np.memmap(path, np.uint8, "w+", shape=shape)
    for start in range(0, len(mapped), PICTURES):
        mapped[start : start + PICTURES] = source[start : start + PICTURES][0]
    mapped.flush()
    return np.memmap(path, np.uint8, "r", shape=shape)


def print_cache(pictures: str, size, rounds: int, folder: Path) -> None:
    photos = image.ImageFiles.from_folder(pictures, size=size)

    def source():
        return data_source.ArrayDataSource([photos])

    shape = (source().num_samples(), *size, 3)
    raw = "raw memmap, mm[idx]"
    mapped = mapped_pictures(source(), folder / "raw", shape)
    room = int(1.05 * np.prod(shape)) + 10**6
    in_folder = loader_of(source().cache(folder=folder / "cache"))
    in_memory = loader_of(source().cache(memory=room))
    epochs = {
        raw: read_memmap(mapped),
        "Aliquot, cache(folder=)": in_folder,
        "Aliquot, cache(memory=)": in_memory,
        "next run, cache(folder=)": lambda: loader_of(source().cache(folder=folder / "cache"))(),
        "Aliquot, arrays in memory": loader_of(data_source.ArrayDataSource([np.array(mapped)])),
    }
    for _ in epochs[raw]():
        pass
    once = {
        raw: time_epoch(epochs[raw]),
        "no cache": time_epoch(loader_of(source())),
        "first epoch, folder": time_epoch(in_folder),
        "first epoch, memory": time_epoch(in_memory),
    }
    figures: dict[str, list[np.ndarray]] = {name: [] for name in epochs}
    for turn, name in enumerate(in_turn(list(epochs), rounds + 1)):
        taken = time_epoch(epochs[name])
        if turn >= len(epochs):  # the first round warms up
            figures[name].append(taken)
    print(f"\n{shape[0]:,} pictures, {size[0]} x {size[1]}; {rounds} rounds, medians")
    print(f"{'':<29}{'ms a batch':>12}{'CPU ms':>9}{'ratio':>9}{'CPU ratio':>11}")
    for name in epochs:
        ratios = np.median(np.array(figures[name]) / np.array(figures[raw]), axis=0)
        print_pictures(name, np.median(figures[name], axis=0), ratios)
    print("once:")
    for name in list(once)[1:]:
        print_pictures(name, once[name], once[name] / once[raw])


def print_pictures(name: str, figures, ratios) -> None:
    print(f"{name:<29}{figures[0]:>12.3f}{figures[1]:>9.3f}{ratios[0]:>9.2f}{ratios[1]:>11.2f}")


def cache(arguments) -> None:
    if arguments.folder is None:
        print("\nCache: skipped, as no folder of pictures was given (--folder)")
        return
    print("\nShuffled batches of 64 pictures, inline: from a cache that was filled, and without")
    for size in ((224, 224), (64, 64)):
        with tempfile.TemporaryDirectory() as folder:
            print_cache(arguments.folder, size, arguments.rounds, Path(folder))


# All of them


PARTS = {"draws": draws, "padding": padding, "cache": cache}
PACKAGES = ("numpy", "aliquot", "pillow", "lmdb", "batchup", "torch")


def installed(package: str) -> bool:
    return importlib.util.find_spec({"pillow": "PIL"}.get(package, package)) is not None


def in_turn(names: list[str], rounds: int) -> Iterator[str]:
    """Give each name once a round; another one begins each round."""
    for turn in range(rounds):
        yield from names[turn % len(names) :] + names[: turn % len(names)]


def describe_machine() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.machine()}, {cores} cores, {gigabytes:.0f} GiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    number: Any = {"nargs": "+", "type": lambda text: int(float(text))}
    parser.add_argument("--sizes", **number, default=[10**5, 10**8])
    parser.add_argument("--sizes-without", **number, default=[10**5, 10**6])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", help="pictures for the part cache")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure_draws(arguments.measure[0], int(arguments.measure[1]))))
        return
    print(f"Python {platform.python_version()}; {describe_machine()}")
    there = [name for name in PACKAGES if installed(name)]
    print(", ".join(f"{name} {version(name)}" for name in there))
    for name in sorted(set(PACKAGES) - set(there)):
        print(f"{name} is not installed")
    for part in arguments.parts:
        PARTS[part](arguments)


if __name__ == "__main__":
    main()
