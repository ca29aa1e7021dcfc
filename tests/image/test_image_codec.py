"""The codec: what a view shows of a file, held against resizing the whole picture with Pillow."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from aliquot.errors import ImageError
from aliquot.image import ImageFiles, Pad, RandomCrop, Resize
from aliquot.image._codec import decode, decode_into
from aliquot.image._kernel_files import kernel
from aliquot.image._options import checked
from aliquot.image._pictures import read

DATA = Path(__file__).parents[3] / "shared" / "data"
CODECS = [*["libjpeg-turbo"] * (kernel() is not None), "simplejpeg", "pillow"]
JPEGS = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "progressive": {"progressive": True},
}


def waves(height, width):
    """Return a smooth RGB picture."""
    y, x = np.mgrid[0:height, 0:width] / 25
    layers = [128 + 60 * np.sin(x + c) + 60 * np.cos(1.3 * y - c) for c in range(3)]
    return np.stack(layers, axis=-1).clip(0, 255).astype(np.uint8)


def whole(path, mode="RGB"):
    """Decode all of a picture with Pillow, and turn it upright."""
    # By a stream: Pillow does not turn a TIFF that it maps from its file.
    with Image.open(io.BytesIO(Path(path).read_bytes())) as image:
        return ImageOps.exif_transpose(image).convert(mode)


def options(**keywords):
    return checked(None, keywords)[0]


def psnr(found, expected):
    """Return the ratio of the largest grey level to the mean error, in dB."""
    error = np.mean((found.astype(float) - expected) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that all examples of a test share."""
    return tmp_path_factory.mktemp("pictures")


@st.composite
def cases(draw):
    """Draw a file, and a view of it."""
    height, width = draw(st.integers(1, 120)), draw(st.integers(1, 120))
    orientation = draw(st.integers(1, 8))
    tall, wide = (width, height) if orientation > 4 else (height, width)
    h, w = draw(st.integers(1, tall)), draw(st.integers(1, wide))
    return {
        "stored": (height, width),
        "orientation": orientation,
        "box": (draw(st.integers(0, tall - h)), draw(st.integers(0, wide - w)), h, w),
        "size": (draw(st.integers(1, 60)), draw(st.integers(1, 60))),
        "flips": (draw(st.booleans()), draw(st.booleans())),
        "mode": draw(st.sampled_from(["RGB", "L", "RGBA"])),
        "file_mode": draw(st.sampled_from(["RGB", "L", "RGBA"])),
    }


