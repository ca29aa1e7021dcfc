"""The augmentation that both contenders of the demo do: a random crop, a random flip."""

import numpy as np
from numpy.typing import NDArray

SIZE = 128
MARGIN = 16


def augment(
    indices: NDArray[np.int64], images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Crop and flip each picture of a batch at random.

    The draws are made from the samples' own indices, so they do not depend on who makes a batch
    or when.

    Parameters
    ----------
    indices : int64 array, shape (n,)
        The samples.
    images : uint8 array, shape (n, SIZE + MARGIN, SIZE + MARGIN, 3)
        Their pictures.
    labels : int64 array, shape (n,)
        Their classes.

    Returns
    -------
    tuple
        uint8 array of shape (n, SIZE, SIZE, 3), and the labels.
    """
    out = np.empty((len(images), SIZE, SIZE, 3), np.uint8)
    for row, index, image in zip(out, indices, images, strict=True):
        row[...] = augment_one(int(index), image)
    return out, labels


def augment_one(index: int, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop and flip one picture; a view of it."""
    top, left, flip = np.random.default_rng(index).integers((MARGIN + 1, MARGIN + 1, 2))
    cropped = image[top : top + SIZE, left : left + SIZE]
    return cropped[:, ::-1] if flip else cropped
