"""A number for each sample, in a file."""

import os

import numpy as np
import pytest

from aliquot.cache._table import Table, map_file, new_file
from aliquot.errors import ArgumentError


def test_numbers_are_seen_through_the_map(tmp_path):
    """As soon as they are written."""
    new_file(tmp_path / "t", 80, zeros=True)
    fd = os.open(tmp_path / "t", os.O_RDWR)
    table = Table(tmp_path / "t", np.uint64, 10, fd)
    table.write(np.array([3, 4, 9, 0]), np.array([30, 40, 2**63, 1]))
    table.sync()
    os.close(fd)
    assert table.all().tolist() == [1, 0, 0, 30, 40, 0, 0, 0, 0, 2**63]
    assert table.at(np.array([9, 3])).tolist() == [2**63, 30]


def test_a_read_only_table_is_not_written(tmp_path):
    """Without a word, as its folder cannot be."""
    new_file(tmp_path / "t", 5, zeros=True)
    table = Table(tmp_path / "t", np.uint8, 5, None)
    table.write(np.array([3]), 1)
    table.sync()
    assert table.all().tolist() == [0] * 5


@pytest.mark.parametrize(
    ("size", "told"), [(9, "has 9 bytes and should have 10"), (None, "opened")]
)
def test_a_file_of_the_wrong_size_is_refused(tmp_path, size, told):
    """It would end the process to read beyond its end."""
    if size is not None:
        (tmp_path / "t").write_bytes(bytes(size))
    with pytest.raises(ArgumentError, match=told):
        map_file(tmp_path / "t", np.dtype(np.uint8), (10,))


def test_a_new_file_does_not_cut_the_old_one(tmp_path):
    """Which another process may have mapped."""
    (tmp_path / "t").write_bytes(b"old")
    held = map_file(tmp_path / "t", np.dtype("S1"), (3,))
    new_file(tmp_path / "t", 1, zeros=False)
    assert held.tobytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_an_empty_file(tmp_path):
    """Of columns whose samples have no bytes."""
    new_file(tmp_path / "t", 0, zeros=False)
    assert map_file(tmp_path / "t", np.dtype("f4"), (5, 0)).shape == (5, 0)
