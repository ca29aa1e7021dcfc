"""Pictures with transforms, through `ImageFiles`, data sources and loaders."""

import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot._random import Draws
from aliquot.data_source import ArrayDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, ImageError
from aliquot.image import (
    CenterCrop,
    ImageFiles,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
)


def noisy(image, rng):
    return image ^ rng.integers(0, 4, shape=image.shape).astype(np.uint8)


RANDOM = [
    RandomResizedCrop(8),
    RandomHorizontalFlip(),
    RandomVerticalFlip(),
    noisy,
    RandomCrop(8, padding=2),
]


@pytest.fixture
def pixels():
    """Return 21 x 30 pixels that all differ from their neighbours."""
    return np.random.default_rng(3).integers(0, 256, (21, 30, 3), np.uint8)


@pytest.fixture
def path(saved, pixels):
    return saved("pixels.png", pixels)


@pytest.fixture
def photos(saved, smooth):
    """Return ten pictures, JPEG and PNG, of several sizes."""
    paths = [
        saved(f"{i}.{'jpg' if i % 2 else 'png'}", smooth(40 + 7 * i, 90 - 5 * i)) for i in range(10)
    ]
    return ImageFiles(paths, transforms=RANDOM)


# Geometry is that of the array


@pytest.mark.parametrize(
    ("transforms", "expected"),
    [
        ([], lambda x: x),
        ([Resize((21, 30))], lambda x: x),
        ([CenterCrop((9, 10))], lambda x: x[6:15, 10:20]),
        ([CenterCrop((25, 10))], lambda x: np.pad(x[:, 10:20], ((2, 2), (0, 0), (0, 0)))),
        (
            [Pad((1, 2, 3, 4), fill=9)],
            lambda x: np.pad(x, ((2, 4), (1, 3), (0, 0)), constant_values=9),
        ),
        ([RandomHorizontalFlip(1)], lambda x: x[:, ::-1]),
        ([RandomVerticalFlip(1), RandomHorizontalFlip(1)], lambda x: x[::-1, ::-1]),
        (
            [CenterCrop((9, 10)), Pad(2)],
            lambda x: np.pad(x[6:15, 10:20], ((2, 2), (2, 2), (0, 0))),
        ),
        (
            [RandomHorizontalFlip(1), Pad((3, 0, 0, 0)), CenterCrop((21, 25))],
            lambda x: np.pad(x[:, ::-1], ((0, 0), (3, 0), (0, 0)))[:, 4:29],
        ),
        (
            [Pad(1, fill=200), Pad(1, fill=100)],
            lambda x: np.pad(
                np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=200),
                ((1, 1), (1, 1), (0, 0)),
                constant_values=100,
            ),
        ),
        (
            [Pad(3, fill=50), CenterCrop((31, 36))],
            lambda x: np.pad(
                np.pad(x, ((3, 3), (3, 3), (0, 0)), constant_values=50), ((2, 2), (0, 0), (0, 0))
            ),
        ),
    ],
    ids=range(11),
)
def test_crops_borders_and_flips_are_those_of_the_array(path, pixels, transforms, expected):
    """Exactly, one after the other."""
    found = ImageFiles([path], transforms=transforms)[0]
    assert found.tolist() == expected(pixels).tolist()


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_border_has_a_colour_of_its_own(path, mode):
    """One number a channel."""
    fill = {"RGB": (1, 2, 3), "L": (9,), "RGBA": (1, 2, 3, 4)}[mode]
    found = ImageFiles([path], transforms=[Pad(2, fill=fill)], mode=mode)[0]
    assert (found[0, 0].tolist(), found.shape) == (list(fill), (25, 34, len(fill)))


def test_a_colour_of_the_border_keeps_when_it_is_cropped(path, pixels):
    """A crop that does not fill has no say."""
    photos = ImageFiles([path] * 30, transforms=[Pad(8, fill=(1, 2, 3)), RandomCrop(10)])
    padded = np.pad(pixels, ((8, 8), (8, 8), (0, 0)))
    padded[[*range(8), *range(-8, 0)]] = padded[:, [*range(8), *range(-8, 0)]] = (1, 2, 3)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (10, 10, 3))[:, :, 0]
    known = {window.tobytes() for row in windows for window in row}
    assert {crop.tobytes() for crop in photos[:]} <= known


