"""Memory that processes share."""

import gc
import os
import subprocess
import sys

import pytest

from aliquot.cache._arena import Arena, Handle

shared = pytest.mark.skipif(sys.platform != "linux", reason="needs memfd_create and /proc")


@shared
def test_another_process_sees_the_same_memory():
    """By the handle."""
    arena = Arena(10_000)
    code = (
        "from aliquot.cache._arena import Arena, Handle\n"
        f"arena = Arena(10_000, {arena.handle!r})\n"
        "arena.memory[5000:5003] = b'abc'\n"
        f"assert arena.handle.inode == {arena.handle.inode}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert arena.memory[5000:5003] == b"abc"


@shared
def test_a_handle_of_something_else_is_not_used(tmp_path):
    """As when the other process has closed it, and opened another file."""
    with (tmp_path / "file").open("w+b") as file:
        file.write(b"mine")
        file.flush()
        arena = Arena(10_000, Handle(os.getpid(), file.fileno(), 0, 0))
        arena.memory[:1] = b"x"
        assert (tmp_path / "file").read_bytes() == b"mine"
    assert Arena(100, Handle(2**30, 3, 0, 0)).memory[:1] == b"\0"


@shared
def test_nothing_is_left_open():
    """Once it is dropped."""
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    arenas = [Arena(5000)]
    arenas += [Arena(5000, arenas[0].handle) for _ in range(3)]
    del arenas
    gc.collect()
    assert before == len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_without_shared_memory_there_is_memory(monkeypatch):
    """Of this process alone."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    arena = Arena(5000)
    with arena.alone():
        arena.memory[:1] = b"x"
    assert arena.handle is None
