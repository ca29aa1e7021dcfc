"""Chains of transforms: what is fused, and what is called once a picture is decoded."""

import functools

import numpy as np
import pytest

from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.image import (
    CenterCrop,
    Grayscale,
    ImageFiles,
    Pad,
    RandAugment,
    RandomAffine,
    RandomApply,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    Resize,
)
from aliquot.image._chain import Chain, takes_rng
from aliquot.image._views import Views


def negative(image):
    return 255 - image


def noisy(image, rng):
    return (image + rng.integers(0, 9, shape=image.shape)).clip(0, 255).astype(np.uint8)


class Brighter:
    def __call__(self, image):
        return image // 2 + 128


def lengths(*transforms):
    """Return how many transforms are fused, and how many are not."""
    chain = Chain.of(list(transforms))
    return len(chain.fused), len(chain.after)


def test_geometry_is_fused_up_to_the_first_function():
    """What comes after it works on arrays."""
    found = lengths(Resize(9), RandomHorizontalFlip(), negative, CenterCrop(5))
    assert found == (2, 2)


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([Pad(1, fill=9), Pad(2, fill=9)], (2, 0)),
        ([Pad(1, fill=9), Resize(4), Pad(2, fill=8), Resize(5)], (2, 2)),
        ([Pad(1, fill=9), RandomCrop(3)], (2, 0)),
        ([Pad(1, fill=9), RandomCrop(3, padding=1)], (1, 1)),
        ([Pad(1, fill=(1, 2, 3)), RandomCrop(3, padding=1, fill=[1, 2, 3])], (2, 0)),
        ([Pad(1, fill=9), CenterCrop(3)], (1, 1)),
        ([CenterCrop(3), Pad(1)], (2, 0)),
    ],
    ids=str,
)
def test_what_fills_with_another_colour_is_not_fused(transforms, expected):
    """One view has one colour around it."""
    assert lengths(*transforms) == expected


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([], None),
        ([Resize(9)], None),
        ([Resize((9, 8))], (9, 8)),
        ([Resize(9), CenterCrop(5), Pad(1)], (7, 7)),
        ([Resize((9, 8)), RandomHorizontalFlip()], (9, 8)),
        ([RandomResizedCrop(4), Resize(9)], None),
        ([CenterCrop(5), negative], (5, 5)),
        ([negative, CenterCrop(5)], None),
    ],
    ids=str,
)
def test_the_size_of_what_is_decoded_is_known_if_it_is_always_the_same(transforms, expected):
    """Then a batch is one array."""
    assert Chain.of(transforms).size == expected


def test_the_last_filter_that_is_named_counts():
    """There is one resample."""
    chain = Chain.of(
        [Resize(9, interpolation="box"), RandomResizedCrop(4, interpolation="lanczos")]
    )
    assert (chain.interpolation, Chain.of([Resize(4)]).interpolation) == ("lanczos", None)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (RandomCrop(4), True),
        (Resize(4), False),
        (noisy, True),
        (negative, False),
        (Brighter(), False),
        (lambda image, rng=None: image, False),
        (functools.partial(noisy), True),
        (np.negative, False),
    ],
    ids=range(8),
)
def test_a_function_takes_random_numbers_by_a_parameter_rng_without_a_default(transform, expected):
    """Then the chain draws."""
    assert (takes_rng(transform), Chain.of([transform]).draws) == (expected, expected)


@pytest.mark.parametrize("transforms", [Resize(4), "Resize", None, 5, iter([])])
def test_what_is_no_list_is_refused(transforms):
    """One transform, say."""
    with pytest.raises(ArgumentTypeError, match="must be a list of transforms"):
        Chain.of(transforms)


@pytest.mark.parametrize("transform", [5, "flip", None, (3, 4)])
def test_what_is_no_transform_is_refused(transform):
    """It is shown."""
    with pytest.raises(ArgumentTypeError, match="a function of one picture"):
        Chain.of([Resize(4), transform])


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([], "size=None"),
        ([Resize((3, 4))], "size=(3, 4)"),
        ([CenterCrop(4)], "transforms=[CenterCrop(size=4)]"),
        (
            [CenterCrop(4), negative, RandomHorizontalFlip()],
            (
                "transforms=[CenterCrop(size=4), decoded here, negative (runs in Python), "
                "RandomHorizontalFlip(p=0.5)]"
            ),
        ),
        ([Brighter()], "transforms=[decoded here, Brighter (runs in Python)]"),
    ],
    ids=range(5),
)
def test_it_shows_where_decoding_happens_and_what_runs_in_python(transforms, expected):
    """What costs time can be seen."""
    assert str(Chain.of(transforms)) == expected


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([Resize(3), RandomHorizontalFlip(), Grayscale()], ()),
        ([negative, Grayscale(), Brighter()], ("negative", "Brighter")),
        ([functools.partial(noisy)], ("noisy",)),
        ([RandomApply([negative, RandomApply([noisy, Grayscale()])])], ("negative", "noisy")),
    ],
    ids=range(4),
)
def test_it_names_what_is_not_of_this_package(transforms, expected):
    """Also where it stands inside of another transform."""
    assert Chain.of(transforms).python_functions == expected


@pytest.mark.parametrize(
    "transform",
    [RandAugment(), RandomApply([RandAugment()]), RandomApply([RandomApply([RandomAffine(5)])])],
    ids=range(3),
)
def test_what_does_not_tell_where_it_moves_pixels_is_found_inside_of_others(transform):
    """However deep."""
    with pytest.raises(ArgumentError, match="does not tell where it moves pixels"):
        Chain.of([negative, transform]).check_targets()


