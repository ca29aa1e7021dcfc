"""One map for pictures, masks, points and boxes."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._matrix import affine_matrix
from aliquot.image._warp import Warp, warp_boxes, warp_image, warp_mask, warp_points

STAY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
HEIGHT, WIDTH = 90, 120


@st.composite
def warps(draw):
    """Draw a map that keeps the middle of the picture in sight."""
    matrix = affine_matrix(
        (WIDTH / 2, HEIGHT / 2),
        draw(st.floats(-180, 180)),
        (draw(st.integers(-10, 10)), draw(st.integers(-10, 10))),
        draw(st.floats(0.7, 1.3)),
        (draw(st.floats(-20, 20)), draw(st.floats(-20, 20))),
    )
    return Warp(matrix, HEIGHT, WIDTH)


@st.composite
def boxes(draw):
    """Draw a rectangle near the middle of the picture, at whole pixels."""
    left, top = draw(st.integers(45, 55)), draw(st.integers(30, 40))
    return left, top, left + draw(st.integers(12, 20)), top + draw(st.integers(12, 20))


def painted(box, value, dtype):
    """Paint a rectangle on a mask."""
    mask = np.zeros((HEIGHT, WIDTH), dtype)
    left, top, right, bottom = box
    mask[top:bottom, left:right] = value
    return mask


@given(warps(), boxes())
def test_a_painted_rectangle_goes_where_its_corners_go(warp, box):
    """The middle of its pixels is its warped middle; its extent is that of the warped box."""
    rows, columns = np.nonzero(warp_mask(painted(box, 1, np.uint8), warp))
    middle = np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]])
    centroid = [columns.mean() + 0.5, rows.mean() + 0.5]
    np.testing.assert_allclose(centroid, warp_points(middle, warp)[0], atol=0.8)
    left, top, right, bottom = warp_boxes(np.array([box]), warp)[0]
    extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    # A sharp corner may end between the middles of pixels.
    np.testing.assert_allclose(extent, [left, top, right, bottom], atol=2.6)
    assert columns.min() > left - 1
    assert rows.max() + 1 < bottom + 1


def test_pixels_and_points_are_not_half_a_pixel_apart():
    """On average, the middle of a mask's pixels is its warped middle."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        angle, shear = rng.uniform(-180, 180), rng.uniform(-20, 20)
        matrix = affine_matrix((60, 45), angle, (3, 2), rng.uniform(0.7, 1.3), (shear, 0))
        warp = Warp(matrix, HEIGHT, WIDTH)
        rows, columns = np.nonzero(warp_mask(painted((50, 40, 60, 52), 1, np.uint8), warp))
        centroid = [columns.mean() + 0.5, rows.mean() + 0.5]
        found.append(centroid - warp_points(np.array([[55, 46]]), warp)[0])
    assert np.abs(np.mean(found, axis=0)).max() < 0.02


@given(warps(), boxes(), st.sampled_from([np.uint8, np.uint16, np.int32, np.int64, np.bool_]))
def test_masks_go_with_pictures(warp, box, dtype):
    """Pixel by pixel, for any dtype, where the picture takes the nearest."""
    image = painted(box, 200, np.uint8)[..., np.newaxis]
    mask = painted(box, np.array(1000).astype(dtype), dtype)
    expected = warp_image(image, warp)[..., 0] == 200
    assert np.array_equal(warp_mask(mask, warp) != 0, expected)


@given(warps(), boxes(), st.sampled_from(["bilinear", "bicubic"]))
def test_interpolated_pictures_stay_in_place(warp, box, interpolation):
    """Their centre of mass is the warped middle."""
    image = painted(box, 200, np.uint8)[..., np.newaxis]
    mass = warp_image(image, warp, interpolation)[..., 0].astype(float)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    centroid = [(mass * x).sum() / mass.sum(), (mass * y).sum() / mass.sum()]
    middle = np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]])
    np.testing.assert_allclose(centroid, warp_points(middle, warp)[0], atol=0.2)


@given(warps(), st.sampled_from(["nearest", "bilinear", "bicubic"]))
def test_floats_go_with_levels(warp, interpolation):
    """To a level, which Pillow cuts off or rounds."""
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (9, 12, 1), np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    floats = (levels / 255).astype(np.float32)
    result = warp_image(floats, warp, interpolation)
    difference = result.clip(0, 1) * 255.0 - warp_image(levels, warp, interpolation)
    assert result.dtype == np.float32
    assert np.abs(difference).max() < 1.01


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_map_that_moves_nothing_changes_nothing(interpolation, channels, dtype):
    """No colour is lost where alpha is 0; the result is a new array."""
    image = np.random.default_rng(0).integers(0, 256, (7, 9, channels)).astype(dtype)
    image[::2, :, 3:] = 0
    image.flags.writeable = False
    result = warp_image(image, Warp(STAY, 7, 9), interpolation)
    assert (result.tolist(), result.dtype) == (image.tolist(), image.dtype)
    assert (result.flags.writeable, result.flags.c_contiguous) == (True, True)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("channels", "fill", "expected"),
    [(1, 7, [7]), (3, (1, 2, 3), [1, 2, 3]), (4, 9, [9] * 4), (4, [1, 2, 3, 4], [1, 2, 3, 4])],
)
def test_what_is_beyond_is_filled(dtype, channels, fill, expected):
    """One number for all channels, or one each; whatever the interpolation."""
    image = np.zeros((2, 3, channels), dtype)
    away = Warp(((1.0, 0.0, 10.0), (0.0, 1.0, 0.0)), 2, 3)
    for interpolation in ("nearest", "bilinear", "bicubic"):
        colours = warp_image(image, away, interpolation, fill).reshape(-1, channels)
        assert {tuple(colour) for colour in colours.tolist()} == {tuple(expected)}


