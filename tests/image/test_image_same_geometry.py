"""Pictures that are read side by side and cropped, flipped and turned alike."""

import pickle

import numpy as np
import pytest

from aliquot import Loader
from aliquot._address import Address
from aliquot._batch import leaves
from aliquot.data_source import ArrayDataSource
from aliquot.image import (
    ColorJitter,
    ImageFiles,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
)
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

CROPS = [RandomResizedCrop((12, 9)), RandomHorizontalFlip(), RandomVerticalFlip()]
CHAINS = {
    "before decoding": CROPS,
    "after decoding": [*CROPS, RandomAffine(30, (0.2, 0.2), (0.8, 1.2)), RandomCrop(8)],
    "colours too": [RandomCrop(20), ColorJitter(0.5, 0.5), RandomHorizontalFlip()],
}
N = 6


@pytest.fixture
def two(saved, smooth):
    """Save pictures twice; give the paths of each."""
    pictures = [smooth(40 + i, 50 - i) for i in range(N)]
    return [[saved(f"{side}/{i}.png", own) for i, own in enumerate(pictures)] for side in "ab"]


def alike(batches):
    """Tell of each batch whether its first two columns are equal."""
    return [bool(np.array_equal(batch[0], batch[1])) for batch in batches]


def paired(two, transforms=CROPS, **options):
    """Give two `ImageFiles`, the second in the geometry of the first."""
    photos = ImageFiles(two[0], transforms=transforms)
    return photos, ImageFiles(two[1], transforms=transforms, same_geometry_as=photos, **options)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("epoch", [0, 3])
def test_side_by_side_they_get_the_same_crops_and_flips(two, chain, epoch):
    """In each epoch."""
    loader = Loader(paired(two, CHAINS[chain]), batch_size=4, seed=1, shuffle=True)
    loader.set_epoch(epoch)
    assert alike(loader) == [True, True]


def test_without_it_they_differ(two):
    """Each draws for itself."""
    columns = [ImageFiles(paths, transforms=CROPS) for paths in two]
    assert alike(Loader(columns, batch_size=4, seed=1)) == [False, False]


def test_the_first_draws_what_it_would_draw_alone(two):
    """What is beside it changes nothing."""
    photos, depths = paired(two)
    expected = [batch.tobytes() for batch in Loader(photos, batch_size=4, seed=1)]
    assert expected == [
        batch[0].tobytes() for batch in Loader([photos, depths], batch_size=4, seed=1)
    ]


def test_what_stands_between_them_draws_for_itself(two):
    """Its numbers are those of the next stage, and theirs are the same."""
    photos, depths = paired(two)
    other = ImageFiles(two[0], transforms=CROPS)
    source = ArrayDataSource([photos, other, np.arange(N), depths])
    batch = source.read_at(np.arange(N), Address(1, 0, np.arange(N)))
    assert np.array_equal(batch[0], batch[3])
    assert not np.array_equal(batch[0], batch[1])


def test_one_after_the_other_is_of_the_geometry_of_the_first(two):
    """Three are alike, in whichever order."""
    photos, depths = paired(two)
    third = ImageFiles(two[0], transforms=CROPS, same_geometry_as=depths)
    (batch,) = Loader({"c": third, "a": photos, "b": depths}, batch_size=N, seed=1)
    assert [np.array_equal(batch["a"], batch[name]) for name in "abc"] == [True, True, True]


def test_outside_an_epoch_all_pictures_draw_by_their_index(two):
    """So they are alike anyway."""
    photos, depths = (ImageFiles(paths, transforms=CROPS) for paths in two)
    assert alike([(photos[3], depths[3]), (photos[[1, 4]], depths[[1, 4]])]) == [True, True]


def test_options_may_differ(two):
    """Crops are of geometry only."""
    photos, depths = paired(two, mode="L", layout="NCHW")
    (batch,) = Loader([photos, depths], batch_size=N, seed=1)
    grey = ImageFiles(two[0], transforms=CROPS, mode="L", layout="NCHW", same_geometry_as=photos)
    (expected,) = Loader([photos, grey], batch_size=N, seed=1)
    assert (batch[1].shape, batch[1].tobytes()) == ((N, 1, 12, 9), expected[1].tobytes())


def test_what_belongs_to_one_goes_along(two):
    """A box of the second is where the first shows it."""
    boxes = [[[5, 5, 30, 30]]] * N
    photos = ImageFiles(two[0], transforms=CROPS, boxes=boxes)
    depths = ImageFiles(two[1], transforms=CROPS, boxes=boxes, same_geometry_as=photos)
    (batch,) = Loader([photos, depths], batch_size=N, seed=1)
    columns = [[leaf for _, leaf in leaves(own)] for own in batch]
    assert np.array_equal(columns[0][0], columns[1][0])
    assert [own.tolist() for own in columns[0][1]] == [own.tolist() for own in columns[1][1]]


KEPT = {
    "a subset of both": lambda a, b: (a.subset([4, 1, 2, 0]), b.subset([4, 1, 2, 0])),
    "other transforms": lambda a, b: [
        own.with_transforms([RandomCrop(11), RandomHorizontalFlip()]) for own in (a, b)
    ],
    "pickling together": lambda a, b: pickle.loads(pickle.dumps([a, b])),
    "pickling each": lambda a, b: [pickle.loads(pickle.dumps(own)) for own in (a, b)],
    "a subset of one, with other transforms": lambda a, b: (
        a,
        pickle.loads(pickle.dumps(b.subset(slice(None)).with_transforms(CROPS))),
    ),
}


@pytest.mark.parametrize("how", KEPT)
def test_the_geometry_is_kept(two, how):
    """What is made of pictures is of their geometry."""
    photos, depths = KEPT[how](*paired(two))
    assert alike(Loader([photos, depths], batch_size=4, seed=1))[0]


@pytest.mark.parametrize(
    "views",
    [lambda a: (a, a), lambda a: (a, a.with_transforms(CROPS)), lambda a: (a.subset([3, 2]),) * 2],
)
def test_two_views_of_the_same_pictures_draw_on_their_own(two, views):
    """Unless one is asked to draw as the other."""
    photos, _ = paired(two)
    first, second = views(photos)
    assert not alike(Loader([first, second], batch_size=2, seed=1))[0]


@pytest.mark.parametrize("make", [lambda: WorkerThreadPool(2), lambda: WorkerProcessPool(1)])
def test_a_pool_s_workers_keep_it(two, make):
    """Bit for bit what is read inline."""
    columns = paired(two)
    expected = [batch[0].tobytes() for batch in Loader(columns, batch_size=4, seed=1)]
    with make() as pool:
        batches = list(Loader(columns, batch_size=4, seed=1, pool=pool))
    assert (alike(batches), [batch[0].tobytes() for batch in batches]) == ([True, True], expected)


def test_it_says_nothing_of_pictures_that_draw_nothing(two):
    """They are read as any others."""
    photos = ImageFiles(two[0], size=(8, 8))
    depths = ImageFiles(two[1], size=(8, 8), same_geometry_as=photos)
    source = ArrayDataSource([photos, depths])
    assert (source.count_takers(), alike([source[:]])) == (0, [True])


def test_one_that_draws_beside_one_that_does_not(two):
    """The numbers are those it would have alone."""
    photos = ImageFiles(two[0], size=(12, 9))
    depths = ImageFiles(two[1], transforms=CROPS, same_geometry_as=photos)
    (beside,) = Loader([photos, depths], batch_size=N, seed=1)
    (alone,) = Loader(depths, batch_size=N, seed=1)
    assert np.array_equal(beside[1], alone)
