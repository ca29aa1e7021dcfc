"""What the header of a JPEG tells: its size, its colours, and which way is up."""

from typing import NamedTuple

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ORIENTATION = 0x0112


class Header(NamedTuple):
    """The size as it is stored, before it is turned."""

    height: int
    width: int
    channels: int
    """1 for grey, 3 for colours, 4 for CMYK or YCCK."""
    orientation: int
    """The EXIF orientation, 1 to 8."""


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
    position, orientation = 2, 1
    while position + 4 <= len(blob):
        if blob[position] != 0xFF:
            return None
        marker = blob[position + 1]
        if marker == 0xFF:  # fill bytes
            position += 1
            continue
        if marker in _START_OF_FRAME:
            return _frame(blob[position + 4 : position + 10], orientation)
        if marker in (0xD9, 0xDA) or 0xD0 <= marker <= 0xD7 or marker in (0x00, 0x01):
            return None
        length = int.from_bytes(blob[position + 2 : position + 4])
        if marker == 0xE1 and blob.startswith(b"Exif\0\0", position + 4):
            orientation = exif_orientation(blob[position + 10 : position + 2 + length])
        position += 2 + length
    return None


def _frame(frame: bytes, orientation: int) -> Header | None:
    if len(frame) < 6:
        return None
    bits, channels = frame[0], frame[5]
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    if bits != 8 or not height or not width or channels not in (1, 3, 4):
        return None
    return Header(height, width, channels, orientation)


def exif_orientation(tiff: bytes) -> int:
    """Find the orientation in EXIF data; 1 if there is none that makes sense."""
    if tiff[:4] == b"II*\0":
        order = "little"
    elif tiff[:4] == b"MM\0*":
        order = "big"
    else:
        return 1

    def number(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], order)  # type: ignore[arg-type]

    entries = number(4, 4)
    for entry in range(number(entries, 2)):
        start = entries + 2 + 12 * entry
        if start + 12 > len(tiff):
            break
        if number(start, 2) == _ORIENTATION:
            value = number(start + 8, 2)
            return value if number(start + 2, 2) == 3 and 1 <= value <= 8 else 1
    return 1
