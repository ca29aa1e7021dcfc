"""What is in a cache folder, and removing it."""

import time

import numpy as np
import pytest
from cache_cases import squares

from aliquot.cache import FolderCache, Recipe, list_entries, remove_entry
from aliquot.errors import ArgumentError

PHOTOS, FLOWERS = Recipe("photos\ndetails", 100), Recipe("flowers", 50)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "cache"
    FolderCache(str(path), PHOTOS).store(np.arange(7), squares(range(7)), {})
    FolderCache(str(path), FLOWERS)
    (path / "not ours").mkdir()
    (path / "not ours" / "manifest.json").write_text('{"name": "a web page"}')
    (path / "not ours" / "states.bin").touch()
    (path / "file").touch()
    return path


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_entries_are_listed(folder):
    """With what is in them."""
    told = {entry.recipe: entry for entry in list_entries(folder)}
    assert {"photos", "flowers"} == told.keys()
    photos = told["photos"]
    assert (7, 100, PHOTOS.digest) == (photos.cached, photos.samples, photos.path.name)
    assert 0 < photos.disk_bytes < 10**6
    assert abs(photos.changed - time.time()) < 100


def test_an_entry_is_removed_and_nothing_else(folder):
    """By its name, or the beginning of it."""
    assert remove_entry(folder, PHOTOS.digest) == folder / PHOTOS.digest
    assert names(folder) == {FLOWERS.digest, "not ours", "file"}
    remove_entry(folder, FLOWERS.digest[:6])
    assert names(folder) == {"not ours", "file"}


@pytest.mark.parametrize("name", ["not ours", "file", "nothing", "", ".", ".."])
def test_what_is_no_entry_is_not_removed(folder, name):
    """The message tells what there is."""
    before = names(folder)
    with pytest.raises(ArgumentError, match="it is no entry") as caught:
        remove_entry(folder, name)
    assert PHOTOS.digest in str(caught.value)
    assert before == names(folder)


def test_a_beginning_that_several_have_is_refused(folder):
    """It must be longer."""
    (folder / FLOWERS.digest).rename(folder / f"{PHOTOS.digest}2")
    with pytest.raises(ArgumentError, match="2 begin with it"):
        remove_entry(folder, PHOTOS.digest[:3])
    remove_entry(folder, PHOTOS.digest)
    assert f"{PHOTOS.digest}2" in names(folder)


def test_a_damaged_entry_is_listed_and_can_be_removed(folder):
    """That is what its error says to do."""
    (folder / PHOTOS.digest / "manifest.json").write_text("{")
    (folder / FLOWERS.digest / "states.bin").unlink()
    counts = {entry.path.name: entry.cached for entry in list_entries(folder)}
    assert counts == {PHOTOS.digest: 7, FLOWERS.digest: None}
    for entry in list_entries(folder):
        remove_entry(folder, entry.path.name)
    assert names(folder) == {"not ours", "file"}


def test_a_link_is_no_entry(folder, tmp_path):
    """What it leads to is somebody else's."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link").symlink_to(folder / PHOTOS.digest)
    assert list_entries(tmp_path / "other") == []


def test_a_folder_that_is_not_there(tmp_path):
    """Is named."""
    with pytest.raises(ArgumentError, match="there is no folder"):
        list_entries(tmp_path / "nothing")


def test_an_entry_that_is_in_use_is_read_on(folder):
    """Its files are there as long as somebody has them open."""
    cache = FolderCache(str(folder), PHOTOS)
    remove_entry(folder, PHOTOS.digest)
    assert cache.fetch(np.array([3])).complete()["square"].tolist() == [9]
    cache.store(np.array([8]), squares([8]), {})
    again = FolderCache(str(folder), PHOTOS)
    assert len(again.fetch(np.array([3])).missing())
