"""What the examples of the documentation find: arrays in their namespace, pictures in a folder."""

import numpy as np
import pytest
from PIL import Image

SIZES = [(120, 160), (96, 96), (150, 100), (90, 140), (128, 112), (72, 130)]


def smooth(height, width, seed):
    """Draw waves in random directions, as a photograph changes slowly from pixel to pixel."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width] / 30
    slopes, phases = rng.uniform(-1, 1, (3, 2)), rng.uniform(0, 6, 3)
    waves = [np.sin(a * y + b * x + c) for (a, b), c in zip(slopes, phases, strict=True)]
    return (128 + 90 * np.stack(waves, axis=-1)).astype(np.uint8)


def save(path, seed):
    """Save one picture whose size depends on the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(smooth(*SIZES[seed % len(SIZES)], seed)).save(path)


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Work in a folder with photos/cat.1.jpg ... photos/dog.6.jpg and with classes/cat, /dog."""
    for n in range(1, 7):
        save(tmp_path / f"photos/cat.{n}.jpg", n)
        save(tmp_path / f"photos/dog.{n}.jpg", n + 50)
    for n in range(1, 5):
        save(tmp_path / f"classes/cat/{n}.jpg", n)
        save(tmp_path / f"classes/dog/{n}.jpg", n + 50)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def namespace(pictures, monkeypatch):
    """Give the names that a page may use without making them."""
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)  # its monitor thread would never end
    return {
        "__name__": "__main__",
        "train_X": np.random.RandomState(0).randint(0, 256, (100, 32, 32, 3), np.uint8),
        "train_y": np.arange(100) % 10,
    }
