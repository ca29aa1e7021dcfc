"""What the header of a JPEG tells, held against Pillow."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aliquot.image._header import Header, exif_orientation, jpeg_header
from aliquot.image._pillow import opened, orientation_of
from aliquot.image._quiet import quiet

DATA = Path(__file__).parents[3] / "shared" / "data"
PHOTOGRAPHS = [
    path for name in ("pets", "flowers", "clothing") for path in DATA.glob(f"{name}/**/*.jpg")
]


def jpeg(height=5, width=9, mode="RGB", **options):
    """Return a JPEG file."""
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "JPEG", **options)
    return file.getvalue()


def tiff(value, order="<", tag=0x0112, kind=3, count=1, before=b""):
    """Return EXIF data with one entry, and those that come before."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entry = struct.pack(order + "HHI", tag, kind, count)
    packed = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
    number = struct.pack(order + "H", 1 + len(before) // 12)
    return start + number + before + entry + packed + struct.pack(order + "I", 0)


def segment(content, marker=0xE1):
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_segments(*segments, blob=None):
    """Return a JPEG with segments at its beginning."""
    blob = blob or jpeg()
    return blob[:2] + b"".join(segments) + blob[2:]


def by_pillow(blob):
    """Return the header as Pillow reads it; `None` if it does not open the file as a JPEG."""
    try:
        with quiet(), opened(blob) as image:
            if not blob.startswith(b"\xff\xd8"):
                return None
            return Header(image.height, image.width, len(image.getbands()), orientation_of(image))
    except Exception:
        return None


def agree(blob):
    """Whether the header is Pillow's, where both tell one; it may leave what it tells to Pillow."""
    mine, theirs = jpeg_header(blob), by_pillow(blob)
    if mine is None or theirs is None:
        return True
    return mine[:3] == theirs[:3] and mine.orientation in (None, theirs.orientation)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("CMYK", 4)])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_size_and_the_channels_are_told(mode, channels, progressive):
    """Of all common kinds."""
    blob = jpeg(300, 2, mode, progressive=progressive)
    found = jpeg_header(blob)
    assert found == Header(300, 2, channels, 1, found.scans)
    assert (found.scans > 1) == progressive


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_told(order, orientation):
    """In both byte orders."""
    blob = with_segments(segment(b"Exif\0\0" + tiff(orientation, order)))
    assert jpeg_header(blob) == by_pillow(blob) == Header(5, 9, 3, orientation)


def test_what_pillow_writes_is_understood():
    """Its EXIF data has entries of other kinds before."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "a maker of cameras", "a camera", 6
    assert jpeg_header(jpeg(exif=exif)) == Header(5, 9, 3, 6)


def test_fill_bytes_are_passed_over():
    """Any number of them may stand before a marker."""
    blob = jpeg()
    assert jpeg_header(blob[:2] + b"\xff\xff\xff" + blob[2:]) == Header(5, 9, 3, 1)


def test_other_segments_of_the_same_kind_are_passed_over():
    """XMP shares its marker with EXIF."""
    xmp = segment(b"http://ns.adobe.com/xap/1.0/\0<x/>")
    blob = with_segments(xmp, segment(b"Exif\0\0" + tiff(8)), xmp, segment(b"anything"))
    assert jpeg_header(blob) == by_pillow(blob) == Header(5, 9, 3, 8)


def test_an_orientation_in_xmp_alone_is_left_to_pillow():
    """Which takes it."""
    xmp = segment(b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>')
    alone, besides = with_segments(xmp), with_segments(xmp, segment(b"Exif\0\0" + tiff(3)))
    assert (jpeg_header(alone).orientation, by_pillow(alone).orientation) == (None, 6)
    assert (jpeg_header(besides).orientation, by_pillow(besides).orientation) == (3, 3)


def test_exif_data_in_two_segments_is_left_to_pillow():
    """The second goes on where the first ends."""
    first, second = segment(b"Exif\0\0" + tiff(6)), segment(b"Exif\0\0" + bytes(9))
    blob = with_segments(first, second)
    assert (jpeg_header(blob).orientation, by_pillow(blob).orientation) == (None, 6)


def test_exif_data_behind_the_size_counts():
    """It may stand anywhere before the pixels."""
    blob = jpeg()
    scan = blob.index(b"\xff\xda")
    blob = blob[:scan] + segment(b"Exif\0\0" + tiff(5)) + blob[scan:]
    assert jpeg_header(blob) == by_pillow(blob) == Header(5, 9, 3, 5)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II*\0",
        b"garbage!" * 3,
        tiff(0),
        tiff(9),
        tiff(6, kind=4),
        tiff(6, count=2),
        tiff(6)[:15],
        tiff(6, before=struct.pack("<HHII", 0x010F, 2, 9, 4_000_000)),
        tiff(6, before=struct.pack("<HHII", 0x010F, 77, 9, 0)),
    ],
    ids=range(10),
)
def test_odd_exif_data_is_left_to_pillow_or_read_as_it_does(exif):
    """What is wrong with it decides Pillow."""
    blob = with_segments(segment(b"Exif\0\0" + exif))
    assert (jpeg_header(blob)[:3], agree(blob)) == ((5, 9, 3), True)


@pytest.mark.parametrize(
    ("exif", "expected"),
    [(tiff(6), 6), (tiff(6, ">"), 6), (tiff(6, tag=0x0100), 0), (tiff(9), None), (b"", None)],
)
def test_exif_data_has_an_orientation_or_none_or_is_odd(exif, expected):
    """0 stands for none."""
    assert exif_orientation(exif) == expected


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\0\0",
        with_segments(segment(b"\0\0\x09\0\x09\x03", 0xC8)),
        with_segments(segment(b"\x0c\0\x09\0\x09\x03" + bytes(9), 0xC0)),
        jpeg().replace(b"\xff\xc0\0\x11\x08\0\x05", b"\xff\xc0\0\x11\x0c\0\x05"),
        jpeg().replace(b"\xff\xc0\0\x11\x08\0\x05", b"\xff\xc0\0\x11\x08\0\0"),
    ],
    ids=range(9),
)
def test_what_is_no_common_jpeg_is_left_to_pillow(blob):
    """No file, another kind, 12 bits, no height, two frames."""
    assert jpeg_header(blob) is None


def test_no_beginning_of_a_file_raises_or_differs():
    """Wherever it was cut off."""
    blob = with_segments(segment(b"Exif\0\0" + tiff(6)))
    assert all(agree(blob[:end]) for end in range(len(blob)))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(data=st.data())
def test_no_change_of_a_file_raises_or_makes_it_differ_from_pillow(data):
    """Some bytes of what comes before the pixels are random."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "maker", 6
    blob = bytearray(jpeg(exif=exif, comment=b"hello"))
    end = blob.index(b"\xff\xda") + 4
    changes = data.draw(
        st.lists(st.tuples(st.integers(2, end), st.integers(0, 255)), min_size=1, max_size=4)
    )
    for position, value in changes:
        blob[position] = value
    assert agree(bytes(blob))


@pytest.mark.skipif(not PHOTOGRAPHS, reason="no folder of photographs")
def test_photographs_have_the_header_that_pillow_reads():
    """And few are left to it."""
    files = [path.read_bytes() for path in PHOTOGRAPHS[::8]]
    headers = [jpeg_header(blob) for blob in files]
    theirs = [by_pillow(blob) for blob in files]
    odd = np.mean([header is None or header.orientation is None for header in headers])
    assert (all(map(agree, files)), None in theirs, odd < 0.05) == (True, False, True)
