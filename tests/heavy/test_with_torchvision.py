"""Pipelines of torchvision in `Wrap`."""

import pickle
import subprocess
import sys

import cloudpickle
import numpy as np
import pytest

from aliquot._random import SampleDraws
from aliquot.cache import fingerprint
from aliquot.errors import BatchError
from aliquot.image import ImageFiles, Wrap
from aliquot.image._wrap import _TAKE_GENERATOR
from aliquot.testing._at_once import at_once

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.fixture(scope="module")
def v2():
    from torchvision.transforms import v2

    return v2


@pytest.fixture
def generator_untouched(torch):
    """Check that torch's global generator stands where it stood."""
    before = torch.get_rng_state()
    yield
    assert torch.equal(before, torch.get_rng_state())


def draws(place=0):
    return SampleDraws(key=3, place=place)


def augment(v2):
    import torch

    return v2.Compose(
        [
            v2.RandomResizedCrop((24, 28), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(0.3, 0.3, 0.3, 0.1),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.2)),
        ]
    )


def with_function(v2):
    import torch

    return v2.Compose([v2.Lambda(lambda x: x // 2 + torch.randint(99, (1,)).to(x.dtype))])


PIPELINES = {
    "Compose": augment,
    "single": lambda v2: v2.RandomCrop((24, 28)),
    "Pillow": lambda v2: v2.Compose([v2.RandomRotation(40), v2.ToPILImage()]),
    "plain tensor": lambda v2: v2.Compose([v2.RandAugment(), v2.ToPureTensor()]),
    "function": with_function,
}

# What each transform of v2 that draws needs besides its defaults.
RANDOM = {
    "AugMix": (),
    "AutoAugment": (),
    "ColorJitter": (0.5, 0.5, 0.5, 0.2),
    "ElasticTransform": (),
    "GaussianBlur": (3,),
    "GaussianNoise": (),
    "RandAugment": (),
    "RandomAdjustSharpness": (3,),
    "RandomAffine": (40,),
    "RandomChannelPermutation": (),
    "RandomCrop": (30,),
    "RandomEqualize": (),
    "RandomErasing": (),
    "RandomGrayscale": (0.5,),
    "RandomHorizontalFlip": (),
    "RandomInvert": (),
    "RandomPerspective": (),
    "RandomPhotometricDistort": (),
    "RandomPosterize": (2,),
    "RandomResize": (20, 50),
    "RandomResizedCrop": (20,),
    "RandomRotation": (40,),
    "RandomShortestSize": ((20, 24, 28),),
    "RandomSolarize": (100,),
    "RandomVerticalFlip": (),
    "RandomZoomOut": (),
    "ScaleJitter": ((40, 40),),
    "TrivialAugmentWide": (),
}
NESTED = {
    "RandomApply": lambda v2: v2.RandomApply([v2.RandomCrop(30)]),
    "RandomChoice": lambda v2: v2.RandomChoice([v2.RandomInvert(1), v2.RandomVerticalFlip(1)]),
    "RandomOrder": lambda v2: v2.RandomOrder([v2.RandomInvert(), v2.RandomSolarize(99, p=1)]),
}
DRAWING = {
    **{name: lambda v2, name=name: getattr(v2, name)(*RANDOM[name]) for name in RANDOM},
    **NESTED,
}


# Random numbers


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.usefixtures("untouched", "generator_untouched")
def test_workers_make_no_difference(v2, name, epochs_of, processes):
    """Inline, in two threads, in two processes: the same pictures, others in the next epoch."""
    pipeline = PIPELINES[name](v2)
    inline, threads, others = (epochs_of(Wrap(pipeline), pool) for pool in (None, 2, processes))
    assert np.array_equal(inline, threads)
    assert np.array_equal(inline, others)
    assert not np.array_equal(inline[:10], inline[10:])


@pytest.mark.parametrize("name", DRAWING)
@pytest.mark.usefixtures("untouched", "generator_untouched")
def test_a_picture_depends_on_its_place(v2, name, picture):
    """With every transform of v2 that draws."""
    image = picture / np.float32(255) if name == "GaussianNoise" else picture
    wrapped = Wrap(DRAWING[name](v2))
    first, again = ([wrapped(image, rng=draws(place)) for place in range(12)] for _ in range(2))
    assert all(map(np.array_equal, first, again))
    assert len({found.tobytes() for found in first}) > 1


@pytest.mark.parametrize("name", DRAWING)
def test_numbers_are_those_of_a_generator_of_torch(torch, v2, name, picture):
    """One that has the seed of the place."""
    from torchvision import tv_tensors

    image = picture / np.float32(255) if name == "GaussianNoise" else picture
    pipeline = DRAWING[name](v2)
    tensor = tv_tensors.Image(torch.from_numpy(image).permute(2, 0, 1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draws(5).seeds())
        expected = pipeline(tensor).permute(1, 2, 0).numpy()
    assert np.array_equal(Wrap(pipeline)(image, rng=draws(5)), expected)


def test_no_function_of_torch_that_takes_a_generator_is_forgotten(torch):
    """Nor a method of its tensors; layers of networks are left out."""

    def takes_generator(name):
        packet = getattr(torch.ops.aten, name, None)
        kinds = packet.overloads() if hasattr(packet, "overloads") else []
        variants = [getattr(packet, kind) for kind in kinds]
        return any(own.name == "generator" for one in variants for own in one._schema.arguments)

    public = {*dir(torch), *dir(torch.Tensor)} - {"random"}  # which is a module
    known = set(filter(takes_generator, public))
    assert {"rand", "uniform_", "randperm"} < known
    forgotten = [name for name in known if not _TAKE_GENERATOR.fullmatch(name)]
    assert [name for name in forgotten if "rrelu" not in name and "dropout" not in name] == []


def test_a_training_loop_may_draw_meanwhile(torch, v2, epochs_of):
    """From the generator that all threads share: neither notices the other."""
    wrapped = Wrap(augment(v2))
    drawn = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        threads = epochs_of(wrapped, 2, between=lambda: drawn.append(torch.rand(1).item()))
        torch.manual_seed(1)
        alone = [torch.rand(1).item() for _ in drawn]
    assert (drawn, np.array_equal(threads, epochs_of(wrapped))) == (alone, True)


def test_threads_at_once_do_not_draw_from_each_other(v2, picture):
    """Each has a generator of its own."""
    wrapped = Wrap(v2.Compose([v2.RandomCrop(20), v2.ColorJitter(0.5), v2.RandomErasing(1)]))

    def read(thread):
        return [wrapped(picture, rng=draws(place)) for place in range(thread, thread + 20)]

    expected = [wrapped(picture, rng=draws(place)) for place in range(24)]
    for thread, found in enumerate(at_once(read, threads=4)):
        assert np.array_equal(found, expected[thread : thread + 20])


# What comes in and out


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_keep_their_channels_and_their_dtype(v2, picture, channels, dtype):
    """Grey ones, too."""
    image = np.concatenate([picture, picture], axis=2)[..., :channels]
    image = image if dtype is np.uint8 else image / np.float32(255)
    found = Wrap(v2.Compose([v2.RandomCrop(20), v2.RandomVerticalFlip(1)]))(image, rng=draws())
    assert (found.shape, found.dtype) == ((20, 20, channels), dtype)


def test_a_pipeline_that_does_nothing_gives_the_picture(v2, picture):
    """A copy: nothing of it is lost on the way."""
    found = Wrap(v2.Identity())(picture, rng=draws())
    assert (np.array_equal(found, picture), np.shares_memory(found, picture)) == (True, False)


def test_the_transforms_of_weights_may_be_wrapped(picture):
    """They are modules of torchvision, if none of v2."""
    from torchvision.models import ResNet18_Weights

    wrapped = Wrap(ResNet18_Weights.DEFAULT.transforms(crop_size=24, resize_size=30))
    found = wrapped(picture, rng=draws())
    assert (found.shape, found.dtype) == ((24, 24, 3), np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda v2: v2.FiveCrop(9), "not .*a Image"),
        (lambda v2: v2.Lambda(np.asarray), "an array of albumentations, not uint8"),
        (lambda v2: v2.Lambda(lambda x: x[0]), r"not a tensor of shape \(53, 80\)"),
        (lambda v2: v2.Lambda(lambda x: x[None]), r"not a tensor of shape \(1, 3, 53, 80\)"),
        (lambda v2: v2.Lambda(lambda _: None), "not None"),
    ],
    ids=["many", "array", "two axes", "batch", "nothing"],
)
def test_what_is_no_picture_is_named(v2, make, message, picture):
    """With the pipeline that gave it."""
    with pytest.raises(BatchError, match=rf"Wrap\(.*\) must give one picture: .*{message}"):
        Wrap(make(v2))(picture, rng=draws())


@pytest.mark.parametrize("name", PIPELINES)
def test_they_can_be_pickled(v2, name, picture):
    """By cloudpickle, which takes functions, too."""
    wrapped = Wrap(PIPELINES[name](v2))
    copy = pickle.loads(cloudpickle.dumps(wrapped))
    assert np.array_equal(copy(picture, rng=draws()), wrapped(picture, rng=draws()))


def test_two_pipelines_are_two_things_for_a_cache(v2, picture):
    """Whatever they drew before."""

    def digest(pipeline):
        wrapped = Wrap(pipeline)
        wrapped(picture, rng=draws())
        return fingerprint(ImageFiles(["a.png"], transforms=[wrapped]).made_of)

    variants = [*PIPELINES.values(), *DRAWING.values(), lambda v2: v2.RandomCrop((24, 29))]
    variants = [make for make in variants if "GaussianNoise" not in repr(make(v2))]
    digests = [digest(make(v2)) for make in variants]
    assert digests == [digest(make(v2)) for make in variants]
    assert len(set(digests)) == len(variants)


def test_it_names_the_pipeline(v2):
    """In one short line."""
    compose, flip = v2.Compose([v2.RandomHorizontalFlip()]), v2.RandomHorizontalFlip(p=0.25)
    assert (repr(Wrap(compose)), repr(Wrap(flip))) == (
        "Wrap(Compose(...))",
        "Wrap(RandomHorizontalFlip(p=0.25))",
    )


def test_no_library_is_imported_for_it():
    """They are told by their classes."""
    code = "import sys, aliquot.image; print({'torch', 'torchvision', 'cv2'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
