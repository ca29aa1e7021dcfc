"""The examples of the documentation that need other libraries: blocks marked ``py``."""

import re
from pathlib import Path

import pytest

from aliquot import image

pytestmark = pytest.mark.heavy

PAGE = Path(__file__).parents[2] / "docs/how-to/photographs.md"
BLOCKS = re.findall(r"^```py\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=["torchvision", "albumentations"])
def test_examples_give_pictures(block, paths):
    """Of the size that the first transform asks for."""
    names = {"image": image, "photos": image.ImageFiles(paths)}
    exec(block, names)
    assert names["train"][:3].shape == (3, 64, 64, 3)
