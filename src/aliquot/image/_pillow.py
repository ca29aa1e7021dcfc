"""The codec: pictures in files, through Pillow, to arrays or to Pillow's own images.

Geometry comes first: the orientation and the wanted size are known from the header, so a JPEG is
decoded at the smallest scale that is still at least twice the wanted size, and one antialiased
resample does the rest. Colours are converted before that resample, because palette numbers cannot
be averaged and alpha must not bleed into what drops it.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aliquot.errors import ImageError
from aliquot.image._pil import pil as pil
from aliquot.image._quiet import quiet
from aliquot.image._resample import shrink
from aliquot.image._turns import TURNS, Part

if TYPE_CHECKING:
    from PIL.Image import Image

# The formats of the known extensions, JPEG first since most are; no EPS, which runs Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "PPM")

_ORIENTATION = 0x0112


def opened(blob: bytes) -> Any:
    """Open a picture whose pixels are not decoded yet; close it, or use it in ``with``."""
    return pil("Image").open(io.BytesIO(blob), formats=FORMATS)


def part_of(
    image: Any, part: Part, mode: str | None, interpolation: str, gap: float | None
) -> "Image":
    """Cut a part out of a picture as it is stored, in `mode`, resampled and antialiased."""
    box, size = part.box, (part.width, part.height)
    if gap is not None:
        width, height = image.size
        # Never to another mode: libjpeg cannot take grey out of a JPEG whose channels are RGB.
        factor = shrink(part, gap)
        # Pillow takes the scale from the quotient: rounded down, it is the factor itself.
        if image.draft(None, (width // factor, height // factor)) is not None:
            box = (box[0] / factor, box[1] / factor, box[2] / factor, box[3] / factor)
    image.load()
    coloured = in_mode(image, mode)
    if size == coloured.size and list(box) == [0, 0, *size]:
        return coloured
    if [box[2] - box[0], box[3] - box[1], box[0] % 1, box[1] % 1] == [*size, 0, 0]:
        # What is transparent would lose its colours in a resample.
        return coloured.crop((int(box[0]), int(box[1]), int(box[2]), int(box[3])))
    return _resized(coloured, size, box, interpolation, gap)


def read_mask(path: str) -> npt.NDArray[Any]:
    """Read a mask as it is stored: numbers of a palette, grey levels or 16 bits, never colours."""
    blob = Path(path).read_bytes()
    try:
        with quiet(), opened(blob) as image:
            if image.mode not in ("1", "L", "P", "I", "I;16", "I;16B", "I;16L"):
                raise ValueError(  # noqa: TRY301 - worded as all others are
                    f"a mask has one number a pixel, and this has the mode {image.mode}"
                )
            found = pixels(image)[..., 0]
            return found.astype(np.uint8) if found.dtype == np.bool_ else found
    except MemoryError:
        raise
    except Exception as error:
        why = reason(error, blob)
        raise ImageError(f"cannot read the mask {path}: {why}", path=path, reason=why) from error


def as_image(pixels: npt.NDArray[Any]) -> "Image":
    """Make a Pillow image of an array (height, width, channels)."""
    image: Image = pil("Image").fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return image


def reason(error: Exception, blob: bytes) -> str:
    """Say why a picture could not be decoded."""
    return "the file is empty" if not blob else _reason(error)


def pixels(image: "Image") -> npt.NDArray[Any]:
    """Return the pixels as a new array of shape (height, width, channels)."""
    array = np.array(image)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native if native.ndim == 3 else native[..., np.newaxis]


def _reason(error: Exception) -> str:
    if isinstance(error, pil("Image").UnidentifiedImageError):
        # Pillow's text names a buffer's address, which tells nobody anything.
        return f"it begins like none of {', '.join(FORMATS)}, or its header is broken"
    if isinstance(error, OSError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"


def orientation_of(image: Any) -> int:
    # Pillow's TIFF reader turns the picture itself.
    if image.format == "TIFF":
        return 1
    try:
        value = image.getexif().get(_ORIENTATION)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - broken metadata does not spoil a good picture
        return 1
    return value if isinstance(value, int) and value in TURNS else 1


def _resized(
    image: "Image", size: tuple[int, int], box: Any, interpolation: str, gap: float | None
) -> "Image":
    if image.mode.startswith("I;16"):
        grey = image.convert("I")
        return _resized(grey, size, box, interpolation, gap).convert("I;16")
    resampling = getattr(pil("Image").Resampling, interpolation.upper())
    return image.resize(size, resampling, box=box, reducing_gap=gap)


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