def test_what_comes_later_does_not_change_what_comes_earlier():
    """Each transform has random numbers of its own, by its number."""
    chain = [RandomCrop(5), RandomHorizontalFlip(), RandomCrop(3)]
    views = Views.of(np.full(50, 9), np.full(50, 9))
    rng = Draws(0, 0, 0, np.arange(50))
    short, long = (Chain.of(chain[:n]).views(views, rng) for n in (2, 3))
    first = Chain.of(chain[:1]).views(views, rng)
    assert (short.flip_x.tolist(), short.top.tolist()) == (long.flip_x.tolist(), first.top.tolist())


def test_two_equal_transforms_draw_differently():
    """They are two."""
    views = Views.of(np.full(200, 5), np.full(200, 5))
    flips = [RandomHorizontalFlip(), RandomHorizontalFlip()]
    both = Chain.of(flips).views(views, Draws(0, 0, 0, np.arange(200)))
    assert 60 < both.flip_x.sum() < 140


# Functions


def test_a_function_gets_one_array_of_height_width_and_channels(three):
    """Whatever comes out at the end."""
    shapes = []

    def look(image):
        shapes.append((type(image), image.shape, image.dtype))
        return image

    for keywords in ({}, {"layout": "NCHW"}, {"mode": "L"}):
        ImageFiles(three, transforms=[Resize((2, 5)), look], **keywords)[[0, 1]]
    colours, grey = (np.ndarray, (2, 5, 3), np.uint8), (np.ndarray, (2, 5, 1), np.uint8)
    assert shapes == [colours] * 4 + [grey] * 2


def test_a_function_gets_the_random_numbers_of_its_place(three):
    """As scalars, from the first on."""
    found = []

    def draw(image, rng):
        found.append(rng.random())
        return image

    ImageFiles(three, transforms=[CenterCrop(4), draw])[[2, 0]]
    expected = Draws(0, 0, 0, np.array([2, 0])).part(1).random()
    assert found == expected.tolist()


def test_a_function_may_change_depth_and_size(three):
    """If it does so alike, a batch stays an array."""

    def halved(image):
        return image[::2, ::2].astype(np.float32) / 255

    batch = ImageFiles(three, transforms=[CenterCrop(4), halved])[:]
    assert (batch.shape, batch.dtype) == ((3, 2, 2, 3), np.float32)


@pytest.mark.parametrize(
    "returned", [None, 5, [1, 2], np.zeros(3), np.zeros((2, 2)), (np.zeros((2, 2, 3)),)]
)
def test_a_function_that_returns_no_picture_is_named(three, returned):
    """With what came instead."""

    def forgetful(_image):
        return returned

    photos = ImageFiles(three, transforms=[forgetful])
    with pytest.raises(BatchError, match=r"forgetful.*must return an array \(height, width"):
        photos[0]


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (CenterCrop((2, 3)), lambda x: x[1:3, 2:5]),
        (Pad(1, fill=7), lambda x: np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=7)),
        (RandomHorizontalFlip(1), lambda x: x[:, ::-1]),
        (CenterCrop((8, 6)), lambda x: np.pad(x, ((2, 2), (0, 0), (0, 0)))),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_geometry_after_a_function_works_on_its_array(saved, transform, expected, dtype):
    """In its depth."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 7, 3), np.uint8)[:, :6]
    path = saved("a.png", np.ascontiguousarray(pixels))
    found = ImageFiles([path], transforms=[lambda x: x.astype(dtype), transform])[0]
    assert (found.dtype, found.tolist()) == (dtype, expected(pixels).tolist())


def test_random_geometry_after_a_function_draws_as_before_it(saved, smooth):
    """By its number in the list."""
    path = saved("a.png", smooth(40, 50))
    before = ImageFiles([path] * 9, transforms=[Resize((40, 50)), RandomCrop(7)])
    after = ImageFiles([path] * 9, transforms=[lambda x: x, RandomCrop(7)])
    assert before[:].tolist() == after[:].tolist()


def test_a_crop_beside_an_array_is_filled(three):
    """All of it can lie in the border."""
    crop = RandomCrop(1, padding=50, fill=(1, 2, 3))
    found = ImageFiles(three[:1] * 40, transforms=[lambda x: x, crop])[:]
    assert np.unique(found.reshape(-1, 3), axis=0).tolist()[0] == [1, 2, 3]


def test_geometry_after_a_function_resamples_with_the_filter_of_the_pictures(saved):
    """Unless it names another."""
    path = saved("a.png", np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8))

    def small(**keywords):
        return ImageFiles([path], interpolation="nearest", **keywords)[0].tolist()

    same = small(transforms=[lambda x: x, Resize((5, 5))])
    other = small(transforms=[lambda x: x, Resize((5, 5), interpolation="box")])
    assert (same == small(size=(5, 5)), other == small(size=(5, 5))) == (True, False)


def test_what_makes_all_sizes_equal_after_a_function_gives_an_array(saved, smooth):
    """As before a function."""
    paths = [saved("a.png", smooth(20, 30)), saved("b.png", smooth(30, 20))]
    batch = ImageFiles(paths, transforms=[negative, Resize((4, 5)), negative])[:]
    assert (type(batch), np.shape(batch)) == (np.ndarray, (2, 4, 5, 3))
