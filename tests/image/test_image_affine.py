"""Random rotation, and random affine maps."""

import pickle

import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._affine import RandomAffine, RandomRotation
from aliquot.image._warp import warp_boxes, warp_image, warp_mask, warp_points

FROZEN = [[1.216028, 0.043767, -71.041158], [-0.111443, 1.217586, 9.481665]]


def draws(place=0):
    return SampleDraws(key=9, place=place)


def evenly(values, low, high):
    """Compute chi-square of eight bins, 7 degrees of freedom."""
    assert low <= min(values) <= max(values) <= high
    counts, _ = np.histogram(values, bins=8, range=(low, high))
    expected = len(values) / 8
    return ((counts - expected) ** 2 / expected).sum()


def parts(transform, n=1600, height=100, width=200):
    """Draw maps; give angle (clockwise), move, scale, shear along x of each."""
    found = []
    for place in range(n):
        warp = transform.warp(height, width, draws(place))
        start, right, below = warp_points(np.array([[100, 50], [101, 50], [100, 51]]), warp)
        x, y = right - start, below - start
        angle = np.degrees(np.arctan2(x[1], x[0]))
        scale = np.hypot(*x)
        shear = np.degrees(np.arctan(-(x @ y) / scale**2))
        found.append((angle, *(start - (100, 50)), scale, shear))
    return np.array(found)


def test_the_middle_stays():
    """Of pictures with even and odd sides."""
    for height, width in [(4, 4), (5, 5), (5, 8)]:
        warp = RandomRotation(180).warp(height, width, draws())
        middle = np.array([[width / 2, height / 2]])
        np.testing.assert_allclose(warp_points(middle, warp), middle)


@pytest.mark.parametrize("shape", [(4, 4, 3), (5, 5, 1)])
@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 4])
def test_quarter_turns_are_exact(shape, quarters):
    """Counter-clockwise, as NumPy's."""
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    turn = RandomRotation((90 * quarters, 90 * quarters))
    assert turn(image, rng=draws()).tolist() == np.rot90(image, quarters).tolist()


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_quarter_turns_of_any_picture_are_exact_with_expand(quarters, interpolation):
    """Height and width change places."""
    image = np.arange(5 * 8 * 3, dtype=np.uint8).reshape(5, 8, 3)
    turn = RandomRotation((90 * quarters, 90 * quarters), interpolation, expand=True)
    assert turn(image, rng=draws()).tolist() == np.rot90(image, quarters).tolist()


def test_expand_keeps_all_of_the_picture():
    """Every pixel of it can be found again."""
    image = np.arange(1, 1 + 8 * 9, dtype=np.uint8).reshape(8, 9, 1)
    image = image.repeat(4, axis=0).repeat(4, axis=1)
    for place in range(20):
        turned = RandomRotation(180, expand=True)(image, rng=draws(place))
        assert set(np.unique(turned)) >= set(range(1, 73))


def test_another_centre_stays():
    """The upper left corner: a quarter turn to the left leaves nothing but an edge."""
    image = np.ones((3, 3, 1), np.uint8)
    turn = RandomRotation((90, 90), center=(0, 0), fill=7)
    assert np.unique(turn(image, rng=draws())).tolist() == [7]


def test_angles_are_drawn_evenly():
    """From the least to the largest, or to both sides."""
    one, two = parts(RandomRotation(30))[:, 0], parts(RandomRotation((10, 90)))[:, 0]
    assert evenly(-one, -30, 30) < 24.3
    assert evenly(-two, 10, 90) < 24.3


def test_all_parts_are_drawn_evenly():
    """By chi-square, the 99.9 % point of 7 degrees of freedom."""
    found = parts(RandomAffine(20, (0.4, 0.24), (0.5, 1.5), 30))
    angle, across, down, scale, shear = found.T
    assert evenly(angle, -20.0001, 20.0001) < 24.3
    assert evenly(scale, 0.5, 1.5) < 24.3
    assert evenly(shear, -30, 30) < 24.3
    # Whole pixels: the outer ones are drawn half as often.
    assert evenly(across[np.abs(across) < 79.5], -79.5, 79.5) < 24.3
    assert evenly(down[np.abs(down) < 23.5], -23.5, 23.5) < 24.3
    assert np.abs(np.stack([across, down]) % 1 - 0.5).min() > 0.499


def test_all_parts_are_independent():
    """No correlation above what chance gives."""
    found = parts(RandomAffine(20, (0.4, 0.24), (0.5, 1.5), 30))
    correlations = np.corrcoef(found.T) - np.eye(5)
    assert np.abs(correlations).max() < 4 / np.sqrt(len(found))


