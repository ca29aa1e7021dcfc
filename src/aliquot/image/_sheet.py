"""A contact sheet: many small pictures on one, to look at a batch."""

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image._pillow import in_mode, pil

if TYPE_CHECKING:
    from PIL.Image import Image

_GAP = 4
_PAPER = (255, 255, 255)
_MOUNT = (32, 32, 32)
_INK = (0, 0, 0)


def contact_sheet(
    images: Iterable[Any],
    captions: Sequence[object] | None = None,
    *,
    columns: int = 8,
    tile: int = 128,
) -> "Image":
    """Draw pictures in a grid.

    Parameters
    ----------
    images : iterable
        uint8 arrays of shape (height, width, channels) with 1, 3 or 4 channels, or Pillow images,
        of any size: each is fitted into its tile, its proportions kept.
    captions : sequence, optional
        One for each picture, written beneath it, shortened where it is too long.
    columns : int, default 8
        Pictures in a row.
    tile : int, default 128
        The side of a tile, in pixels.

    Returns
    -------
    PIL.Image.Image
        The sheet, RGB.

    Raises
    ------
    ArgumentError
        If there are no pictures, a shape is none of the above, captions and pictures differ in
        number, or a number is not positive.
    ArgumentTypeError
        If a picture is neither a uint8 array nor a Pillow image.

    Examples
    --------
    >>> batch = np.zeros((10, 32, 48, 3), np.uint8)
    >>> contact_sheet(batch, columns=5, tile=64).size
    (344, 140)
    """
    pictures = [_as_rgb(image) for image in images]
    texts = None if captions is None else [" ".join(str(text).split()) for text in captions]
    _check(len(pictures), texts, columns, tile)
    font = pil("ImageFont").load_default(max(10, tile // 9))
    footer = 0 if texts is None else sum(font.getmetrics())
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    sheet = _paper(columns, rows, tile, tile + footer)
    pen = pil("ImageDraw").Draw(sheet)
    for i, (picture, text) in enumerate(itertools.zip_longest(pictures, texts or [])):
        x, y = _corner(i % columns, tile), _corner(i // columns, tile + footer)
        sheet.paste(_mounted(picture, tile), (x, y))
        if text:
            pen.text((x, y + tile), _shortened(text, font, tile), fill=_INK, font=font)
    return sheet


def _check(count: int, texts: list[str] | None, columns: int, tile: int) -> None:
    if not count:
        raise ArgumentError("there are no pictures to draw")
    if texts is not None and len(texts) != count:
        raise ArgumentError(f"{len(texts)} captions for {count} pictures")
    if columns < 1 or tile < 1:
        raise ArgumentError(f"columns and tile must be positive, not {columns} and {tile}")


def _as_rgb(image: Any) -> "Image":
    picture = _from_array(image) if isinstance(image, np.ndarray) else image
    if not isinstance(picture, pil("Image").Image):
        raise ArgumentTypeError(f"a picture must be an array or a Pillow image, not {image!r}")
    return in_mode(picture, "RGB")


def _from_array(array: Any) -> Any:
    if array.dtype != np.uint8:
        raise ArgumentTypeError(f"a picture's array must be uint8, not {array.dtype}")
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise ArgumentError(
            f"a picture's array must be (height, width, 1, 3 or 4), not {array.shape}"
        )
    return pil("Image").fromarray(array[..., 0] if array.shape[2] == 1 else array)


def _paper(columns: int, rows: int, width: int, height: int) -> "Image":
    paper: Image = pil("Image").new("RGB", (_corner(columns, width), _corner(rows, height)), _PAPER)
    return paper


def _corner(place: int, side: int) -> int:
    return _GAP + place * (side + _GAP)


def _mounted(picture: "Image", tile: int) -> "Image":
    bilinear = pil("Image").Resampling.BILINEAR
    mounted: Image = pil("ImageOps").pad(picture, (tile, tile), bilinear, color=_MOUNT)
    return mounted


def _shortened(text: str, font: Any, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
