"""What mixes samples draws for each of them: a partner in the batch, and a share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages._columns import Name, check_name
from aliquot.stages._images import blocks

_TRIES = 12
"""Of which each fails in less than 1 case in 20, so that all fail in less than 1 in 10**15."""


def check_mixing(alpha: Any, images: Any, labels: Any) -> None:
    """Require what `MixUp` and `CutMix` both ask of their arguments."""
    try:
        number = float(alpha)
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"alpha must be a number, not {alpha!r}") from None
    if not 0 < number < np.inf:
        raise ArgumentError(f"alpha must be finite and more than 0, not {alpha}")
    check_name("images", images)
    check_name("labels", labels)
    if images == labels:
        raise ArgumentError(f"images and labels must be two columns, not both {images!r}")


def check_rows(images: Name, labels: Name, n_images: int, n_labels: int, rng: Draws) -> None:
    """Require as many samples in each column as there are draws for."""
    if not n_images == n_labels == len(rng):
        raise BatchError(
            f"column {images!r} has {n_images} samples, column {labels!r} has {n_labels}, and rng "
            f"draws for {len(rng)}: there must be as many of each"
        )


def partners(rng: Draws) -> NDArray[np.int64]:
    """Draw a partner for each sample, another one unless it is alone; int64, shape (n,).

    The samples are put into a random circle, and each is paired with the next.
    """
    order = np.argsort(rng.random(), kind="stable")
    found = np.empty_like(order)
    found[order] = np.roll(order, -1)
    return found


def shares(rng: Draws, alpha: float) -> NDArray[np.float64]:
    """Draw a number from Beta(alpha, alpha) for each sample; float64, shape (n,).

    It is x / (x + y) for x, y from Gamma(alpha), drawn as Gamma(alpha + 1) * U**(1 / alpha) after
    Marsaglia and Tsang (2000). The number of draws is fixed, and logarithms are taken, as for a
    small alpha both x and y are mostly less than any float.

    References
    ----------
    G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM
    Transactions on Mathematical Software 26 (2000), 363-372.
    """
    d = alpha + 2 / 3
    c = 1 / np.sqrt(9 * d)
    x = rng.normal(shape=(2, _TRIES))
    chance = np.log1p(-rng.random((2, _TRIES)))
    boost = np.log1p(-rng.random(2))
    v = np.maximum((1 + c * x) ** 3, 0)
    with np.errstate(divide="ignore"):  # log(0) is -inf, and that try fails
        log_v = np.log(v)
    good = chance < 0.5 * x**2 + d * (1 - v + log_v)
    first = np.argmax(good, axis=-1)[..., None]
    log_gamma = np.where(good.any(axis=-1), np.take_along_axis(log_v, first, axis=-1)[..., 0], 0)
    with np.errstate(over="ignore"):
        # The difference first: for a tiny alpha each boost alone would be infinite.
        ahead = (log_gamma[:, 1] - log_gamma[:, 0]) + (boost[:, 1] - boost[:, 0]) / alpha
    drawn: NDArray[np.float64] = np.exp(-np.logaddexp(0, ahead))
    return drawn


def blend(
    array: NDArray[Any], partner: NDArray[np.int64], share: NDArray[np.float64], dtype: Any
) -> NDArray[Any]:
    """Give ``share * array + (1 - share) * array[partner]``, row by row, in a float dtype."""
    column = (-1, *[1] * (array.ndim - 1))
    own, other = (part.astype(dtype).reshape(column) for part in (share, 1 - share))
    mixed = np.empty(array.shape, dtype)
    theirs = None
    for rows in blocks(array):
        mine = np.multiply(array[rows], own[rows], out=mixed[rows], dtype=dtype)
        if theirs is None:  # one piece of memory for all blocks: new memory would take longest
            theirs = np.empty_like(mine)
        part = theirs[: len(mine)]
        mine += np.multiply(array[partner[rows]], other[rows], out=part, dtype=dtype)
    return mixed
