"""The codec: pictures in files, through Pillow, to arrays or to Pillow's own images.

Geometry comes first: the orientation and the wanted size are known from the header, so a JPEG is
decoded at the smallest scale that is still at least twice the wanted size, and one antialiased
resample does the rest. Colours are converted before that resample, because palette numbers cannot
be averaged and alpha must not bleed into what drops it.
"""

import functools
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aliquot._needs import need
from aliquot.errors import ImageError
from aliquot.image._quiet import quiet

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

# The formats of the known extensions, JPEG first since most are; no EPS, which runs Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "PPM")

_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_FIRST_SIDEWAYS = 5
_GAP = 2.0


@functools.cache
def pil(module: str) -> Any:
    """Import a module of Pillow, or say what to install."""
    return need(f"PIL.{module}", extra="image", purpose="ImageFiles")


def decode_into(paths: Iterable[str], out: npt.NDArray[np.uint8], *, mode: str) -> None:
    """Decode one picture into each row of `out`, shape (n, height, width, channels)."""
    size = (out.shape[1], out.shape[2])
    for row, path in zip(out, paths, strict=True):
        row[...] = pixels(_decoded(path, size, mode))


def decode(paths: Iterable[str], *, size: tuple[int, int] | None, mode: str | None) -> list[Any]:
    """Decode each picture to a Pillow image, of `size` (height, width) if that is given."""
    return [_decoded(path, size, mode) for path in paths]


def pixels(image: "Image") -> npt.NDArray[Any]:
    """Return the pixels as a new array of shape (height, width, channels)."""
    array = np.array(image)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native if native.ndim == 3 else native[..., np.newaxis]


def _decoded(path: str, size: tuple[int, int] | None, mode: str | None) -> "Image":
    # Read apart from decoding: what the file system says must stay what it is.
    blob = Path(path).read_bytes()
    try:
        with quiet(), pil("Image").open(io.BytesIO(blob), formats=FORMATS) as image:
            return _shaped(image, size, mode)
    except MemoryError:
        raise
    except Exception as error:
        reason = "the file is empty" if not blob else _reason(error)
        raise ImageError(
            f"cannot decode the picture {path}: {reason}", path=path, reason=reason
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, pil("Image").UnidentifiedImageError):
        # Pillow's text names a buffer's address, which tells nobody anything.
        return f"it begins like none of {', '.join(FORMATS)}, or its header is broken"
    if isinstance(error, OSError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _shaped(image: Any, size: tuple[int, int] | None, mode: str | None) -> "Image":
    orientation = _orientation(image)
    box = None
    if size is not None:
        size = size if orientation < _FIRST_SIDEWAYS else (size[1], size[0])
        box = _shrink_on_load(image, size)
    image.load()
    image = in_mode(image, mode)
    if size is not None:
        image = _resized(image, size, box)
    return _upright(image, orientation)


def _orientation(image: Any) -> int:
    # Pillow's TIFF reader turns the picture itself.
    if image.format == "TIFF":
        return 1
    try:
        value = image.getexif().get(_ORIENTATION)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - broken metadata does not spoil a good picture
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def _shrink_on_load(image: Any, size: tuple[int, int]) -> Any:
    """Ask a JPEG for fewer pixels; return the box that they fill, None for other formats."""
    height, width = (round(side * _GAP) for side in size)
    # Never to another mode: libjpeg cannot take grey out of a JPEG whose channels are RGB.
    drafted = image.draft(None, (width, height))
    return drafted and drafted[1]


def _resized(image: "Image", size: tuple[int, int], box: Any) -> "Image":
    if image.mode.startswith("I;16"):
        return _resized(image.convert("I"), size, box).convert("I;16")
    bilinear = pil("Image").Resampling.BILINEAR
    return image.resize((size[1], size[0]), bilinear, box=box, reducing_gap=_GAP)


def _upright(image: "Image", orientation: int) -> "Image":
    if orientation == 1:
        return image
    turn: Transpose = getattr(pil("Image").Transpose, _TURNS[orientation])
    turned = image.transpose(turn)
    # Else whoever applies the orientation again turns the picture twice.
    for key in ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"):
        turned.info.pop(key, None)
    return turned


def in_mode(image: "Image", mode: str | None) -> "Image":
    """Convert to `mode`, one of RGB, L, RGBA, or for None to the file's colours themselves."""
    image = _plain(image)
    if mode is None or image.mode == mode:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    elif image.mode in ("CMYK", "LAB", "HSV"):
        image = image.convert("RGB")
    return image.convert(mode)


def _plain(image: "Image") -> "Image":
    """Replace what stands for colours (palette, bits, premultiplied alpha) by the colours."""
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    plain = {"1": "L", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def _eight_bits(image: "Image") -> "Image":
    values = np.asarray(image)
    levels = _levels_of_floats(values) if image.mode == "F" else _levels_of_16_bits(values)
    grey: Image = pil("Image").fromarray(levels)
    return grey


def _levels_of_16_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Round x / 257, so that 65535 becomes 255; what lies outside 16 bits is clipped."""
    clipped = np.clip(values, 0, 65535).astype(np.uint32)
    levels: npt.NDArray[np.uint8] = ((clipped + 128) // 257).astype(np.uint8)
    return levels


def _levels_of_floats(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Take a picture that nowhere exceeds 1 as 0..1, any other as 0..255; NaN is black."""
    finite = np.nan_to_num(values, nan=0.0)
    scale = 255.0 if finite.max() <= 1 else 1.0
    levels: npt.NDArray[np.uint8] = np.rint(np.clip(finite, 0, 255) * scale).astype(np.uint8)
    return levels
