"""Cutting out and resampling, held against Pillow."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aliquot.image import _resample
from aliquot.image._resample import library, nearest, resampled, shrink
from aliquot.image._turns import Part

FILTERS = ["box", "bilinear", "bicubic", "lanczos", "nearest"]


def waves(height, width, channels=3):
    """Return a smooth picture."""
    y, x = np.mgrid[0:height, 0:width] / 9
    layers = [127 + 60 * np.sin(x + c) + 60 * np.cos(1.3 * y - c) for c in range(channels)]
    return np.stack(layers, axis=-1).astype(np.uint8)


def by_pillow(pixels, part, interpolation):
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    method = getattr(Image.Resampling, interpolation.upper())
    found = np.asarray(image.resize((part.width, part.height), method, box=part.box))
    return found.reshape(part.height, part.width, -1).astype(int)


@st.composite
def parts(draw):
    """Draw the size of a picture and a part of it."""
    height, width = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    ends = []
    for length in (width, height):
        start = draw(st.floats(0, length - 0.25))
        ends.append((start, draw(st.floats(start + 0.25, length))))
    (left, right), (top, bottom) = ends
    size = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    return (height, width), Part((left, top, right, bottom), *size)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    case=parts(),
    channels=st.sampled_from([1, 3]),
    interpolation=st.sampled_from(["bilinear", "bicubic", "lanczos"]),
)
def test_any_part_is_resampled_as_pillow_does(case, channels, interpolation):
    """Larger or smaller, by parts of pixels."""
    size, part = case
    pixels = waves(*size, channels)
    found = resampled(pixels, part, interpolation)
    assert found.shape == (part.height, part.width, channels)
    assert np.abs(found - by_pillow(pixels, part, interpolation)).mean() < 1


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_filter_is_that_of_pillow(interpolation, channels):
    """By its name."""
    part = Part((3.25, 1.5, 61.75, 70.0), 23, 29)
    pixels = waves(70, 64, channels)
    found = resampled(pixels, part, interpolation)
    assert np.abs(found - by_pillow(pixels, part, interpolation)).mean() < 0.5


def test_filters_differ():
    """None stands for another."""
    part = Part((0, 0, 64, 70), 9, 7)
    pixels = np.random.default_rng(0).integers(0, 256, (70, 64, 3), np.uint8)
    assert len({resampled(pixels, part, name).tobytes() for name in FILTERS}) == len(FILTERS)


def test_without_the_fast_packages_pillow_resamples(monkeypatch):
    """Exactly as it does by itself."""
    monkeypatch.setattr(_resample, "library", lambda: None)
    part, pixels = Part((3.25, 1.5, 61.75, 70.0), 23, 29), waves(70, 64)
    expected = by_pillow(pixels, part, "bilinear")
    assert resampled(pixels, part, "bilinear").tolist() == expected.tolist()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_any_channels_and_depth_can_be_resampled(channels, dtype):
    """They keep both; a constant stays one."""
    pixels = np.full((20, 30, channels), 200, dtype)
    found = resampled(pixels, Part((1.5, 0, 29, 20), 7, 9), "bilinear")
    assert (found.shape, found.dtype, np.unique(found).tolist()) == ((7, 9, channels), dtype, [200])


def test_integers_are_rounded():
    """Not cut off."""
    pixels = np.array([[[0], [3]]], np.uint16)
    assert resampled(pixels, Part((0, 0, 2, 1), 1, 1), "box").item() == 2


def test_pixels_without_channels_stay_so():
    """A plain matrix, such as a depth map."""
    assert resampled(np.ones((8, 8), np.float32), Part((0, 0, 8, 8), 3, 4), "box").shape == (3, 4)


@pytest.mark.parametrize("interpolation", FILTERS)
def test_whole_pixels_are_cut_out_exactly(interpolation):
    """Nothing is resampled."""
    pixels = waves(20, 30)
    found = resampled(pixels, Part((4.0, 3.0, 14.0, 9.0), 6, 10), interpolation)
    assert found.tolist() == pixels[3:9, 4:14].tolist()


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_nothing_can_be_cut_out(size):
    """A view may lie beside its picture."""
    found = resampled(waves(20, 30), Part((0, 0, 0, 0), *size), "bilinear")
    assert (found.shape, found.dtype) == ((*size, 3), np.uint8)


def test_memory_of_any_layout_is_resampled():
    """A picture that was turned and mirrored, say."""
    pixels = waves(40, 30)
    turned = pixels.swapaxes(0, 1)[::-1]
    part = Part((1, 2, 33, 27), 9, 8)
    expected = resampled(np.ascontiguousarray(turned), part, "bilinear")
    assert resampled(turned, part, "bilinear").tolist() == expected.tolist()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(start=st.integers(0, 40), length=st.integers(1, 60), n=st.integers(1, 80))
def test_the_nearest_pixels_are_those_of_pillow(start, length, n):
    """Of a span of whole pixels."""
    image = Image.fromarray(np.arange(100, dtype=np.uint8)[None])
    expected = image.resize((n, 1), Image.Resampling.NEAREST, box=(start, 0, start + length, 1))
    found = nearest(float(start), float(start + length), n)
    # Where the middle lies between two pixels, sums of floats decide.
    middle = start + (np.arange(n) + 0.5) * length / n
    clear = np.abs(middle - np.rint(middle)) > 1e-9
    assert found[clear].tolist() == np.asarray(expected)[0][clear].tolist()


@pytest.mark.parametrize(
    ("box", "size", "gap", "expected"),
    [
        ((0, 0, 100, 100), (10, 10), None, 1),
        ((0, 0, 100, 100), (10, 10), 1.0, 8),
        ((0, 0, 100, 100), (10, 10), 2.0, 4),
        ((0, 0, 100, 100), (10, 10), 5.0, 2),
        ((0, 0, 100, 100), (10, 10), 6.0, 1),
        ((0, 0, 1000, 40), (10, 10), 2.0, 2),
        ((0, 0, 40, 1000), (10, 10), 2.0, 2),
        ((60, 60, 100, 100), (10, 10), 2.0, 2),
        ((0, 0, 10_000, 10_000), (10, 10), 2.0, 8),
        ((0, 0, 10, 10), (100, 100), 2.0, 1),
    ],
)
def test_a_part_is_shrunk_by_1_2_4_or_8(box, size, gap, expected):
    """As much as leaves `gap` times the pixels in both directions."""
    assert shrink(Part(box, *size), gap) == expected


@pytest.mark.skipif(library() is None, reason="needs simplejpeg and cykooz-resizer")
def test_each_thread_has_tools_of_its_own():
    """A resizer keeps memory, and threads would share it."""
    found = [_resample._tools(), _resample._tools()]
    thread = threading.Thread(target=lambda: found.append(_resample._tools()))
    thread.start()
    thread.join()
    assert (found[0] is found[1], found[0] is found[2]) == (True, False)