@pytest.mark.parametrize(
    "transforms",
    [
        [Resize(40), CenterCrop(32)],
        [CenterCrop(60), Resize((20, 30)), RandomHorizontalFlip(1)],
        [Resize((50, 40)), RandomVerticalFlip(1), Pad(4, fill=90), Resize((29, 24))],
        [Resize(64), Resize((20, 24))],
        [Pad(10), CenterCrop(64), Resize(32)],
    ],
    ids=range(5),
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_composed_with_a_resize_it_is_nearly_that_of_the_array(saved, smooth, transforms, name):
    """One resample differs from several, and a border is not mixed with the picture."""
    path = saved(name, smooth(90, 120))
    step_by_step = ImageFiles([path], transforms=[lambda x: x, *transforms])[0].astype(int)
    found = ImageFiles([path], transforms=transforms, reducing_gap=None)[0]
    assert found.shape == step_by_step.shape
    assert np.abs(found - step_by_step).mean() < 4


# What comes out


def test_pictures_of_several_sizes_are_a_list(photos):
    """Each of them an array."""
    pictures = photos.with_transforms([Resize(16)])[[0, 9]]
    assert (type(pictures), [own.shape for own in pictures]) == (list, [(16, 36, 3), (36, 16, 3)])


def test_pictures_of_one_size_are_an_array(photos):
    """uint8."""
    batch = photos.with_transforms([Resize(16), CenterCrop(12)])[[0, 9]]
    assert (batch.shape, batch.dtype) == ((2, 12, 12, 3), np.uint8)


@pytest.mark.parametrize("transforms", [[Resize((5, 6))], [Resize(5)], [Resize((5, 6)), noisy]])
def test_channels_may_come_first(photos, transforms):
    """In memory, too."""
    last = photos.with_transforms(transforms)
    first = ImageFiles(photos.paths, transforms=transforms, layout="NCHW")
    for a, b in zip(last[:], first[:], strict=True):
        assert (b.flags.c_contiguous, b.tolist()) == (True, a.transpose(2, 0, 1).tolist())


def test_pillow_images_are_those_of_the_arrays(photos):
    """After all transforms."""
    images = ImageFiles(photos.paths, transforms=RANDOM, output="pil")[:]
    assert isinstance(images[0], Image.Image)
    assert np.array_equal(np.stack([np.asarray(image) for image in images]), photos[:])


def test_no_pictures_are_an_empty_batch(photos):
    """Of the size that they would have."""
    assert photos[[]].shape == (0, 8, 8, 3)


def test_a_batch_is_yours(photos):
    """Writable, and not the next one's."""
    fixed = photos.with_transforms([CenterCrop(4)])
    before = fixed[:]
    fixed[:][...] = 0
    assert fixed[:].tolist() == before.tolist()


# with_transforms


def test_transforms_take_the_place_of_those_before(photos):
    """And the old object keeps its own."""
    other = photos.with_transforms([CenterCrop(3)])
    assert (other[0].shape, photos[0].shape, other.paths) == ((3, 3, 3), (8, 8, 3), photos.paths)


def test_transforms_take_the_place_of_a_size(three):
    """Which is short for one."""
    photos = ImageFiles(three, (2, 3))
    assert photos.with_transforms([])[0].shape == (4, 6, 3)


def test_the_filter_and_the_colour_of_earlier_transforms_are_forgotten(path):
    """Each list begins from what the pictures were made with."""
    photos = ImageFiles([path], interpolation="box")
    changed = photos.with_transforms([Resize(4, interpolation="nearest"), Pad(1, fill=9)])
    back = changed.with_transforms([Resize((5, 5)), Pad(1)])
    expected = photos.with_transforms([Resize((5, 5)), Pad(1)])
    assert (repr(back), back[0].tolist()) == (repr(expected), expected[0].tolist())


def test_labels_and_subsets_go_along(tmp_path, three):
    """Only what is done to pictures changes."""
    photos = ImageFiles.from_folder(tmp_path, labels_from=r"^(\d)").with_transforms([noisy])
    assert photos.subset([2, 0]).labels.tolist() == [2, 0]


def test_it_shows_its_transforms(three):
    """Where decoding happens, and what runs in Python."""
    photos = ImageFiles(three, transforms=[Resize(8), noisy], codec="pillow")
    assert repr(photos) == (
        "ImageFiles(3 pictures, transforms=[Resize(size=8, interpolation=None, max_size=None), "
        "decoded here, noisy (runs in Python)], mode='RGB', output='array', codec='pillow')"
    )


# Refusals


def test_a_size_and_transforms_exclude_each_other():
    """A size is short for a transform."""
    with pytest.raises(ArgumentError, match=r"exclude each other.*Resize"):
        ImageFiles([], (4, 4), transforms=[CenterCrop(4)])


@pytest.mark.parametrize("option", ["transform", "fill", "own_interpolation", "batch_size"])
def test_an_unknown_option_is_refused(option):
    """Also one that has a meaning inside."""
    with pytest.raises(ArgumentTypeError, match=option):
        ImageFiles([], **{option: 1})


@pytest.mark.parametrize(
    ("mode", "fill"),
    [("L", (1, 2, 3)), ("RGB", (1, 2)), ("RGB", 256), ("RGB", -1), ("RGBA", (0,) * 3)],
)
def test_a_border_that_fits_no_picture_is_refused(mode, fill):
    """Before any is read."""
    with pytest.raises(ArgumentError, match="fill must be"):
        ImageFiles([], transforms=[Pad(1, fill=fill)], mode=mode)


def test_pictures_of_one_size_and_any_depth_are_refused():
    """They give no array."""
    with pytest.raises(ArgumentError, match="mode=None"):
        ImageFiles([], transforms=[RandomResizedCrop(4)], mode=None)


def test_a_picture_too_small_for_a_crop_is_told(photos):
    """With what to do."""
    with pytest.raises(ArgumentError, match=r"RandomCrop\(60\).*pad_if_needed"):
        photos.with_transforms([RandomCrop(60)])[:]


# Random numbers are addressed


def test_a_picture_alone_is_that_of_its_index_in_epoch_0_of_seed_0(photos):
    """In a batch, too."""
    expected = photos.read(np.array([4]), rng=Draws(0, 0, 0, np.array([4])))[0].tolist()
    assert (photos[4].tolist(), photos[[7, 4]][1].tolist()) == (expected, expected)


def test_a_picture_of_another_place_is_another(photos):
    """The place draws, not the picture."""
    same = photos.read(np.array([4, 4]), rng=Draws(0, 0, 0, np.array([4, 5])))
    assert same[0].tolist() != same[1].tolist()


@pytest.mark.parametrize("number", range(1, len(RANDOM)))
def test_without_the_last_transform_the_others_draw_the_same(photos, number):
    """Seen by a function that looks at what they made."""
    seen = []

    def look(image):
        seen.append(image.tolist())
        return image

    photos.with_transforms([*RANDOM[:number], look])[:]
    photos.with_transforms([*RANDOM[:number], look, *RANDOM[number:]])[:]
    assert seen[:10] == seen[10:]


def epoch_of(photos, **settings):
    """Return all pictures of two epochs, in order."""
    settings = {"batch_size": 4, "shuffle": True, "seed": 5, **settings}
    with Loader([photos], **settings) as loader:
        return np.concatenate([images for _ in loader.epochs(2) for (images,) in loader])


@pytest.mark.parametrize(
    "settings", [{"batch_size": 1}, {"batch_size": 3}, {"batch_size": 10}, {"pool": 3}]
)
def test_neither_the_batch_nor_the_pool_changes_a_picture(photos, settings):
    """It belongs to its place."""
    assert np.array_equal(epoch_of(photos, **settings), epoch_of(photos))


def test_epochs_differ(photos):
    """So do seeds."""
    pictures, others = epoch_of(photos, shuffle=False), epoch_of(photos, shuffle=False, seed=6)
    assert (np.array_equal(pictures[:10], pictures[10:]), np.array_equal(pictures, others)) == (
        False,
        False,
    )


@pytest.mark.parametrize("pool", [None, 2])
def test_after_resuming_the_pictures_go_on(photos, pool):
    """As if nothing had been."""
    settings = {"batch_size": 3, "shuffle": True, "seed": 5, "pool": pool}
    with Loader([photos], **settings) as loader:
        batches = iter(loader)
        next(batches)
        state = loader.state_dict()
        expected = [images.tolist() for (images,) in batches]
    with Loader([photos], **settings) as loader:
        loader.load_state_dict(state)
        assert expected == [images.tolist() for (images,) in loader]


def test_ranks_draw_what_one_would(photos):
    """Together."""
    whole = epoch_of(photos)[:10]
    parts = []
    for rank in range(2):
        settings = {"batch_size": 5, "shuffle": True, "seed": 5, "drop_last": True}
        with Loader([photos], rank=rank, world_size=2, **settings) as loader:
            parts += [images for (images,) in loader]
    assert np.array_equal(np.concatenate(parts), whole)


def test_a_batch_can_be_made_again(photos):
    """By its place."""
    with Loader([photos], batch_size=4, shuffle=True, seed=5) as loader:
        second = [images for (images,) in loader][1]
        assert np.array_equal(loader.batch_at(0, 4)[0], second)


def test_two_columns_of_pictures_draw_differently(photos):
    """Each has numbers of its own."""
    other = ImageFiles(photos.paths, transforms=RANDOM)
    with Loader([photos, other], batch_size=10, seed=0) as loader:
        first, second = next(iter(loader))
    assert [a.tolist() == b.tolist() for a, b in zip(first, second, strict=True)] == [False] * 10


def test_a_column_without_chance_does_not_change_another(photos):
    """Stages count what draws."""
    fixed = photos.with_transforms([CenterCrop(4)])
    with Loader([fixed, photos], batch_size=10, seed=0) as loader:
        _, second = next(iter(loader))
    assert second.tolist() == epoch_of(photos, shuffle=False, seed=0, batch_size=10)[:10].tolist()


def test_a_data_source_reads_pictures_as_they_read_themselves(photos):
    """Outside an epoch."""
    found = ArrayDataSource([photos]).samples_by_indices(np.array([3, 8]))[0]
    assert found.tolist() == photos[[3, 8]].tolist()


def test_a_broken_file_in_a_loader_is_named(photos, tmp_path):
    """By the error of the picture itself."""
    (tmp_path / "broken.jpg").write_bytes(b"hello")
    broken = ImageFiles([*photos.paths, tmp_path / "broken.jpg"], transforms=RANDOM)
    with Loader([broken], batch_size=4, pool=2) as loader, pytest.raises(ImageError) as caught:
        list(loader)
    assert (caught.value.path, "begins like none" in caught.value.reason) == (
        str(tmp_path / "broken.jpg"),
        True,
    )


def test_a_broken_file_can_be_skipped(photos, tmp_path):
    """The others are those of their places."""
    (tmp_path / "broken.jpg").write_bytes(b"hello")
    paths = [photos.paths[0], tmp_path / "broken.jpg", *photos.paths[2:]]
    broken = ImageFiles(paths, transforms=RANDOM)
    found = epoch_of(broken, shuffle=False, on_error="skip")
    expected = np.delete(epoch_of(photos, shuffle=False), [1, 11], axis=0)
    assert np.array_equal(found, expected)


# Caching


def test_random_pictures_are_not_cached(photos):
    """They would be the same in every epoch."""
    with pytest.raises(ArgumentError, match="takes rng"):
        ArrayDataSource([photos]).cache(memory=10**7)


@pytest.mark.parametrize("transforms", [[Resize((8, 8))], [CenterCrop(9), lambda x: x // 2]])
def test_pictures_without_chance_can_be_cached(photos, transforms):
    """What is kept is what was read."""
    fixed = photos.with_transforms(transforms)
    cached = ArrayDataSource([fixed]).cache(memory=10**7)
    first, second = (cached.samples_by_indices(np.arange(10))[0] for _ in range(2))
    assert (first.tolist(), second.tolist()) == (fixed[:].tolist(), fixed[:].tolist())
