"""The compiled kernel by itself, held against Pillow, NumPy and its own whole pictures."""

import errno
import io
import os
import re
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aliquot.image import ImageFiles, Normalize, RandomHorizontalFlip, RandomResizedCrop, ToFloat
from aliquot.image import _kernel_files as kernel_files
from aliquot.image._header import Header, jpeg_header
from aliquot.image._kernel_files import kernel
from aliquot.image._resample import library, resampled
from aliquot.image._turns import Part

TRICKY = Path(__file__).parents[3] / "shared" / "data" / "tricky"
FILTERS = {"nearest": 0, "box": 1, "bilinear": 2, "bicubic": 3, "lanczos": 4}
SMOOTH = [name for name in FILTERS if name != "nearest"]

pytestmark = pytest.mark.skipif(kernel() is None, reason="the kernel was not built")


def waves(height, width, seed=0):
    """Return an RGB picture with detail, whose levels keep away from 0 and 255."""
    y, x = np.mgrid[0:height, 0:width] / 9
    layers = [128 + 30 * np.sin(x + c) + 30 * np.cos(1.3 * y - c) for c in range(3)]
    noise = np.random.default_rng(seed).uniform(-15, 15, (height, width, 3))
    return (np.stack(layers, axis=-1) + noise).astype(np.uint8)


def noise(picture):
    """Return a JPEG file of what fills its blocks: long codes, large values, no end of block."""
    levels = np.random.default_rng(3).integers(0, 256, picture.shape, np.uint8)
    return saved(levels, quality=100, subsampling="4:4:4")


def saved(picture, mode="RGB", **options):
    """Return a JPEG file by Pillow."""
    file = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


def simple(picture, sampling):
    """Return a JPEG file of a sampling that Pillow does not write."""
    return library()[0].encode_jpeg(picture, 90, colorsubsampling=sampling)


# The usual codes of the lengths of DC differences, and of the end of a block.
CODES = [
    (["00", "010", "011", "100", "101", "110", *("1" * n + "0" for n in range(3, 9))], "1010"),
    (["00", "01", *("1" * n + "0" for n in range(1, 10))], "00"),
]


def blocks(picture, across, down):
    """Return a JPEG of flat blocks, `across` x `down` of grey to one of each colour."""
    height, width = picture.shape[:2]
    blob = saved(np.zeros((16, 16, 3), np.uint8), subsampling="4:2:0")
    frame, scan = blob.index(b"\xff\xc0"), blob.index(b"\xff\xda") + 14
    sampling = bytes([1, across << 4 | down])
    head = patched(
        patched(blob[:scan], frame + 5, struct.pack(">HH", height, width)), frame + 10, sampling
    )
    rng, before, bits = np.random.default_rng(0), [0, 0, 0], []
    for _ in range(-(-height // (8 * down)) * -(-width // (8 * across))):
        for channel in [0] * (across * down) + [1, 2]:
            level = int(rng.integers(-200, 200))
            step, before[channel] = level - before[channel], level
            n, (lengths, end) = abs(step).bit_length(), CODES[channel > 0]
            bits += [lengths[n], f"{step if step > 0 else step + 2**n - 1:0{n}b}" if n else "", end]
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    packed = int(text, 2).to_bytes(len(text) // 8).replace(b"\xff", b"\xff\0")
    return head + packed + b"\xff\xd9"


def patched(blob, start, new):
    return blob[:start] + new + blob[start + len(new) :]


KINDS = {
    "4:4:4": lambda picture: saved(picture, subsampling="4:4:4"),
    "4:2:2": lambda picture: saved(picture, subsampling="4:2:2"),
    "4:2:0": lambda picture: saved(picture, subsampling="4:2:0"),
    "4:1:1": lambda picture: simple(picture, "411"),
    "4:4:0": lambda picture: simple(picture, "440"),
    "grey": lambda picture: saved(picture, "L"),
    "restarts": lambda picture: saved(picture, restart_marker_blocks=3, subsampling="4:2:0"),
    "rows": lambda picture: saved(picture, restart_marker_rows=1, subsampling="4:2:2"),
    "optimised": lambda picture: saved(picture, optimize=True),
    "noise": noise,
    "progressive": lambda picture: saved(picture, progressive=True),
    "rgb": lambda picture: saved(picture, keep_rgb=True),
    "4 x 1": lambda picture: blocks(picture, 4, 1),
    "4 x 2": lambda picture: blocks(picture, 4, 2),
    "2 x 4": lambda picture: blocks(picture, 2, 4),
}
COMMON = set(KINDS) - {"noise", "4 x 1", "4 x 2", "2 x 4"}
if library() is None:
    COMMON -= {"4:1:1", "4:4:0"}
KIND_NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(library() is None, reason="needs simplejpeg"))
    if name in ("4:1:1", "4:4:0")
    else name
    for name in KINDS
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that all examples of a test share."""
    return tmp_path_factory.mktemp("kernel")


def opened(folder, *blobs):
    """Write files, and have the kernel read them."""
    paths = [folder / str(number) for number in range(len(blobs))]
    for path, blob in zip(paths, blobs, strict=True):
        path.write_bytes(blob)
    return kernel().Files([os.fsencode(path) for path in paths])


def plan(files, boxes, canvases, **options):
    """Plan pictures, by default such that each fills its canvas."""
    options = {"fill": bytes(4), "planes": False, "table": None, "portable": False, **options}
    axes = (1, 2) if options["planes"] else (0, 1)
    turns = options.pop("turns", (0, 0, 0))
    whole = [(0, 0, *(canvas.shape[axis] for axis in axes), *turns) for canvas in canvases]
    files.plan(
        options.pop("rows", list(range(len(canvases)))),
        np.array(boxes, np.float64),
        np.array(options.pop("places", whole), np.int64),
        canvases,
        FILTERS.get(options.get("filter", "bilinear"), options.get("filter")),
        options.pop("gap", 0.0),
        *(options[name] for name in ("fill", "planes", "table", "portable")),
    )


def seen(folder, blob, box, size, channels=3, **options):
    """Decode a box of a JPEG to a size."""
    files, canvas = opened(folder, blob), np.empty((*size, channels), np.uint8)
    plan(files, [box], [canvas], **options)
    files.decode()
    assert files.failed() == []
    return canvas


def all_of(folder, blob, **options):
    """Decode all pixels of a JPEG."""
    header = jpeg_header(blob)
    box = (0, 0, header.width, header.height)
    return seen(folder, blob, box, (header.height, header.width), **options)


def turned(pixels, swap, flip_y, flip_x):
    """Swap rows and columns, then mirror."""
    pixels = pixels.swapaxes(0, 1) if swap else pixels
    return pixels[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def near(found, expected):
    """Whether pixels are the same but for rounding: colours are made of what is resampled."""
    error = np.abs(found.astype(int) - np.asarray(expected, int))
    return error.max() <= 3 and error.mean() <= 1


@st.composite
def whole_boxes(draw, height, width):
    """Draw a box of whole pixels: left, top, right, bottom."""
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return (
        left,
        top,
        draw(st.integers(left + 1, width)),
        draw(st.integers(top + 1, height)),
    )


@st.composite
def boxes(draw, height, width):
    """Draw a box whose corners are numbers that Pillow's 32 bits hold, too."""
    parts = draw(st.sampled_from([1, 2, 64]))
    return tuple(side / parts for side in draw(whole_boxes(height * parts, width * parts)))


TURNS = st.tuples(st.booleans(), st.booleans(), st.booleans())
SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))


