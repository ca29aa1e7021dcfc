"""One epoch by worker threads, one by the plain loop, and a look at a batch."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from aliquot.data_source import ArrayDataSource
from aliquot.demo._augment import MARGIN, SIZE, augment
from aliquot.demo._photographs import labelled_photographs
from aliquot.demo._plain import plain_pillow_loop
from aliquot.image import ImageFiles, contact_sheet
from aliquot.loader import Loader
from aliquot.work_pool import usable_cores

BATCH_SIZE = 32

Progress = Callable[..., Iterable[Any]]


class Speed(NamedTuple):
    """How fast one contender went through the photographs."""

    images: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, all threads together."""

    @property
    def images_per_second(self) -> float:
        """Photographs a second."""
        return self.images / self.wall

    @property
    def cpu_ms_per_image(self) -> float:
        """Milliseconds of processor time a photograph."""
        return 1000 * self.cpu / self.images


class Outcome(NamedTuple):
    """What the demo found."""

    photos: ImageFiles
    aliquot: Speed
    pillow: Speed
    sheet: Path
    """Where the contact sheet was written."""


def run(folder: Path, output: Path, progress: Progress) -> Outcome:
    """Draw an epoch of shuffled, augmented, labelled batches, and time it.

    Parameters
    ----------
    folder : pathlib.Path
        Photographs: one folder a class, or files such as ``cat.1.jpg``.
    output : pathlib.Path
        Where to write the contact sheet of the first batch (PNG).
    progress : callable
        Shows progress: called as ``progress(iterator, total=...)``, such as ``tqdm.tqdm``.

    Returns
    -------
    Outcome
        The speeds of both contenders, and what was drawn.
    """
    photos = labelled_photographs(folder, size=(SIZE + MARGIN, SIZE + MARGIN))
    for path in photos.paths:  # so that neither contender waits for the disk
        Path(path).read_bytes()
    source = ArrayDataSource([photos, photos.labels]).map(augment)
    first: list[Any] = []  # the first batch, to look at
    with Loader(source, batch_size=BATCH_SIZE, shuffle=True, seed=0, pool=usable_cores()) as loader:

        def epoch() -> int:
            count = 0
            for batch in progress(loader, total=len(loader)):
                count += len(batch[0])  # here a training loop would take its step
                if not first:
                    first.append(batch)
            return count

        aliquot = _timed(epoch)
    pillow = _timed(lambda: plain_pillow_loop(photos.paths, BATCH_SIZE))
    _draw(first[0], photos.classes, output)
    return Outcome(photos, aliquot, pillow, output)


def _draw(batch: tuple[Any, ...], classes: list[str], output: Path) -> None:
    images, labels = batch
    contact_sheet(images, [classes[label] for label in labels]).save(output)


def _timed(work: Callable[[], int]) -> Speed:
    wall, cpu = time.perf_counter(), time.process_time()
    images = work()
    return Speed(images, time.perf_counter() - wall, time.process_time() - cpu)
