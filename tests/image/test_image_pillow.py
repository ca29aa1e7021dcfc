"""The codec: sizes, colours, orientation, and what it does with files that are broken."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from aliquot.errors import ImageError
from aliquot.image import ImageFiles

SIZE = (48, 64)


def distance(a, b):
    """Return the mean absolute difference in grey levels."""
    return np.abs(np.asarray(a, int) - np.asarray(b, int)).mean()


def reference(path, size=SIZE, mode="RGB"):
    """Decode the whole picture with Pillow, then resize it."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert(mode)
        return np.asarray(upright.resize(size[::-1], Image.Resampling.BILINEAR))


@pytest.mark.parametrize("shape", [(480, 640), (333, 1001), (97, 130), (20, 30), (1, 1)])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.bmp", "a.ppm"])
def test_a_resized_picture_is_near_that_of_pillow(smooth, saved, shape, name):
    """Shrinking while decoding changes little."""
    path = saved(name, smooth(*shape))
    assert distance(ImageFiles([path], SIZE)[0], reference(path)) < 2


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_shrunk_jpeg_keeps_its_colours(smooth, saved, mode):
    """In every mode."""
    path = saved("a.jpg", smooth(500, 700), quality=92)
    picture = ImageFiles([path], SIZE, mode=mode)[0]
    assert distance(picture.squeeze(), reference(path, mode=mode)) < 2


def test_a_jpeg_whose_channels_are_rgb_can_be_grey(smooth, saved):
    """The JPEG library refuses to take grey out of it."""
    path = saved("a.jpg", smooth(500, 700), keep_rgb=True)
    picture = ImageFiles([path], SIZE, mode="L")[0]
    assert distance(picture.squeeze(), reference(path, mode="L")) < 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("size", [None, SIZE])
def test_the_orientation_is_applied(smooth, saved, name, orientation, size):
    """Also by quarter turns, where height and width of the stored picture change places."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(name, smooth(200, 300), exif=exif)
    picture = ImageFiles([path], size)[0]
    with Image.open(path) as image:
        whole = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    expected = whole if size is None else reference(path)
    assert (picture.shape, distance(picture, expected) < 2) == (expected.shape, True)


def test_a_turned_pillow_image_does_not_say_that_it_must_be_turned(smooth, saved):
    """Else the next one who looks turns it again."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = ImageFiles([saved("a.jpg", smooth(20, 30), exif=exif)], output="pil")[0]
    assert (image.size, ImageOps.exif_transpose(image).size) == ((20, 30), (20, 30))


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"]
)
def test_broken_exif_is_passed_over(smooth, saved, exif):
    """The picture is good."""
    path = saved("a.jpg", smooth(20, 30), exif=exif)
    assert ImageFiles([path])[0].shape == (20, 30, 3)


@pytest.mark.parametrize("byte_order", ["<u2", ">u2"])
def test_sixteen_bits_become_eight_by_scaling(saved, byte_order):
    """Bright ones are not clipped to white."""
    path = saved("a.tif", np.array([[0, 128, 129, 32768, 65406, 65535]], byte_order))
    grey = ImageFiles([path], mode="L")[0][0, :, 0]
    assert grey.tolist() == [0, 0, 1, 128, 254, 255]


def test_sixteen_bits_become_colours_and_small(saved):
    """They are scaled before they are resampled."""
    path = saved("a.png", np.full((40, 40), 40_000, np.uint16))
    picture = ImageFiles([path], (8, 8))[0]
    assert np.unique(picture).tolist() == [round(40_000 / 257)]


def test_integers_of_32_bits_are_clipped_to_16(saved):
    """Such files mostly hold 16-bit values."""
    path = saved("a.tif", np.array([[-5, 0, 65535, 1_000_000]], np.int32))
    assert ImageFiles([path], mode="L")[0][0, :, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-1, 0, 0.5, 1], [0, 0, 128, 255]),
        ([-1, 0.5, 100, 300], [0, 0, 100, 255]),
        ([np.nan, 0.2, np.inf, 7], [0, 0, 255, 7]),
    ],
)
def test_floats_are_taken_by_their_range(saved, values, expected):
    """0 to 1 where none exceeds 1, else 0 to 255; NaN is black."""
    path = saved("a.tif", np.array([values], np.float32))
    assert ImageFiles([path], mode="L")[0][0, :, 0].tolist() == expected


def test_alpha_is_dropped_not_blended(saved):
    """As Pillow does it: hidden colours show."""
    path = saved("a.png", np.full((4, 4, 4), [200, 100, 50, 0], np.uint8))
    assert ImageFiles([path], (2, 2))[0][0, 0].tolist() == [200, 100, 50]


def test_a_palette_with_transparency_is_silent(saved):
    """Pillow warns about it where it is not taken through RGBA."""
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    path = saved("a.png", image, transparency=b"\x00\x80")
    assert ImageFiles([path])[0][0, 0].tolist() == [10, 20, 30]


