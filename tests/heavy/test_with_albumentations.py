"""Pipelines of albumentations in `Wrap`."""

import pickle

import cloudpickle
import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.cache import fingerprint
from aliquot.image import ImageFiles, Wrap

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def A():  # noqa: N802 - as it is imported everywhere
    import albumentations

    return albumentations


PIPELINES = {
    "Compose": lambda A: A.Compose(
        [
            A.RandomResizedCrop((24, 28)),
            A.HorizontalFlip(),
            A.OneOf([A.GaussNoise(p=1), A.RandomBrightnessContrast(p=1)], p=0.9),
            A.CoarseDropout(fill="random"),
        ]
    ),
    "float": lambda A: A.Compose([A.RandomCrop(24, 28), A.ColorJitter(p=1), A.Normalize()]),
    "nested": lambda A: A.Compose([A.SomeOf([A.Rotate(p=1), A.Blur(p=1), A.Sharpen(p=1)], n=2)]),
    "single": lambda A: A.RandomCrop(24, 28),
    "function": lambda A: with_function(A),
}


def with_function(A):
    def inverted(image, **_):
        return 255 - image

    return A.Compose([A.Lambda(image=inverted), A.Affine(rotate=(-30, 30), p=1)])


def draws(place=0):
    return SampleDraws(key=3, place=place)


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.usefixtures("untouched")
def test_workers_make_no_difference(A, name, epochs_of, processes):
    """Inline, in two threads, in two processes: the same pictures, others in the next epoch."""
    pipeline = PIPELINES[name](A)
    inline, threads, others = (epochs_of(Wrap(pipeline), pool) for pool in (None, 2, processes))
    assert np.array_equal(inline, threads)
    assert np.array_equal(inline, others)
    assert not np.array_equal(inline[:10], inline[10:])


@pytest.mark.parametrize("name", PIPELINES)
def test_a_picture_depends_on_its_place(A, name, picture):
    """Whatever the pipeline was called with before, by whomever."""
    pipeline = PIPELINES[name](A)
    wrapped = Wrap(pipeline)
    first = [wrapped(picture, rng=draws(place)) for place in range(8)]
    pipeline(image=picture)
    again = [wrapped(picture, rng=draws(place)) for place in range(8)]
    assert all(map(np.array_equal, first, again))
    assert len({found.tobytes() for found in first}) > 4


def test_transforms_draw_independently(A):
    """Of two flips each comes with and without the other: set_random_seed would make them one."""
    wrapped = Wrap(A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)]))
    image = np.arange(4, dtype=np.uint8).reshape(2, 2, 1)
    found = [wrapped(image, rng=draws(place)).ravel().tolist() for place in range(400)]
    counts = np.unique(found, axis=0, return_counts=True)[1]
    # By chi-square, the 99.9 % point of 3 degrees of freedom.
    assert len(counts) == 4
    assert ((counts - 100) ** 2 / 100).sum() < 16.3


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_keep_their_channels_and_their_dtype(A, picture, channels, dtype):
    """Grey ones, too."""
    image = np.concatenate([picture, picture], axis=2)[..., :channels]
    image = image if dtype is np.uint8 else image / np.float32(255)
    pipeline = A.Compose([A.RandomCrop(20, 30), A.HorizontalFlip(), A.Rotate(), A.GaussNoise()])
    found = Wrap(pipeline)(image, rng=draws())
    assert (found.shape, found.dtype) == ((20, 30, channels), dtype)


def test_tensors_become_arrays(A, picture):
    """Those of ToTensorV2, channels first."""
    from albumentations.pytorch import ToTensorV2

    found = Wrap(A.Compose([ToTensorV2()]))(picture, rng=draws())
    assert np.array_equal(found, picture)


@pytest.mark.parametrize("name", PIPELINES)
def test_they_can_be_pickled(A, name, picture):
    """By cloudpickle, which takes functions, too."""
    wrapped = Wrap(PIPELINES[name](A))
    expected = wrapped(picture, rng=draws())
    copy = pickle.loads(cloudpickle.dumps(wrapped))
    assert np.array_equal(copy(picture, rng=draws()), expected)


def test_two_pipelines_are_two_things_for_a_cache(A, picture):
    """Whatever they drew before."""

    def digest(pipeline):
        wrapped = Wrap(pipeline)
        wrapped(picture, rng=draws())
        return fingerprint(ImageFiles(["a.png"], transforms=[wrapped]).made_of)

    made = [make for name, make in PIPELINES.items() if name != "function"]
    variants = [*made, lambda A: A.RandomCrop(24, 29), lambda A: A.Compose([A.RandomCrop(24, 28)])]
    digests = [digest(make(A)) for make in variants]
    assert digests == [digest(make(A)) for make in variants]
    assert len(set(digests)) == len(variants)


def test_it_names_the_pipeline(A):
    """In one short line."""
    compose, flip = A.Compose([A.HorizontalFlip()]), A.HorizontalFlip(p=0.25)
    assert (repr(Wrap(compose)), repr(Wrap(flip))) == (
        "Wrap(Compose(...))",
        "Wrap(HorizontalFlip(p=0.25))",
    )