def check_case(case, path, codec, save):
    """Hold a view of a file against Pillow's own resize of all of it."""
    image = Image.fromarray(waves(*case["stored"]))
    if path.suffix == ".jpg" or case["file_mode"] != "RGBA":
        image = image.convert(case["file_mode"].removesuffix("A"))
    else:
        image.putalpha(image.convert("L"))
    exif = Image.Exif()
    exif[0x0112] = case["orientation"]
    image.save(path, exif=exif, **save)

    chosen = options(mode=case["mode"], codec=codec, reducing_gap=None)
    pictures = read([str(path)], chosen)
    top, left, h, w = case["box"]
    views = pictures.views().crop(np.array([top]), np.array([left]), h, w)
    views = views.resize(*case["size"])
    flip_y, flip_x = case["flips"]
    views = views.flip(np.array([flip_y]), vertical=True).flip(np.array([flip_x]), vertical=False)

    box = (left, top, left + w, top + h)
    full = whole(path, case["mode"])
    resized = full.resize(case["size"][::-1], Image.Resampling.BILINEAR, box=box)
    expected = np.asarray(resized).reshape(*case["size"], -1).astype(int)
    expected = expected[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    [found] = decode(pictures, views, chosen)
    assert (*pictures.heights, *pictures.widths, found.shape) == (*full.size[::-1], expected.shape)
    assert np.abs(found - expected).mean() < 1


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", JPEGS)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(case=cases())
def test_a_view_of_a_jpeg_is_what_pillow_makes_of_all_of_it(folder, codec, kind, case):
    """Any box, size, flip, orientation and mode; when nothing is shrunk."""
    check_case(case, folder / "a.jpg", codec, {"quality": 90, **JPEGS[kind]})


@pytest.mark.parametrize(
    ("name", "save"), [("a.png", {}), ("a.webp", {"lossless": True}), ("a.tif", {})]
)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(case=cases())
def test_a_view_of_another_file_is_what_pillow_makes_of_all_of_it(folder, name, save, case):
    """Transparent ones, too."""
    check_case(case, folder / name, None, save)


def ratios(paths, codec):
    """Return how near small pictures are to those of all pixels, in dB."""
    small = ImageFiles(paths, transforms=[Resize((64, 64))], codec=codec)[:]
    fully = [whole(path).resize((64, 64), Image.Resampling.BILINEAR) for path in paths]
    return np.array([psnr(a, np.asarray(b)) for a, b in zip(small, fully, strict=True)])


@pytest.mark.parametrize("codec", CODECS)
def test_shrinking_while_decoding_changes_little(tmp_path, smooth, codec):
    """Also at odd sizes, of which the last shrunk pixel is a part only."""
    noise = np.random.default_rng(0).normal(0, 12, (700, 900, 3))
    paths = []
    for number, (height, width) in enumerate([(375, 500), (333, 499), (680, 861), (257, 391)]):
        picture = smooth(height, width) + noise[:height, :width]
        paths.append(tmp_path / f"{number}.jpg")
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(paths[-1], quality=90)
    assert ratios(paths, codec).min() > 45


@pytest.mark.skipif(importlib.util.find_spec("skimage") is None, reason="needs scikit-image")
@pytest.mark.parametrize("codec", CODECS)
def test_shrinking_while_decoding_changes_little_of_known_photographs(tmp_path, codec):
    """Those of scikit-image."""
    [folder] = importlib.util.find_spec("skimage.data").submodule_search_locations
    paths = []
    for name in ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "ihc.png"]:
        with Image.open(Path(folder, name)) as image:
            paths.append(tmp_path / f"{name}.jpg")
            image.convert("RGB").crop((0, 0, *(np.array(image.size) - 3))).save(paths[-1])
    assert ratios(paths, codec).min() > 42


@pytest.mark.skipif(not (DATA / "pets").is_dir(), reason="no folder of photographs")
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["pets/train", "flowers", "clothing/images"])
def test_shrinking_while_decoding_changes_little_of_photographs(name, codec):
    """In the middle, for nearly all, and for each of them."""
    paths = sorted((DATA / name).glob("**/*.jpg"))[::8]
    found = ratios(paths, codec)
    assert (np.median(found) > 48, np.percentile(found, 5) > 44, found.min() > 38) == (
        True,
        True,
        True,
    )


# Exactness


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_picture_as_it_is_is_the_decoded_one(smooth, saved, name, codec, orientation):
    """Bit for bit."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(name, smooth(41, 63), exif=exif)
    found = ImageFiles([path], codec=codec)[0]
    assert found.tolist() == np.asarray(whole(path)).tolist()


def test_whole_pixels_of_a_transparent_picture_are_cut_out_exactly(saved):
    """What is invisible keeps its colours."""
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    chosen = options(mode="RGBA")
    pictures = read([saved("a.png", pixels)], chosen)
    views = pictures.views().crop(np.array([3]), np.array([5]), 7, 9)
    assert decode(pictures, views, chosen)[0].tolist() == pixels[3:10, 5:14].tolist()


def test_many_pictures_are_decoded_into_an_array(saved, smooth):
    """The very pixels of one after the other."""
    paths = [saved("a.jpg", smooth(50, 70)), saved("b.png", smooth(20, 90))]
    chosen = options()
    pictures = read(paths, chosen)
    views = pictures.views().resize(9, 8)
    out = np.empty((2, 9, 8, 3), np.uint8)
    decode_into(pictures, views, out, chosen)
    expected = [ImageFiles([path], size=(9, 8))[0] for path in paths]
    assert out.tolist() == np.stack(expected).tolist()


# Beside the picture


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("top", "left"), [(-50, 0), (0, 50)])
def test_a_view_beside_the_picture_is_filled(smooth, saved, orientation, top, left):
    """However it is turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    chosen = options(transforms=[Pad(1, fill=7)])
    pictures = read([saved("a.jpg", smooth(20, 30), exif=exif)], chosen)
    views = pictures.views().crop(np.array([top]), np.array([left]), 5, 4)
    assert np.array_equal(decode(pictures, views, chosen)[0], np.full((5, 4, 3), 7))