# Headers


def segment(content, marker=0xE1):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def tiff(value, order="<", kind=3, count=1, before=b""):
    """Return EXIF data with an orientation, and the entries that come before."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entry = struct.pack(order + "HHIHxxI", 0x0112, kind, count, value, 0)
    return start + struct.pack(order + "H", 1 + len(before) // 12) + before + entry


def exif(value, *args, **options):
    return segment(b"Exif\0\0" + tiff(value, *args, **options))


def xmp(text=b'<x tiff:Orientation="6"/>'):
    return segment(b"http://ns.adobe.com/xap/1.0/\0" + text)


SMALL = saved(waves(5, 9))
SCENE = waves(70, 90)
FRAME = SMALL.index(b"\xff\xc0")
LONG = struct.pack("<HHII", 0x010F, 2, 9, 40)
HEADERS = {
    "no file": b"",
    "three bytes": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(90),
    "grey": saved(waves(7, 3), "L"),
    "colours": SMALL,
    "ink": saved(waves(7, 3), "CMYK"),
    "progressive": saved(waves(7, 3), progressive=True),
    "restarts": saved(waves(7, 3), restart_marker_blocks=1),
    "12 bits": SMALL[: FRAME + 4] + b"\x0c" + SMALL[FRAME + 5 :],
    "no height": SMALL[: FRAME + 5] + bytes(2) + SMALL[FRAME + 7 :],
    "no width": SMALL[: FRAME + 7] + bytes(2) + SMALL[FRAME + 9 :],
    "two channels": SMALL[: FRAME + 9] + b"\2" + SMALL[FRAME + 10 :],
    "two frames": SMALL[:FRAME] + SMALL[FRAME : FRAME + 19] + SMALL[FRAME:],
    "short frame": SMALL[:FRAME] + segment(b"\x08\0\x05\0\x09", 0xC0) + SMALL[FRAME + 19 :],
    "an unknown marker": SMALL[:2] + segment(b"", 0xC8) + SMALL[2:],
    "a length of one": SMALL[:2] + b"\xff\xe0\0\1" + SMALL[2:],
    "fill bytes": SMALL[:2] + b"\xff\xff\xff" + SMALL[2:],
    "a comment": saved(waves(7, 3), comment=b"hello"),
    "pillow's own": saved(waves(7, 3), exif=b"Exif\0\0" + tiff(6, before=LONG) + b"maker of\0"),
    **{
        f"{order}{value}": SMALL[:2] + exif(value, order) + SMALL[2:]
        for order in "<>"
        for value in range(11)
    },
    **{
        f"odd {number}": SMALL[:2] + found + SMALL[2:]
        for number, found in enumerate(
            [
                segment(b"Exif\0\0"),
                segment(b"Exif\0"),
                segment(b"Exif"),
                segment(b"Exif\0\0II*\0"),
                segment(b"Exif\0\0II*\0\xff\xff\xff\xff"),
                segment(b"Exif\0\0" + b"garbage!" * 3),
                segment(b"Exif\0\0" + tiff(6)[:15]),
                segment(b"Exif\0\0" + tiff(6)[:21]),
                exif(6, kind=4),
                exif(6, count=2),
                exif(6, ">", count=0),
                exif(6, before=struct.pack("<HHII", 0x010F, 2, 9, 4_000_000)),
                exif(6, before=struct.pack("<HHII", 0x010F, 12, 2**32 - 1, 2**32 - 1)),
                exif(6, before=struct.pack("<HHII", 0x010F, 5, 2**29 + 1, 0)),
                exif(6, before=struct.pack("<HHII", 0x010F, 77, 9, 0)),
                exif(6, before=LONG * 3),
                xmp(),
                xmp() + exif(3),
                exif(3) + xmp(),
                xmp(b"<x/>"),
                xmp(b"tiff:Orientatio"),
                exif(9) + xmp(),
                exif(6) + exif(3),
                exif(6) + segment(b"Exif\0\0" + bytes(9)),
                segment(b""),
            ]
        )
    },
}


def told(folder, *blobs):
    """Return the headers that the kernel reads."""
    for number, blob in enumerate(blobs):
        (folder / str(number)).write_bytes(blob)
    return headers_of([str(folder / str(number)) for number in range(len(blobs))])


def headers_of(paths):
    """Give the headers of files, as the other reader does."""
    return [
        Header(height, width, channels, orientation or None, scans) if channels else None
        for height, width, channels, orientation, scans in kernel_files.read(paths)[1].tolist()
    ]


def rows_of(files):
    return np.frombuffer(files.headers(), np.int64).reshape(-1, 6).tolist()


def test_headers_are_those_of_the_other_reader(folder):
    """Grey, colours, ink, metadata of all kinds, and what is no common JPEG."""
    found = dict(zip(HEADERS, told(folder, *HEADERS.values()), strict=True))
    assert found == {name: jpeg_header(blob) for name, blob in HEADERS.items()}


def test_headers_come_as_numbers(folder):
    """Error, height, width, channels, orientation or 0 where Pillow has to say, and scans."""
    blobs = [HEADERS[name] for name in ("colours", "<6", "odd 0", "ink")]
    assert rows_of(opened(folder, *blobs)) == [
        [0, 5, 9, 3, 1, 1],
        [0, 5, 9, 3, 6, 1],
        [0, 5, 9, 3, 0, 1],
        [0, 7, 3, 4, 1, 1],
    ]


@pytest.mark.parametrize("name", ["<6", "odd 16"])
def test_headers_that_are_cut_off_are_those_of_the_other_reader(folder, name):
    """Wherever."""
    blob = HEADERS[name]
    cut = [blob[:end] for end in range(min(len(blob), blob.index(b"\xff\xda") + 6))]
    assert told(folder, *cut) == list(map(jpeg_header, cut))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(data=st.data())
def test_headers_that_are_changed_are_those_of_the_other_reader(folder, data):
    """Bytes are changed, cut out, or those of another file go on."""
    names = st.sampled_from(sorted(HEADERS))
    blob = bytearray(HEADERS[data.draw(names)])
    where = st.integers(0, min(len(blob), 700))
    for position, value in data.draw(st.lists(st.tuples(where, st.integers(0, 255)), max_size=4)):
        blob[position : position + 1] = bytes([value])
    if data.draw(st.booleans()):
        start = data.draw(where)
        del blob[start : start + data.draw(st.integers(1, 30))]
    if data.draw(st.booleans()):
        other = HEADERS[data.draw(names)]
        blob[data.draw(where) :] = other[data.draw(st.integers(0, min(len(other), 700))) :]
    assert told(folder, bytes(blob)) == [jpeg_header(bytes(blob))]


@pytest.mark.skipif(not TRICKY.is_dir(), reason="no folder of tricky pictures")
def test_headers_of_tricky_files_are_those_of_the_other_reader():
    """All kinds of them."""
    paths = sorted(str(path) for path in TRICKY.glob("*/*") if path.is_file())
    assert headers_of(paths) == [jpeg_header(Path(path).read_bytes()) for path in paths]


# Reading


def errors(*paths):
    return [row[0] for row in rows_of(kernel().Files([os.fsencode(path) for path in paths]))]


def test_what_cannot_be_read_has_the_error_of_the_system(folder):
    """And the others are read."""
    (folder / "good").write_bytes(SMALL)
    (folder / "loop").symlink_to(folder / "loop")
    paths = ["", folder, folder / "none", folder / "good" / "a", folder / "loop", folder / "good"]
    assert errors(*paths) == [
        errno.ENOENT,
        errno.EISDIR,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ELOOP,
        0,
    ]


@pytest.mark.parametrize("where", ["", "none"])
def test_the_error_of_a_file_names_it(folder, where):
    """As `open` raises it."""
    path = str(folder / where)
    with pytest.raises(OSError) as caught:
        kernel_files.read([path])
    expected = IsADirectoryError if where == "" else FileNotFoundError
    assert (type(caught.value), caught.value.filename) == (expected, path)


def test_what_was_not_read_has_no_bytes(folder):
    """Nor has an empty file; neither is a JPEG."""
    (folder / "empty").touch()
    paths = [folder, folder / "none", folder / "empty"]
    files = kernel().Files([os.fsencode(path) for path in paths])
    assert [files.blob(number) for number in range(3)] == [b"", b"", b""]
    assert [row[1:] for row in rows_of(files)] == [[0] * 5] * 3


@pytest.mark.parametrize("name", ["grün.jpg", "図 図.jpg", "\N{PILE OF POO}"])
def test_any_name_of_a_file_will_do(tmp_path, name):
    """Also one that is not ASCII."""
    (tmp_path / name).write_bytes(SMALL)
    path = str(tmp_path / name)
    assert kernel_files.read([path])[0].blob(0) == SMALL
    assert headers_of([path]) == [jpeg_header(SMALL)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are Unicode there")
def test_a_name_that_is_no_text_will_do(tmp_path):
    """Linux takes any bytes."""
    path = str(tmp_path / os.fsdecode(b"\xff\xfe.jpg"))
    Path(path).write_bytes(SMALL)
    assert kernel_files.read([path])[0].blob(0) == SMALL


def test_bytes_come_back(folder):
    """Those of each file, of any size."""
    blobs = [SMALL, b"", b"x", bytes(range(256)) * 3000]
    files = opened(folder, *blobs)
    assert (len(files), [files.blob(number) for number in range(4)]) == (4, blobs)


@pytest.mark.parametrize("method", ["blob", "reason"])
@pytest.mark.parametrize("number", [2, -1, 2**40])
def test_a_number_beyond_the_files_is_refused(folder, method, number):
    """With how many there are."""
    files = opened(folder, SMALL, SMALL)
    with pytest.raises(IndexError, match="there are 2 files"):
        getattr(files, method)(number)


@pytest.mark.parametrize(
    ("paths", "error"),
    [((b"a",), TypeError), ([1], TypeError), ([None], TypeError), ([b"a\0b"], ValueError)],
    ids=range(4),
)
def test_what_are_no_paths_is_refused(paths, error):
    """A list of paths is wanted."""
    with pytest.raises(error):
        kernel().Files(paths)


def test_no_files_are_no_work():
    """An empty batch goes through."""
    files = kernel().Files([])
    plan(files, np.empty((0, 4)), [], places=np.empty((0, 7)))
    files.decode()
    assert (len(files), files.headers(), files.failed()) == (0, b"", [])


@pytest.mark.skipif(not Path("/proc/self/cmdline").is_file(), reason="needs /proc")
def test_a_file_that_tells_no_size_is_read_whole():
    """Such as those of the kernel of Linux."""
    path = "/proc/self/cmdline"
    assert kernel_files.read([path])[0].blob(0) == Path(path).read_bytes() != b""


def test_a_pipe_is_read_until_it_ends(tmp_path):
    """However much comes through."""
    blob = SMALL + bytes(range(256)) * 1200
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit((tmp_path / "pipe").write_bytes, blob)
        files, told = kernel_files.read([str(tmp_path / "pipe")])
    assert (written.result(), files.blob(0) == blob) == (len(blob), True)
    assert told.tolist() == [[5, 9, 3, 1, 1]]


# Regions


@pytest.mark.parametrize("kind", KIND_NAMES)
@settings(derandomize=True, max_examples=12, deadline=None)
@given(data=st.data())
def test_a_box_is_that_of_the_whole_picture(folder, kind, data):
    """Bit for bit, also of what is decoded at 1/2, 1/4 or 1/8."""
    factor = data.draw(st.sampled_from([1, 1, 2, 4, 8]))
    height, width = data.draw(st.integers(factor, 200)), data.draw(st.integers(factor, 300))
    rows, columns = height // factor, width // factor
    blob, gap = KINDS[kind](waves(height, width)), 0.0 if factor == 1 else 1.0
    box = (0, 0, columns * factor, rows * factor)
    whole = seen(folder, blob, box, (rows, columns), gap=gap)
    for _ in range(4):
        left, top, right, bottom = data.draw(whole_boxes(rows, columns))
        part = tuple(factor * side for side in (left, top, right, bottom))
        found = seen(folder, blob, part, (bottom - top, right - left), gap=gap)
        assert np.array_equal(found, whole[top:bottom, left:right])


@pytest.mark.parametrize("kind", KIND_NAMES)
@settings(derandomize=True, max_examples=12, deadline=None)
@given(data=st.data())
def test_a_resampled_box_is_that_of_the_whole_picture(folder, kind, data):
    """Filters look beyond the box; weights have as many bits as fit the largest of them."""
    name, step = data.draw(st.sampled_from(SMOOTH)), data.draw(st.sampled_from([2.0, 0.5]))
    rows, columns = data.draw(st.integers(2, 90)), data.draw(st.integers(2, 120))
    height, width = (2 * rows, 2 * columns) if step == 2 else (rows, columns)
    rows, columns = int(height / step), int(width / step)
    blob = KINDS[kind](waves(height, width))
    whole = seen(folder, blob, (0, 0, width, height), (rows, columns), filter=name)
    for _ in range(4):
        left, top, right, bottom = data.draw(whole_boxes(rows, columns))
        box = tuple(step * side for side in (left, top, right, bottom))
        found = seen(folder, blob, box, (bottom - top, right - left), filter=name)
        assert np.abs(found.astype(int) - whole[top:bottom, left:right]).max() <= 2


@pytest.mark.parametrize("sampling", [(4, 1), (4, 2), (2, 4)])
@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_a_box_of_a_rare_sampling_is_that_of_the_whole_picture(folder, sampling, factor):
    """Colours can be sparse in both directions, and still so at 1/2 and 1/4."""
    blob, gap = blocks(np.zeros((160, 192, 3)), *sampling), 0.0 if factor == 1 else 1.0
    rows, columns = 160 // factor, 192 // factor
    whole = seen(folder, blob, (0, 0, 192, 160), (rows, columns), gap=gap)
    for left in range(0, columns - 5, 3):
        box = (factor * left, factor * 5, factor * (left + 5), 160)
        found = seen(folder, blob, box, (rows - 5, 5), gap=gap)
        assert np.array_equal(found, whole[5:, left : left + 5])


@pytest.mark.parametrize("kind", KIND_NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (200, 1), (8, 8), (16, 17), (199, 301)])
def test_the_whole_picture_is_that_of_pillow(folder, kind, size):
    """Both decode with libjpeg-turbo."""
    blob = KINDS[kind](waves(*size))
    with Image.open(io.BytesIO(blob)) as image:
        expected = np.asarray(image.convert("RGB"), int)
    assert np.abs(all_of(folder, blob) - expected).max() <= 2


def test_boxes_of_a_large_picture_are_where_they_belong(folder):
    """Far from its corner, where much is left out."""
    tile = Image.fromarray(waves(600, 800)).resize((8000, 6000), Image.Resampling.NEAREST)
    blob = saved(np.asarray(tile), quality=50, subsampling="4:2:0")
    whole = all_of(folder, blob)
    for left, top, right, bottom in [
        (0, 0, 40, 30),
        (3999, 2999, 4101, 3077),
        (7990, 5991, 8000, 6000),
        (1, 5003, 7999, 5006),
        (5003, 1, 5006, 5999),
    ]:
        found = seen(folder, blob, (left, top, right, bottom), (bottom - top, right - left))
        assert np.array_equal(found, whole[top:bottom, left:right])


# Resampling


@pytest.mark.parametrize("filter_name", SMOOTH)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(data=st.data())
def test_a_box_is_resampled_as_pillow_does(folder, filter_name, data):
    """Smaller and larger, swapped and mirrored, between pixels, of any sampling."""
    height, width = data.draw(st.integers(1, 120)), data.draw(st.integers(1, 120))
    box, size, turns = data.draw(boxes(height, width)), data.draw(SIZES), data.draw(TURNS)
    blob = KINDS[data.draw(st.sampled_from(sorted(COMMON)))](waves(height, width))
    with Image.open(io.BytesIO(blob)) as image:
        small = image.convert("RGB").resize(
            size[::-1], Image.Resampling[filter_name.upper()], box=box
        )
    expected = turned(np.asarray(small), *turns)
    found = seen(folder, blob, box, expected.shape[:2], filter=filter_name, turns=turns)
    assert near(found, expected)


@pytest.mark.parametrize("filter_name", SMOOTH)
@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_a_box_of_what_is_shrunk_is_resampled_as_pillow_does(folder, filter_name, data):
    """Odd sizes are scaled by what is decoded of them."""
    factor, gap = data.draw(st.sampled_from([2, 4, 8])), data.draw(st.sampled_from([1.0, 2.0]))
    height, width = data.draw(st.integers(64, 200)), data.draw(st.integers(64, 200))
    size = data.draw(
        st.tuples(*(st.integers(1, int(side / factor / gap)) for side in (height, width)))
    )
    blob = KINDS[data.draw(st.sampled_from(["4:4:4", "4:2:0", "progressive"]))](
        waves(height, width)
    )
    ratio = min(width / size[1], height / size[0]) / gap
    factor = next(factor for factor in (8, 4, 2) if ratio >= factor)
    with Image.open(io.BytesIO(blob)) as image:
        image.draft(None, (width // factor, height // factor))
        box = (0, 0, width / factor, height / factor)
        expected = image.resize(size[::-1], Image.Resampling[filter_name.upper()], box=box)
    found = seen(folder, blob, (0, 0, width, height), size, filter=filter_name, gap=gap)
    assert near(found, expected)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(data=st.data())
def test_the_nearest_pixels_are_those_of_pillow(folder, data):
    """Also where two are equally near; exactly, where colours are stored for each pixel."""
    height, width = data.draw(st.integers(1, 120)), data.draw(st.integers(1, 120))
    box, size, turns = data.draw(boxes(height, width)), data.draw(SIZES), data.draw(TURNS)
    sampling = data.draw(st.sampled_from(["4:4:4", "4:2:0"]))
    blob = saved(waves(height, width), subsampling=sampling)
    small = resampled(all_of(folder, blob), Part(box, *size), "nearest")
    expected = turned(small, *turns)
    found = seen(folder, blob, box, expected.shape[:2], filter="nearest", turns=turns)
    assert near(found, expected)
    assert sampling == "4:2:0" or np.array_equal(found, expected)


@pytest.mark.parametrize("filter_name", FILTERS)
@pytest.mark.parametrize(
    ("stored", "size"),
    [((4000, 3), (1, 1)), ((3, 4000), (2, 1)), ((999, 701), (7, 700)), ((2, 3), (301, 299))],
)
def test_what_is_flat_stays_flat(folder, filter_name, stored, size):
    """At any ratio, and in each channel its own."""
    blob = saved(np.full((*stored, 3), (201, 54, 128), np.uint8), quality=100)
    level = all_of(folder, blob)[0, 0].tolist()
    for box in [(0, 0, *stored[::-1]), (0.3, 0.7, stored[1] - 0.1, stored[0] - 0.9)]:
        found = seen(folder, blob, box, size, filter=filter_name)
        assert np.unique(found.reshape(-1, 3), axis=0).tolist() == [level]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_opaque_stays_so(folder, data):
    """The fourth channel is 255, and the others are what they are without it."""
    height, width = data.draw(st.integers(1, 120)), data.draw(st.integers(1, 120))
    options = {"filter": data.draw(st.sampled_from(list(FILTERS))), "turns": data.draw(TURNS)}
    box, size = data.draw(boxes(height, width)), data.draw(SIZES)
    blob = saved(waves(height, width))
    found = seen(folder, blob, box, size, 4, **options)
    assert (np.unique(found[..., 3]).tolist(), found[..., :3].tolist()) == (
        [255],
        seen(folder, blob, box, size, 3, **options).tolist(),
    )


def test_grey_is_the_same_in_one_channel_and_in_three(folder):
    """As it is wanted."""
    blob, box = saved(waves(50, 70), "L"), (3.5, 4, 60, 41.25)
    one, three = (seen(folder, blob, box, (20, 33), channels) for channels in (1, 3))
    assert np.array_equal(np.repeat(one, 3, axis=2), three)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(data=st.data())
def test_the_vector_code_gives_the_very_pixels_of_the_plain_code(folder, data):
    """For all filters and channels."""
    height, width = data.draw(st.integers(1, 150)), data.draw(st.integers(1, 150))
    options = {
        "filter": data.draw(st.sampled_from(list(FILTERS))),
        "turns": data.draw(TURNS),
        "gap": data.draw(st.sampled_from([0.0, 1.0])),
        "channels": data.draw(st.sampled_from([1, 3, 4])),
    }
    box, size = data.draw(boxes(height, width)), data.draw(SIZES)
    blob = saved(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))
    plain, vectors = (
        seen(folder, blob, box, size, **options, portable=portable) for portable in (True, False)
    )
    assert np.array_equal(plain, vectors)


# Places and tables


@st.composite
def placed(draw):
    """Draw a canvas, and where a picture goes in it, which can be nowhere."""
    height, width = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    around = st.integers(0, 9)
    top, left = draw(around), draw(around)
    return (top, left, height, width), (
        top + height + draw(around),
        left + width + draw(around),
    )


TABLE = np.random.default_rng(3).normal(size=(4, 256)).astype(np.float32)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(data=st.data())
def test_a_picture_is_put_into_its_canvas_and_the_rest_is_filled(folder, data):
    """Bytes or what a table makes of them, channels first or last; nothing else is written."""
    (place, size), channels = data.draw(placed()), data.draw(st.sampled_from([1, 3, 4]))
    planes, table = data.draw(st.booleans()), data.draw(st.sampled_from([None, TABLE]))
    turns, fill = data.draw(TURNS), data.draw(st.binary(min_size=4, max_size=4))
    box, blob = data.draw(boxes(50, 60)), saved(waves(50, 60))
    top, left, height, width = place

    expected = np.empty((*size, channels), np.uint8)
    expected[...] = list(fill[:channels])
    if height and width:
        own = seen(folder, blob, box, (height, width), channels, turns=turns)
        expected[top : top + height, left : left + width] = own
    if table is not None:
        expected = np.stack([table[c][expected[..., c]] for c in range(channels)], axis=-1)
    if planes:
        expected = expected.transpose(2, 0, 1)

    around = np.full((3, *expected.shape), 77, expected.dtype)
    files = opened(folder, blob)
    plan(
        files,
        [box],
        [around[1]],
        places=[(*place, *turns)],
        fill=fill,
        planes=planes,
        table=table,
    )
    files.decode()
    assert (files.failed(), np.array_equal(around[1], expected)) == ([], True)
    assert (np.all(around[0] == 77), np.all(around[2] == 77)) == (True, True)


def test_the_pictures_of_a_batch_do_not_touch_each_other(folder):
    """Each row of it is what it is alone."""
    blobs = [saved(waves(40 + n, 50 - n, n)) for n in range(9)]
    sizes = [(0, 0, 50 - n, 40 + n) for n in range(9)]
    batch = np.zeros((9, 17, 19, 3), np.uint8)
    files = opened(folder, *blobs)
    plan(files, sizes, list(batch))
    files.decode()
    alone = [seen(folder, blob, box, (17, 19)) for blob, box in zip(blobs, sizes, strict=True)]
    assert np.array_equal(batch, np.stack(alone))


def test_rows_can_be_some_of_the_files_in_any_order(folder):
    """Boxes, places and canvases are those of the rows."""
    blobs = [saved(waves(20, 30, n)) for n in range(4)]
    files, canvases = opened(folder, *blobs), np.zeros((2, 20, 30, 3), np.uint8)
    plan(files, [(0, 0, 30, 20)] * 2, list(canvases), rows=[3, 1])
    files.decode()
    assert np.array_equal(canvases, [all_of(folder, blobs[3]), all_of(folder, blobs[1])])


GEOMETRY = [RandomResizedCrop((40, 50)), RandomHorizontalFlip()]
LEVELS = [ToFloat(), Normalize((0.4, 0.5, 0.6), (0.2, 0.3, 0.25))]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Save twelve pictures; give their paths."""
    base = tmp_path_factory.mktemp("photos")
    paths = [base / f"{n}.jpg" for n in range(12)]
    for n, path in enumerate(paths):
        path.write_bytes(saved(waves(90 + 9 * n, 130 - 5 * n, n), subsampling="4:2:0"))
    return [str(path) for path in paths]


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_levels_are_the_very_numbers_of_the_transforms(photos, layout):
    """Those of the picture in bytes."""
    found = ImageFiles(photos, transforms=GEOMETRY + LEVELS, layout=layout, codec="libjpeg-turbo")
    expected = ImageFiles(photos, transforms=GEOMETRY, codec="libjpeg-turbo")[:]
    for own in LEVELS:
        expected = np.stack([own(picture) for picture in expected])
    if layout == "NCHW":
        expected = expected.transpose(0, 3, 1, 2)
    assert (found[:].dtype, np.array_equal(found[:], expected)) == (np.float32, True)


