"""What is seen of pictures, and at which size: geometry before anything is decoded.

A view is a canvas over a picture. Cropping moves its corners, resizing changes how many pixels it
has, flipping mirrors it: all of it is arithmetic on a few numbers a picture, and the numbers of a
batch are arrays.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aliquot._indices import IntArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = IntArray | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The canvases of a batch of pictures; every field has shape (n,)."""

    height: IntArray
    width: IntArray
    first_row: Floats
    """Where the picture begins that is left: a crop cuts off for good."""
    last_row: Floats
    """Where it ends."""
    first_column: Floats
    last_column: Floats
    top: Floats
    """Where the canvas begins in the picture, in its pixels, before flipping."""
    left: Floats
    step_y: Floats
    """Pixels of the picture a pixel of the canvas."""
    step_x: Floats
    flip_y: Flags
    flip_x: Flags

    @classmethod
    def of(cls, height: IntArray, width: IntArray) -> Self:
        """See each picture as it is."""
        n = len(height)
        return cls(
            height=height,
            width=width,
            first_row=np.zeros(n),
            last_row=height.astype(np.float64),
            first_column=np.zeros(n),
            last_column=width.astype(np.float64),
            top=np.zeros(n),
            left=np.zeros(n),
            step_y=np.ones(n),
            step_x=np.ones(n),
            flip_y=np.zeros(n, np.bool_),
            flip_x=np.zeros(n, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.height)

    def crop(self, top: IntArray, left: IntArray, height: Whole, width: Whole) -> Self:
        """See a part of each canvas, which may reach beyond it."""
        top = np.where(self.flip_y, self.height - top - height, top)
        left = np.where(self.flip_x, self.width - left - width, left)
        begin_y, begin_x = self.top + top * self.step_y, self.left + left * self.step_x
        return replace(
            self,
            height=self._each(height),
            width=self._each(width),
            first_row=np.maximum(self.first_row, begin_y),
            last_row=np.minimum(self.last_row, begin_y + height * self.step_y),
            first_column=np.maximum(self.first_column, begin_x),
            last_column=np.minimum(self.last_column, begin_x + width * self.step_x),
            top=begin_y,
            left=begin_x,
        )

    def _each(self, length: Whole) -> IntArray:
        return length if isinstance(length, np.ndarray) else np.full(len(self), length)

    def resize(self, height: Whole, width: Whole) -> Self:
        """See the same part in another number of pixels."""
        height, width = self._each(height), self._each(width)
        return replace(
            self,
            height=height,
            width=width,
            step_y=self.step_y * self.height / height,
            step_x=self.step_x * self.width / width,
        )

    def flip(self, which: Flags, *, vertical: bool) -> Self:
        """Mirror some of the canvases."""
        if vertical:
            return replace(self, flip_y=self.flip_y ^ which)
        return replace(self, flip_x=self.flip_x ^ which)

    def spans(self) -> "tuple[Span, Span]":
        """Give both axes, first that of the rows; the fields of each are arrays of shape (n,)."""
        return (
            Span.of(self.top, self.step_y, self.height, self.first_row, self.last_row),
            Span.of(self.left, self.step_x, self.width, self.first_column, self.last_column),
        )

    def each(self) -> "list[View]":
        """Give the canvas of each picture."""
        y, x = self.spans()
        own = [self.height, self.width, y.rows(), x.rows(), self.flip_y, self.flip_x]
        own += [self.top, self.left, self.step_y, self.step_x]
        columns = [part.tolist() if isinstance(part, np.ndarray) else part for part in own]
        return [View(*row) for row in zip(*columns, strict=True)]

    def view(self, row: int) -> "View":
        """Give the canvas of one picture."""
        return self.each()[row]


@dataclass(frozen=True, slots=True)
class Span:
    """One axis of a canvas, or of many: which of its pixels show the picture, and what of that."""

    first: Any
    """The first pixel that shows it; those before are filled."""
    stop: Any
    """The end of those that do."""
    start: Any
    """Where in the picture the first begins."""
    end: Any
    """Where in the picture the last ends."""

    @classmethod
    def of(cls, begin: Any, step: Any, n: Any, least: Any, most: Any) -> Self:
        """Cut canvases to their pictures; a pixel that shows less than half of one is filled.

        Parameters
        ----------
        begin, step : float or array, shape (n,)
            Where the canvas begins, and how much of the picture a pixel of it is.
        n : int or array
            Its length in pixels.
        least, most : float or array
            Where the picture begins and ends.
        """
        # np.clip takes twice as long.
        first = np.minimum(np.maximum(np.rint((least - begin) / step), 0), n)
        stop = np.maximum(np.minimum(np.rint((most - begin) / step), n), first)
        start, end = np.maximum(begin + first * step, least), np.minimum(begin + stop * step, most)
        return cls(first.astype(np.int64), stop.astype(np.int64), start, end)

    def rows(self) -> "list[Span]":
        """Give the span of each canvas, in plain numbers."""
        columns = [own.tolist() for own in (self.first, self.stop, self.start, self.end)]
        return [Span(*row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class View:
    """The canvas of one picture."""

    height: int
    width: int
    y: Span
    x: Span
    flip_y: bool
    flip_x: bool
    top: float
    """Where the canvas begins in the picture, before flipping."""
    left: float
    step_y: float
    """Pixels of the picture a pixel of the canvas."""
    step_x: float
