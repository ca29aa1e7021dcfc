"""Samples one by one."""

import errno

import pytest

from aliquot.cache._lmdb import NAME, Lmdb
from aliquot.errors import ArgumentError, MissingExtraError

lmdb = pytest.importorskip("lmdb")


def test_what_is_put_is_got(tmp_path):
    """And what is not there is left out."""
    store = Lmdb(tmp_path, writable=True)
    store.put({3: [b"a", b"bc"], 2**40: [b""]})
    assert store.get([3, 5, 2**40]) == {3: b"abc", 2**40: b""}
    store.close()


def test_it_is_read_where_nothing_can_be_written(tmp_path):
    """Without its lock."""
    store = Lmdb(tmp_path, writable=True)
    store.put({3: [b"abc"]})
    store.close()
    store = Lmdb(tmp_path, writable=False)
    assert store.get([3]) == {3: b"abc"}
    store.close()


def test_a_missing_one_is_refused(tmp_path):
    """Where it cannot be made."""
    with pytest.raises(ArgumentError, match=f"{NAME} is missing"):
        Lmdb(tmp_path, writable=False)


def test_one_that_is_none_is_refused(tmp_path):
    """With the folder's name."""
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "data.mdb").write_bytes(b"no environment" * 1000)
    with pytest.raises(ArgumentError, match=f"{NAME} cannot be opened"):
        Lmdb(tmp_path, writable=True)


@pytest.mark.parametrize("error", [lmdb.MapFullError, lmdb.DiskError])
def test_no_room_is_an_error_of_the_system(tmp_path, monkeypatch, error):
    """The same as of a file."""
    store = Lmdb(tmp_path, writable=True)

    class Full:
        def begin(self, **options):
            raise error("no room")

    env, store._env = store._env, Full()
    with pytest.raises(OSError, match="no room") as caught:
        store.put({1: [b"a"]})
    env.close()
    assert caught.value.errno == errno.ENOSPC


def test_a_smaller_map_is_taken_where_a_large_one_is_refused(tmp_path, monkeypatch):
    """As where the address space is limited."""
    sizes = []
    real = lmdb.open

    def limited(path, map_size, **options):
        sizes.append(map_size)
        if map_size > 1 << 33:
            raise lmdb.MemoryError("too large")
        return real(path, map_size=map_size, **options)

    monkeypatch.setattr(lmdb, "open", limited)
    store = Lmdb(tmp_path, writable=True)
    store.close()
    assert sizes[-1] == 1 << 33


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    """With the extra that brings it."""
    monkeypatch.setitem(__import__("sys").modules, "lmdb", None)
    with pytest.raises(MissingExtraError, match=r'pip install "aliquot\[cache\]"'):
        Lmdb(tmp_path, writable=True)
