"""Files that end early."""

import threading

import numpy as np
import pytest
from PIL import Image, ImageFile

from aliquot.errors import ImageError
from aliquot.image import ImageFiles
from aliquot.image._lenient import lenient


@pytest.fixture(params=["a.jpg", "a.png", "a.webp"])
def cut(request, smooth, tmp_path):
    """Give a file that lacks its last third."""
    path = tmp_path / request.param
    Image.fromarray(smooth(64, 48)).save(path)
    blob = path.read_bytes()
    path.write_bytes(blob[: len(blob) * 2 // 3])
    return path


def test_a_file_that_ends_early_is_refused(cut):
    """Unless it is said to be fine."""
    with pytest.raises(ImageError):
        ImageFiles([cut])[0]


def test_a_file_that_ends_early_gives_what_there_is(smooth, tmp_path):
    """The upper half of it, say."""
    path = tmp_path / "a.jpg"
    Image.fromarray(smooth(256, 64)).save(path, quality=95)
    whole = ImageFiles([path])[0].astype(int)
    blob = path.read_bytes()
    path.write_bytes(blob[: len(blob) * 2 // 3])
    found = ImageFiles([path], strict=False)[0]
    assert found.shape == (256, 64, 3)
    assert np.abs(found[:64] - whole[:64]).mean() < 1


def test_a_small_copy_of_such_a_file_can_be_made(tmp_path, smooth):
    """It is shrunk while it is decoded, as any other."""
    path = tmp_path / "a.png"
    Image.fromarray(smooth(64, 48)).save(path)
    blob = path.read_bytes()
    path.write_bytes(blob[: len(blob) * 2 // 3])
    assert ImageFiles([path], size=(8, 8), strict=False)[:].shape == (1, 8, 8, 3)


def test_other_threads_stay_strict():
    """Pillow's own setting is as it was, for them and afterwards."""
    seen = []
    with lenient(True):
        thread = threading.Thread(target=lambda: seen.append(bool(ImageFile.LOAD_TRUNCATED_IMAGES)))
        thread.start()
        thread.join()
        seen.append(bool(ImageFile.LOAD_TRUNCATED_IMAGES))
    seen.append(bool(ImageFile.LOAD_TRUNCATED_IMAGES))
    assert seen == [False, True, False]


def test_the_user_s_own_setting_is_kept(monkeypatch):
    """Whoever has Pillow accept such files still does."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with lenient(True):
        pass
    assert bool(ImageFile.LOAD_TRUNCATED_IMAGES)
