"""`ImageFiles` by the kernel, held against the other codecs; and where it is missing."""

import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot.errors import ImageError, MissingExtraError
from aliquot.image import (
    CenterCrop,
    ImageFiles,
    Normalize,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
    ToFloat,
    _options,
)
from aliquot.image import _kernel_files as kernel_files
from aliquot.image._kernel_files import kernel
from aliquot.image._options import checked
from aliquot.image._pictures import read
from aliquot.image._resample import library
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

KERNEL = "libjpeg-turbo"
OTHERS = [
    pytest.param("simplejpeg", marks=pytest.mark.skipif(library() is None, reason="not here")),
    "pillow",
]
built = pytest.mark.skipif(kernel() is None, reason="the kernel was not built")


def waves(height, width, seed=0):
    """Return a smooth RGB picture."""
    y, x = np.mgrid[0:height, 0:width] / 25
    layers = [128 + 60 * np.sin(x + c + seed) + 60 * np.cos(1.3 * y - c) for c in range(3)]
    return np.stack(layers, axis=-1).clip(0, 255).astype(np.uint8)


def turn(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif}


SAVES = {
    **{f"turned {number}.jpg": ("RGB", turn(number)) for number in range(1, 9)},
    "444.jpg": ("RGB", {"subsampling": "4:4:4"}),
    "progressive.jpg": ("RGB", {"progressive": True}),
    "grey.jpg": ("L", {}),
    "ink.jpg": ("CMYK", {}),
    "xmp.jpg": ("RGB", {"xmp": b'<x tiff:Orientation="6"/>'}),
    "colours.png": ("RGB", {}),
    "transparent.png": ("RGBA", {}),
    "turned.webp": ("RGB", {"lossless": True, **turn(8)}),
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Save pictures of many kinds, each of its own size; give the paths."""
    folder = tmp_path_factory.mktemp("mixed")
    paths = []
    for number, (name, (mode, options)) in enumerate(SAVES.items()):
        image = Image.fromarray(waves(90 + 13 * number, 190 - 7 * number, number))
        options = {"quality": 90, **options} if name.endswith("jpg") else options
        paths.append(str(folder / name))
        image.convert(mode).save(paths[-1], **options)
    return paths


def cut(path, to, share=0.5):
    """Copy the beginning of a file; give the path of the copy."""
    blob = Path(path).read_bytes()
    to.write_bytes(blob[: int(len(blob) * share)])
    return str(to)


CHAINS = {
    "as it is": [],
    "resized": [Resize((40, 60))],
    "the shorter side": [Resize(50), CenterCrop(48)],
    "random": [RandomResizedCrop(45), RandomHorizontalFlip(), RandomVerticalFlip()],
    "cubic": [RandomResizedCrop((64, 33), interpolation="bicubic"), RandomHorizontalFlip()],
    "lanczos": [Resize((200, 300), interpolation="lanczos")],
    "box": [Resize((30, 20), interpolation="box"), RandomVerticalFlip()],
    "a border": [Pad((3, 40), fill=9), RandomCrop(60), Resize((50, 50))],
    "beyond": [RandomCrop(400, pad_if_needed=True, fill=200), RandomHorizontalFlip()],
    "at the corner": [RandomCrop(90, padding=80, fill=(9, 99, 199)), RandomVerticalFlip()],
    "levels": [
        RandomResizedCrop(40),
        RandomHorizontalFlip(),
        ToFloat(),
        Normalize((0.4, 0.5, 0.6), (1 / 255, 1 / 255, 1 / 255)),
    ],
}


def pixels(pictures):
    """Return arrays of whatever came."""
    return [np.asarray(picture) for picture in pictures]


def assert_alike(found, expected):
    """Shapes and dtypes are the same, and pixels within a grey level on average."""
    for one, other in zip(pixels(found), pixels(expected), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert not one.size or np.abs(one.astype(float) - other).mean() < 1


@built
@pytest.mark.parametrize("codec", OTHERS)
@pytest.mark.parametrize("chain", CHAINS)
def test_chains_give_the_pictures_of_the_other_codecs(mixed, chain, codec):
    """Of a batch of all kinds, whichever way is up."""
    options = {"transforms": CHAINS[chain], "reducing_gap": None}
    found, expected = (ImageFiles(mixed, codec=own, **options)[:] for own in (KERNEL, codec))
    assert type(found) is type(expected)
    assert_alike(found, expected)


@built
@pytest.mark.parametrize("codec", OTHERS)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", None])
@pytest.mark.parametrize(
    "way",
    [
        {},
        {"layout": "NCHW"},
        {"output": "pil"},
        {"transforms": [Pad(5, fill=77), RandomCrop(70), RandomHorizontalFlip()], "output": "pil"},
        {"transforms": [Resize(60), RandomVerticalFlip(), Pad(2, fill=77)], "layout": "NCHW"},
    ],
    ids=range(5),
)
def test_modes_and_outputs_are_those_of_the_other_codecs(mixed, mode, way, codec):
    """Also where some of the files are not for the kernel."""
    options = {"mode": mode, "reducing_gap": None, **way}
    found, expected = (ImageFiles(mixed, codec=own, **options)[:] for own in (KERNEL, codec))
    assert_alike(found, expected)
    if "output" in way:
        assert [image.mode for image in found] == [image.mode for image in expected]


@built
@pytest.mark.parametrize("codec", OTHERS)
def test_what_is_shrunk_while_it_is_decoded_is_that_of_the_other_codecs(mixed, codec):
    """By the same scales."""
    options = {"transforms": [RandomResizedCrop(20), RandomHorizontalFlip()]}
    found, expected = (ImageFiles(mixed, codec=own, **options)[:] for own in (KERNEL, codec))
    assert_alike(found, expected)


@built
def test_a_picture_does_not_depend_on_the_others_of_its_batch(mixed):
    """Bit for bit, in any order."""
    photos = ImageFiles(mixed, (30, 40), codec=KERNEL)
    batch = photos[:]
    assert np.array_equal(batch, [photos[number] for number in range(len(mixed))])
    assert np.array_equal(batch[::-1], photos[::-1])


@built
def test_pictures_of_16_bits_are_filled_with_their_own_levels(tmp_path):
    """The kernel has no say in what it does not decode."""
    Image.fromarray(np.full((2, 2), 50_000, np.uint16)).save(tmp_path / "a.png")
    options = {"mode": None, "transforms": [Pad(1, fill=60_000)]}
    found = ImageFiles([tmp_path / "a.png"], codec=KERNEL, **options)[0]
    assert (found[0, 0].tolist(), found[1, 1].tolist()) == ([60_000], [50_000])


# Faults


@built
@pytest.mark.parametrize("kind", ["turned 6.jpg", "progressive.jpg", "ink.jpg", "colours.png"])
def test_a_broken_file_in_a_mixed_batch_is_named_as_by_pillow(mixed, tmp_path, kind):
    """The first of them, with the same reason."""
    broken = [cut(path, tmp_path / name) for path, name in zip(mixed, SAVES, strict=True)]
    first = list(SAVES).index(kind)
    paths = [*mixed[:first], broken[first], *mixed[first + 1 :], broken[0]]
    caught = []
    for codec in (KERNEL, "pillow"):
        with pytest.raises(ImageError) as error:
            ImageFiles(paths, (40, 50), codec=codec)[:]
        caught.append((str(error.value), error.value.path, error.value.reason))
    assert (caught[0], caught[0][1]) == (caught[1], broken[first])


@built
@pytest.mark.parametrize("levels", [[], [ToFloat()]], ids=["bytes", "levels"])
def test_what_there_is_of_a_file_that_ends_early_is_that_of_pillow(mixed, tmp_path, levels):
    """Where it is asked for; the others are as ever."""
    paths = [*mixed[:9], cut(mixed[2], tmp_path / "a.jpg")]
    options = {"transforms": [Resize((40, 50)), *levels], "strict": False}
    found, expected = (ImageFiles(paths, codec=codec, **options)[:] for codec in (KERNEL, "pillow"))
    assert np.array_equal(found[-1], expected[-1])
    whole = ImageFiles(mixed[:9], codec=KERNEL, **options)[:]
    assert np.array_equal(found[:-1], whole)


@built
@pytest.mark.parametrize("codec", [KERNEL, *OTHERS])
def test_a_file_that_is_missing_is_named(mixed, tmp_path, codec):
    """By the error of the system."""
    path = str(tmp_path / "none.jpg")
    with pytest.raises(FileNotFoundError) as caught:
        ImageFiles([*mixed, path], (9, 9), codec=codec)[:]
    assert caught.value.filename == path


@built
@pytest.mark.parametrize("codec", [KERNEL, *OTHERS])
def test_files_that_are_no_pictures_are_named(mixed, tmp_path, codec):
    """An empty one, and a text."""
    for number, content in enumerate([b"", b"hello"]):
        (tmp_path / str(number)).write_bytes(content)
        with pytest.raises(ImageError) as caught:
            ImageFiles([*mixed, tmp_path / str(number)], (9, 9), codec=codec)[:]
        assert caught.value.path == str(tmp_path / str(number))


# Without the kernel


@pytest.fixture
def missing(monkeypatch):
    """Take the kernel away, as where it was not built."""
    kernel.cache_clear()
    monkeypatch.setitem(sys.modules, "aliquot.image._kernel", None)
    yield
    kernel.cache_clear()


@pytest.mark.usefixtures("missing")
def test_without_the_kernel_the_next_codec_is_taken(monkeypatch):
    """simplejpeg, or Pillow where that is missing, too."""
    assert kernel() is None
    monkeypatch.setattr(_options, "library", lambda: (object(), object()))
    assert checked(None, {})[0].codec == "simplejpeg"
    monkeypatch.setattr(_options, "library", lambda: None)
    assert checked(None, {})[0].codec == "pillow"


@pytest.mark.usefixtures("missing")
def test_without_the_kernel_nobody_can_ask_for_it():
    """What to do is told."""
    with pytest.raises(
        MissingExtraError, match=r"needs the compiled kernel.*libjpeg-turbo 2\.1\.5"
    ):
        ImageFiles([], codec=KERNEL)


@pytest.mark.usefixtures("missing")
def test_without_the_kernel_pictures_are_read(mixed):
    """By what is there."""
    assert f"codec='{checked(None, {})[0].codec}'" in repr(ImageFiles(mixed))
    assert ImageFiles(mixed, (9, 8))[:].shape == (len(mixed), 9, 8, 3)


@built
def test_with_the_kernel_it_is_taken_unless_another_is_asked_for():
    """It is the fastest."""
    found = [checked(None, {"codec": codec})[0].codec for codec in (None, KERNEL, "pillow")]
    assert found == [KERNEL, KERNEL, "pillow"]


ELSEWHERE = """
import pickle, sys
sys.modules["aliquot.image._kernel"] = None
from aliquot.errors import MissingExtraError
photos = pickle.load(sys.stdin.buffer)
print(len(photos))
try:
    photos[0]
except MissingExtraError as error:
    print(error.name, error)
"""


@built
def test_pictures_that_come_to_a_place_without_the_kernel_say_so(mixed):
    """When they are read: another codec would give other pixels."""
    sent = pickle.dumps(ImageFiles(mixed, (9, 8), codec=KERNEL))
    command = [sys.executable, "-c", ELSEWHERE]
    run = subprocess.run(command, input=sent, capture_output=True, check=True)
    lines = run.stdout.decode().splitlines()
    assert (lines[0], run.stderr) == (str(len(mixed)), b"")
    assert lines[1].startswith('aliquot.image._kernel codec="libjpeg-turbo" needs the compiled')


# Threads


class Scripted:
    """Stands for the kernel's files, and tells what was asked of it."""

    def __init__(self, log, name, error=None):
        self.log, self.name, self.error = log, name, error

    def plan(self, *args):
        self.log.append((self.name, "plan", len(args[0])))

    def decode(self, wait=True):
        self.log.append((self.name, "decode", wait, len(kernel_files._under_way.files)))
        if self.error is not None:
            raise self.error

    def failed(self):
        return [3]


def decode_scripted(files, n):
    """Have files decoded that only tell of it."""
    options = checked(None, {"codec": "pillow"})[0]
    return kernel_files.decode(
        files,
        list(range(n)),
        np.zeros((n, 4)),
        np.zeros((n, 7), np.int64),
        [None] * n,
        options,
        None,
    )


@pytest.fixture
def under_way():
    """Give the list of files that are being decoded, empty before and after."""
    assert kernel_files._under_way.files == []
    yield kernel_files._under_way.files
    assert kernel_files._under_way.files == []


def test_a_thread_helps_with_earlier_batches_before_its_own(under_way):
    """Without waiting for them; it waits for its own."""
    log = []
    under_way += [Scripted(log, "first"), Scripted(log, "second")]
    failed = decode_scripted(Scripted(log, "own"), 8)
    assert (failed, log) == (
        [3],
        [
            ("own", "plan", 8),
            ("first", "decode", False, 3),
            ("second", "decode", False, 3),
            ("own", "decode", True, 3),
        ],
    )
    assert [files.name for files in under_way] == ["first", "second"]
    under_way.clear()


def test_a_small_batch_is_decoded_by_its_own_thread(under_way):
    """Nobody looks for others, and none is found."""
    log = []
    under_way.append(Scripted(log, "other"))
    decode_scripted(Scripted(log, "own"), 7)
    under_way.clear()
    assert log == [("own", "plan", 7), ("own", "decode", True, 1)]


@pytest.mark.parametrize("whose", ["own", "another's"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, SystemExit])
def test_nothing_is_left_under_way_when_decoding_is_interrupted(under_way, whose, error):
    """Ctrl-C can come at any time."""
    log, raising = [], error()
    if whose == "another's":
        under_way.append(Scripted(log, "other", raising))
    with pytest.raises(error):
        decode_scripted(Scripted(log, "own", raising if whose == "own" else None), 9)
    assert [files.name for files in under_way] == ["other"] * (whose != "own")
    under_way.clear()


@built
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks")
def test_a_forked_child_does_not_wait_for_threads_of_its_parent(saved, smooth):
    """One of them may be about to begin a batch; it is not in the child."""
    paths = [saved(f"{number}.jpg", smooth(30, 40)) for number in range(9)]
    script = f"""
import os, signal, warnings
warnings.simplefilter("ignore")
from aliquot.image import ImageFiles, _kernel_files
photos = ImageFiles({paths!r}, (8, 9))
_kernel_files._under_way.lock.acquire()
_kernel_files._under_way.files.append(None)
pid = os.fork()
if not pid:
    signal.alarm(20)
    print(photos[:].shape, flush=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.stdout.splitlines() == ["(9, 8, 9, 3)", "0"]


@built
@pytest.mark.usefixtures("under_way")
def test_many_threads_read_what_one_reads(mixed):
    """They share the pictures of all batches under way."""
    photos = ImageFiles(mixed, (33, 44), codec=KERNEL)
    parts = [np.roll(np.arange(len(mixed)), number)[:12] for number in range(16)]
    expected = [photos[part] for part in parts]
    barrier = threading.Barrier(8)

    def go(part):
        barrier.wait()
        return photos[part]

    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            assert np.array_equal(list(pool.map(go, parts)), expected)


@built
@pytest.mark.usefixtures("under_way")
def test_a_broken_file_is_the_error_of_its_own_batch_only(mixed, tmp_path):
    """Whoever helps decoding it."""
    broken = cut(mixed[0], tmp_path / "a.jpg")
    bad = ImageFiles([*mixed, broken], (33, 44), codec=KERNEL)
    good = ImageFiles(mixed, (33, 44), codec=KERNEL)
    expected, barrier = good[:], threading.Barrier(6)

    def go(number):
        barrier.wait()
        if number % 2:
            with pytest.raises(ImageError) as caught:
                bad[:]
            return caught.value.path == broken
        return np.array_equal(good[:], expected)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(go, range(24)))


@built
@pytest.mark.usefixtures("under_way")
def test_a_batch_comes_in_memory_of_its_own(mixed):
    """What is decoded next does not touch it."""
    photos = ImageFiles(mixed[:9], (33, 44), codec=KERNEL)
    first = photos[:]
    before = first.copy()
    first_again = photos[::-1]
    assert (first.flags.writeable, np.shares_memory(first, first_again)) == (True, False)
    assert np.array_equal(first, before)


@built
@pytest.mark.parametrize("make", [lambda: WorkerThreadPool(2), lambda: WorkerProcessPool(2)])
def test_a_loader_s_workers_give_the_batches_that_are_read_inline(mixed, make):
    """Bit for bit, from threads that help each other and from processes."""
    photos = ImageFiles(
        mixed * 3,
        transforms=[RandomResizedCrop(30), RandomHorizontalFlip(), ToFloat()],
        layout="NCHW",
        codec=KERNEL,
    )
    inline = [batch.tobytes() for batch in Loader(photos, batch_size=10, seed=4)]
    with make() as pool, Loader(photos, batch_size=10, seed=4, pool=pool) as loader:
        assert [batch.tobytes() for batch in loader] == inline


# Reading


@built
def test_what_is_read_by_the_kernel_is_what_is_read_without_it(mixed):
    """Headers, orientations, sizes and bytes."""
    found, expected = (
        read(mixed, checked(None, {"codec": codec})[0]) for codec in (KERNEL, "pillow")
    )
    assert (found.channels.tolist(), found.orientations.tolist()) == (
        expected.channels.tolist(),
        expected.orientations.tolist(),
    )
    assert (found.heights.tolist(), found.widths.tolist()) == (
        expected.heights.tolist(),
        expected.widths.tolist(),
    )
    rows = range(len(mixed))
    assert list(map(found.blob, rows)) == list(map(expected.blob, rows))
    assert (found.files is None, expected.files is None) == (False, True)


@built
@pytest.mark.parametrize("codec", [KERNEL, *OTHERS])
def test_no_pictures_are_read_at_no_cost(codec):
    """An empty batch has the shape and dtype of the others."""
    for transforms, dtype in [
        ([Resize((4, 5))], np.uint8),
        ([Resize((4, 5)), ToFloat()], np.float32),
    ]:
        found = ImageFiles(["none.jpg"], transforms=transforms, codec=codec)[[]]
        assert (found.shape, found.dtype) == ((0, 4, 5, 3), dtype)
