"""Looking at a batch, or at the beginning of a source."""

from typing import TYPE_CHECKING, Any

import numpy as np

from aliquot._batch import leaves
from aliquot.errors import ArgumentTypeError
from aliquot.image._sheet import contact_sheet

if TYPE_CHECKING:
    from PIL.Image import Image

_SOME = 32


def show(batch_or_source: Any, labels: Any = None) -> "Image":
    """Draw the pictures of a batch, or the first of a source, as your model gets them.

    Parameters
    ----------
    batch_or_source : tuple, dict, array, list, data source or array-like
        A batch (tuple, dict or array) with pictures in it, (n, height, width, channels) or
        (n, channels, height, width), or a list of pictures; or what gives such a batch when it is
        indexed. Floats are stretched from their least to their largest value, each by itself.
    labels : sequence, optional
        What is written below each picture. By default the numbers of a column beside the pictures.

    Returns
    -------
    PIL.Image.Image
        A contact sheet. A notebook shows it; ``.show()`` and ``.save(path)`` are Pillow's.

    Raises
    ------
    ArgumentTypeError
        If there are no pictures in it (a `TypeError`).

    Examples
    --------
    >>> show(np.zeros((8, 3, 32, 32), np.float32)).size
    (1060, 136)
    """
    batch = _as_batch(batch_or_source)
    columns = list(leaves(batch))
    pictures = next((leaf for _, leaf in columns if _are_pictures(leaf)), None)
    if pictures is None:
        raise ArgumentTypeError(
            "expected pictures: an array (n, height, width, channels) or (n, channels, height, "
            f"width), or a list of such; there are only {[path or 0 for path, _ in columns]}"
        )
    if labels is None:
        labels = next((leaf for _, leaf in columns if _are_labels(leaf, len(pictures))), None)
    return contact_sheet([_levels(picture) for picture in pictures], labels)


def _as_batch(given: Any) -> Any:
    if isinstance(given, (tuple, dict, list, np.ndarray)):
        return given
    try:
        n = min(len(given), _SOME)
    except TypeError:
        n = _SOME
    return given[np.arange(n)]


def _are_pictures(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return leaf.ndim == 4 and _channel_axis(leaf.shape[1:]) is not None
    return (
        isinstance(leaf, list)
        and len(leaf) > 0
        and all(np.ndim(own) == 3 and _channel_axis(np.shape(own)) is not None for own in leaf)
    )


def _are_labels(leaf: Any, n: int) -> bool:
    one_each = isinstance(leaf, np.ndarray) and leaf.ndim == 1
    return (one_each or isinstance(leaf, list)) and len(leaf) == n and np.ndim(leaf[0]) == 0


def _channel_axis(shape: tuple[int, ...]) -> int | None:
    return next((axis for axis in (2, 0) if shape[axis] in (1, 3, 4)), None)


def _levels(picture: Any) -> Any:
    """Give a picture as bytes with channels last."""
    picture = np.moveaxis(picture, _channel_axis(picture.shape) or 0, 2)
    if picture.dtype == np.uint8:
        return picture
    values = picture.astype(np.float64)
    least, most = values.min(), values.max()
    return np.rint((values - least) * (255 / max(most - least, 1e-12))).astype(np.uint8)
