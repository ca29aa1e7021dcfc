"""Pictures and labels, blended in pairs."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from aliquot._random import Draws
from aliquot.stages._columns import Columns, Name
from aliquot.stages._images import as_images, floating
from aliquot.stages._labels import check_classes, probabilities
from aliquot.stages._mixing import blend, check_mixing, check_rows, partners, shares


@dataclass(frozen=True)
class MixUp:
    """Blends each sample with another of its batch, and their labels likewise.

    A stage for `map`, which gives it its random numbers. A sample x with partner y becomes
    ``share * x + (1 - share) * y``. Each sample has a share and a partner of its own; only a
    sample that is alone in its batch is its own partner.

    Parameters
    ----------
    alpha : float
        The shares are drawn from the distribution Beta(alpha, alpha): near 0 or 1 if it is small,
        anywhere if it is 1, near 1/2 if it is large.
    classes : int, optional
        How many classes there are; needed if the labels are class numbers.
    images : int or str
        The column to blend, by position in a tuple or by name in a dict: an array, shape
        (n, ...) with one axis more at least, of bools, integers or floats. They need not be
        pictures.
    labels : int or str
        The column of labels: class numbers, integers of shape (n,), or probabilities, shape
        (n, K).

    Returns
    -------
    tuple or dict
        When called: the batch with blended images, float32 (float64 if they were), of the same
        shape, and with labels as probabilities: float32, shape (n, K), each row adding up to 1.

    Raises
    ------
    BatchError
        When called, if the images are no array, as those of different sizes are not, or if the
        labels are none (a `TypeError`).
    ArgumentError
        If `alpha` is not finite and more than 0, or if `classes` is less than 1. When called, if
        there is no such column, or if `classes` is needed (a `ValueError`).
    ArgumentTypeError
        If an argument has another type (a `TypeError`).

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, "mixup: Beyond Empirical Risk
    Minimization", ICLR 2018, https://arxiv.org/abs/1710.09412.

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> images, labels = np.zeros((100, 32, 32, 3), np.uint8), np.arange(100) % 10
    >>> source = ArrayDataSource([images, labels]).map(MixUp(classes=10))
    >>> batch = source[:8]
    >>> [(column.dtype, column.shape) for column in batch]
    [(dtype('float32'), (8, 32, 32, 3)), (dtype('float32'), (8, 10))]
    """

    alpha: float = 0.2
    _: KW_ONLY
    classes: int | None = None
    images: Name = 0
    labels: Name = 1

    # The result depends on the whole batch: `Loader.verify` does not compare it with that of parts.
    of_the_batch: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_mixing(self.alpha, self.images, self.labels)
        if self.classes is not None:
            object.__setattr__(self, "classes", check_classes(self.classes))

    def __call__(self, *columns: Any, rng: Draws) -> Any:
        batch = Columns(columns)
        images = as_images(self.images, batch[self.images], stage="MixUp", axes=1)
        dtype = floating(self.images, images, stage="MixUp", kinds="biuf")
        labels = probabilities(self.labels, batch[self.labels], self.classes, stage="MixUp")
        check_rows(self.images, self.labels, len(images), len(labels), rng)
        partner = partners(rng)
        share = shares(rng, float(self.alpha))
        batch[self.images] = blend(images, partner, share, dtype)
        batch[self.labels] = blend(labels, partner, share, np.float32)
        return batch.batch()
