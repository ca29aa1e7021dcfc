"""Pictures for other libraries, and what is asked of any pipeline in `Wrap`."""

import os

import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot.image import ImageFiles, Resize
from aliquot.testing._global_states import global_states
from aliquot.testing._samples import same
from aliquot.work_pool import WorkerProcessPool

# albumentations asks PyPI for its latest version while it is imported.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")


def smooth(height, width, seed=0):
    """Draw waves of several lengths, an edge and some noise, as in a photograph."""
    y, x = np.mgrid[0:height, 0:width] / 20
    waves = [np.sin(x + c + seed) * np.cos(0.7 * y - c) + 0.3 * np.sin(5 * x) for c in range(3)]
    picture = 128 + 70 * np.stack(waves, axis=-1)
    picture[height // 3 :, : width // 4] *= 0.6
    picture += np.random.default_rng(seed).normal(0, 3, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture
def picture():
    """Return one picture."""
    return smooth(53, 80)


@pytest.fixture
def paths(tmp_path):
    """Save ten pictures without loss; give the paths."""
    found = [str(tmp_path / f"{i}.png") for i in range(10)]
    for i, path in enumerate(found):
        Image.fromarray(smooth(40 + 3 * i, 60 - 2 * i, i)).save(path)
    return found


@pytest.fixture(scope="session")
def processes():
    """Yield a pool of two processes."""
    with WorkerProcessPool(2) as pool:
        yield pool


@pytest.fixture
def epochs_of(paths):
    """Give a function that reads two epochs through a pipeline."""

    def read(wrapped, pool=None, *, between=lambda: None):
        photos = ImageFiles(paths, transforms=[Resize((36, 40)), wrapped])
        batches = []
        with Loader(photos, batch_size=3, shuffle=True, seed=5, pool=pool) as loader:
            for _ in loader.epochs(2):
                for batch in loader:
                    batches.append(batch)
                    between()
        return np.concatenate(batches)

    return read


@pytest.fixture
def untouched():
    """Check that the global generators stand where they stood."""
    before = global_states()
    yield
    assert same(before, global_states())
