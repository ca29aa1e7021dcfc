"""The augmentation that both contenders of the demo do: a random crop, a random flip."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 128
MARGIN = 16


def augment(
    images: NDArray[np.uint8], labels: NDArray[np.int64], rng: Any
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Crop and flip each picture of a batch at random.

    Parameters
    ----------
    images : uint8 array, shape (n, SIZE + MARGIN, SIZE + MARGIN, 3)
        The pictures.
    labels : int64 array, shape (n,)
        Their classes.
    rng : Draws
        Random numbers that belong to each picture's place in the epoch.

    Returns
    -------
    tuple
        uint8 array of shape (n, SIZE, SIZE, 3), and the labels.
    """
    corners = rng.integers(MARGIN + 1, shape=2)
    flips = rng.random() < 0.5
    out = np.empty((len(images), SIZE, SIZE, 3), np.uint8)
    for row, image, corner, flip in zip(out, images, corners, flips, strict=True):
        row[...] = cropped(image, *corner, flip=flip)
    return out, labels


def cropped(image: NDArray[np.uint8], top: int, left: int, *, flip: bool) -> NDArray[np.uint8]:
    """Crop and flip one picture; a view of it."""
    part = image[top : top + SIZE, left : left + SIZE]
    return part[:, ::-1] if flip else part
