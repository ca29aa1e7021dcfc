"""Pipelines of other libraries among the transforms; tests/heavy has the libraries themselves."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot._random import Draws, SampleDraws
from aliquot.cache import fingerprint
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.image import ImageFiles, RandomApply, Resize, Wrap
from aliquot.testing._global_states import global_states
from aliquot.testing._samples import same

IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


class Albumentation:
    """Stands for what all transforms of albumentations extend."""

    def __init__(self, n=0):
        self.n = n

    def set_random_state(self, random_generator, py_random):
        self.numpy, self.python = random_generator, py_random

    def __repr__(self):
        return f"{type(self).__name__}({self.n})"


class OldAlbumentation:
    pass


class Module:
    """Stands for ``torch.nn.Module``."""


class Vision(Module):
    """Stands for a transform of torchvision v2."""


class OldVision:
    """Stands for one of those that came before."""


Albumentation.__module__ = OldAlbumentation.__module__ = "albumentations.core.composition"
Module.__module__ = "torch.nn.modules.module"
Vision.__module__ = "torchvision.transforms.v2._container"
OldVision.__module__ = "torchvision.transforms.transforms"


class Noise(Albumentation):
    """Draws from both of its generators."""

    def __call__(self, image):
        numbers = self.numpy.integers(200), self.python.randrange(50), self.n
        return {"image": image + np.uint8(sum(numbers) % 256)}


class Gives(Albumentation):
    """Gives the same, whatever comes."""

    def __call__(self, image):
        return {"image": self.n}


class InPlace(Albumentation):
    def __call__(self, image):
        image[:] = 0
        return {"image": image}


def invert(image):
    return 255 - image


def draws(place=0):
    return SampleDraws(key=3, place=place)


def epoch_of(photos, **options):
    with Loader(photos, batch_size=2, seed=7, shuffle=True, **options) as loader:
        return np.concatenate([batch for _ in loader.epochs(2) for batch in loader])


# Random numbers


def test_a_picture_depends_on_its_place():
    """And on nothing that was drawn before."""
    wrapped = Wrap(Noise())
    found = [wrapped(IMAGE, rng=draws(place)).tolist() for place in (0, 1, 2, 0, 1, 2)]
    assert (found[:3], found[0] == found[1]) == (found[3:], False)


def test_both_generators_are_those_of_the_place():
    """NumPy's from the address itself, Python's by a seed that is drawn."""
    seen = Noise()
    seen.__deepcopy__ = lambda memo: seen
    Wrap(seen)(IMAGE, rng=draws())
    rng = draws()
    expected = rng.generator()
    expected.integers(200)
    assert seen.numpy.integers(10**9) == expected.integers(10**9)


def test_no_generator_of_anybody_is_touched():
    """Neither the global ones, nor that of the pipeline."""
    pipeline, before = Noise(), global_states()
    Wrap(pipeline)(IMAGE, rng=draws())
    assert (same(before, global_states()), vars(pipeline)) == (True, {"n": 0})


def test_two_of_a_chain_draw_differently(three):
    """Each is a part of the stage."""

    def first(*transforms):
        return ImageFiles(three * 30, transforms=[Resize((4, 6)), *transforms])[:][:, 0, 0, 0]

    one, both = first(Wrap(Noise())), first(Wrap(Noise()), Wrap(Noise()))
    assert (both - one).tolist() != (one - first()).tolist()


def test_it_takes_random_numbers(three):
    """So pictures with it are not cached."""
    assert ImageFiles(three, transforms=[Wrap(Noise())]).draws


def test_workers_make_no_difference(three):
    """Inline, and in two threads."""
    photos = ImageFiles(three * 4, transforms=[Resize((4, 6)), Wrap(Noise())])
    inline = epoch_of(photos)
    assert np.array_equal(inline, epoch_of(photos, pool=2))
    assert not np.array_equal(inline[:12], inline[12:])


# Threads

MEETING = threading.Barrier(2)


class Meets(Noise):
    """Begins when another thread has, too."""

    def __call__(self, image):
        MEETING.wait(timeout=30)
        return super().__call__(image)


def test_threads_at_once_do_not_draw_from_each_other():
    """Each has a copy of the pipeline."""
    wrapped, alone = Wrap(Meets()), Wrap(Noise())
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda place: wrapped(IMAGE, rng=draws(place)), range(8)))
    assert np.array_equal(found, [alone(IMAGE, rng=draws(place)) for place in range(8)])


class Counted(Noise):
    copies = 0

    def __deepcopy__(self, memo):
        Counted.copies += 1
        return Noise(self.n)


def test_copies_are_used_again():
    """One is enough for one thread."""
    wrapped = Wrap(Counted())
    for place in range(5):
        wrapped(IMAGE, rng=draws(place))
    assert Counted.copies == 1


# What comes in and out


def test_the_picture_that_is_given_stays_as_it_is():
    """Pipelines may write into their own copy."""
    image = IMAGE.copy()
    image.flags.writeable = False
    assert Wrap(InPlace())(image, rng=draws()).any() == False  # noqa: E712
    assert image.tolist() == IMAGE.tolist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (IMAGE / np.float32(255), IMAGE / np.float32(255)),
        (IMAGE[..., 0], IMAGE[..., :1]),
        (Image.fromarray(IMAGE), IMAGE),
        (Image.fromarray(IMAGE[..., 0]), IMAGE[..., :1]),
    ],
    ids=["float32", "grey", "Pillow", "grey of Pillow"],
)
def test_it_gives_an_array_of_height_width_and_channels(given, expected):
    """In the dtype that the pipeline gives."""
    found = Wrap(Gives(given))(IMAGE, rng=draws())
    assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())


@pytest.mark.parametrize("given", [None, [IMAGE], (IMAGE, IMAGE), np.zeros(3), np.zeros([2] * 4)])
def test_what_is_no_picture_is_named(given):
    """With the pipeline that gave it."""
    with pytest.raises(BatchError, match=r"Wrap\(Gives.*\) must give one picture"):
        Wrap(Gives(given))(IMAGE, rng=draws())


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (IMAGE.astype(int), ArgumentTypeError, "Wrap takes a uint8 or float32 array, not int64"),
        (IMAGE[0], ArgumentError, r"Wrap takes one picture.*not an array of shape \(4, 3\)"),
        ([1], ArgumentTypeError, "Wrap takes a uint8 or float32 array, not list"),
    ],
    ids=["dtype", "shape", "list"],
)
def test_it_is_given_a_picture(image, error, message):
    """As other transforms are."""
    with pytest.raises(error, match=message):
        Wrap(Noise())(image, rng=draws())


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (invert, "not <function invert at .*a function of one picture needs no Wrap"),
        (None, "not None"),
        ([Noise()], "put the transforms into a Compose"),
        (Noise, r"make one, such as Noise\(...\)"),
        (OldAlbumentation(), "version 2 or newer"),
        (OldVision(), "successors of the same names in torchvision.transforms.v2"),
        (Module(), "Wrap takes a transform of torchvision.transforms.v2 or of albumentations"),
    ],
    ids=["function", "None", "list", "class", "old albumentations", "old torchvision", "torch"],
)
def test_other_things_are_refused(pipeline, message):
    """When it is made, with what to do instead."""
    with pytest.raises(ArgumentTypeError, match=message):
        Wrap(pipeline)


@pytest.mark.parametrize("pipeline", [Vision(), Noise()], ids=["torchvision", "albumentations"])
def test_both_libraries_are_told_by_their_classes(pipeline):
    """Also by those that the user's own extend; nothing is imported for it."""
    assert Wrap(pipeline).pipeline is pipeline


