"""The fast way of JPEGs: libjpeg-turbo by simplejpeg, resampling by cykooz-resizer.

Both release the GIL. A picture is decoded at 1/2, 1/4 or 1/8, scales that libjpeg-turbo has SIMD
for, as far as the part that is wanted keeps `gap` times the pixels that it becomes.
"""

import math

import numpy as np
from numpy.typing import NDArray

from aliquot.image._resample import library, resampled, shrink
from aliquot.image._turns import Part

NAME = "simplejpeg + cykooz-resizer"
_COLOURS = {1: "GRAY", 3: "RGB"}


def decode(
    blob: bytes,
    size: tuple[int, int],
    part: Part,
    channels: int,
    interpolation: str,
    gap: float | None,
) -> NDArray[np.uint8] | None:
    """Decode a part of a JPEG.

    Parameters
    ----------
    blob : bytes
        The file.
    size : tuple of int
        Height and width as stored.
    part : Part
        What to cut out, in stored pixels, and its size afterwards.
    channels : {1, 3}
        Grey or RGB.
    interpolation : str
        The filter.
    gap : float, optional
        The least ratio of decoded to wanted pixels; `None` to decode all of them.

    Returns
    -------
    uint8 array, shape (height, width, channels), or None
        As `part` says; `None` if this is not for here: the file has a fault, say.
    """
    jpeg, _ = library()  # type: ignore[misc]
    factor = shrink(part, gap)
    least = {
        "min_height": math.ceil(size[0] / factor),
        "min_width": math.ceil(size[1] / factor),
        "min_factor": factor,
    }
    try:
        pixels = jpeg.decode_jpeg(blob, _COLOURS[channels], **(least if factor > 1 else {}))
    except ValueError:
        return None
    return resampled(pixels, _scaled(part, factor), interpolation)


def _scaled(part: Part, factor: int) -> Part:
    # The last pixels of a picture that is shrunk lie beyond its end in part, so its size is not
    # what tells the scale.
    left, top, right, bottom = part.box
    return part._replace(box=(left / factor, top / factor, right / factor, bottom / factor))
