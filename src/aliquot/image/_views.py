"""What is seen of pictures, and at which size: geometry before anything is decoded.

A view is a canvas over a picture. Cropping moves its corners, resizing changes how many pixels it
has, flipping mirrors it: all of it is arithmetic on a few numbers a picture, and the numbers of a
batch are arrays.
"""

from dataclasses import dataclass, replace
from typing import Self

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
            height=np.broadcast_to(height, top.shape),
            width=np.broadcast_to(width, left.shape),
            first_row=np.maximum(self.first_row, begin_y),
            last_row=np.minimum(self.last_row, begin_y + height * self.step_y),
            first_column=np.maximum(self.first_column, begin_x),
            last_column=np.minimum(self.last_column, begin_x + width * self.step_x),
            top=begin_y,
            left=begin_x,
        )

    def resize(self, height: Whole, width: Whole) -> Self:
        """See the same part in another number of pixels."""
        height, width = np.broadcast_to(height, len(self)), np.broadcast_to(width, len(self))
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

    def view(self, row: int) -> "View":
        """Give the canvas of one picture."""
        return View(
            height=int(self.height[row]),
            width=int(self.width[row]),
            y=Span.of(
                float(self.top[row]),
                float(self.step_y[row]),
                int(self.height[row]),
                float(self.first_row[row]),
                float(self.last_row[row]),
            ),
            x=Span.of(
                float(self.left[row]),
                float(self.step_x[row]),
                int(self.width[row]),
                float(self.first_column[row]),
                float(self.last_column[row]),
            ),
            flip_y=bool(self.flip_y[row]),
            flip_x=bool(self.flip_x[row]),
            top=float(self.top[row]),
            left=float(self.left[row]),
            step_y=float(self.step_y[row]),
            step_x=float(self.step_x[row]),
        )


@dataclass(frozen=True, slots=True)
class Span:
    """One axis of a canvas: which of its pixels show the picture, and which part of that."""

    first: int
    """The first pixel that shows it; those before are filled."""
    stop: int
    """The end of those that do."""
    start: float
    """Where in the picture the first begins."""
    end: float
    """Where in the picture the last ends."""

    @classmethod
    def of(cls, begin: float, step: float, n: int, least: float, most: float) -> Self:
        """Cut a canvas to its picture; a pixel that shows less than half of one is filled.

        Parameters
        ----------
        begin, step : float
            Where the canvas begins, and how much of the picture a pixel of it is.
        n : int
            Its length in pixels.
        least, most : float
            Where the picture begins and ends.
        """
        first = min(max(round((least - begin) / step), 0), n)
        stop = max(min(round((most - begin) / step), n), first)
        return cls(first, stop, max(begin + first * step, least), min(begin + stop * step, most))


@dataclass(frozen=True, slots=True, kw_only=True)
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
