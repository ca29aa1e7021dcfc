"""Pictures to read: made here, so that the tests need no files of their own."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def smooth():
    """Return a natural-looking RGB picture: waves of several lengths, and an edge."""

    def make(height, width):
        y, x = np.mgrid[0:height, 0:width] / 40
        waves = [np.sin(x + c) * np.cos(0.7 * y - c) + 0.3 * np.sin(5 * x) for c in range(3)]
        picture = 128 + 70 * np.stack(waves, axis=-1)
        picture[height // 3 :, : width // 4] *= 0.6
        return picture.clip(0, 255).astype(np.uint8)

    return make


@pytest.fixture
def saved(tmp_path):
    """Save an array or Pillow image under a name; give the path."""

    def save(name, picture, **options):
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **options)
        return str(path)

    return save


@pytest.fixture
def three(saved):
    """Save three PNG pictures of 4 x 6 pixels, grey level 10, 20 and 30; give the paths."""
    return [saved(f"{level}.png", np.full((4, 6, 3), level, np.uint8)) for level in (10, 20, 30)]


@pytest.fixture
def tree(tmp_path):
    """Make empty files under relative names; give the folder."""

    def make(*names):
        for name in names:
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "tree"

    return make
