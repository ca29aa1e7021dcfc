"""The fast way of JPEGs, held against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from aliquot.image import _jpeg
from aliquot.image._header import jpeg_header
from aliquot.image._turns import Part


@pytest.fixture
def jpeg(smooth):
    """Return a JPEG of some size."""

    def make(height, width, mode="RGB", **options):
        file = io.BytesIO()
        Image.fromarray(smooth(height, width)).convert(mode).save(file, "JPEG", **options)
        return file.getvalue()

    return make


def decoded(blob, part=None, channels=3, interpolation="bilinear", gap=None):
    """Decode a part of a JPEG, or all of it."""
    header = jpeg_header(blob)
    whole = Part((0, 0, header.width, header.height), header.height, header.width)
    return _jpeg.decode(blob, header[:2], part or whole, channels, interpolation, gap)


def by_pillow(blob, mode="RGB"):
    with Image.open(io.BytesIO(blob)) as image:
        return image.convert(mode)


@pytest.fixture
def shapes(monkeypatch):
    """Collect the shapes that are decoded."""
    jpeg, resizer = _jpeg.library()
    found = []

    class Spy:
        @staticmethod
        def decode_jpeg(*args, **options):
            pixels = jpeg.decode_jpeg(*args, **options)
            found.append(pixels.shape)
            return pixels

    monkeypatch.setattr(_jpeg, "library", lambda: (Spy, resizer))
    return found


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(40, 60), (33, 17), (1, 1)])
def test_a_whole_picture_is_that_of_pillow(jpeg, subsampling, progressive, size):
    """Both decode with libjpeg-turbo."""
    blob = jpeg(*size, subsampling=subsampling, progressive=progressive)
    assert np.abs(decoded(blob).astype(int) - np.asarray(by_pillow(blob), int)).max() <= 2


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_grey_comes_as_grey_or_as_colours(jpeg, channels, mode):
    """As it is wanted."""
    blob = jpeg(20, 30, "L")
    expected = np.asarray(by_pillow(blob, mode)).reshape(20, 30, channels)
    assert decoded(blob, channels=channels).tolist() == expected.tolist()


@pytest.mark.parametrize("gap", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("size", [(400, 640), (401, 643), (97, 130)])
@pytest.mark.parametrize("wanted", [5, 11, 24, 50, 96])
def test_it_is_shrunk_as_far_as_the_gap_allows(jpeg, shapes, gap, size, wanted):
    """To 1/2, 1/4 or 1/8, rounded up."""
    decoded(jpeg(*size), Part((0, 0, size[1], size[0]), wanted, wanted), gap=gap)
    room = min(size) / (wanted * gap)
    factor = max(factor for factor in (1, 2, 4, 8) if factor == 1 or room >= factor)
    assert shapes == [(-(-size[0] // factor), -(-size[1] // factor), 3)]


def test_the_part_decides_how_far_it_is_shrunk(jpeg, shapes):
    """Not the whole picture."""
    decoded(jpeg(400, 640), Part((10, 10, 110, 110), 50, 50), gap=2.0)
    assert shapes == [(400, 640, 3)]


def test_without_a_gap_nothing_is_shrunk(jpeg, shapes):
    """All pixels are decoded."""
    decoded(jpeg(400, 640), Part((0, 0, 640, 400), 5, 5), gap=None)
    assert shapes == [(400, 640, 3)]


@pytest.mark.parametrize("gap", [None, 1.0, 2.0])
def test_a_part_of_a_shrunk_picture_is_where_it_belongs(jpeg, gap):
    """Odd sizes are scaled by what is decoded of them."""
    blob, box = jpeg(401, 643), (201.5, 13.0, 643.0, 350.25)
    expected = by_pillow(blob).resize((20, 16), Image.Resampling.BILINEAR, box=box)
    found = decoded(blob, Part(box, 16, 20), gap=gap).astype(int)
    assert np.abs(found - np.asarray(expected)).mean() < (1 if gap is None else 2)


@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_a_file_that_ends_early_is_not_for_here(jpeg, kept):
    """Pillow says what is wrong with it."""
    blob = jpeg(200, 300)
    cut = blob[: int(len(blob) * kept)]
    part = Part((0, 0, 300, 200), 200, 300)
    assert _jpeg.decode(cut, jpeg_header(blob), part, 3, "bilinear", None) is None


def test_a_file_with_a_fault_is_not_for_here(jpeg):
    """Even if something could be made of it."""
    blob = bytearray(jpeg(200, 300))
    blob[len(blob) // 2 : len(blob) // 2 + 50] = b"\xff\xd9" * 25
    assert decoded(bytes(blob)) is None
