"""How much of the work on photographs keeps other threads of Python waiting."""

import contextlib
import statistics
import threading
import time

import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot.image import ImageFiles, Normalize, RandomHorizontalFlip, RandomResizedCrop
from aliquot.image import _kernel_files as kernel_files

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(kernel_files.kernel() is None, reason="the kernel was not built"),
]


class Clocked:
    """The kernel, and how long its calls that let go of the GIL ran, in seconds of CPU."""

    def __init__(self, kernel):
        self._kernel, self._lock = kernel, threading.Lock()
        self.seconds = 0.0

    @contextlib.contextmanager
    def running(self):
        begun = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self.seconds += time.thread_time() - begun

    def Files(self, paths):  # noqa: N802 (the kernel's name)
        with self.running():
            return ClockedFiles(self, self._kernel.Files(paths))


class ClockedFiles:
    """Files of the kernel."""

    def __init__(self, clocked, files):
        self._clocked, self._files = clocked, files
        self.headers, self.plan, self.failed = files.headers, files.plan, files.failed
        self.blob, self.reason = files.blob, files.reason

    def __len__(self):
        return len(self._files)

    def decode(self, *, wait=True):
        with self._clocked.running():
            self._files.decode(wait=wait)


@pytest.fixture
def clocked(monkeypatch):
    """Time what the kernel does."""
    found = Clocked(kernel_files.kernel())
    monkeypatch.setattr(kernel_files, "required", lambda: found)
    return found


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Save 64 pictures, of 500 x 400 and about, at quality 90; give their paths."""
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(64):
        draw = np.random.default_rng(number)
        height, width = draw.integers(330, 440), draw.integers(430, 540)
        y, x = np.mgrid[0:height, 0:width] / draw.uniform(5, 30)
        waves = [np.sin(x + c) * np.cos(0.7 * y - c) for c in range(3)]
        picture = 128 + 80 * np.stack(waves, axis=-1) + draw.normal(0, 9, (height, width, 3))
        image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
        image.save(folder / f"{number}.jpg", quality=90, subsampling="4:4:4")
    return sorted(map(str, folder.iterdir()))


def share_with_gil(paths, clocked, epochs, batch_size=64, pool=None):
    """Read epochs as for training; give the share of CPU time that was not in the kernel."""
    after = [Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    transforms = [RandomResizedCrop(224), RandomHorizontalFlip(), *after]
    photos = ImageFiles(paths, transforms=transforms, layout="NCHW", codec="libjpeg-turbo")
    shares = []
    with Loader(photos, batch_size=batch_size, shuffle=True, seed=1, pool=pool) as loader:
        for _ in loader.epochs(epochs):
            begun, before = time.process_time(), clocked.seconds
            for batch in loader:
                assert batch.dtype == np.float32
            spent = time.process_time() - begun
            shares.append(1 - (clocked.seconds - before) / spent)
    # The first makes what is made once.
    return statistics.median(shares[1:])


@pytest.mark.parametrize(("batch_size", "most"), [(64, 0.06), (128, 0.03)])
def test_the_gil_is_held_for_a_few_percent_of_the_work(photographs, clocked, batch_size, most):
    """All that is not in the kernel counts as held. It is most of all a price of each batch."""
    share = share_with_gil(photographs * 8, clocked, 6, batch_size)
    print(f"batches of {batch_size}: {100 * share:.2f} % of CPU time outside of the kernel")
    assert share < most