def test_cmyk_becomes_rgb(saved):
    """No ink is white."""
    path = saved("a.jpg", Image.new("CMYK", (16, 16), (0, 0, 0, 0)))
    assert ImageFiles([path])[0].min() == 255


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (3, 2), 1), ("uint8", (2, 3, 1), 255)),
        (Image.new("L", (3, 2), 7), ("uint8", (2, 3, 1), 7)),
        (Image.new("LA", (3, 2), (7, 9)), ("uint8", (2, 3, 2), 9)),
        (Image.new("RGB", (3, 2), (1, 2, 3)), ("uint8", (2, 3, 3), 3)),
        (Image.new("RGBA", (3, 2), (1, 2, 3, 4)), ("uint8", (2, 3, 4), 4)),
        (Image.new("CMYK", (3, 2), (1, 2, 3, 4)), ("uint8", (2, 3, 4), 4)),
        (Image.new("P", (3, 2), 0), ("uint8", (2, 3, 3), 0)),
        (Image.new("I;16", (3, 2), 60_000), ("uint16", (2, 3, 1), 60_000)),
        (Image.new("I", (3, 2), 100_000), ("int32", (2, 3, 1), 100_000)),
        (Image.new("F", (3, 2), 0.5), ("float32", (2, 3, 1), 0.5)),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_without_a_mode_a_file_keeps_its_channels_and_depth(saved, image, expected):
    """Palettes and single bits become the colours that they stand for."""
    picture = ImageFiles([saved("a.tif", image)], mode=None)[0]
    assert (picture.dtype.name, picture.shape, picture[0, 0, -1].item()) == expected


def test_a_transparent_palette_becomes_rgba_without_a_mode(saved):
    """The transparency is a colour's property."""
    path = saved("a.png", Image.new("P", (3, 2), 0), transparency=0)
    assert ImageFiles([path], mode=None)[0][0, 0, 3] == 0


def test_big_endian_pixels_come_in_native_order(saved):
    """NumPy would be slow with the others, and torch refuses them."""
    path = saved("a.tif", np.array([[258]], ">u2"))
    picture = ImageFiles([path], mode=None)[0]
    assert (picture.dtype, picture.item()) == (np.dtype(np.uint16), 258)


def test_sixteen_bits_can_be_resized_without_a_mode(saved):
    """Pillow images of any depth have a size."""
    path = saved("a.png", np.full((40, 40), 60_000, np.uint16))
    image = ImageFiles([path], (5, 6), mode=None, output="pil")[0]
    assert (image.mode, image.size, image.getpixel((0, 0))) == ("I;16", (6, 5), 60_000)


def test_of_an_animation_the_first_frame_is_read(saved):
    """A picture is one picture."""
    first, second = (Image.new("RGB", (8, 8), level) for level in ("red", "blue"))
    path = saved("a.gif", first, save_all=True, append_images=[second])
    assert ImageFiles([path])[0][0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff", b"GIF89a", b"II*\0\x08\0\0\0"])
def test_a_broken_file_is_named_with_the_reason(tmp_path, content):
    """The original exception is chained."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        ImageFiles([path])[0]
    error = caught.value
    assert (error.path, str(error), error.__cause__ is not None) == (
        str(path),
        f"cannot decode the picture {path}: {error.reason}",
        True,
    )


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.tif", "a.bmp"])
def test_a_truncated_file_is_an_error(smooth, saved, name, kept):
    """Half a picture is not passed off as a whole one."""
    path = saved(name, smooth(200, 300))
    with open(path, "r+b") as file:  # noqa: PTH123
        content = file.read()
        file.truncate(int(len(content) * kept))
    with pytest.raises(ImageError, match="cannot decode the picture"):
        ImageFiles([path])[0]


def test_the_reason_names_no_address_in_memory(tmp_path):
    """The same file gives the same message."""
    (tmp_path / "a.jpg").write_bytes(b"hello")
    with pytest.raises(ImageError) as caught:
        ImageFiles([tmp_path / "a.jpg"])[0]
    assert "0x" not in caught.value.reason


def png_of(width, height):
    """Return a PNG that claims a size and has no pixels."""

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_picture_beyond_the_pixel_limit_is_refused(tmp_path):
    """A small file can claim any size."""
    (tmp_path / "a.png").write_bytes(png_of(20_000, 10_000))
    with pytest.raises(ImageError, match="200000000 pixels"):
        ImageFiles([tmp_path / "a.png"])[0]


def test_a_large_picture_is_no_warning(tmp_path):
    """Pillow warns from half its limit; here the file is only broken."""
    (tmp_path / "a.png").write_bytes(png_of(10_000, 10_000))
    with pytest.raises(ImageError) as caught:
        ImageFiles([tmp_path / "a.png"])[0]
    assert not isinstance(caught.value.__cause__, Warning)


def test_a_missing_file_is_a_missing_file(tmp_path):
    """Python's own error, with the name."""
    with pytest.raises(FileNotFoundError) as caught:
        ImageFiles([tmp_path / "a.jpg"])[0]
    assert caught.value.filename == str(tmp_path / "a.jpg")


def test_a_folder_is_no_picture(tmp_path):
    """Python's own error."""
    with pytest.raises(IsADirectoryError):
        ImageFiles([tmp_path])[0]


def test_memory_running_out_is_not_the_file_s_fault(three, monkeypatch):
    """A retry with a smaller batch may succeed."""
    monkeypatch.setattr(Image.Image, "convert", lambda *_: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        ImageFiles(three, mode="L")[0]
