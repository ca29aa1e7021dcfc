"""Pictures, scaled to mean 0 and deviation 1."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages._columns import Columns, Name, check_name
from aliquot.stages._images import as_images, blocks, check_layout, floating

Numbers = float | tuple[float, ...]


def normalize(
    mean: float | Sequence[float],
    std: float | Sequence[float],
    *,
    column: Name = 0,
    layout: str = "NHWC",
) -> "Normalize":
    """Make a stage that takes a mean from pictures and divides them by a deviation.

    Parameters
    ----------
    mean, std : float or sequence of float
        For all channels, or one for each. They are those of pictures with values from 0 to 1.
    column : int or str
        The column of pictures, by position in a tuple or by name in a dict: an array, shape
        (n, ...), or a list of arrays that differ in shape. Unsigned integers are divided by their
        maximum first (uint8 by 255), floats are taken as they are.
    layout : {"NHWC", "NCHW"}
        Where the channels are: on the last axis, or on the last but two.

    Returns
    -------
    callable
        A stage for `map`: it gives the batch with ``(column - mean) / std`` in place of the
        column, float32 (float64 if it was), of the same shape.

    Raises
    ------
    ArgumentError
        If `mean` and `std` are not finite, `std` is not more than 0, they differ in length, or
        there is no such `layout`. When the stage is called, if there is no such column (a
        `ValueError`).
    ArgumentTypeError
        If an argument has another type (a `TypeError`).
    BatchError
        When the stage is called, if the column has no such numbers or another number of channels
        (a `TypeError`).

    Examples
    --------
    >>> from aliquot.data_source import ArrayDataSource
    >>> images = np.array([[0, 51], [102, 255]], np.uint8)
    >>> ArrayDataSource([images, np.arange(2)]).map(normalize(0.2, 0.5))[:]
    (array([[-0.4, 0. ], [ 0.4, 1.6]], dtype=float32), array([0, 1]))
    """
    return Normalize(_numbers("mean", mean), _numbers("std", std), column=column, layout=layout)


@dataclass(frozen=True)
class Normalize:
    """What `normalize` makes."""

    mean: Numbers
    std: Numbers
    _: KW_ONLY
    column: Name = 0
    layout: str = "NHWC"

    def __post_init__(self) -> None:
        check_name("column", self.column)
        check_layout(self.layout)
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()):
            raise ArgumentError(f"mean and std must be finite, not {self.mean} and {self.std}")
        if not np.greater(self.std, 0).all():
            raise ArgumentError(f"std must be more than 0, not {self.std}")
        if len(self._lengths()) > 1:
            raise ArgumentError(
                "mean and std must be as long as each other, not "
                f"{np.size(self.mean)} and {np.size(self.std)}"
            )

    def __call__(self, *columns: Any) -> Any:
        batch = Columns(columns)
        given = batch[self.column]
        if isinstance(given, list) and all(isinstance(sample, np.ndarray) for sample in given):
            batch[self.column] = [self._normalized(sample[None])[0] for sample in given]
        else:
            images = as_images(self.column, given, stage="normalize", axes=0)
            batch[self.column] = self._normalized(images)
        return batch.batch()

    def _lengths(self) -> set[int]:
        return {len(part) for part in (self.mean, self.std) if isinstance(part, tuple)}

    def _normalized(self, images: NDArray[Any]) -> NDArray[Any]:
        dtype = floating(self.column, images, stage="normalize", kinds="uf")
        top = np.iinfo(images.dtype).max if images.dtype.kind == "u" else 1
        self._check_channels(images)
        mean, std = (self._spread(part, images, dtype) for part in (self.mean, self.std))
        result = np.empty(images.shape, dtype)
        for rows in blocks(images):
            block = result[rows]
            np.divide(images[rows], dtype.type(top), out=block, dtype=dtype)
            block -= mean
            block /= std
        return result

    def _check_channels(self, images: NDArray[Any]) -> None:
        lengths = self._lengths()
        axis = -1 if self.layout == "NHWC" else -3
        for length in lengths:
            if images.ndim <= -axis or images.shape[axis] != length:
                raise BatchError(
                    f"column {self.column!r} has samples of shape {images.shape[1:]} in layout "
                    f"{self.layout}, but mean or std is for {length} channels"
                )

    def _spread(self, part: Numbers, images: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Give what stands for each channel, laid out along the rows of the pictures."""
        numbers = np.asarray(part, dtype)
        if numbers.ndim == 0:
            return numbers
        if self.layout == "NCHW":
            return numbers[:, None, None]
        # NumPy goes through whole rows, and not through three channels at a time.
        return np.ascontiguousarray(
            np.broadcast_to(numbers, images.shape[max(1, images.ndim - 2) :])
        )


def _numbers(argument: str, given: Any) -> Numbers:
    try:
        numbers = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros((0, 0))
    if numbers.ndim > 1 or not numbers.size or isinstance(given, str):
        raise ArgumentTypeError(
            f"{argument} must be a number, or a sequence of one a channel, not {given!r}"
        )
    return float(numbers) if numbers.ndim == 0 else tuple(numbers.tolist())