def test_a_view_beside_the_picture_has_its_channels_and_depth(saved):
    """Also where those are the file's own."""
    path = saved("a.png", np.full((4, 4), 60_000, np.uint16))
    photos = ImageFiles(
        [path], mode=None, transforms=[Pad(90), RandomCrop(2), Pad(1)], output="pil"
    )
    chosen = options(mode=None)
    pictures = read([path], chosen)
    views = pictures.views().crop(np.array([9]), np.array([9]), 3, 3)
    [found] = decode(pictures, views, chosen)
    assert (found.dtype, found.shape, photos[0].mode) == (np.uint16, (3, 3, 1), "I;16")


# Files


def test_ink_comes_as_colours_in_pillow_images(saved):
    """Four channels alone do not tell ink from transparency."""
    path = saved("a.tif", Image.new("CMYK", (8, 8), (0, 0, 0, 0)))
    image = ImageFiles([path], mode=None, output="pil")[0]
    assert (image.mode, image.getpixel((0, 0))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize("codec", CODECS)
def test_an_orientation_in_xmp_turns_with_either_codec(smooth, saved, codec):
    """As Pillow turns it."""
    xmp = b'<x:xmpmeta tiff:Orientation="6"/>'
    path = saved("a.jpg", smooth(20, 30), xmp=xmp)
    found = ImageFiles([path], codec=codec)[0]
    assert found.tolist() == np.asarray(whole(path)).tolist()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("coding", ["progressive", "sequential", "arithmetic"])
def test_a_file_that_goes_through_its_pixels_without_end_is_refused(saved, codec, coding):
    """It could take minutes, whatever decodes it."""
    grey = Image.fromarray(waves(40, 60)[..., 0])
    path = saved("a.jpg", grey, progressive=coding == "progressive")
    blob = Path(path).read_bytes()
    scan = blob[blob.rindex(b"\xff\xda") : -2]
    begun = blob[:-2]
    if coding == "sequential":  # of three channels one a scan
        begun = begun.replace(
            b"\x01\x01\x11\x00", b"\x03" + b"".join(b"%c\x11\0" % i for i in (1, 2, 3))
        )
        at = begun.index(b"\xff\xc0")
        begun = begun[: at + 2] + (17).to_bytes(2, "big") + begun[at + 4 :]
    if coding == "arithmetic":
        begun = begun.replace(b"\xff\xc0", b"\xff\xc9")
    for more, refused in [(450, False), (501, True)]:
        Path(path).write_bytes(begun + scan * more + b"\xff\xd9")
        if refused:
            with pytest.raises(ImageError, match=r"has 50\d scans, more than the limit of 500"):
                read([path], options(codec=codec))
        else:
            assert len(read([path], options(codec=codec))) == 1


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_picture_beyond_the_limit_is_not_decoded(smooth, saved, codec, name):
    """Its file and its size are told."""
    path = saved(name, smooth(20, 30))
    photos = ImageFiles([path], codec=codec, pixel_limit=599)
    with pytest.raises(ImageError, match=r"20 x 30 pixels, more than the limit of 599") as caught:
        photos[0]
    assert (caught.value.path, ImageFiles([path], pixel_limit=600)[0].shape) == (path, (20, 30, 3))


@pytest.mark.parametrize("codec", CODECS)
def test_a_broken_file_in_a_batch_is_named(smooth, saved, codec):
    """With the reason that Pillow gives."""
    paths = [saved(f"{i}.jpg", smooth(90, 90)) for i in range(3)]
    blob = Path(paths[1]).read_bytes()
    Path(paths[1]).write_bytes(blob[: len(blob) // 2])
    with pytest.raises(ImageError, match="truncated") as caught:
        ImageFiles(paths, (8, 8), codec=codec)[[0, 1, 2]]
    assert (caught.value.path, "truncated" in caught.value.reason) == (paths[1], True)


def test_a_header_can_be_right_and_the_pixels_broken(smooth, saved):
    """Reading it is no error yet."""
    path = saved("a.jpg", smooth(90, 90))
    blob = Path(path).read_bytes()
    Path(path).write_bytes(blob[: len(blob) // 2])
    pictures = read([path], options())
    assert (*pictures.heights, *pictures.widths) == (90, 90)
