"""The laws: who makes a batch, when and where changes nothing in what a stage gives."""

import functools
from dataclasses import dataclass

import numpy as np
import pytest
from stages_cases import plains

from aliquot import Loader
from aliquot.data_source import ArrayDataSource, SingleDataSource
from aliquot.errors import BatchError
from aliquot.stages import CutMix, MixUp, Pad, normalize, one_hot
from aliquot.work_pool import WorkerProcessPool

N = 30
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 6, 5, 3)).astype(np.uint8)
LABELS = np.arange(N) % 4
TEXTS = [list(range(i % 5 + 1)) for i in range(N)]
COLUMNS = {"image": IMAGES, "label": LABELS, "text": TEXTS}
NAMED = {"images": "image", "labels": "label"}

SOURCES = {
    "pad": lambda: ArrayDataSource([LABELS, TEXTS]).map(Pad(1)),
    "pad dict": lambda: ArrayDataSource(COLUMNS).map(Pad("text", mask=False)),
    "mixup": lambda: ArrayDataSource([IMAGES, LABELS]).map(MixUp(classes=4)),
    "cutmix": lambda: ArrayDataSource([IMAGES, LABELS]).map(CutMix(classes=4)),
    "normalize": lambda: SingleDataSource(IMAGES).map(normalize(0.5, (1, 2, 3))),
    "one_hot": lambda: ArrayDataSource([IMAGES, LABELS]).map(one_hot(4)),
    "all": lambda: (
        ArrayDataSource(COLUMNS)
        .map(one_hot(4, column="label"))
        .map(CutMix(**NAMED))
        .map(normalize(0.5, 0.25, column="image"))
        .map(MixUp(**NAMED))
        .map(Pad("text", to=5))
    ),
}
every_source = pytest.mark.parametrize("name", SOURCES)


def loader(name, **options):
    return Loader(SOURCES[name](), **{"batch_size": 7, "shuffle": True, "seed": 3, **options})


@every_source
def test_threads_give_what_inline_gives(name):
    """Bit for bit, two epochs long."""
    inline = loader(name)
    expected = [plains(inline), plains(inline)]
    with loader(name, pool=2) as threaded:
        assert [plains(threaded), plains(threaded)] == expected
    assert expected[0] != expected[1]


def test_processes_give_what_inline_gives():
    """The stages are sent to them."""
    with WorkerProcessPool(1) as pool:
        assert plains(loader("all", pool=pool)) == plains(loader("all"))


@every_source
@pytest.mark.parametrize("steps", [1, 3])
def test_a_loader_that_resumes_gives_what_was_left(name, steps):
    """Also what was drawn."""
    first = loader(name)
    iterator = iter(first)
    for _ in range(steps):
        next(iterator)
    resumed = loader(name)
    resumed.load_state_dict(first.state_dict())
    assert plains(resumed) == plains(iterator)


@every_source
def test_a_batch_is_rebuilt(name):
    """By its place."""
    batches = plains(loader(name))
    assert plains([loader(name).batch_at(0, 7)]) == [batches[1]]


@every_source
@pytest.mark.parametrize("pool", [None, 2])
def test_verifying_passes(name, pool):
    """Stages that mix a batch are not read in parts."""
    with loader(name, pool=pool) as given:
        given.verify()


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_padding_takes_part_in_mixing(name):
    """The mask comes after it."""
    *_, (images, labels, mask) = loader(name, pad_last=True)
    assert (images.shape, labels.shape) == ((7, 6, 5, 3), (7, 4))
    assert mask.tolist() == [True] * 2 + [False] * 5


def test_a_stage_is_named_by_its_repr():
    """In the source, and in what it raises."""
    source = ArrayDataSource([IMAGES, LABELS]).map(MixUp(classes=2))
    stage = "MixUp(alpha=0.2, classes=2, images=0, labels=1)"
    assert repr(source).endswith(f".map({stage})")
    with pytest.raises(BatchError) as caught:
        Loader(source, batch_size=4).peek()
    assert any(note.startswith(f"in {stage}, given") for note in caught.value.__notes__)


def test_a_partial_of_a_stage_is_named_by_its_repr():
    """It is the stage that counts."""
    source = ArrayDataSource([IMAGES, LABELS]).map(functools.partial(one_hot(4)))
    assert repr(source).endswith(".map(OneHot(classes=4, column=1))")


@pytest.mark.parametrize("text", ["a\nb", "a" * 300])
def test_an_object_with_a_long_repr_is_named_by_its_class(text):
    """And by the line of its call."""

    @dataclass
    class Long:
        text: str

        def __repr__(self):
            return self.text

        def __call__(self, x):
            return x

    source = ArrayDataSource([LABELS]).map(Long(text))
    line = Long.__call__.__code__.co_firstlineno
    assert repr(source).endswith(f"Long ({__file__}:{line}))")
