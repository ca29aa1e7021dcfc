"""A cache in memory."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from cache_cases import plain, ragged, squares

from aliquot.cache import MemoryCache, least_memory


def read(cache, indices, make=squares):
    """Give which indices are here; what is here must be right."""
    found = cache.fetch(np.array(indices))
    missing = found.missing()
    rest = make(np.array(indices)[missing])
    whole = found.completed(missing, rest, {}) if len(missing) else found.complete()
    assert plain(make(np.array(indices))) == plain(whole)
    return np.delete(indices, missing).tolist()


@pytest.mark.parametrize("make", [squares, ragged])
def test_samples_are_kept(make):
    """In any order, more than once."""
    cache = MemoryCache(100, 100_000)
    for indices in ([5, 2, 7], [7, 8]):
        cache.store(np.array(indices), make(indices), {})
    assert read(cache, [2, 9, 2, 8], make) == [2, 2, 8]
    assert read(cache, [8, 7, 5], make) == [8, 7, 5]


def test_samples_of_several_kinds_side_by_side():
    """The slots of one kind begin elsewhere."""
    cache = MemoryCache(100, 100_000)
    cache.store(np.array([1]), squares([1]), {})
    cache.store(
        np.array([50]), {"picture": np.zeros((1, 3)), "square": ["a"], "root": (["é"],)}, {}
    )
    cache.store(np.array([2, 3]), squares([2, 3]), {})
    assert read(cache, [1, 2, 3]) == [1, 2, 3]


@pytest.mark.parametrize("make", [squares, ragged])
def test_what_is_given_is_the_callers_own(make):
    """Writing to it changes nothing here."""
    cache = MemoryCache(100, 100_000)
    cache.store(np.array([3, 4]), make([3, 4]), {})
    found = cache.fetch(np.array([3, 4])).complete()
    first = found["picture"] if make is squares else found[0][0]
    assert first.flags.writeable
    first[:] = 77
    assert read(cache, [3, 4], make) == [3, 4]


def test_the_budget_is_kept():
    """What does not fit is not kept, and what is here stays."""
    cache = MemoryCache(100, least_memory(100) + 1000)
    for start in range(0, 100, 5):
        cache.store(np.arange(start, start + 5), squares(range(start, start + 5)), {})
    here = read(cache, range(100))
    assert 2 < len(here) < 20
    assert here == list(range(len(here)))


def test_threads_store_at_once():
    """Each sample once, all of them right."""
    cache = MemoryCache(300, 1_000_000)

    def store(seed):
        rng = np.random.default_rng(seed)
        for _ in range(30):
            indices = rng.integers(0, 300, 10)
            cache.store(indices, squares(indices), {})
            read(cache, rng.integers(0, 300, 10).tolist())

    threads = [threading.Thread(target=store, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read(cache, range(300))) > 250


@pytest.mark.skipif(sys.platform != "linux", reason="needs memfd_create and /proc")
def test_processes_store_at_once():
    """Into one memory, and one that is killed does no harm."""
    cache = MemoryCache(500, 10_000_000)
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from cache_cases import squares\n"
        "from aliquot.cache import Handle, MemoryCache\n"
        f"cache = MemoryCache(500, 10_000_000, {cache.handle!r})\n"
        "rng = np.random.default_rng(int(sys.argv[1]))\n"
        "for n in range(200 if int(sys.argv[1]) else 10**9):\n"  # the first waits to be killed
        "    indices = rng.integers(0, 500, 8)\n"
        "    cache.store(indices, squares(indices), {})\n"
        "    if n == 20: print('ready', flush=True)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(seed)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
        )
        for seed in range(3)
    ]
    assert all(process.stdout.readline() == b"ready\n" for process in processes)
    processes[0].kill()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [-9, 0, 0]
    assert len(read(cache, range(500))) > 400


def test_no_memory_is_written_when_full():
    """Not even looked for."""
    cache = MemoryCache(10, least_memory(10) + 8)
    cache.store(np.array([1]), squares([1]), {})
    assert read(cache, [1]) == []
