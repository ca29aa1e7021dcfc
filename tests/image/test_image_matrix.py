"""Affine maps, by hand-computed cases and by composition."""

import math

import numpy as np
import pytest

from aliquot.image._matrix import affine_matrix, expanded, inverse


def square(matrix):
    return np.array([*matrix, (0, 0, 1)])


def test_without_anything_nothing_moves():
    """The map is the identity, whatever the centre."""
    assert affine_matrix((3, 5), 0) == ((1, 0, 0), (0, 1, 0))


def test_a_move_goes_right_and_down():
    """The map from output to input goes back."""
    assert affine_matrix((3, 5), 0, (2, -7)) == ((1, 0, -2), (0, 1, 7))


def test_a_positive_angle_is_clockwise():
    """What is right of the middle comes to lie below it (y points down)."""
    forward = square(inverse(affine_matrix((2, 2), 90)))
    assert (forward @ (3, 2, 1)).tolist() == [2, 3, 1]


def test_a_scale_makes_larger():
    """Distances from the centre are multiplied."""
    assert inverse(affine_matrix((2, 2), 0, scale=4.0)) == ((4, 0, -6), (0, 4, -6))


def test_a_shear_is_along_x_then_along_y():
    """By 45 degrees: x - y below the centre, then y - x."""
    along_x = square(inverse(affine_matrix((0, 0), 0, shear=(45, 0)))) @ (1, 1, 1)
    along_y = square(inverse(affine_matrix((0, 0), 0, shear=(0, 45)))) @ (1, 1, 1)
    assert (along_x.round(9).tolist(), along_y.round(9).tolist()) == ([0, 1, 1], [1, 0, 1])


@pytest.mark.parametrize("seed", range(10))
def test_it_is_the_product_of_its_parts(seed):
    """Move, turn, scale, shear along y and along x, seen from the centre."""
    rng = np.random.default_rng(seed)
    centre, move = rng.uniform(-50, 50, 2), rng.uniform(-20, 20, 2)
    angle, scale, shear = rng.uniform(-180, 180), rng.uniform(0.3, 3), rng.uniform(-60, 60, 2)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    tan_x, tan_y = np.tan(np.radians(shear))
    turned = [[cos, -sin], [sin, cos]]
    linear = scale * np.array(turned) @ [[1, 0], [-tan_y, 1]] @ [[1, -tan_x], [0, 1]]
    forward = np.eye(3)
    forward[:2, :2] = linear
    forward[:2, 2] = centre + move - linear @ centre
    found = affine_matrix(tuple(centre), angle, tuple(move), scale, tuple(shear))
    np.testing.assert_allclose(square(found), np.linalg.inv(forward), atol=1e-9)
    np.testing.assert_allclose(square(inverse(found)), forward, atol=1e-9)


@pytest.mark.parametrize(
    ("angle", "expected"), [(0, (3, 4)), (90, (4, 3)), (180, (3, 4)), (-90, (4, 3)), (360, (3, 4))]
)
def test_a_quarter_turn_needs_no_more_pixels(angle, expected):
    """Rounding does not add any."""
    _, height, width = expanded(affine_matrix((0, 0), angle), 3, 4)
    assert (height, width) == expected


def test_a_larger_canvas_holds_all_corners():
    """Its middle is that of the picture, and it is tight to about a pixel on each side."""
    for angle in range(-180, 180, 7):
        matrix, height, width = expanded(affine_matrix((0, 0), angle), 30, 50)
        forward = square(inverse(matrix))
        corners = np.array([(0, 0, 1), (50, 0, 1), (50, 30, 1), (0, 30, 1)]) @ forward[:2].T
        np.testing.assert_allclose(forward @ (25, 15, 1), (width / 2, height / 2, 1), atol=1e-9)
        assert (corners >= -0.51).all()
        assert (corners <= np.array([width, height]) + 0.51).all()
        assert (np.ptp(corners, axis=0) > np.array([width, height]) - 2.01).all()
