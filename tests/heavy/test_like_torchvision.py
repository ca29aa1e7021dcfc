"""The transforms of `aliquot.image` beside those of torchvision v2."""

import math

import numpy as np
import pytest
from PIL import Image

from aliquot import image
from aliquot._random import Draws
from aliquot.image import _adjust
from aliquot.image._views import Views

pytestmark = pytest.mark.heavy

N = 4000


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(scope="module")
def v2():
    from torchvision.transforms import v2

    return v2


@pytest.fixture
def F(v2):  # noqa: N802 - as it is imported everywhere
    return v2.functional


@pytest.fixture
def ours(picture, tmp_path):
    """Give a function that reads the picture through transforms."""
    path = tmp_path / "a.png"
    Image.fromarray(picture).save(path)
    return lambda *transforms: image.ImageFiles([path], transforms=list(transforms))[0]


@pytest.fixture
def theirs(picture, v2):
    """Give a function that calls one of torchvision's on the picture."""

    def call(transform, given=picture):
        return transform(v2.functional.to_image(given)).permute(1, 2, 0).numpy()

    return call


def mean_difference(a, b):
    """Give the mean distance in grey levels of two pictures of the same shape."""
    assert a.shape == b.shape
    return np.abs(a.astype(float) - b.astype(float)).mean()


def kolmogorov_smirnov(a, b):
    """Give the greatest distance of two empirical distributions, by its 99.9 % point."""
    at = np.concatenate([a, b])
    a, b = np.sort(a), np.sort(b)
    distance = np.abs(
        np.searchsorted(a, at, side="right") / len(a)
        - np.searchsorted(b, at, side="right") / len(b)
    ).max()
    return distance / (1.95 * math.sqrt(1 / len(a) + 1 / len(b)))


# What is drawn


@pytest.mark.parametrize("shape", [(375, 500), (500, 333), (60, 400), (400, 50), (9, 11)], ids=str)
@pytest.mark.parametrize("options", [{}, {"scale": (0.3, 0.5), "ratio": (0.9, 2.0)}], ids=str)
def test_random_resized_crop_draws_the_same_boxes(torch, v2, shape, options):
    """Area, proportions and place, by Kolmogorov and Smirnov; also where no draw fits."""
    h, w = shape
    views = Views.of(np.full(N, h), np.full(N, w))
    transform = image.RandomResizedCrop(32, **options)
    own = transform.view(views, Draws(0, 0, 0, np.arange(N)))
    mine = np.stack([own.top, own.left, own.step_y * 32, own.step_x * 32], axis=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = v2.RandomResizedCrop(32, **options)
        given = [torch.empty(3, h, w, dtype=torch.uint8)]
        params = [drawn.make_params(given) for _ in range(N)]
    names = ("top", "left", "height", "width")
    others = np.array([[own[name] for name in names] for own in params])
    measures = {
        "top": lambda box: box[:, 0],
        "left": lambda box: box[:, 1],
        "area": lambda box: np.rint(box[:, 2] * box[:, 3]),
        "proportions": lambda box: np.rint(1e6 * box[:, 3] / box[:, 2]),
    }
    found = {name: kolmogorov_smirnov(of(mine), of(others)) for name, of in measures.items()}
    assert max(found.values()) < 1, found


def test_random_crop_draws_the_same_places(torch, v2):
    """By chi-square, the 99.9 % point of 15 degrees of freedom each."""
    own = image.RandomCrop(25).view(
        Views.of(np.full(N, 40), np.full(N, 40)), Draws(1, 0, 0, np.arange(N))
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        params = [v2.RandomCrop(25).make_params([torch.empty(3, 40, 40)]) for _ in range(N)]
    for name in ("top", "left"):
        counts = np.bincount(getattr(own, name).astype(int), minlength=16)
        others = np.bincount([box[name] for box in params], minlength=16)
        assert len(counts) == len(others) == 16
        assert ((counts - others) ** 2 / (counts + others)).sum() < 37.7


# Geometry


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((24, 30), {}),
        ((53, 80), {}),
        ((20, 100), {}),
        ((90, 120), {}),
        (31, {}),
        (70, {}),
        (40, {"max_size": 50}),
    ],
    ids=str,
)
def test_resize_is_theirs_but_for_rounding(v2, ours, theirs, size, options, interpolation):
    """Antialiased, to the same sizes."""
    found = ours(image.Resize(size, interpolation=interpolation, **options))
    mode = v2.InterpolationMode(interpolation)
    size = size if isinstance(size, tuple) else [size]
    expected = theirs(v2.Resize(size, interpolation=mode, antialias=True, **options))
    assert mean_difference(found, expected) <= 1


