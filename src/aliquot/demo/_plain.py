"""What the demo is measured against: the loop that one would write with Pillow alone."""

from collections.abc import Iterable

import numpy as np

from aliquot._needs import need
from aliquot.demo._augment import MARGIN, SIZE, augment_one


def plain_pillow_loop(paths: Iterable[str], batch_size: int) -> int:
    """Open, convert, resize, crop, flip and stack, one picture after the other.

    Returns
    -------
    int
        The number of pictures.
    """
    pillow = need("PIL.Image", extra="image", purpose="the demo")
    side = SIZE + MARGIN
    batch = []
    count = 0
    for index, path in enumerate(paths):
        with pillow.open(path) as image:
            resized = image.convert("RGB").resize((side, side), pillow.Resampling.BILINEAR)
        batch.append(augment_one(index, np.asarray(resized)))
        count += 1
        if len(batch) == batch_size:
            np.stack(batch)
            batch.clear()
    return count
