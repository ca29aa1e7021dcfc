"""Telling array-likes what will be read."""

import gc
import os
import threading

import numpy as np
import pytest
from PIL import Image

from aliquot import Loader
from aliquot.data_source import ArrayDataSource
from aliquot.image import ImageFiles


class Forewarned:
    """Notes what it hears of, and raises if told to."""

    def __init__(self, error=None):
        self.heard = []
        self.error = error
        self.threads = set()

    def __len__(self):
        return 20

    def __getitem__(self, indices):
        return np.asarray(indices)

    def will_need(self, indices):
        self.threads.add(threading.current_thread().name)
        self.heard.append(indices.tolist())
        if self.error:
            raise self.error


def helpers():
    return [own for own in threading.enumerate() if own.name == "aliquot read-ahead"]


def test_an_array_like_hears_of_each_batch_in_order():
    """From a thread of the loader's own, which ends with it."""
    column = Forewarned()
    with Loader([column], batch_size=6, shuffle=True, seed=0, pool=2) as loader:
        batches = [batch.tolist() for (batch,) in loader]
    assert column.heard == batches
    assert column.threads == {"aliquot read-ahead"}
    assert helpers() == []


def test_what_it_raises_harms_nothing():
    """Reading will tell."""
    column = Forewarned(OSError("gone"))
    with Loader([column], batch_size=6, seed=0, pool=2) as loader:
        assert sum(len(batch) for (batch,) in loader) == 20
    assert len(column.heard) == 4


def test_nothing_is_told_inline():
    """It would be read at once."""
    column = Forewarned()
    list(Loader([column], batch_size=6, seed=0))
    assert column.heard == []


def test_no_thread_is_started_for_nothing():
    """Where no column listens, nor behind a cache."""
    cached = ArrayDataSource([Forewarned()]).cache(memory=10**6)
    for source in ([np.arange(9)], cached):
        with Loader(source, batch_size=3, seed=0, pool=1) as loader:
            list(loader)
            assert helpers() == []


def test_the_thread_ends_with_a_loader_that_nobody_holds():
    """As its workers do."""
    loader = Loader([Forewarned()], batch_size=6, seed=0, pool=1)
    list(loader)
    (helper,) = helpers()
    del loader
    gc.collect()
    helper.join(10)
    assert helpers() == []


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system cannot be told")
def test_the_system_is_told_of_files(tmp_path, monkeypatch):
    """Each once a batch; one that is missing is passed over."""
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path in paths[:2]:
        Image.new("RGB", (4, 4)).save(path)
    told = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *args: told.append(args[1:]))
    ImageFiles(paths).will_need(np.array([0, 2, 1]))
    assert told == [(0, 0, os.POSIX_FADV_WILLNEED)] * 2