@pytest.mark.parametrize("size", [(20, 30), (21, 31), (53, 80), (60, 40), (30, 99), 70], ids=str)
def test_center_crop_is_theirs(v2, ours, theirs, size):
    """With odd rests, and beyond the picture."""
    found = ours(image.CenterCrop(size))
    assert np.array_equal(found, theirs(v2.CenterCrop(size)))


@pytest.mark.parametrize("padding", [3, (2, 5), (1, 2, 3, 4)], ids=str)
@pytest.mark.parametrize("fill", [0, 9, (1, 2, 3)], ids=str)
def test_pad_is_theirs(v2, ours, theirs, padding, fill):
    """Left and right, top and bottom, in the same order."""
    found = ours(image.Pad(padding, fill=fill))
    padding = padding if isinstance(padding, int) else list(padding)
    assert np.array_equal(found, theirs(v2.Pad(padding, fill=fill)))


@pytest.mark.parametrize("name", ["RandomHorizontalFlip", "RandomVerticalFlip"])
def test_flips_are_theirs(v2, ours, theirs, name):
    """Exactly."""
    assert np.array_equal(ours(getattr(image, name)(1)), theirs(getattr(v2, name)(1)))


@pytest.mark.parametrize("padding", [None, 4])
def test_a_crop_of_one_place_is_theirs(v2, ours, theirs, padding):
    """Of the whole width and height that there are."""
    size = (53 + 2 * (padding or 0), 80 + 2 * (padding or 0))
    found = ours(image.RandomCrop(size, padding=padding))
    assert np.array_equal(found, theirs(v2.RandomCrop(size, padding=padding)))


# Colours


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("name", "amounts"),
    [
        ("brightness", (0, 0.4, 1, 1.7)),
        ("contrast", (0, 0.4, 1, 1.7)),
        ("saturation", (0, 0.4, 1, 1.7)),
        ("hue", (-0.5, -0.2, 0, 0.1, 0.5)),
    ],
)
def test_the_steps_of_color_jitter_are_theirs(F, theirs, picture, name, amounts, dtype):
    """To a grey level: torchvision cuts off the fractions of grey ones, Pillow rounds."""
    given = picture if dtype is np.uint8 else picture / np.float32(255)
    level = 1 if dtype is np.uint8 else 1 / 255
    for amount in amounts:
        found = getattr(_adjust, name)(given, amount)
        expected = theirs(lambda x, by=amount: getattr(F, f"adjust_{name}")(x, by), given)
        assert found.dtype == expected.dtype == dtype
        assert np.abs(found.astype(float) - expected).max() <= 1.001 * level, amount


@pytest.mark.parametrize("channels", [1, 3])
def test_grayscale_is_theirs(v2, ours, theirs, channels):
    """To a grey level."""
    found = ours(image.Grayscale(channels)).astype(int)
    assert np.abs(found - theirs(v2.Grayscale(channels))).max() <= 1


# Values


def test_normalize_is_theirs(torch, v2, ours, theirs):
    """After the scaling that torchvision asks for, up to the rounding of float32."""
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    scaled = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])
    np.testing.assert_allclose(ours(image.Normalize(mean, std)), theirs(scaled), atol=1e-6)


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("name", ["float32", "float16", "uint8"])
def test_a_dtype_made_of_grey_levels_is_theirs(torch, v2, ours, theirs, name, scale):
    """Up to the rounding of that dtype."""
    found = ours(image.ToDtype(name, scale=scale))
    expected = theirs(v2.ToDtype(getattr(torch, name), scale=scale))
    assert found.dtype == expected.dtype
    tolerance = {"float32": 1e-7, "float16": 1e-3, "uint8": 0}[name]
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=tolerance)


@pytest.mark.parametrize("scale", [False, True])
def test_grey_levels_made_of_floats_are_theirs(torch, v2, theirs, scale):
    """The very same."""
    top = 1 if scale else 255
    values = np.linspace(0, top, 60000, dtype=np.float32).reshape(100, 200, 3)
    expected = theirs(v2.ToDtype(torch.uint8, scale=scale), values)
    assert np.array_equal(image.ToDtype("uint8", scale=scale)(values), expected)
