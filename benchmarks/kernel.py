"""What the compiled kernel costs beside bare libjpeg-turbo, and how it scales.

R, whole pictures to 64 x 64, and T, RandomResizedCrop(224) and a flip, in CPU ms an image:

    read     files and their headers
    bare     what is needed of them decoded, at the same scales, each to one pixel
    decode   decoded and resampled into the batch
    loader   batches of 64 from a Loader, with none, one and two workers
    Python   the share of the Loader's CPU time that is spent outside of the kernel: the GIL is
             held no longer than that

Ways take turns round by round; medians over the rounds are printed.

    python benchmarks/kernel.py FOLDER [--rounds 7] [--limit 640]
"""

import argparse
import statistics
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

import aliquot as aq
from aliquot._random import Draws
from aliquot.image import RandomHorizontalFlip, RandomResizedCrop, Resize, _kernel_files, _pictures
from aliquot.image._turns import stored_parts

BATCH = 64
TASKS = {
    "R": (64, [Resize((64, 64))]),
    "T": (224, [RandomResizedCrop(224), RandomHorizontalFlip()]),
}
BILINEAR, BOX = 2, 1


class Timed:
    """The kernel's files, with the CPU time of their calls added up."""

    spent = 0.0

    def __init__(self, paths):
        self._files = self._in(Timed.module.Files, paths)

    @staticmethod
    def _in(call, *arguments, **named):
        start = time.thread_time()
        try:
            return call(*arguments, **named)
        finally:
            Timed.spent += time.thread_time() - start

    def decode(self, **named):
        return self._in(self._files.decode, **named)

    def __getattr__(self, name):
        return getattr(self._files, name)


def planned(photos, paths, size):
    """Read files, and give them with boxes and places, as a batch of them has."""
    pictures = _pictures.read(paths, photos._options)
    draws = Draws(0, 0, 0, np.arange(len(paths)))
    views = photos._chain.views(pictures.views(), draws)
    boxes, places = stored_parts(views, pictures.orientations, pictures.heights, pictures.widths)
    rows = np.flatnonzero(pictures.channels == 3).tolist()
    return pictures.files, rows, boxes[rows], places[rows]


def decoding(photos, paths, size, gap, kind, side):
    """Give the CPU time of decoding to `side` pixels, at the scales that `size` would have."""
    files, rows, boxes, places = planned(photos, paths, size)
    out = np.ones((len(rows), side, side, 3), np.uint8)  # ones: the system gives zeros later
    if side != size:
        places[:, :4] = (0, 0, side, side)
    files.plan(rows, boxes, places, list(out), kind, gap, bytes(4))
    start = time.process_time()
    files.decode()
    return time.process_time() - start


def epoch(loader):
    """Give the CPU time of an epoch, and the share of it outside of the kernel."""
    Timed.spent = 0.0
    start = time.process_time()
    for _ in loader:
        pass
    total = time.process_time() - start
    return total, 1 - Timed.spent / total


def measure(task, paths, rounds):
    size, transforms = TASKS[task]
    photos = aq.image.ImageFiles(paths, transforms=transforms, codec="libjpeg-turbo")
    module = _kernel_files.kernel()
    encoded = [str(path).encode() for path in paths]
    loaders = {
        workers: aq.Loader(photos, batch_size=BATCH, shuffle=True, seed=0, pool=workers or None)
        for workers in (0, 1, 2)
    }
    found = defaultdict(list)
    for _ in range(rounds):
        start = time.process_time()
        module.Files(encoded)
        found["read"].append(time.process_time() - start)
        found["bare"].append(decoding(photos, paths, size, 2.0 * size, BOX, 1))
        found["decode"].append(decoding(photos, paths, size, 2.0, BILINEAR, size))
        for workers, loader in loaders.items():
            total, share = epoch(loader)
            found[f"loader {workers}"].append(total)
            found[f"Python {workers}"].append(share)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limit", type=int, default=640)
    arguments = parser.parse_args()
    every = sorted(map(str, arguments.folder.rglob("*.jp*g")))
    paths = every[:: max(1, len(every) // arguments.limit)][: arguments.limit]
    Timed.module = module = _kernel_files.kernel()
    _kernel_files.required = lambda: type("Module", (), {"Files": Timed})
    print(f"{len(paths)} photographs, {module.JPEG}, {module.RESAMPLER}, {arguments.rounds} rounds")
    print(
        "| | read | bare | decode | loader inline | 1 worker | 2 workers | 2 : 1 | to bare + "
        "0.133 | Python % |"
    )
    print("| --- " * 10 + "|")
    for task in TASKS:
        found = measure(task, paths, arguments.rounds)
        ms = {
            name: 1e3 * statistics.median(own) / len(paths)
            for name, own in found.items()
            if not name.startswith("Python")
        }
        scaled = statistics.median(
            two / one for one, two in zip(found["loader 1"], found["loader 2"], strict=True)
        )
        python = 100 * statistics.median(found["Python 2"])
        cells = [
            ms[name] for name in ("read", "bare", "decode", "loader 0", "loader 1", "loader 2")
        ]
        ratio = ms["loader 2"] / (ms["bare"] + 0.12 + 0.013)
        print(
            f"| {task} | "
            + " | ".join(f"{cell:.3f}" for cell in cells)
            + f" | {scaled:.2f} | {ratio:.2f} | {python:.1f} |"
        )


if __name__ == "__main__":
    main()
