"""Gaussian blur."""

import pickle

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._blur import GaussianBlur, half_bell


def draws(place=0):
    return SampleDraws(key=5, place=place)


def slow(image, across, down, sigma):
    """Blur as the definition says: a sum over the kernel, of the picture reflected."""
    kernels = []
    for size in (down, across):
        x = np.arange(size) - size // 2
        bell = np.exp(-(x**2) / (2 * sigma**2))
        kernels.append(bell / bell.sum())
    kernel = np.outer(*kernels)
    pads = ((down // 2,) * 2, (across // 2,) * 2, (0, 0))
    padded = np.pad(image.astype(float), pads, mode="reflect")
    return sum(
        kernel[i, j] * padded[i : i + image.shape[0], j : j + image.shape[1]]
        for i in range(down)
        for j in range(across)
    )


@pytest.mark.parametrize("kernel_size", [1, 3, 23, (3, 9), (31, 1)])
@pytest.mark.parametrize("sigma", [0.1, 0.7, 2.0, 10.0])
def test_it_is_the_sum_over_the_kernel(kernel_size, sigma, smooth):
    """To within rounding, for kernels of any size and width, across and down."""
    image = (smooth(20, 26) / 255).astype(np.float32)
    across, down = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    result = GaussianBlur(kernel_size, sigma)(image, rng=draws())
    np.testing.assert_allclose(result, slow(image, across, down, sigma), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_levels_are_rounded(channels, smooth):
    """Each to the nearest."""
    image = np.concatenate([smooth(20, 26)] * 2, axis=2)[..., :channels]
    result = GaussianBlur(5, 1.5)(image, rng=draws())
    assert result.dtype == np.uint8
    assert np.abs(result - slow(image, 5, 5, 1.5)).max() < 0.5001


def test_a_kernel_larger_than_the_picture_goes_back_and_forth():
    """A picture of one pixel stays itself."""
    image = np.full((1, 2, 3), 7, np.uint8)
    assert GaussianBlur(9, 3)(image, rng=draws()).tolist() == image.tolist()


def test_what_is_given_stays_as_it_is(smooth):
    """Also if nothing is blurred."""
    image = smooth(6, 7)
    image.flags.writeable = False
    result = GaussianBlur(1)(image, rng=draws())
    assert (result.tolist(), np.shares_memory(result, image)) == (image.tolist(), False)


def test_views_are_read_as_they_are(smooth):
    """Mirrored, every second pixel."""
    image = smooth(20, 30)[::-2, ::-1]
    blur = GaussianBlur(5)
    expected = blur(image.copy(), rng=draws()).tolist()
    assert blur(image, rng=draws()).tolist() == expected


def test_weights_add_up_to_1():
    """Those of both sides, however the kernel cuts the bell."""
    for size, sigma in [(1, 1.0), (3, 0.1), (23, 2.0), (23, 50.0)]:
        weights = half_bell(size, sigma)
        assert 2 * weights.sum(dtype=float) - weights[0] == pytest.approx(1, abs=1e-6)


def test_sigma_is_drawn_evenly():
    """From the least to the largest, by chi-square: it is read off the neighbour's weight."""
    image = np.zeros((1, 3, 1), np.float32)
    image[0, 1] = 1
    blur = GaussianBlur((3, 1), (0.5, 1.5))
    results = [blur(image, rng=draws(place))[0, :, 0] for place in range(2000)]
    # Reflected, the neighbour sees the middle twice: 2 w / (1 + 2 w) to 1 / (1 + 2 w).
    weights = np.array([row[0] / 2 / row[1] for row in results])
    counts, _ = np.histogram(np.sqrt(-0.5 / np.log(weights)), bins=8, range=(0.5, 1.5))
    # The 99.9 % point of chi-square with 7 degrees of freedom.
    assert ((counts - 250) ** 2 / 250).sum() < 24.3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((4,), ArgumentError, "must be odd"),
        ((0,), ArgumentError, "1 or more"),
        (((3, 4),), ArgumentError, "must be odd"),
        ((3.0,), ArgumentTypeError, "integer"),
        (("3",), ArgumentTypeError, "kernel_size"),
        ((3, 0), ArgumentError, "more than 0"),
        ((3, (2, 1)), ArgumentError, "sigma must be"),
        ((3, (0, 1)), ArgumentError, "more than 0"),
        ((3, None), ArgumentTypeError, "sigma"),
    ],
)
def test_arguments_are_checked_at_once(arguments, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        GaussianBlur(*arguments)


def test_it_is_a_value():
    """Equal, hashable, picklable, and written as it is made."""
    blur = GaussianBlur([3, 5], [1, 2])
    copy = pickle.loads(pickle.dumps(blur))
    assert (copy, hash(copy), repr(copy)) == (
        blur,
        hash(blur),
        "GaussianBlur(kernel_size=(3, 5), sigma=(1, 2))",
    )
