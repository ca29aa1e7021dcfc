"""Columns in memory maps."""

import os

import numpy as np
from cache_cases import plain, squares

from aliquot._batch import map_leaves
from aliquot.cache._columns import Columns, make_columns
from aliquot.cache._layout import layout_of


def test_what_is_written_is_taken(tmp_path):
    """In any order, as the caller's own."""
    layout = layout_of(squares([1]))
    make_columns(tmp_path, layout, 100)
    fds = [os.open(path, os.O_RDWR) for path in Columns.paths(tmp_path, layout)]
    columns = Columns(tmp_path, layout, 100, fds)
    indices = np.array([5, 6, 7, 99, 0])
    columns.write(indices, squares(indices))
    for fd in fds:
        os.close(fd)
    wanted = np.array([99, 5, 5, 0, 7])
    found = columns.take(wanted)
    assert plain(squares(wanted)) == plain(found)
    map_leaves(lambda leaf: leaf.fill(0), found)
    assert plain(squares(wanted)) == plain(columns.take(wanted))


def test_the_files_take_up_room_as_they_are_filled(tmp_path):
    """They begin as holes."""
    make_columns(tmp_path, layout_of(np.zeros((1, 1000))), 10**6)
    status = (tmp_path / "data-0.bin").stat()
    assert status.st_size == 8 * 10**9
    assert status.st_blocks < 100


def test_columns_without_bytes(tmp_path):
    """Have nothing to write."""
    layout = layout_of((np.zeros((1, 0)), np.zeros(1)))
    make_columns(tmp_path, layout, 10)
    fds = [os.open(path, os.O_RDWR) for path in Columns.paths(tmp_path, layout)]
    columns = Columns(tmp_path, layout, 10, fds)
    batch = (np.zeros((2, 0)), np.ones(2))
    columns.write(np.array([3, 1]), batch)
    for fd in fds:
        os.close(fd)
    assert plain(batch) == plain(columns.take(np.array([1, 3])))
