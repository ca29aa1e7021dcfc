"""A cache in a folder, as processes open it."""

import errno
import gc
import os
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest
from cache_cases import plain, ragged, squares

from aliquot.cache import FolderCache, Recipe, _folder_cache, _full
from aliquot.errors import ArgumentError

RECIPE = Recipe("squares", 100)
TOLD = Recipe("squares", 100, versioned=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(_full, "_warned", set())
    return tmp_path / "cache"


def filled(folder, indices=range(10), make=squares, recipe=RECIPE, versions=None):
    cache = FolderCache(str(folder), recipe, versions)
    cache.store(np.array(indices), make(np.array(indices)), {})
    return cache


def read(cache, indices, make=squares):
    """Give which indices are here; what is here must be right."""
    found = cache.fetch(np.array(indices))
    missing = found.missing()
    rest = make(np.array(indices)[missing])
    whole = found.completed(missing, rest, {}) if len(missing) else found.complete()
    assert plain(make(np.array(indices))) == plain(whole)
    return np.delete(indices, missing).tolist()


def entry(folder, recipe=RECIPE):
    return folder / recipe.digest


@pytest.mark.parametrize("make", [squares, ragged])
def test_samples_are_here_for_the_next(folder, make):
    """For the same opening, and for one after it."""
    cache = filled(folder, [5, 2, 7], make)
    assert read(cache, [2, 9, 2, 7], make) == [2, 2, 7]
    del cache
    gc.collect()
    assert read(FolderCache(str(folder), RECIPE), [1, 2, 7], make) == [2, 7]


def test_a_sample_of_another_shape_stands_alone(folder):
    """The first batch has decided the layout."""
    cache = filled(folder)
    other = {"picture": np.ones((2, 9)), "square": np.zeros(2), "root": (np.ones(2, "U3"),)}
    cache.store(np.array([50, 51]), other, {})
    assert plain(other) == plain(cache.fetch(np.array([50, 51])).complete())
    assert read(cache, [0, 3, 90]) == [0, 3]


def test_what_is_given_is_the_callers_own(folder):
    """Writing to it changes nothing here."""
    cache = filled(folder)
    batch = cache.fetch(np.array([3])).complete()
    batch["picture"][:] = 77
    assert read(cache, [3]) == [3]


def test_a_process_has_an_entry_open_once(folder):
    """And none when nobody uses it."""
    first, second = filled(folder), filled(folder)
    assert first._entry is second._entry
    assert len(_folder_cache._registry._open) == 1
    del first, second
    gc.collect()
    assert not _folder_cache._registry._open


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no /proc")  # noqa: PTH112
@pytest.mark.parametrize("make", [squares, ragged])
def test_nothing_is_left_open(folder, make):
    """No descriptor, once it is dropped."""
    filled(folder, make=make)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        cache = filled(folder, make=make)
        read(cache, [1, 2], make)
        del cache
        gc.collect()
    assert before == len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_one_that_was_open_before_sees_the_layout_of_another(folder, monkeypatch):
    """Which another process decides."""
    early = FolderCache(str(folder), RECIPE)
    monkeypatch.setattr(_folder_cache, "_registry", _folder_cache._Registry())  # as if in another
    late = filled(folder)
    assert early._entry is not late._entry
    assert read(early, [1, 2, 20]) == [1, 2]
    early.store(np.array([20]), squares([20]), {})
    assert read(late, [20]) == [20]


# Files that change


def test_samples_of_changed_files_are_taken_back(folder):
    """Exactly these."""
    versions = np.arange(100, dtype=np.uint64) + 1
    filled(folder, recipe=TOLD, versions=versions)
    changed = versions.copy()
    changed[[2, 5, 50]] += 1
    cache = FolderCache(str(folder), TOLD, changed)
    assert cache.validated
    assert read(cache, range(10)) == [0, 1, 3, 4, 6, 7, 8, 9]
    cache.store(np.array([2]), squares([2]), {})
    again = FolderCache(str(folder), TOLD, changed)
    assert read(again, range(10)) == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_what_was_read_before_a_change_is_not_stored_after_it(folder):
    """By a process that does not know of it."""
    versions = np.ones(100, np.uint64)
    early = filled(folder, [1], recipe=TOLD, versions=versions)
    changed = versions.copy()
    changed[[2, 3]] = 2
    late = FolderCache(str(folder), TOLD, changed)
    for make in (squares, ragged):
        early.store(np.array([2, 3, 4]), make(np.array([2, 3, 4])), {})
        assert [i for i in (2, 3, 4) if not len(late.fetch(np.array([i])).missing())] == [4]


def test_a_process_that_trusts_its_parent_compares_nothing(folder):
    """And takes the versions that are there."""
    versions = np.ones(100, np.uint64)
    filled(folder, [1], recipe=TOLD, versions=versions)
    child = FolderCache(str(folder), TOLD, None)
    child.store(np.array([2]), squares([2]), {})
    assert read(child, [1, 2]) == [1, 2]


def test_a_sample_taken_back_while_it_is_read_is_not_given(folder, monkeypatch):
    """A second look at the states tells."""
    cache = filled(folder)
    columns = cache._entry._columns
    real = columns.take

    def take(indices):
        cache._entry._states.write(np.array([3]), 0)
        return real(indices)

    monkeypatch.setattr(columns, "take", take)
    assert read(cache, [2, 3, 4]) == [2, 4]


# A full disk


def full_after(monkeypatch, name, calls, number=errno.ENOSPC):
    """Let a function of `os` work some times, and then say that there is no room."""
    real, left = getattr(os, name), [calls]

    def limited(*arguments):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    monkeypatch.setattr(os, name, limited)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("name", ["pwrite", "ftruncate", "fdatasync", "fsync"])
@pytest.mark.parametrize("calls", range(6))
def test_a_full_disk_ends_storing_and_nothing_else(folder, monkeypatch, name, calls, number):
    """Whenever it fills up; what is here stays right."""
    with monkeypatch.context() as limited:
        full_after(limited, name, calls, number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cache = FolderCache(str(folder), RECIPE)
            for start in range(0, 30, 3):
                cache.store(np.arange(start, start + 3), squares(range(start, start + 3)), {})
        del cache
    _full._warned.clear()
    cache = filled(folder, [40, 41])
    assert {40, 41} <= set(read(cache, range(50)))


def test_a_full_disk_is_warned_of_once(folder, monkeypatch):
    """And reading goes on."""
    cache = filled(folder)
    full_after(monkeypatch, "pwrite", 0)
    with pytest.warns(RuntimeWarning, match="there is no room") as caught:
        cache.store(np.array([20]), squares([20]), {})
    cache.store(np.array([21]), squares([21]), {})
    assert len(caught) == 1
    assert not cache.storing
    assert read(cache, [3, 20, 21]) == [3]


def test_a_folder_that_cannot_be_begun_for_want_of_room(folder, monkeypatch):
    """Nothing is cached, and everything works."""
    full_after(monkeypatch, "ftruncate", 0)
    with pytest.warns(RuntimeWarning, match="there is no room"):
        cache = FolderCache(str(folder), RECIPE)
    cache.store(np.array([1]), squares([1]), {})
    assert read(cache, [1]) == []
    assert not cache.validated


def test_another_error_of_writing_is_raised(folder, monkeypatch):
    """With the folder's name."""
    cache = filled(folder)
    full_after(monkeypatch, "pwrite", 0, errno.EIO)
    with pytest.raises(OSError, match="error") as caught:
        cache.store(np.array([20]), squares([20]), {})
    assert str(entry(folder)) in caught.value.__notes__[0]


# A folder that cannot be written to


@pytest.fixture
def read_only(monkeypatch):
    def make():
        real = os.open

        def opened(path, flags, *mode):
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path, flags, *mode)

        monkeypatch.setattr(os, "open", opened)

    return make


@pytest.mark.parametrize("make", [squares, ragged])
def test_a_read_only_folder_is_read(folder, read_only, make):
    """What is not in it stays out."""
    filled(folder, make=make)
    gc.collect()
    read_only()
    cache = filled(folder, [20, 3], make)
    assert not cache.storing
    assert read(cache, [1, 20, 3], make) == [1, 3]


def test_changed_files_are_known_in_a_read_only_folder(folder, read_only):
    """Though nothing can be noted there; so whoever opens it must look again."""
    versions = np.ones(100, np.uint64)
    filled(folder, recipe=TOLD, versions=versions)
    gc.collect()
    read_only()
    changed = versions.copy()
    changed[3] = 2
    cache = FolderCache(str(folder), TOLD, changed)
    assert read(cache, [2, 3, 4]) == [2, 4]
    assert not cache.validated


def test_a_read_only_folder_with_nothing_in_it_is_refused(folder, read_only):
    """It could never be of use."""
    entry(folder).mkdir(parents=True)
    read_only()
    with pytest.raises(ArgumentError, match=str(folder)):
        FolderCache(str(folder), RECIPE)


def test_a_file_in_the_way_is_refused(folder):
    """At the folder's place, above it, or at that of the entry."""
    folder.parent.joinpath("file").touch()
    for path in (folder.parent / "file", folder.parent / "file" / "below"):
        with pytest.raises(ArgumentError, match=f"the cache folder {path} cannot be used"):
            FolderCache(str(path), RECIPE)
    folder.mkdir()
    entry(folder).touch()
    with pytest.raises(ArgumentError, match="cannot be used"):
        FolderCache(str(folder), RECIPE)


# A damaged entry


def damage(path, how):
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("how", ["gone", "cut"])
@pytest.mark.parametrize("name", ["states.bin", "versions.bin", "data-0.bin", "manifest.json"])
def test_a_damaged_entry_is_refused_with_a_remedy(folder, name, how):
    """Rather than read; without its manifest it is new."""
    versions = np.ones(100, np.uint64)
    filled(folder, recipe=TOLD, versions=versions)
    gc.collect()
    damage(entry(folder, TOLD) / name, how)
    if (name, how) == ("manifest.json", "gone"):
        assert read(FolderCache(str(folder), TOLD, versions), [1]) == []
        return
    with pytest.raises(ArgumentError, match="cannot be read") as caught:
        FolderCache(str(folder), TOLD, versions)
    assert f"aliquot cache rm {folder} {TOLD.digest}" in str(caught.value)


def test_an_entry_of_another_source_is_refused(folder):
    """However it came to have the name."""
    filled(folder)
    gc.collect()
    other = Recipe("another", 100)
    entry(folder).rename(folder / other.digest)
    with pytest.raises(ArgumentError, match="another source"):
        FolderCache(str(folder), other)


def test_samples_that_lmdb_has_lost_are_read_anew(folder):
    """As after the machine's power failed."""
    cache = filled(folder, make=ragged)
    cache._entry._states.write(np.array([50]), 2)
    assert read(cache, [3, 50], ragged) == [3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_leaves_the_parents_entry_alone(folder):
    """It opens its own, and its end closes nothing of the parent's."""
    cache = filled(folder, make=ragged)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            mine = FolderCache(str(folder), RECIPE)
            assert mine._entry is not cache._entry
            assert read(mine, [1, 2], ragged) == [1, 2]
            del cache
            gc.collect()
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert read(cache, [1, 2], ragged) == [1, 2]


# A disk of its own


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a disk of one megabyte."""
    import subprocess

    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("mounting is not permitted")
    yield folder
    gc.collect()
    subprocess.run(["umount", "-l", str(folder)], check=True)


def large(indices):
    return np.repeat(np.asarray(indices, np.uint8), 10_000).reshape(-1, 10_000)


def large_ragged(indices):
    return [np.full(10_000 + i % 3, i, np.uint8) for i in map(int, indices)], [""] * len(indices)


def store_all(cache, make):
    for start in range(0, 250, 10):
        cache.store(np.arange(start, start + 10), make(range(start, start + 10)), {})


@pytest.mark.skipif(sys.platform != "linux", reason="needs a tmpfs")
@pytest.mark.parametrize("make", [large, large_ragged])
def test_a_disk_that_fills_up(small_disk, monkeypatch, make):
    """What fits is here, the rest is not, and all of it is right."""
    monkeypatch.setattr(_full, "_warned", set())
    cache = FolderCache(str(small_disk), Recipe("large", 250))
    with pytest.warns(RuntimeWarning, match="there is no room"):
        store_all(cache, make)
    assert Path(small_disk).is_dir()
    here = read(cache, range(250), make)
    assert 20 <= len(here) < 110
    del cache
    gc.collect()
    assert here == read(FolderCache(str(small_disk), Recipe("large", 250)), range(250), make)
