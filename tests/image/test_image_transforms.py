"""Transforms of geometry: their numbers, held against plain re-tellings of torchvision's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
)
from aliquot.image._transforms import Geometric
from aliquot.image._views import Views

EVERY = [
    Resize(3),
    Resize((3, 4)),
    CenterCrop(3),
    RandomCrop(3, pad_if_needed=True),
    RandomResizedCrop(3),
    RandomHorizontalFlip(),
    RandomVerticalFlip(),
    Pad(2),
]


def viewed(transform, height, width, n=1, seed=0):
    """Return the views of n pictures of one size after a transform."""
    views = Views.of(np.full(n, height), np.full(n, width))
    return transform.view(views, Draws(seed, 0, 0, np.arange(n)))


def size_after(transform, height, width):
    """Return height and width after a transform."""
    views = viewed(transform, height, width)
    return int(views.height[0]), int(views.width[0])


def box_after(transform, height, width):
    """Return where the canvas lies in the picture: top, left, height, width."""
    views = viewed(transform, height, width)
    seen = views.height * views.step_y, views.width * views.step_x
    return tuple(float(value[0]) for value in (views.top, views.left, *seen))


def critical(df):
    """Return what chi-square exceeds once in a thousand times (Wilson and Hilferty)."""
    return df * (1 - 2 / (9 * df) + 3.09 * math.sqrt(2 / (9 * df))) ** 3


def is_uniform(counts):
    """Whether counts differ from their mean no more than by chance."""
    mean = counts.mean()
    return ((counts - mean) ** 2 / mean).sum() < critical(len(counts) - 1)


def are_alike(ours, theirs, bins):
    """Whether two samples of one length are drawn alike."""
    inner = np.unique(np.quantile(theirs, np.linspace(0, 1, bins + 1)))[1:-1]
    a, b = (
        np.bincount(np.searchsorted(inner, own), minlength=len(inner) + 1) for own in (ours, theirs)
    )
    both = a + b > 0
    return ((a - b)[both] ** 2 / (a + b)[both]).sum() < critical(max(both.sum() - 1, 1))


# Resize


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    height=st.integers(1, 5000),
    width=st.integers(1, 5000),
    size=st.integers(1, 600),
    more=st.none() | st.integers(1, 300),
)
def test_the_shorter_side_gets_a_length(height, width, size, more):
    """As torchvision rounds; the longer one is no longer than max_size."""
    short, long = sorted([height, width])
    new_short, new_long = size, int(size * long / short)
    if more is not None and new_long > size + more:
        new_short, new_long = int((size + more) * new_short / new_long), size + more
    new_short = max(new_short, 1)
    expected = (new_short, new_long) if height <= width else (new_long, new_short)
    max_size = None if more is None else size + more
    assert size_after(Resize(size, max_size=max_size), height, width) == expected


@pytest.mark.parametrize("size", [10, [10], (10,), np.int64(10)])
def test_one_number_is_the_shorter_side_however_it_is_given(size):
    """Also in a list, as torchvision takes it."""
    assert (size_after(Resize(size), 20, 40), Resize(size).final_size(None)) == ((10, 20), None)


def test_two_numbers_are_height_and_width():
    """Proportions are not kept."""
    assert (size_after(Resize((3, 4)), 50, 50), Resize([3, 4]).final_size(None)) == ((3, 4), (3, 4))


# CenterCrop, Pad


@pytest.mark.parametrize("height", [4, 5, 10, 11])
@pytest.mark.parametrize("wanted", [4, 5, 7])
def test_the_middle_begins_where_torchvision_has_it(height, wanted):
    """A half is rounded to even; the odd pixel of padding comes last."""
    top = round((height - wanted) / 2) if height >= wanted else -((wanted - height) // 2)
    assert box_after(CenterCrop((wanted, 3)), height, 3) == (top, 0, wanted, 3)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        (2, (-2, -2, 14, 24)),
        ([2], (-2, -2, 14, 24)),
        ((1, 2), (-2, -1, 14, 22)),
        ((1, 2, 3, 4), (-2, -1, 16, 24)),
        (0, (0, 0, 10, 20)),
        (np.int8(1), (-1, -1, 12, 22)),
    ],
)
def test_a_border_is_one_two_or_four_numbers(padding, expected):
    """All sides; left and right, top and bottom; left, top, right, bottom."""
    assert box_after(Pad(padding), 10, 20) == expected


def test_a_border_is_part_of_the_size():
    """If there was one."""
    assert (Pad((1, 2, 3, 4)).final_size((10, 20)), Pad(1).final_size(None)) == ((16, 24), None)


# RandomCrop


def test_the_places_of_random_crops_are_equally_likely():
    """Each of all those that there are."""
    views = viewed(RandomCrop((5, 8)), 9, 13, n=6000)
    places = (views.top * 6 + views.left).astype(int)
    assert is_uniform(np.bincount(places, minlength=30))


def test_a_crop_of_the_whole_is_the_whole():
    """There is one place."""
    assert box_after(RandomCrop((9, 13)), 9, 13) == (0, 0, 9, 13)


def test_padding_comes_before_a_random_crop():
    """So crops may lie in the border."""
    views = viewed(RandomCrop(8, padding=(1, 2)), 8, 8, n=500)
    assert (np.unique(views.top).tolist(), np.unique(views.left).tolist()) == (
        [-2, -1, 0, 1, 2],
        [-1, 0, 1],
    )


def test_what_is_too_small_for_a_crop_is_refused():
    """With its size, and what to do."""
    with pytest.raises(ArgumentError, match=r"RandomCrop\(10\).*9 x 20.*pad_if_needed=True"):
        viewed(RandomCrop(10), 9, 20)


def test_what_is_too_small_for_a_crop_is_padded_on_both_sides_if_that_is_wanted():
    """As torchvision does; what is large enough is not."""
    views = viewed(RandomCrop(10, pad_if_needed=True), 7, 20, n=500)
    assert (np.unique(views.top).tolist(), views.left.min(), views.left.max()) == (
        [-3, -2, -1, 0],
        0,
        10,
    )


# RandomResizedCrop


def torchvision_box(height, width, scale, ratio, generator):
    """Choose a box as torchvision does: top, left, height, width."""
    area = height * width
    for _ in range(10):
        wanted = area * generator.uniform(*scale)
        aspect = math.exp(generator.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(wanted * aspect)), round(math.sqrt(wanted / aspect))
        if 0 < w <= width and 0 < h <= height:
            return generator.integers(height - h + 1), generator.integers(width - w + 1), h, w
    if width / height < min(ratio):
        w, h = width, round(width / min(ratio))
    elif width / height > max(ratio):
        h, w = height, round(height * max(ratio))
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


@pytest.mark.parametrize(
    ("size", "scale", "ratio"),
    [
        ((375, 500), (0.08, 1.0), (3 / 4, 4 / 3)),
        ((64, 640), (0.08, 1.0), (3 / 4, 4 / 3)),
        ((900, 100), (0.08, 1.0), (3 / 4, 4 / 3)),
        ((300, 300), (0.5, 0.9), (0.5, 3.0)),
        ((20, 31), (0.01, 0.3), (1.0, 1.0)),
    ],
)
def test_random_boxes_are_drawn_as_torchvision_draws_them(size, scale, ratio):
    """Their area, proportions and place; where none of ten draws fits, too."""
    n = 4000
    generator = np.random.default_rng(7)
    theirs = np.array([torchvision_box(*size, scale, ratio, generator) for _ in range(n)])
    views = viewed(RandomResizedCrop(8, scale, ratio), *size, n=n)
    ours = np.stack([views.top, views.left, 8 * views.step_y, 8 * views.step_x], axis=1)

    def told(boxes):
        top, left, h, w = boxes.T.astype(float)
        return {
            "area": h * w,
            "aspect": w / h,
            "y": top / np.maximum(size[0] - h, 1),
            "x": left / np.maximum(size[1] - w, 1),
        }

    ours, theirs = told(np.rint(ours)), told(theirs)
    alike = {name: bool(are_alike(ours[name], theirs[name], 12)) for name in ours}
    assert alike == {"area": True, "aspect": True, "y": True, "x": True}


@pytest.mark.parametrize(
    ("size", "expected"),
    [((10, 1000), (0, 493, 10, 13)), ((1000, 10), (493, 0, 13, 10)), ((1, 1), (0, 0, 1, 1))],
)
def test_of_an_extreme_panorama_the_middle_is_taken(size, expected):
    """As large as proportions allow, where no draw fits."""
    views = viewed(RandomResizedCrop(1, scale=(0.9, 1.0)), *size, n=50)
    boxes = np.stack([views.top, views.left, views.step_y, views.step_x], axis=1)
    assert np.unique(boxes, axis=0).tolist() == [list(expected)]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    scale=st.tuples(st.floats(1e-6, 2), st.floats(1e-6, 2)).map(sorted),
    ratio=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)).map(sorted),
    seed=st.integers(0, 99),
)
def test_a_random_box_lies_in_the_picture(height, width, scale, ratio, seed):
    """It has a pixel at least, whatever is asked for."""
    views = viewed(RandomResizedCrop(1, tuple(scale), tuple(ratio)), height, width, 5, seed)
    assert min(views.step_y.min(), views.step_x.min()) >= 1
    assert min(views.top.min(), views.left.min()) >= 0
    assert (views.top + views.step_y).max() <= height
    assert (views.left + views.step_x).max() <= width


# Flips


@pytest.mark.parametrize("p", [0, 0.2, 0.5, 1])
@pytest.mark.parametrize("kind", [RandomHorizontalFlip, RandomVerticalFlip])
def test_flips_come_as_often_as_they_should(kind, p):
    """Within four standard deviations."""
    views = viewed(kind(p), 5, 5, n=4000)
    flipped, other = views.flip_x, views.flip_y
    if kind is RandomVerticalFlip:
        flipped, other = other, flipped
    assert (abs(flipped.mean() - p) <= 4 * math.sqrt(p * (1 - p) / 4000), other.any()) == (
        True,
        False,
    )


# All of them


@pytest.mark.parametrize("transform", EVERY, ids=repr)
def test_a_picture_s_view_depends_on_its_place_alone(transform):
    """Not on the batch that it is in."""
    heights, widths = np.array([20, 31, 9, 50]), np.array([30, 11, 64, 50])
    together = transform.view(Views.of(heights, widths), Draws(0, 0, 0, np.arange(4)))
    alone = [
        transform.view(Views.of(heights[[i]], widths[[i]]), Draws(0, 0, 0, np.array([i])))
        for i in range(4)
    ]
    assert [together.view(i) for i in range(4)] == [own.view(0) for own in alone]


@pytest.mark.parametrize("transform", EVERY, ids=repr)
def test_an_empty_batch_stays_empty(transform):
    """Nothing divides by its length."""
    none = np.zeros(0, np.int64)
    assert len(transform.view(Views.of(none, none), Draws(0, 0, 0, none))) == 0


@pytest.mark.parametrize("transform", EVERY, ids=repr)
def test_it_is_a_transform_of_geometry(transform):
    """By what it offers, and it says whether it draws."""
    assert (isinstance(transform, Geometric), transform.draws) == (
        True,
        type(transform).__name__.startswith("Random"),
    )


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (Resize(3), None),
        (RandomResizedCrop(3), None),
        (RandomHorizontalFlip(), None),
        (CenterCrop(3), 0),
        (Pad(3, fill=7), 7),
        (RandomCrop(3, fill=7), None),
        (RandomCrop(3, padding=1, fill=7), 7),
        (RandomCrop(3, pad_if_needed=True, fill=(1, 2, 3)), (1, 2, 3)),
    ],
    ids=repr,
)
def test_it_tells_what_it_may_fill_with(transform, expected):
    """`None` if it never fills."""
    assert transform.border == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: Resize(1.5),
        lambda: Resize("224"),
        lambda: Resize((1, 2, 3)),
        lambda: Resize(True),
        lambda: CenterCrop(None),
        lambda: RandomCrop({3}),
        lambda: RandomResizedCrop(3, scale=0.5),
        lambda: RandomResizedCrop(3, ratio=("a", "b")),
        lambda: Pad(1, fill="red"),
        lambda: RandomCrop(1, padding=1, fill=None),
    ],
)
def test_arguments_of_other_types_are_refused(make):
    """Nothing is rounded or guessed."""
    with pytest.raises(ArgumentTypeError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Resize(0),
        lambda: Resize((5, -1)),
        lambda: Resize(5, max_size=5),
        lambda: Resize((5, 5), max_size=9),
        lambda: Resize(5, interpolation="cubic"),
        lambda: CenterCrop((0, 1)),
        lambda: RandomResizedCrop(3, scale=(1.0, 0.5)),
        lambda: RandomResizedCrop(3, scale=(0, 0.5)),
        lambda: RandomResizedCrop(3, ratio=(1.0, math.inf)),
        lambda: RandomResizedCrop(3, interpolation="area"),
        lambda: RandomHorizontalFlip(1.5),
        lambda: RandomVerticalFlip("often"),
        lambda: Pad(-1),
        lambda: Pad((1, 2, 3)),
        lambda: Pad([]),
        lambda: Pad(1.5),
        lambda: Pad(1, padding_mode="reflect"),
        lambda: Pad(1, fill=math.nan),
        lambda: RandomCrop(3, padding="1"),
        lambda: RandomCrop(3, padding=1, padding_mode="edge"),
    ],
)
def test_arguments_without_meaning_are_refused(make):
    """When the transform is made."""
    with pytest.raises(ArgumentError):
        make()
