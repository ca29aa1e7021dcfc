"""The columns of a fixed layout, each in a file of its own that is mapped into memory."""

from pathlib import Path
from typing import Any

import numpy as np

from aliquot._batch import leaves
from aliquot.cache._codec import raw
from aliquot.cache._files import IntArray, sync, write_rows
from aliquot.cache._layout import columns_of, filled
from aliquot.cache._table import map_file, new_file


def _path(entry: Path, number: int) -> Path:
    return entry / f"data-{number}.bin"


def make_columns(entry: Path, layout: Any, samples: int) -> None:
    """Make the files of a layout; they take up room as they are filled."""
    for number, column in enumerate(columns_of(layout)):
        new_file(_path(entry, number), samples * column.size, zeros=False)


class Columns:
    """The files of a layout.

    Parameters
    ----------
    entry : pathlib.Path
        Where the files are.
    layout : nested Fixed
        What is in them.
    samples : int
        How many samples there are.
    fds : list of int
        Descriptors to write with, one a column; none if the folder is read-only.
    """

    def __init__(self, entry: Path, layout: Any, samples: int, fds: list[int]) -> None:
        self._layout = layout
        self._arrays = [
            map_file(_path(entry, number), column.dtype, (samples, *column.shape))
            for number, column in enumerate(columns_of(layout))
        ]
        self._fds = fds

    @staticmethod
    def paths(entry: Path, layout: Any) -> list[Path]:
        """Give the files."""
        return [_path(entry, number) for number, _ in enumerate(columns_of(layout))]

    def take(self, indices: IntArray) -> Any:
        """Give a batch, which shares no memory with the files."""
        # "clip" checks nothing and so needs no buffer: the fastest gather.
        columns = iter([array.take(indices, axis=0, mode="clip") for array in self._arrays])
        return filled(self._layout, columns)

    def write(self, indices: IntArray, batch: Any) -> None:
        """Write a batch that has the layout, and have it reach the disk."""
        for fd, (_, leaf) in zip(self._fds, leaves(batch), strict=True):
            rows = np.frombuffer(raw(leaf), np.uint8).reshape(len(indices), -1)
            if rows.size:
                write_rows(fd, rows, indices)
                sync(fd)
