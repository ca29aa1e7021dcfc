"""The photographs of the demo: a user's own, or a set made from those that scikit-image ships."""

import re
import tempfile
from pathlib import Path

import numpy as np

from aliquot._needs import need
from aliquot.image import ImageFiles

# Photographs that come with the package: scikit-image downloads others.
_SHIPPED = (
    "astronaut", "brick", "camera", "cat", "coffee", "coins",
    "grass", "gravel", "hubble_deep_field", "moon", "retina", "rocket",
)  # fmt: skip
_CROPS = 27
_PREFIX = re.compile(r"(?:^|/)([^/]*?)[-_. ]*\d*\.[^./]+$")


def shipped_photographs() -> Path:
    """Give the folder with the built-in set, which is made once, in the user's cache folder.

    Returns
    -------
    pathlib.Path
        One folder a class, 324 JPEGs of varying size: crops of twelve photographs.

    Raises
    ------
    MissingExtraError
        If scikit-image or platformdirs are not installed (an `ImportError`).
    """
    platformdirs = need("platformdirs", extra="demo", purpose="the demo's own set of photographs")
    folder = Path(platformdirs.user_cache_path("aliquot")) / "demo-photographs-1"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and moved there whole: a run that is cut short leaves no half set.
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            _make(made := Path(unfinished) / "set")
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another run was faster
                    raise
    return folder


def _make(folder: Path) -> None:
    data = need("skimage.data", extra="demo", purpose="the demo's own set of photographs")
    pillow = need("PIL.Image", extra="image", purpose="the demo")
    rng = np.random.default_rng(0)
    for name in _SHIPPED:
        (folder / name).mkdir(parents=True)
        photograph = pillow.fromarray(getattr(data, name)())
        for number in range(_CROPS):
            width, height = (int(side * rng.uniform(0.4, 0.9)) for side in photograph.size)
            left = int(rng.integers(photograph.width - width))
            top = int(rng.integers(photograph.height - height))
            crop = photograph.crop((left, top, left + width, top + height))
            crop.thumbnail((640, 640))
            crop.save(folder / name / f"{number}.jpg", quality=90)


def labelled_photographs(folder: Path, *, size: tuple[int, int]) -> ImageFiles:
    """List a folder, with labels from the names.

    Parameters
    ----------
    folder : pathlib.Path
        With one folder a class, or files such as ``cat.1.jpg``.
    size : tuple of int
        Height and width to read pictures at.

    Returns
    -------
    ImageFiles
        The pictures; all of one class if their names do not tell classes apart.
    """
    photos = ImageFiles.from_folder(folder, labels_from=_class_of, size=size)
    in_folders = any(path.is_dir() for path in folder.iterdir())
    # Nearly as many names as pictures: numbers or hashes, not classes.
    if not in_folders and 2 * len(set(photos.labels.tolist())) > len(photos):
        return ImageFiles.from_folder(folder, labels_from=lambda _: "photograph", size=size)
    return photos


def _class_of(relative: str) -> str:
    """Give the first folder, or what stands before the number in the file's name."""
    if "/" in relative:
        return relative.partition("/")[0]
    found = _PREFIX.search(relative)
    return found[1] if found else ""