def test_what_is_off_does_not_shift_the_others():
    """All six draws are made in any case."""
    alone, together = draws(), draws()
    RandomAffine(0).warp(10, 10, alone)
    RandomAffine(5, (0.1, 0.1), (1, 2), (1, 2, 3, 4)).warp(10, 10, together)
    assert alone.random() == together.random()


def test_four_shears_are_those_along_x_and_along_y():
    """Here of 45 degrees along y only."""
    warp = RandomAffine(0, shear=(0, 0, 45, 45), center=(0, 0)).warp(4, 4, draws())
    np.testing.assert_allclose(warp_points(np.array([[2, 3]]), warp), [[2, 1]], atol=1e-9)


def test_the_centre_stays():
    """Whatever else is drawn, without a move."""
    transform = RandomAffine(90, scale=(0.5, 2), shear=30, center=(3, 5))
    warp = transform.warp(20, 30, draws())
    np.testing.assert_allclose(warp_points(np.array([[3, 5]]), warp), [[3, 5]], atol=1e-9)


@pytest.mark.parametrize(
    "transform", [RandomRotation(40, "bilinear", fill=3), RandomAffine(40, shear=9, fill=(1, 2, 3))]
)
def test_a_picture_is_warped_by_the_map_that_is_drawn(transform, smooth):
    """So labels can be warped along, by the same draws."""
    image = smooth(20, 30)
    warp = transform.warp(20, 30, draws())
    expected = warp_image(image, warp, transform.interpolation, transform.fill)
    assert transform(image, rng=draws()).tolist() == expected.tolist()


def test_labels_go_along():
    """A painted box is where the warped box is, and so is its mask."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:20, 20:40] = 255
    affine = RandomAffine(0, translate=(0.1, 0.1), scale=(1.5, 1.5))
    warp = affine.warp(40, 60, draws())
    seen = affine(image, rng=draws())[..., 0] > 0
    mask = warp_mask((image[..., 0] > 0).astype(np.uint16), warp)
    left, top, right, bottom = warp_boxes(np.array([[20, 10, 40, 20]]), warp)[0].round().astype(int)
    assert (mask > 0).tolist() == seen.tolist()
    assert seen[max(top, 0) : bottom, max(left, 0) : right].all()


def test_the_draws_are_frozen():
    """The order of draws must not change: this map is for ever."""
    warp = RandomAffine(10, (0.2, 0.2), (0.8, 1.2), (-5, 5, -5, 5)).warp(100, 200, draws())
    np.testing.assert_allclose(warp.matrix, FROZEN, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"degrees": -5}, ArgumentError, "distance from 0"),
        ({"degrees": (5, -5)}, ArgumentError, "degrees must be"),
        ({"degrees": None}, ArgumentTypeError, "degrees"),
        ({"translate": (0.1, 1.2)}, ArgumentError, "translate must be from 0 to 1"),
        ({"translate": 0.1}, ArgumentTypeError, "2 numbers"),
        ({"scale": (0, 1)}, ArgumentError, "more than 0"),
        ({"scale": (2, 1)}, ArgumentError, "scale must be"),
        ({"shear": (1, 2, 3)}, ArgumentError, "2 or 4 numbers"),
        ({"shear": (1, 2, 4, 3)}, ArgumentError, "shear must be"),
        ({"shear": 90}, ArgumentError, "between -90 and 90"),
        ({"interpolation": "lanczos"}, ArgumentError, "interpolation"),
        ({"center": (1, 2, 3)}, ArgumentError, "2 numbers"),
        ({"fill": "red"}, ArgumentTypeError, "fill"),
    ],
)
def test_arguments_are_checked_at_once(options, error, message):
    """Not with the first picture."""
    with pytest.raises(error, match=message):
        RandomAffine(**{"degrees": 5, **options})


def test_expand_is_a_flag():
    """A number would be an angle in the wrong place."""
    with pytest.raises(ArgumentTypeError, match="expand must be True or False"):
        RandomRotation(5, expand=30)


def test_a_fill_that_does_not_fit_the_picture_is_refused():
    """By the number of channels."""
    with pytest.raises(ArgumentError, match="each of the picture's 1 channels"):
        RandomRotation(5, fill=(1, 2, 3))(np.zeros((4, 4, 1), np.uint8), rng=draws())


@pytest.mark.parametrize(
    "transform",
    [RandomRotation([5, 9], fill=[1, 2, 3]), RandomAffine(5, [0.1, 0.2], [1, 2], 5, center=[1, 2])],
)
def test_transforms_are_values(transform):
    """Equal, hashable, picklable, and written as they are made."""
    copy = pickle.loads(pickle.dumps(transform))
    assert (copy, hash(copy), eval(repr(copy))) == (transform, hash(transform), transform)
