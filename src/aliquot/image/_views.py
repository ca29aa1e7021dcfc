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

    source_height: IntArray
    source_width: IntArray
    height: IntArray
    width: IntArray
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
            source_height=height,
            source_width=width,
            height=height,
            width=width,
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
        return replace(
            self,
            height=np.broadcast_to(height, top.shape),
            width=np.broadcast_to(width, left.shape),
            top=self.top + top * self.step_y,
            left=self.left + left * self.step_x,
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
            y=Span.of(self.top, self.step_y, self.height, self.source_height, row),
            x=Span.of(self.left, self.step_x, self.width, self.source_width, row),
            flip_y=bool(self.flip_y[row]),
            flip_x=bool(self.flip_x[row]),
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
    def of(cls, start: Floats, step: Floats, size: IntArray, source: IntArray, row: int) -> Self:
        """Cut a canvas to its picture; a pixel that shows less than half of one is filled."""
        begin, pace, n, limit = (
            float(start[row]),
            float(step[row]),
            int(size[row]),
            int(source[row]),
        )
        first = min(max(round(-begin / pace), 0), n)
        stop = max(min(round((limit - begin) / pace), n), first)
        return cls(
            first, stop, max(begin + first * pace, 0.0), min(begin + stop * pace, float(limit))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The canvas of one picture."""

    height: int
    width: int
    y: Span
    x: Span
    flip_y: bool
    flip_x: bool
