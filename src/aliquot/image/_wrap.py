"""Pipelines of torchvision and albumentations among the transforms, with random numbers of ours."""

import copy
import random
import re
from functools import cache
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, ClassVar

import numpy as np

from aliquot._batch import describe
from aliquot._random import SampleDraws
from aliquot.errors import ArgumentTypeError, BatchError
from aliquot.image._picture import Picture, check_picture, from_pillow

_LONGEST_REPR = 60

# The functions of torch and methods of its tensors that take a generator.
_TAKE_GENERATOR = re.compile(
    r"rand(n|int)?(_like)?|randperm|(normal|bernoulli)_?|binomial|multinomial|poisson|"
    r"(random|uniform|cauchy|exponential|geometric|log_normal)_|_sample_dirichlet|_standard_gamma"
)


class Wrap:
    """Run a pipeline of torchvision or albumentations on each picture.

    It is given the random numbers of the picture's place, so that seed, epoch and place alone say
    what becomes of a picture, in whichever thread or process. No global generator is read or
    changed, nor that of the pipeline itself.

    Parameters
    ----------
    pipeline : torchvision or albumentations transform
        A transform of ``torchvision.transforms.v2``, such as its ``Compose``, or another
        ``torch.nn.Module`` of torchvision; or a transform of albumentations 2 or albumentationsx,
        such as ``Compose``.

    Returns
    -------
    array, shape (height, width, channels)
        When called with a picture (uint8 or float32; 1, 3 or 4 channels) and `rng`: what the
        pipeline makes of a copy of it, in the dtype that the pipeline gives. Tensors (channels,
        height, width) and Pillow images are made arrays.

    Raises
    ------
    ArgumentTypeError
        If `pipeline` is nothing of these; when called, if the picture has another dtype (a
        `TypeError`).
    ArgumentError
        When called, if the array has another shape (a `ValueError`).
    BatchError
        When called, if the pipeline gives no single picture (a `TypeError`).

    Notes
    -----
    Torchvision is given a ``tv_tensors.Image`` (channels, height, width), albumentations an array
    by the name ``image``. A function of your own inside a pipeline has to draw from torch, or from
    the generators that albumentations hands to its transforms: what it draws from `random` or
    `numpy.random` is not seeded.

    A pipeline does not tell where it moves pixels, so masks, boxes and keypoints do not go
    together with it.

    Examples
    --------
    ``Wrap(v2.Compose([v2.RandomPerspective(), v2.ColorJitter(0.4)]))`` stands in a list of
    transforms. A function of one picture stands there as it is:

    >>> def invert(image):
    ...     return 255 - image
    >>> Wrap(invert)
    Traceback (most recent call last):
    aliquot.errors.ArgumentTypeError: Wrap takes a transform of torchvision.transforms.v2 or of
    albumentations, not <function invert at ...>: a function of one picture needs no Wrap, ...
    """

    moves_pixels: ClassVar[bool] = True

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self._library = _library_of(pipeline)
        # Copies that no thread is using: a pipeline of albumentations holds what it draws from.
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def __reduce__(self) -> Any:
        return Wrap, (self.pipeline,)

    def __repr__(self) -> str:
        shown = repr(self.pipeline)
        if len(shown) > _LONGEST_REPR or shown != " ".join(shown.split()):
            shown = f"{type(self.pipeline).__qualname__}(...)"
        return f"Wrap({shown})"

    def __call__(self, image: Picture, *, rng: SampleDraws) -> Picture:
        check_picture(image, self)
        run = self._torchvision if self._library == "torchvision" else self._albumentations
        # A copy: pipelines may write into what they are given, or give it back.
        return self._picture(run(image.copy(), rng))

    def _torchvision(self, image: Picture, rng: SampleDraws) -> Any:
        # A view, channels last in memory: torchvision resizes those faster than contiguous tensors.
        tensor = import_module("torch").from_numpy(image).permute(2, 0, 1)
        with _drawing()(rng.seeds()):
            return self.pipeline(import_module("torchvision.tv_tensors").Image(tensor))

    def _albumentations(self, image: Picture, rng: SampleDraws) -> Any:
        try:
            pipeline = self._idle.get_nowait()
        except Empty:
            pipeline = copy.deepcopy(self.pipeline)
        # Not set_random_seed: it gives each transform of a Compose the same random numbers.
        pipeline.set_random_state(rng.generator(), random.Random(rng.seeds()))  # noqa: S311
        found = pipeline(image=image)["image"]
        self._idle.put(pipeline)
        return found

    def _picture(self, found: Any) -> Picture:
        """Make what a pipeline gave an array of height, width and channels."""
        array: Picture
        packages = _packages(found)
        if "torch" in packages and found.ndim == 3:
            array = found.permute(1, 2, 0).numpy()
            return array
        if "PIL" in packages:
            return from_pillow(found)
        if isinstance(found, np.ndarray) and self._library == "albumentations":
            array = found[..., np.newaxis] if found.ndim == 2 else found
            if array.ndim == 3:
                return array
        raise BatchError(
            f"{self!r} must give one picture: a tensor (channels, height, width), a Pillow image, "
            f"or an array of albumentations, not {_described(found)}"
        )


def _library_of(pipeline: Any) -> str:
    """Tell whose pipeline it is, or refuse it."""
    packages = _packages(pipeline)
    if "torchvision" in packages and "torch" in packages:
        return "torchvision"
    if "albumentations" in packages and hasattr(pipeline, "set_random_state"):
        return "albumentations"
    raise ArgumentTypeError(
        "Wrap takes a transform of torchvision.transforms.v2 or of albumentations, "
        f"not {pipeline!r:.80}: {_advice(pipeline, packages)}"
    )


def _advice(pipeline: Any, packages: set[str]) -> str:
    if isinstance(pipeline, type):
        return f"make one, such as {pipeline.__name__}(...)"
    if isinstance(pipeline, list | tuple):
        return "put the transforms into a Compose of their library"
    if "torchvision" in packages:
        return "older transforms have successors of the same names in torchvision.transforms.v2"
    if "albumentations" in packages:
        return "version 2 or newer is needed, whose transforms have set_random_state"
    return (
        "a function of one picture needs no Wrap, it stands in the list of transforms itself, and "
        "draws from its parameter rng"
    )


def _packages(value: Any) -> set[str]:
    """Give the packages of an object's class and of those that it extends."""
    return {base.__module__.partition(".")[0] for base in type(value).__mro__}


def _described(found: Any) -> str:
    if "torch" in _packages(found):
        return f"a tensor of shape {tuple(found.shape)}"
    return describe(found)


@cache
def _drawing() -> Any:
    """Make the class of contexts within which torch draws from a generator of its own.

    torch holds them for each thread. So no lock is needed, and what another thread draws from the
    global generator meanwhile makes no difference.
    """
    torch = import_module("torch")

    class Drawing(import_module("torch.overrides").TorchFunctionMode):  # type: ignore[misc]
        def __init__(self, seed: int) -> None:
            super().__init__()
            self._generator = torch.Generator().manual_seed(seed)

        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            keywords = dict(kwargs or {})
            draws = _TAKE_GENERATOR.fullmatch(getattr(function, "__name__", ""))
            if draws and keywords.get("generator") is None:
                keywords["generator"] = self._generator
            return function(*args, **keywords)

    return Drawing
