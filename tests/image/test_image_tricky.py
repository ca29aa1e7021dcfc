"""Hundreds of odd and broken files, where they are at hand beside the repository."""

import itertools
from pathlib import Path

import pytest

from aliquot.errors import ImageError
from aliquot.image import ImageFiles

TRICKY = Path(__file__).parents[3] / "shared" / "data" / "tricky"
GOOD = sorted(path for path in TRICKY.glob("ok_*/*"))
BAD = sorted(path for path in TRICKY.glob("bad_*/*"))
WAYS = [
    {"mode": mode, "output": output, "size": size}
    for mode, output, size in itertools.product(
        ["RGB", "L", "RGBA", None], ["array", "pil"], [None, (40, 60)]
    )
    if mode is not None or output == "pil" or size is None
]

pytestmark = pytest.mark.skipif(not TRICKY.is_dir(), reason="no folder of tricky pictures")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_good_file_loads_in_every_way(path):
    """Whatever its format, depth, palette, metadata; and without a warning."""
    for way in WAYS:
        picture = ImageFiles([path], **way)[0]
        if way["size"]:
            expected = way["size"][::-1] if way["output"] == "pil" else way["size"]
            assert expected == (picture.size if way["output"] == "pil" else picture.shape[:2])


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_file_loads_or_is_named(path):
    """Nothing else is raised, no warning comes and nothing hangs."""
    for way in WAYS:
        try:
            ImageFiles([path], **way)[0]
        except ImageError as error:
            named = (error.path, bool(error.reason))
        else:
            named = (str(path), True)
        assert named == (str(path), True)
