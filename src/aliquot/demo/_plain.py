"""What the demo is measured against: the loop that one would write with Pillow alone."""

from collections.abc import Iterable

import numpy as np

from aliquot._needs import need
from aliquot.demo._augment import MARGIN, SIZE, cropped


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
    rng = np.random.default_rng(0)
    for path in paths:
        with pillow.open(path) as image:
            resized = image.convert("RGB").resize((side, side), pillow.Resampling.BILINEAR)
        top, left, flip = rng.integers((MARGIN + 1, MARGIN + 1, 2))
        batch.append(cropped(np.asarray(resized), top, left, flip=bool(flip)))
        count += 1
        if len(batch) == batch_size:
            np.stack(batch)
            batch.clear()
    return count
