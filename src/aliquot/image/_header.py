"""What the header of a JPEG tells: its size, its colours, and which way is up.

What Pillow would understand in another way is left to it, so that the fast way is never another.
"""

from typing import NamedTuple

# Baseline, extended and progressive; lossless and arithmetic-coded ones are for Pillow.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_PROGRESSIVE = 0xC2
_PASSED_OVER = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xDF, *range(0xE0, 0xF0), 0xFE})
_START_OF_SCAN = 0xDA
_ORIENTATION = 0x0112
_SHORT = 3
# Bytes of a value of each type of TIFF.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


class Header(NamedTuple):
    """The size as it is stored, before it is turned."""

    height: int
    width: int
    channels: int
    """1 for grey, 3 for colours, 4 for CMYK or YCCK."""
    orientation: int | None
    """The EXIF orientation, 1 to 8; `None` if metadata is odd, and Pillow has to say."""
    scans: int = 1
    """How often all blocks are gone through, at most."""


def jpeg_header(blob: bytes) -> Header | None:
    """Read the header of a JPEG; `None` if it is no JPEG, or an odd one.

    Parameters
    ----------
    blob : bytes
        The file.

    Returns
    -------
    Header or None
        For the common kinds only: a size is known, and there are 1, 3 or 4 channels of 8 bits.
    """
    if blob[:3] != b"\xff\xd8\xff":
        return None
    frame: bytes | None = None
    position = 2
    exif: list[bytes] = []
    turned_by_xmp = False
    progressive = False
    while position + 4 <= len(blob) and blob[position] == 0xFF:
        marker = blob[position + 1]
        if marker == 0xFF:  # fill bytes
            position += 1
            continue
        if marker == _START_OF_SCAN:
            found = None if frame is None else _header(frame, exif, turned_by_xmp)
            if found is None:
                return None
            several = progressive or blob[position + 4 : position + 5] != bytes([found.channels])
            return found._replace(scans=scans_in(blob, position)) if several else found
        start, length = position + 4, int.from_bytes(blob[position + 2 : position + 4])
        position += 2 + length
        if length < 2 or position > len(blob):
            return None
        if marker in _FRAMES:
            if frame is not None:
                return None
            frame, progressive = blob[start:position], marker == _PROGRESSIVE
        elif marker == 0xE1 and blob.startswith(b"Exif\0\0", start):
            exif.append(blob[start + 6 : position])
        elif marker == 0xE1:
            turned_by_xmp |= blob.find(b"tiff:Orientation", start, position) >= 0
        elif marker not in _PASSED_OVER:
            return None
    return None


def scans_in(blob: bytes, start: int = 0) -> int:
    """Count the scans of a JPEG, from some byte on; what looks like one in metadata counts, too."""
    return blob.count(b"\xff\xda", start)


def _header(frame: bytes, exif: list[bytes], turned_by_xmp: bool) -> Header | None:
    if len(frame) < 6:
        return None
    bits, channels = frame[0], frame[5]
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    if bits != 8 or not height or not width or channels not in (1, 3, 4):
        return None
    orientation = exif_orientation(exif[0]) if exif else 0
    if len(exif) > 1 or (orientation == 0 and turned_by_xmp):
        orientation = None
    return Header(height, width, channels, 1 if orientation == 0 else orientation)


def exif_orientation(tiff: bytes) -> int | None:
    r"""Find the orientation in EXIF data.

    Parameters
    ----------
    tiff : bytes
        What follows ``b"Exif\0\0"``.

    Returns
    -------
    int or None
        1 to 8; 0 if there is none, `None` if it or something before it is odd.
    """
    if tiff[:4] == b"II*\0":
        order = "little"
    elif tiff[:4] == b"MM\0*":
        order = "big"
    else:
        return None

    def number(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], order)  # type: ignore[arg-type]

    room = len(tiff)
    entries = number(4, 4)
    for start in range(entries + 2, entries + 2 + 12 * number(entries, 2), 12):
        if start + 12 > len(tiff):
            return None
        tag, kind, count = number(start, 2), number(start + 2, 2), number(start + 4, 4)
        if tag == _ORIENTATION:
            value = number(start + 8, 2)
            return value if (kind, count) == (_SHORT, 1) and 1 <= value <= 8 else None
        size = _WIDTHS.get(kind, 0) * count
        if size > 4:
            room -= size
            if room < 0 or number(start + 8, 4) + size > len(tiff):
                return None
    return 0