@pytest.mark.parametrize("codec", ["simplejpeg", "pillow"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_levels_are_those_of_the_other_codecs(photos, layout, codec):
    """Within one grey level on average."""
    if codec == "simplejpeg" and library() is None:
        pytest.skip("needs simplejpeg")
    found, expected = (
        ImageFiles(photos, transforms=GEOMETRY + LEVELS, layout=layout, codec=own)[:]
        for own in ("libjpeg-turbo", codec)
    )
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert np.abs(found - expected).mean() < 1 / 255 / 0.3


# Plans that cannot be


def canvas(*shape, dtype=np.uint8):
    return np.zeros(shape or (20, 30, 3), dtype)


def locked():
    """Return a canvas that cannot be written to."""
    found = canvas()
    found.flags.writeable = False
    return found


def place(*numbers):
    return [(*numbers, 0, 0, 0)] * 2


BAD = {
    "a box too many": {"boxes": [(0, 0, 30, 20)] * 3},
    "a place too many": {"places": place(0, 0, 20, 30) + place(0, 0, 20, 30)[:1]},
    "a canvas too few": {"canvases": [canvas()]},
    "a row too few": {"rows": [0]},
    "left of it": {"boxes": [(0, 0, 30, 20), (-0.01, 0, 30, 20)]},
    "above it": {"boxes": [(0, 0, 30, 20), (0, -0.01, 30, 20)]},
    "right of it": {"boxes": [(0, 0, 30, 20), (0, 0, 30.01, 20)]},
    "below it": {"boxes": [(0, 0, 30, 20), (0, 0, 30, 20.01)]},
    "no width": {"boxes": [(0, 0, 30, 20), (3, 0, 3, 20)]},
    "no height": {"boxes": [(0, 0, 30, 20), (0, 4, 30, 3)]},
    **{f"NaN {n}": {"boxes": [np.where(np.arange(4) == n, np.nan, 1)] * 2} for n in range(4)},
    "infinity": {"boxes": [(0, 0, np.inf, 20)] * 2},
    "minus infinity": {"boxes": [(-np.inf, 0, 30, 20)] * 2},
    "a place above": {"places": place(-1, 0, 20, 30)},
    "a place beside": {"places": place(0, -1, 20, 30)},
    "a place below": {"places": place(1, 0, 20, 30)},
    "a place too wide": {"places": place(0, 0, 20, 31)},
    "a place of minus one row": {"places": place(0, 0, -1, 30)},
    "a place of many rows": {"places": place(0, 0, 2**62, 30)},
    "a place far off": {"places": place(2**32, 0, 20, 30)},
    "floats": {"canvases": [canvas(), canvas(dtype=np.float32)]},
    "words": {"canvases": [canvas(), canvas(dtype=np.uint16)]},
    "two axes": {"canvases": [canvas(), canvas(20, 30)], "places": place(0, 0, 20, 30)},
    "four axes": {"canvases": [canvas(), canvas(20, 30, 3, 1)], "places": place(0, 0, 20, 30)},
    "two channels": {"canvases": [canvas(), canvas(20, 30, 2)]},
    "no channels": {"canvases": [canvas(), canvas(20, 30, 0)]},
    "channels elsewhere": {"planes": True, "places": place(0, 0, 3, 3)},
    "every other column": {"canvases": [canvas(), canvas(20, 60, 3)[:, ::2]]},
    "mirrored": {"canvases": [canvas(), canvas()[::-1]]},
    "columns first": {"canvases": [canvas(), canvas(30, 20, 3).transpose(1, 0, 2)]},
    "read-only": {"canvases": [canvas(), locked()]},
    "a table, but bytes": {"table": TABLE},
    "a table of doubles": {"table": TABLE.astype(np.float64)},
    "a table of two channels": {
        "table": TABLE[:2],
        "canvases": [canvas(dtype=np.float32), canvas(dtype=np.float32)],
    },
    "a table with gaps": {"table": TABLE[:, ::2]},
    "filter 5": {"filter": 5},
    "filter -1": {"filter": -1},
    "half a gap": {"gap": 0.5},
    "a gap below 0": {"gap": -2.0},
    "a gap of NaN": {"gap": np.nan},
    "a gap of infinity": {"gap": np.inf},
    "three levels": {"fill": bytes(3)},
    "a row named twice": {"rows": [1, 1]},
    "a row that is no JPEG": {"rows": [0, 2]},
}


@pytest.mark.parametrize("name", BAD)
def test_a_plan_that_cannot_be_is_refused_and_leaves_the_way_to_a_right_one(folder, name):
    """Nothing is written, and nothing is left of it."""
    blobs = [saved(waves(20, 30, n)) for n in range(2)]
    files = opened(folder, *blobs, b"no JPEG")
    wrong = {"boxes": [(0, 0, 30, 20)] * 2, "canvases": [canvas(), canvas()], **BAD[name]}
    with pytest.raises(ValueError):
        plan(files, **wrong)
    right = [canvas(), canvas()]
    plan(files, [(0, 0, 30, 20)] * 2, right)
    files.decode()
    assert np.array_equal(right, [all_of(folder, blob) for blob in blobs])
    assert not any(np.any(one) for one in wrong["canvases"])


@pytest.mark.parametrize("rows", [[0, 2], [0, -1]])
def test_a_row_that_is_not_there_is_refused(folder, rows):
    """And a right plan may follow."""
    files, wholes = opened(folder, SMALL, SMALL), [(0, 0, 9, 5)] * 2
    with pytest.raises(IndexError, match="there are 2 files"):
        plan(files, wholes, [canvas(), canvas()], rows=rows)
    plan(files, wholes, [canvas(), canvas()])


def test_a_file_that_could_not_be_read_is_not_decoded(folder):
    """It has no box."""
    files = kernel().Files([os.fsencode(folder / "none")])
    with pytest.raises(ValueError, match="not to be decoded here"):
        plan(files, [(0, 0, 1, 1)], [canvas()])


def test_there_is_one_plan(folder):
    """What was decoded stays so."""
    files, wholes = opened(folder, SMALL), [(0, 0, 9, 5)]
    plan(files, wholes, [canvas()])
    with pytest.raises(ValueError, match="a plan already"):
        plan(files, wholes, [canvas()])


@pytest.mark.parametrize("wait", [False, True])
def test_nothing_is_decoded_before_there_is_a_plan(folder, wait):
    """It says so."""
    files = opened(folder, SMALL)
    with pytest.raises(ValueError, match="call plan first"):
        files.decode(wait=wait)


def test_canvases_are_let_go_with_a_plan_that_cannot_be(folder):
    """And with the files otherwise."""
    files, memory = opened(folder, SMALL), bytearray(5 * 9 * 3)
    own = np.frombuffer(memory, np.uint8).reshape(5, 9, 3)
    with pytest.raises(ValueError, match="a box must be within"):
        plan(files, [(0, 0, 10, 5)], [own])
    plan(files, [(0, 0, 9, 5)], [own])
    files.decode()
    del files, own
    memory.clear()
    assert memory == b""


# Threads


def all_at_once(threads, call):
    """Call from many threads that begin together."""
    barrier = threading.Barrier(threads)

    def begin(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def test_threads_share_the_pictures_and_wait_for_all_of_them(folder):
    """Whoever has waited sees all, and nobody decodes one again."""
    blobs = [saved(waves(40 + n, 50, n), progressive=n % 5 == 0) for n in range(15)]
    whole = [(0, 0, 50, 40 + n) for n in range(15)]
    expected = np.stack(
        [seen(folder, blob, box, (24, 24)) for blob, box in zip(blobs, whole, strict=True)]
    )
    broken = saved(waves(40, 50))[:-300]
    for _ in range(50):
        files, batch = (
            opened(folder, *blobs, b"no JPEG", broken),
            np.zeros((16, 24, 24, 3), np.uint8),
        )
        plan(files, [*whole, (0, 0, 50, 40)], list(batch), rows=[*range(15), 16])

        def decode(number, files=files, batch=batch):
            files.decode(wait=number > 1)
            return number < 2 or np.array_equal(batch[:15], expected)

        assert all(all_at_once(6, decode))
        assert files.failed() == [16]
        batch[...] = 0
        all_at_once(3, lambda _, files=files: files.decode())
        assert not batch.any()


def test_more_threads_than_pictures_are_none_too_many(folder):
    """Those without one wait."""
    for _ in range(20):
        files, own = opened(folder, SMALL), np.zeros((5, 9, 3), np.uint8)
        plan(files, [(0, 0, 9, 5)], [own])
        assert all(all_at_once(8, lambda _, files=files, own=own: files.decode() or own.any()))


def test_files_can_be_opened_by_many_threads(folder):
    """Each has its own."""
    blobs = [saved(waves(30, 40, n)) for n in range(8)]
    expected = [all_of(folder, blob) for blob in blobs]
    for number in range(8):
        (folder / f"own {number}").mkdir(exist_ok=True)
    found = all_at_once(8, lambda number: all_of(folder / f"own {number}", blobs[number]))
    assert np.array_equal(found, expected)


# Faults


PICTURE = saved(waves(120, 160))
SOF = PICTURE.index(b"\xff\xc0")
SOS = PICTURE.index(b"\xff\xda")
MIDDLE = (SOS + len(PICTURE)) // 2
FAULTS = {
    "half": PICTURE[:MIDDLE],
    "no end": PICTURE[:-2],
    "half an end": PICTURE[:-1],
    "no pixels": PICTURE[: SOS + 14],
    "no scan": PICTURE[: SOS + 4],
    "an end in the middle": patched(PICTURE, MIDDLE, b"\xff\xd9" * 25),
    "garbage": patched(PICTURE, MIDDLE, b"\xff\x42garbage" * 25),
    "taller": patched(PICTURE, SOF + 5, struct.pack(">H", 240)),
    "wider": patched(PICTURE, SOF + 7, struct.pack(">H", 320)),
    "ink": saved(waves(120, 160), "CMYK"),
    "half a progressive one": saved(waves(120, 160), progressive=True)[:-900],
    "another restart": saved(waves(120, 160), restart_marker_rows=1).replace(
        b"\xff\xd3", b"\xff\xd6"
    ),
}


@pytest.mark.parametrize("frame", [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_rare_ways_of_coding_are_not_for_here(folder, frame):
    """Lossless, hierarchical and arithmetic-coded JPEGs."""
    blob = patched(PICTURE, SOF + 1, bytes([frame]))
    assert told(folder, blob) == [jpeg_header(blob)] == [None]


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_with_a_fault_is_named_with_the_reason(folder, name):
    """The others of its batch are as they are alone."""
    header = jpeg_header(FAULTS[name])
    good = saved(waves(50, 60))
    files, batch = opened(folder, good, FAULTS[name], good), np.zeros((3, 20, 30, 3), np.uint8)
    boxes = [(0, 0, 60, 50), (0, 0, header.width, header.height), (0, 0, 60, 50)]
    plan(files, boxes, list(batch))
    files.decode()
    assert (files.failed(), files.reason(0), files.reason(2)) == ([1], None, None)
    assert (type(files.reason(1)), len(files.reason(1)) > 5) == (str, True)
    assert np.array_equal(batch[[0, 2]], [seen(folder, good, boxes[0], (20, 30))] * 2)


@pytest.mark.parametrize(
    "name", ["half", "no end", "half an end", "no scan", "half a progressive one"]
)
@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_a_file_that_ends_early_fails_also_if_its_end_is_not_looked_at(folder, name, gap):
    """A box at its top."""
    files = opened(folder, FAULTS[name])
    plan(files, [(0, 0, 40, 8)], [canvas(4, 20, 3)], gap=gap)
    files.decode()
    assert files.failed() == [0]


def without(blob, marker):
    """Leave out all segments of a kind."""
    kept, position = blob[:2], 2
    while blob[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(blob[position + 2 : position + 4])
        kept += b"" if blob[position + 1] == marker else blob[position:end]
        position = end
    return kept + blob[position:]


@pytest.mark.parametrize("before", [[], [PICTURE], [PICTURE] * 5])
def test_a_file_without_tables_does_not_take_those_of_another(folder, before):
    """What becomes of it does not depend on what was decoded before."""
    blobs = [*before, without(PICTURE, 0xDB)]
    files, batch = opened(folder, *blobs), np.zeros((len(blobs), 120, 160, 3), np.uint8)
    plan(files, [(0, 0, 160, 120)] * len(blobs), list(batch))
    files.decode()
    assert files.failed() == [len(before)]


@pytest.mark.parametrize("before", [[], [saved(waves(120, 160, 1), optimize=True)]])
def test_a_frame_of_a_film_has_the_usual_tables_whatever_was_decoded_before(folder, before):
    """Those of Motion JPEG come without."""
    blobs = [*before, without(PICTURE, 0xC4)]
    files, batch = opened(folder, *blobs), np.zeros((len(blobs), 120, 160, 3), np.uint8)
    plan(files, [(0, 0, 160, 120)] * len(blobs), list(batch))
    files.decode()
    assert files.failed() == []
    assert np.array_equal(batch[-1], all_of(folder, PICTURE))


def test_bytes_that_fill_the_space_before_a_marker_are_no_fault(folder):
    """As many as there are."""
    blob = saved(waves(120, 160), restart_marker_rows=1)
    filled = re.sub(rb"\xff(?=[\xd0-\xd7\xd9])", b"\xff" * 3, blob[SOS:])
    assert len(filled) > len(blob) - SOS
    assert np.array_equal(all_of(folder, blob[:SOS] + filled), all_of(folder, blob))


@pytest.mark.parametrize("extra", [1, 5000])
def test_bytes_between_the_parts_of_a_picture_are_a_fault(folder, extra):
    """libjpeg-turbo warns of them: what was meant is anyone's guess."""
    blob = saved(waves(120, 160), restart_marker_rows=1)
    files = opened(folder, blob.replace(b"\xff\xd3", bytes(extra) + b"\xff\xd3"))
    plan(files, [(0, 0, 160, 120)], [canvas(120, 160, 3)])
    files.decode()
    assert (files.failed(), files.reason(0)) == ([0], "its parts are out of order")


@pytest.mark.parametrize("end", [b"", b"more", b"\xff\xd9", b"\xff\xff\0", bytes(5000)])
def test_what_follows_the_end_is_no_fault(folder, end):
    """Some cameras put more there."""
    assert np.array_equal(all_of(folder, PICTURE + end), all_of(folder, PICTURE))


@settings(derandomize=True, max_examples=120, deadline=None)
@given(data=st.data())
def test_whatever_is_wrong_with_a_file_the_others_are_right(folder, data):
    """It is decoded or named."""
    blob = bytearray(
        KINDS[data.draw(st.sampled_from(["4:2:0", "rows", "progressive", "rgb"]))](SCENE)
    )
    changes = st.tuples(st.integers(2, len(blob) - 1), st.binary(min_size=1, max_size=9))
    for start, new in data.draw(st.lists(changes, min_size=1, max_size=4)):
        blob[start : start + len(new)] = new
    blob = bytes(blob[: data.draw(st.integers(len(blob) // 2, 3 * len(blob)))])
    header = jpeg_header(blob)
    if header is None or header.height * header.width > 2**20:
        return
    files, batch = opened(folder, SMALL, blob, SMALL), np.zeros((3, 9, 11, 3), np.uint8)
    box = data.draw(whole_boxes(header.height, header.width))
    gap = data.draw(st.sampled_from([0.0, 1.0]))
    plan(files, [(0, 0, 9, 5), box, (0, 0, 9, 5)], list(batch), gap=gap)
    files.decode()
    assert (files.failed() in ([], [1]), files.failed() == []) == (True, files.reason(1) is None)
    assert np.array_equal(batch[[0, 2]], [seen(folder, SMALL, (0, 0, 9, 5), (9, 11))] * 2)


@pytest.mark.skipif(not TRICKY.is_dir(), reason="no folder of tricky pictures")
def test_tricky_files_are_decoded_or_named():
    """As they are, and cut in the middle."""
    paths = sorted(str(path) for path in TRICKY.glob("*/*") if path.is_file())
    files, headers = kernel_files.read(paths)[0], headers_of(paths)
    rows = [n for n, own in enumerate(headers) if own and own.height * own.width < 2**24]
    boxes = [(0, 0, headers[row].width, headers[row].height) for row in rows]
    batch = np.zeros((len(rows), 30, 40, 3), np.uint8)
    plan(files, boxes, list(batch), rows=rows)
    files.decode()
    told = [row for row in rows if files.reason(row) is not None]
    assert (files.failed(), 0 < len(told) < len(rows)) == (told, True)