# Among other transforms


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in RandomApply"])
@pytest.mark.parametrize("along", [{"boxes": [[]]}, {"masks": ["m.png"]}, {"keypoints": [[]]}])
def test_masks_boxes_and_keypoints_are_refused(inside, along):
    """A pipeline does not tell where it moves pixels."""
    transform = RandomApply([invert, Wrap(Noise())]) if inside else Wrap(Noise())
    message = r"^Wrap\(Noise\(0\)\) does not tell where it moves.*transforms of aliquot.image"
    with pytest.raises(ArgumentError, match=message):
        ImageFiles(["a.png"], transforms=[transform], **along)


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (Noise(3), "Wrap(Noise(3))"),
        (Noise("x" * 60), "Wrap(Noise(...))"),
        (Gives(IMAGE), "Wrap(Gives(...))"),
    ],
    ids=["short", "long", "of several lines"],
)
def test_it_names_the_pipeline(pipeline, expected):
    """In one short line."""
    assert repr(Wrap(pipeline)) == expected


def test_pictures_tell_that_it_runs_in_python(three):
    """In their `repr`, as with functions."""
    photos = ImageFiles(three, transforms=[Resize((4, 6)), Wrap(Noise()), invert])
    assert "decoded here, Wrap(Noise(0)) (runs in Python), invert (runs in Python)]" in repr(photos)


def test_a_loader_reports_what_runs_in_python(three):
    """What the time may go into."""
    inner = RandomApply([invert, Wrap(Noise())])
    photos = ImageFiles(three, transforms=[Resize((4, 6)), Wrap(Noise(1)), inner, Resize((2, 3))])
    with Loader([photos, photos], batch_size=2) as loader:
        told = loader.report()
    assert told.python_functions == ("Wrap(Noise(1))", "invert", "Wrap(Noise(0))")
    assert (
        "transforms: Wrap(Noise(1)) (runs in Python), invert (runs in Python), "
        "Wrap(Noise(0)) (runs in Python)\n"
    ) in str(told)


@pytest.mark.parametrize("pickled", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
def test_it_can_be_pickled(pickled):
    """Also after it was used."""
    wrapped = Wrap(Noise(7))
    expected = wrapped(IMAGE, rng=draws())
    copy = pickle.loads(pickled.dumps(wrapped))
    assert (repr(copy), copy(IMAGE, rng=draws()).tolist()) == (repr(wrapped), expected.tolist())


def test_two_pipelines_are_two_things_for_a_cache(three):
    """Whatever they drew before."""

    def digest(*pipelines):
        photos = ImageFiles(three, transforms=[Wrap(own) for own in pipelines])
        before = fingerprint(photos.made_of)
        photos.read(np.arange(3), rng=Draws(0, 0, 0, np.arange(3)))
        assert fingerprint(photos.made_of) == before
        return before

    assert digest(Noise(1)) == digest(Noise(1))
    assert (
        len({digest(Noise(1)), digest(Noise(2)), digest(InPlace(1)), digest(Noise(1), Noise(1))})
        == 4
    )
