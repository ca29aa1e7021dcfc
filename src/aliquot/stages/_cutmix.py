"""Pictures, with a part of another one pasted in."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from aliquot._random import Draws
from aliquot.stages._columns import Columns, Name
from aliquot.stages._images import as_images, check_layout
from aliquot.stages._labels import check_classes, probabilities
from aliquot.stages._mixing import blend, check_mixing, check_rows, partners, shares

Ends = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class CutMix:
    """Pastes a box of another picture of the batch into each picture, and mixes their labels.

    A stage for `map`, which gives it its random numbers. A share is drawn for each sample; the
    box has ``1 - share`` of the picture's area and its proportions. Its centre may be any pixel,
    and what would lie outside is cut off. The box shows what the partner has in that place. The
    labels are mixed by the pixels that are kept. Each sample has a share, a partner and a box of
    its own; only a sample that is alone in its batch is its own partner.

    Parameters
    ----------
    alpha : float
        The shares are drawn from the distribution Beta(alpha, alpha): near 0 or 1 if it is small,
        anywhere if it is 1, near 1/2 if it is large.
    classes : int, optional
        How many classes there are; needed if the labels are class numbers.
    images : int or str
        The column of pictures, by position in a tuple or by name in a dict: an array of any
        dtype.
    labels : int or str
        The column of labels: class numbers, integers of shape (n,), or probabilities, shape
        (n, K).
    layout : {"NHWC", "NCHW"}
        Where height and width are: the two axes after the first, or the last two.

    Returns
    -------
    tuple or dict
        When called: the batch with new images of the same shape and dtype, and with labels as
        probabilities: float32, shape (n, K), each row adding up to 1.

    Raises
    ------
    BatchError
        When called, if the images are no array, as those of different sizes are not, if they lack
        height or width, or if the labels are none (a `TypeError`).
    ArgumentError
        If `alpha` is not finite and more than 0, if `classes` is less than 1, or if there is no
        such `layout`. When called, if there is no such column, or if `classes` is needed (a
        `ValueError`).
    ArgumentTypeError
        If an argument has another type (a `TypeError`).

    References
    ----------
    S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe and Y. Yoo, "CutMix: Regularization Strategy to
    Train Strong Classifiers with Localizable Features", ICCV 2019,
    https://arxiv.org/abs/1905.04899.

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> images, labels = np.zeros((100, 32, 32, 3), np.uint8), np.arange(100) % 10
    >>> source = ArrayDataSource({"image": images, "label": labels})
    >>> source = source.map(CutMix(classes=10, images="image", labels="label"))
    >>> batch = source[:8]
    >>> batch["image"].dtype, batch["label"].shape
    (dtype('uint8'), (8, 10))
    """

    alpha: float = 1.0
    _: KW_ONLY
    classes: int | None = None
    images: Name = 0
    labels: Name = 1
    layout: str = "NHWC"

    # The result depends on the whole batch: `Loader.verify` does not compare it with that of parts.
    of_the_batch: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_mixing(self.alpha, self.images, self.labels)
        check_layout(self.layout)
        if self.classes is not None:
            object.__setattr__(self, "classes", check_classes(self.classes))

    def __call__(self, *columns: Any, rng: Draws) -> Any:
        batch = Columns(columns)
        images = as_images(self.images, batch[self.images], stage="CutMix", axes=2)
        labels = probabilities(self.labels, batch[self.labels], self.classes, stage="CutMix")
        check_rows(self.images, self.labels, len(images), len(labels), rng)
        height, width = images.shape[1:3] if self.layout == "NHWC" else images.shape[-2:]
        partner = partners(rng)
        side = np.sqrt(1 - shares(rng, float(self.alpha)))
        down, across = ends(side, height, rng), ends(side, width, rng)
        batch[self.images] = self._pasted(images, partner, down, across)
        area = (down[1] - down[0]) * (across[1] - across[0])
        batch[self.labels] = blend(labels, partner, 1 - area / max(1, height * width), np.float32)
        return batch.batch()

    def _pasted(
        self, images: NDArray[Any], partner: NDArray[np.int64], down: Ends, across: Ends
    ) -> NDArray[Any]:
        pasted = images.copy()
        leading = () if self.layout == "NHWC" else (...,)
        for row, (other, top, bottom, left, right) in enumerate(
            zip(partner, *down, *across, strict=True)
        ):
            box = (*leading, slice(top, bottom), slice(left, right))
            pasted[row][box] = images[other][box]
        return pasted


def ends(side: NDArray[np.float64], length: int, rng: Draws) -> Ends:
    """Draw where a box with a part `side` of an axis begins and ends on it, cut at the border."""
    size = np.rint(side * length).astype(np.int64)
    first = rng.integers(max(1, length)) - size // 2
    return np.maximum(first, 0), np.minimum(first + size, length)
