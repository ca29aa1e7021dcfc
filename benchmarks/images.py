"""Photographs from a folder, read in shuffled batches of 64, beside Pillow and the rivals.

Four tasks: R, the whole picture to 64 x 64; T, RandomResizedCrop(224) and a flip; F, T normalised
to float32 with channels first; E, Resize(256) and CenterCrop(224), normalised likewise.

Each contender runs in a process of its own, each group of rivals in a virtual environment of its
own, which --setup makes with venv and pip. Contenders take turns round by round; medians over the
rounds are printed, and the ratio to a plain Pillow loop of the same round. The page cache is warm;
the second epoch of a process is timed. Linux only.

    python benchmarks/images.py FOLDER [--setup] [--tasks R T] [--only Aliquot DALI] [--rounds 3]
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from images import contenders, environments, measure
from images.contenders import BASE, CONTENDERS
from images.tasks import BATCH, TASKS

Results = dict[str, list[dict[str, Any]]]


def pictures(folder: str, limit: int | None) -> list[str]:
    """List the JPEGs in and below a folder, as many as fill whole batches, and read each once."""
    found = sorted(
        str(path)
        for path in Path(folder).resolve().rglob("*")
        if path.suffix.lower() in (".jpg", ".jpeg")
    )
    number = min(limit or len(found), len(found)) // BATCH * BATCH
    # Evenly: of a folder of classes, some of each.
    found = [found[i * len(found) // number] for i in range(number)]
    if not found:
        sys.exit(f"{folder} has fewer than {BATCH} JPEGs")
    for path in found:
        Path(path).read_bytes()
    return found


def in_turn(names: list[str], rounds: int) -> Iterator[str]:
    """Give each name once a round; another one begins each round."""
    for turn in range(rounds):
        yield from names[turn % len(names) :] + names[: turn % len(names)]


def run(task: str, names: list[str], paths: list[str], arguments) -> tuple[Results, int]:
    """Measure a task; give the results and how many runs met a crowded machine."""
    found: Results = {name: [] for name in names}
    crowded = 0
    for number, name in enumerate(in_turn(names, arguments.rounds)):
        if any("error" in result for result in found[name]):
            continue
        crowded += not measure.wait_for_calm(arguments.patience)
        result = measure.in_own_process(
            name,
            arguments.envs,
            task=task,
            paths=paths,
            workers=arguments.workers,
            seed=number,
        )
        found[name].append(result)
        told = result.get("error") or f"{result['rate']:.0f} images/s, {result['cpu']:.2f} CPU ms"
        print(f"  {task} {name}: {told}", file=sys.stderr, flush=True)
    return found, crowded


def summary(results: Results) -> dict[str, dict[str, float]]:
    """Give medians by contender, best first."""
    bases = [result.get("rate", float("nan")) for result in results.get(BASE, [])]
    found = {}
    for name, measured in results.items():
        if not measured or "error" in measured[-1]:
            continue
        keys = ("rate", "cpu", "peak", "first", "mean")
        found[name] = {key: statistics.median(r[key] for r in measured) for key in keys}
        ratios = [r["rate"] / base for r, base in zip(measured, bases, strict=False)]
        found[name]["ratio"] = statistics.median(ratios) if ratios else float("nan")
    return dict(sorted(found.items(), key=lambda item: -item[1]["rate"]))


def print_table(task: str, results: Results, crowded: int) -> None:
    print(f"\n{task}: {TASKS[task]}")
    if crowded:
        print(f"({crowded} of {sum(map(len, results.values()))} runs met a crowded machine)")
    print("| | images/s | ratio | CPU ms an image | peak MB | first batch s |")
    print("| --- | --- | --- | --- | --- | --- |")
    figures = summary(results)
    for name, row in figures.items():
        print(
            f"| {name} | {row['rate']:,.0f} | {row['ratio']:.2f} | {row['cpu']:.2f} "
            f"| {row['peak'] / 1e6:,.0f} | {row['first']:.2f} |"
        )
    for name, measured in results.items():
        if measured and "error" in measured[-1]:
            print(f"{name}: did not run: {measured[-1]['error']}")
    if BASE in figures:
        warn_of_others(figures, 3.0 if task in "RT" else 0.06)


def warn_of_others(figures: dict[str, dict[str, float]], allowed: float) -> None:
    """Tell of contenders that do something else: brighter or darker pictures on the whole."""
    for name, row in figures.items():
        difference = row["mean"] - figures[BASE]["mean"]
        if abs(difference) > allowed:
            print(f"{name}: its values are {difference:+.2f} off on average")


def versions(results: dict[str, Results]) -> str:
    told: dict[str, str] = {}
    for task in results.values():
        for measured in task.values():
            for result in measured:
                for name, version in result.get("versions", {}).items():
                    told.setdefault(name, version)
    return ", ".join(f"{name} {version}" for name, version in told.items())


def draw(figures: dict[str, dict[str, dict[str, float]]], file: str) -> None:
    """Plot images/s of each task; runs where matplotlib is."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    height = 1.2 + 0.28 * max(map(len, figures.values()))
    grid = (-(-len(figures) // 2), min(len(figures), 2))
    figure, axes = plt.subplots(
        *grid, figsize=(6.5 * grid[1], height * grid[0]), squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(figures) :]:
        axis.set_axis_off()
    for axis, (task, rows) in zip(axes.flat, figures.items(), strict=False):
        names = list(rows)[::-1]
        rates = [rows[name]["rate"] for name in names]
        colours = ["tab:orange" if name.startswith("Aliquot") else "tab:gray" for name in names]
        bars = axis.barh(names, rates, color=colours)
        axis.bar_label(bars, [f"{rate:,.0f}" for rate in rates], padding=3, fontsize=8)
        axis.set_title(f"{task}: {TASKS[task]}", fontsize=9)
        axis.set_xlabel("images/s")
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=120)


def plot(figures, file: Path, envs: Path) -> None:
    """Have it plotted, here or in the environment that has matplotlib."""
    here = importlib.util.find_spec("matplotlib") is not None
    python = sys.executable if here else environments.python_of("plot", envs)
    if not here and (reason := environments.missing("plot", envs)):
        print(f"no plot: matplotlib is {reason}")
        return
    done = subprocess.run(
        [python, __file__, "--draw", file],
        input=json.dumps(figures),
        check=False,
        capture_output=True,
        text=True,
    )
    last = environments.last_line(done.stderr)
    print(f"no plot: {last}" if done.returncode else f"plot: {file}")


def take_part(arguments, paths: list[str]) -> list[str]:
    """Give the contenders that can run; tell of those that cannot."""
    names = [name for name in CONTENDERS if name in arguments.only or name == BASE]
    there = []
    for name in names:
        reason = environments.missing(CONTENDERS[name].group, arguments.envs)
        reason = reason or measure.prepare(name, arguments.envs, paths)
        if reason:
            print(f"{name}: {reason}")
        else:
            there.append(name)
    return there


def describe_machine() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.machine()}, {cores} cores, {gigabytes:.0f} GiB"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="photographs, in and below it")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("--envs", type=Path, default=cache / "aliquot-benchmarks")
    parser.add_argument("--setup", action="store_true", help="make the environments first")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, help="pictures")
    parser.add_argument(
        "--patience", type=float, default=30.0, help="seconds a run waits for two free cores"
    )
    parser.add_argument("--plot", type=Path, help="default: images.png in the folder of --envs")
    for hidden in ("--measure", "--prepare", "--draw"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.envs = arguments.envs.resolve()
    return arguments


def compare(arguments: argparse.Namespace) -> None:
    paths = pictures(arguments.folder, arguments.limit)
    size = sum(Path(path).stat().st_size for path in paths) / len(paths)
    print(f"Python {platform.python_version()}; {describe_machine()}")
    print(f"{len(paths):,} pictures, {size / 1e3:.0f} KB each on average; batches of {BATCH};")
    print(f"{arguments.workers} workers; {arguments.rounds} rounds, medians")
    names = take_part(arguments, paths)
    results = {}
    for task in arguments.tasks:
        found, crowded = run(task, names, paths, arguments)
        results[task] = found
        print_table(task, found, crowded)
        sys.stdout.flush()
    print(f"\n{versions(results)}")
    for name in names:
        print(f"{name}: {CONTENDERS[name].note}")
    file = arguments.plot or arguments.envs / "images.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".json").write_text(json.dumps(results))
    plot({task: summary(found) for task, found in results.items()}, file, arguments.envs)


def main() -> None:
    arguments = parsed()
    if arguments.measure:
        print(json.dumps(measure.measure(arguments.measure, measure.read_given())))
    elif arguments.prepare:
        given = measure.read_given()
        contenders.write_data(arguments.prepare, Path(given["folder"]), given["paths"])
    elif arguments.draw:
        draw(measure.read_given(), arguments.draw)
    else:
        if arguments.setup:
            groups = {CONTENDERS[name].group for name in arguments.only} - {environments.OWN}
            for group in [*sorted(groups), "plot"]:
                environments.set_up(group, arguments.envs)
        if arguments.folder:
            compare(arguments)
        elif not arguments.setup:
            sys.exit("which FOLDER? (--help tells more)")


if __name__ == "__main__":
    main()