def test_the_output_has_a_size_of_its_own():
    """Here twice as large."""
    image = np.array([[1, 2]], np.uint8)[..., np.newaxis]
    twice = Warp(((0.5, 0.0, 0.0), (0.0, 0.5, 0.0)), 2, 4)
    assert warp_image(image, twice)[..., 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", ">u2", "i4", "u4", "i8", "u8", "?"])
@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 1), (5, 6, 3)])
def test_masks_of_any_integers_keep_their_values(dtype, shape):
    """Also those beyond 32 bits, and in channels."""
    whole = np.random.default_rng(0).integers(0, 2**63, shape)
    mask = whole.astype(dtype)
    right = Warp(((1.0, 0.0, -2.0), (0.0, 1.0, 0.0)), 5, 6)
    result = warp_mask(mask, right, fill=1)
    assert (result.dtype, result.shape) == (mask.dtype, mask.shape)
    assert result[:, 2:].tolist() == mask[:, :-2].tolist()
    assert np.unique(result[:, :2]).tolist() == [1]


def test_masks_may_be_views():
    """Such as one of the channels of another array."""
    mask = np.arange(24, dtype=np.int64).reshape(3, 4, 2)[::-1, :, 1]
    assert warp_mask(mask, Warp(STAY, 3, 4)).tolist() == mask.tolist()


@pytest.mark.parametrize(
    ("fill", "dtype"), [(256, "u1"), (-1, "u2"), (0.5, "i4"), (np.nan, "i4"), ("x", "i4")]
)
def test_a_mask_cannot_be_filled_with_what_it_cannot_hold(fill, dtype):
    """The message names the dtype."""
    with pytest.raises(ArgumentError, match="fill must be a value of a mask of"):
        warp_mask(np.zeros((2, 2), dtype), Warp(STAY, 2, 2), fill)


@pytest.mark.parametrize("mask", [None, np.zeros((2, 2)), np.zeros((2, 2), complex)])
def test_a_mask_has_integers(mask):
    """Anything else is refused."""
    with pytest.raises(ArgumentTypeError, match="an array of integers"):
        warp_mask(mask, Warp(STAY, 2, 2))


@pytest.mark.parametrize("shape", [(2,), (0, 2), (1, 2, 2, 1)])
def test_a_mask_has_height_and_width(shape):
    """And channels at most."""
    with pytest.raises(ArgumentError, match=r"a mask must be \(height, width\)"):
        warp_mask(np.zeros(shape, int), Warp(STAY, 2, 2))


def test_no_points_stay_none():
    """A picture may have none, and no boxes."""
    warp = Warp(STAY, 2, 2)
    empty = np.zeros((0, 2)), np.zeros((0, 4))
    assert (warp_points(empty[0], warp).shape, warp_boxes(empty[1], warp).shape) == ((0, 2), (0, 4))


@pytest.mark.parametrize(("warp_rows", "shape"), [(warp_points, (2, 3)), (warp_boxes, (4,))])
def test_points_and_boxes_are_rows(warp_rows, shape):
    """The message says of which length."""
    with pytest.raises(ArgumentError, match=r"must have shape \(k, "):
        warp_rows(np.zeros(shape), Warp(STAY, 2, 2))


def test_boxes_are_not_cut():
    """They may leave the picture: whoever cuts them can see how much is lost."""
    left = Warp(((1.0, 0.0, 3.0), (0.0, 1.0, 0.0)), 4, 4)
    assert warp_boxes(np.array([[1, 1, 4, 2]]), left).tolist() == [[-2, 1, 1, 2]]


def test_a_box_is_the_hull_of_its_corners():
    """By 45 degrees, a square becomes as wide as its diagonal."""
    warp = Warp(affine_matrix((2, 2), 45), 4, 4)
    hull = warp_boxes(np.array([[1, 1, 3, 3]]), warp)
    root = 2**0.5
    np.testing.assert_allclose(hull, [[2 - root, 2 - root, 2 + root, 2 + root]])


def test_another_interpolation_is_refused():
    """Those that there are are listed."""
    with pytest.raises(ArgumentError, match="'nearest', 'bilinear', 'bicubic', not 'box'"):
        warp_image(np.zeros((2, 2, 3), np.uint8), Warp(STAY, 2, 2), "box")


def test_a_warp_is_a_value():
    """Equal, hashable and picklable."""
    warp = Warp(STAY, 2, 3)
    copy = pickle.loads(pickle.dumps(warp))
    assert (copy, hash(copy)) == (warp, hash(warp))
