"""Writing to files at a place."""

import os

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aliquot.cache._files import runs, write_at, write_rows


@given(st.lists(st.integers(0, 20), min_size=1))
def test_runs_are_of_neighbours_and_leave_nothing_out(numbers):
    """Each begins where the one before ends."""
    indices = np.array(numbers)
    found = list(runs(indices))
    assert [i for start, stop in found for i in range(start, stop)] == list(range(len(numbers)))
    for start, stop in found:
        assert (np.diff(indices[start:stop]) == 1).all()


def test_a_write_is_gone_on_with(tmp_path, monkeypatch):
    """Where the system wrote a part only."""
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[:3], at))
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    write_at(fd, b"0123456789", 2)
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"\0\x000123456789"


def test_rows_are_written_where_their_indices_say(tmp_path):
    """Neighbours or not."""
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    indices = np.array([4, 5, 1, 0])
    write_rows(fd, np.repeat(indices, 2).reshape(-1, 2).astype(np.uint8), indices)
    os.close(fd)
    assert list((tmp_path / "file").read_bytes()) == [0, 0, 1, 1, 0, 0, 0, 0, 4, 4, 5, 5]
