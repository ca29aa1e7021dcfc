"""A source that keeps what it has read."""

import contextlib
import gc
import multiprocessing
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from aliquot import Loader
from aliquot._address import Address, SampleFailures
from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    CompositeDataSource,
    ConcatDataSource,
    SingleDataSource,
)
from aliquot.data_source._cached import CachedDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, site
from aliquot.image import ImageFiles
from aliquot.sampling import WeightedSampler
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

N = 40


def plain(value):
    """Give a value that is equal for what is bit-identical, and for nothing else."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return "objects", value.shape, tuple(map(plain, value.flat))
    if isinstance(value, np.ndarray | np.generic):
        return type(value).__name__, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return "dict", tuple((name, plain(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(plain, value))
    return type(value).__name__, value


class Noted:
    """Writes down each sample that is read, in a file that processes share."""

    def __init__(self, n, path):
        self.n, self.path = n, str(path)

    def __len__(self):
        return self.n

    def __repr__(self):
        return f"Noted({self.n})"

    def __getitem__(self, index):
        with open(self.path, "a") as file:  # noqa: PTH123 (one write a batch, at the end)
            file.write("".join(f"{i}\n" for i in np.atleast_1d(index)))
        return np.asarray(index) * 3

    def read(self):
        """Give what was read since this was last asked."""
        path = Path(self.path)
        found = [int(line) for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return found


@pytest.fixture
def noted(tmp_path):
    return Noted(N, tmp_path / "notes")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Give files of pictures, many of which have the same size."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.RandomState(0)
    paths = []
    for i in range(N):
        size = [(4, 6), (4, 6), (5, 5)][i % 3]
        paths.append(str(folder / f"{i}.png"))
        Image.fromarray(rng.randint(0, 256, (*size, 3), np.uint8)).save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def processes():
    with WorkerProcessPool(2) as pool:
        yield pool


def kept(source, where, tmp_path):
    """Give the source with a cache before it."""
    if where == "memory":
        return CachedDataSource(source, memory=10**6)
    return CachedDataSource(source, folder=tmp_path / "cache")


WHERE = pytest.mark.parametrize("where", ["memory", "folder"])


class OwnList:
    """Gives a list whatever the samples are."""

    def __len__(self):
        return N

    def __getitem__(self, index):
        if np.ndim(index) == 0:
            return np.full(2, index)
        return [np.full(2 + i // 30, i) for i in index.tolist()]


def mixed(i):
    """Give values of several types."""
    return [f"text {i}", i, None, 0.1 * i, np.full(3, i), b"bytes", [i, {"a": i}]][i % 7]


def objects():
    column = np.empty(N, object)
    column[:] = [mixed(i) for i in range(N)]
    return column


SOURCES = {
    "arrays": lambda p: ArrayDataSource([np.arange(N * 6.0).reshape(N, 2, 3), np.arange(N)]),
    "dict": lambda p: ArrayDataSource(
        {"x": np.arange(N, dtype=np.int8), "name": np.array([f"n{i}" for i in range(N)])},
        include_indices=True,
    ),
    "bare": lambda p: SingleDataSource(np.arange(N) * 1.5),
    "nested": lambda p: ArrayDataSource([np.arange(N)]).map(
        lambda x: {"a": (x, x.astype(np.float16)), "b": {"c": x.astype("M8[s]")}}
    ),
    "ragged list": lambda p: ArrayDataSource([[np.arange(i % 3) for i in range(N)], range(N)]),
    "ragged, first alike": lambda p: ArrayDataSource([[np.ones(2 + (i > 9)) for i in range(N)]]),
    "texts": lambda p: ArrayDataSource([[f"é{i}" for i in range(N)], np.arange(N)]),
    "mixed list": lambda p: ArrayDataSource([[mixed(i) for i in range(N)]]),
    "list of tuples": lambda p: ArrayDataSource([[(i, np.ones(i % 2)) for i in range(N)]]),
    "objects": lambda p: ArrayDataSource([objects()]),
    "lists always": lambda p: ArrayDataSource([OwnList()]),
    "pictures of all sizes": lambda p: ArrayDataSource([ImageFiles(p), np.arange(N)]),
    "pictures of one size": lambda p: SingleDataSource(ImageFiles(p, size=(3, 5), mode="L")),
    "map_samples": lambda p: ArrayDataSource([np.arange(N)]).map_samples(
        lambda i: {"ragged": np.zeros(i % 2), "number": float(i), "flag": i > 5}
    ),
    "concatenated": lambda p: ConcatDataSource(
        [ArrayDataSource([np.arange(10)]), ArrayDataSource([np.arange(30)])]
    ),
    "empty samples": lambda p: ArrayDataSource([np.zeros((N, 0)), np.arange(N)]),
}
BATCHES = st.lists(st.lists(st.integers(0, N - 1), max_size=8), max_size=12)


@pytest.mark.parametrize("name", SOURCES)
@WHERE
def test_any_mixture_of_hits_and_misses_equals_the_source(name, where, pictures, tmp_path_factory):
    """Values, dtypes, structure, and lists where it gives lists."""
    source = SOURCES[name](pictures)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BATCHES)
    def check(batches):
        cached = kept(source, where, tmp_path_factory.mktemp("cached"))
        for indices in [*batches, *batches]:
            expected = source[np.array(indices, np.int64)]
            assert plain(expected) == plain(cached[np.array(indices, np.int64)])

    check()


@WHERE
@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_epoch_reads_nothing(noted, where, workers, tmp_path):
    """Inline and with threads; and the batches are those of the source."""
    source = ArrayDataSource([noted, np.arange(N)])
    options = {"batch_size": 7, "shuffle": True, "seed": 0}
    expected = [plain(batch) for _ in range(2) for batch in Loader(source, **options)]
    noted.read()
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(WorkerThreadPool(workers)) if workers else None
        loader = stack.enter_context(Loader(kept(source, where, tmp_path), pool=pool, **options))
        first = [plain(batch) for batch in loader]
        assert sorted(noted.read()) == list(range(N))
        second = [plain(batch) for batch in loader]
        assert noted.read() == []
    plainly = Loader(source, **options)
    assert first + second == [plain(batch) for _ in range(2) for batch in plainly]
    assert first == expected[: len(first)]


@WHERE
def test_worker_processes_share_what_was_read(noted, where, tmp_path, processes):
    """The second epoch reads nothing, whichever process read it in the first."""
    source = ArrayDataSource([noted, np.arange(N)])
    options = {"batch_size": 7, "shuffle": True, "seed": 0}
    plainly = Loader(source, **options)
    expected = [plain(batch) for _ in range(2) for batch in plainly]
    noted.read()
    if where == "memory" and sys.platform != "linux":
        pytest.skip("each process has its own")
    cached = kept(source, where, tmp_path)
    with Loader(cached, pool=processes, **options) as loader:
        first = [plain(batch) for batch in loader]
        assert sorted(noted.read()) == list(range(N))
        second = [plain(batch) for batch in loader]
        assert noted.read() == []
    assert expected == first + second
    assert plain(source[[3, 5]]) == plain(cached[[3, 5]])
    assert noted.read() == [3, 5]  # by the source itself, and not again by this process


@pytest.mark.parametrize("name", ["ragged list", "pictures of all sizes", "texts"])
@WHERE
def test_worker_processes_and_samples_that_differ(name, where, tmp_path, pictures, processes):
    """The same batches, in both epochs."""
    source = SOURCES[name](pictures)
    options = {"batch_size": 7, "shuffle": True, "seed": 0}
    plainly = Loader(source, **options)
    with Loader(kept(source, where, tmp_path), pool=processes, **options) as loader:
        for _ in range(2):
            assert [plain(b) for b in plainly] == [plain(b) for b in loader]


def test_a_folder_outlives_the_source(noted, tmp_path):
    """The next run reads nothing."""
    source = ArrayDataSource([noted])
    kept(source, "folder", tmp_path)[:]
    gc.collect()
    noted.read()
    kept(source, "folder", tmp_path)[:]
    assert noted.read() == []


def test_a_part_that_is_missing_is_read_at_once(noted, tmp_path):
    """In one call, and nothing else is."""
    cached = kept(ArrayDataSource([noted]), "memory", tmp_path)
    cached[[3, 4]]
    noted.read()
    cached[[5, 3, 6, 4, 5]]
    assert noted.read() == [5, 6, 5]


@WHERE
def test_a_batch_is_the_callers_own(where, tmp_path):
    """It can be written to, and the cache does not see it."""
    source = ArrayDataSource([np.arange(N), [np.zeros(i) for i in range(N)]])
    cached = kept(source, where, tmp_path)
    for _ in range(3):
        numbers, arrays = cached[[3, 4]]
        numbers[:] = -1
        for array in arrays:
            array[:] = -1
    assert plain(source[[3, 4]]) == plain(cached[[3, 4]])


# What is refused


def test_one_place_to_keep_samples():
    """Not both, and not none."""
    for options in ({}, {"memory": 10**6, "folder": "cache"}):
        with pytest.raises(ArgumentError, match="one of memory"):
            CachedDataSource(ArrayDataSource([np.arange(3)]), **options)


@pytest.mark.parametrize("memory", ["1 GB", 1.5, True, [1]])
def test_memory_is_a_number_of_bytes(memory):
    """An int."""
    with pytest.raises(ArgumentTypeError, match="memory must be a number of bytes"):
        CachedDataSource(ArrayDataSource([np.arange(3)]), memory=memory)


@pytest.mark.parametrize("memory", [0, -5, 8 * (N + 1)])
def test_too_little_memory_is_refused(memory):
    """The message says how much it takes."""
    with pytest.raises(ArgumentError, match=f"{8 * (N + 1)} bytes"):
        CachedDataSource(ArrayDataSource([np.arange(N)]), memory=memory)


@pytest.mark.parametrize("folder", [b"cache", 3])
def test_a_folder_is_a_path(folder):
    """A str or a Path."""
    with pytest.raises(TypeError):
        CachedDataSource(ArrayDataSource([np.arange(3)]), folder=folder)


def test_functions_that_take_rng_come_after():
    """The message says so."""
    source = ArrayDataSource([np.arange(3)]).map(lambda x, rng: x)
    with pytest.raises(ArgumentError, match="before functions that take rng"):
        CachedDataSource(source, memory=1000)
    cached = CachedDataSource(ArrayDataSource([np.arange(3)]), memory=1000)
    assert len(cached.map(lambda x, rng: (x + rng.random(),))[:][0]) == 3


def test_padding_to_the_longest_comes_after():
    """It depends on the batch; padding to a length does not."""
    source = ArrayDataSource([[np.ones(i) for i in range(5)]])
    with pytest.raises(ArgumentError, match="makes of a sample what the others"):
        CachedDataSource(source.pad().map(lambda x, mask: x), memory=10**5)
    padded = source.pad(to=5)
    cached = CachedDataSource(padded, memory=10**5)
    for _ in range(2):
        assert plain(padded[[1, 3]]) == plain(cached[[1, 3]])


@pytest.mark.parametrize(
    "source",
    [
        CallableDataSource(lambda batch_size: iter([]), 3),
        CompositeDataSource([ArrayDataSource([np.arange(3)]), ArrayDataSource([np.arange(3)])]),
    ],
)
def test_samples_need_numbers_of_their_own(source):
    """There is nothing else to know them by."""
    with pytest.raises(ArgumentTypeError):
        CachedDataSource(source, memory=1000)


def test_a_source_that_is_drawn_from_by_weights():
    """Its samples have numbers."""
    source = ArrayDataSource([np.arange(5)], sampler=WeightedSampler(np.ones(5)))
    cached = CachedDataSource(source, memory=1000)
    (batch,) = next(cached.batch_iterator(4, shuffle=np.random.RandomState(0)))
    assert len(batch) == 4


@WHERE
def test_a_value_that_cannot_be_kept_is_named(where, tmp_path):
    """With its column and type."""
    source = ArrayDataSource({"x": np.arange(3), "odd": [object()] * 3})
    with pytest.raises(BatchError, match=r"column \['odd'\] cannot be cached.*builtins.object"):
        kept(source, where, tmp_path)[:]


# Samples that fail


class Faulty:
    def __len__(self):
        return N

    def __getitem__(self, index):
        if set(np.atleast_1d(index).tolist()) & {5, 9}:
            raise OSError("cannot be read")
        return np.asarray(index)


@WHERE
def test_an_error_passes_as_it_is(where, tmp_path):
    """With its site, and not kept."""
    cached = kept(ArrayDataSource([Faulty()]), where, tmp_path)
    cached[[1, 2]]
    for _ in range(2):
        with pytest.raises(OSError, match="cannot be read") as caught:
            cached[[1, 5, 2]]
        assert site(caught.value).index == 5
    assert cached[[1, 2]][0].tolist() == [1, 2]


@WHERE
def test_the_rows_that_fail_are_those_of_the_batch(where, tmp_path):
    """Not those of the part that was missing."""
    cached = kept(ArrayDataSource([Faulty()]), where, tmp_path)
    cached[[1, 2]]
    address = Address(0, 0, np.arange(100, 106), tolerant=True)
    with pytest.raises(SampleFailures) as caught:
        cached.read_at(np.array([1, 9, 2, 3, 5, 9]), address)
    assert {1, 4, 5} == caught.value.rows.keys()
    assert site(caught.value.rows[4]).place == 104


@WHERE
@pytest.mark.parametrize("on_error", ["skip", "substitute"])
def test_a_loader_deals_with_failures_as_without(where, on_error, tmp_path):
    """The same batches in both epochs."""
    source = ArrayDataSource([Faulty()])
    options = {"batch_size": 7, "shuffle": True, "seed": 0, "on_error": on_error}
    plainly, loader = Loader(source, **options), Loader(kept(source, where, tmp_path), **options)
    for _ in range(2):
        assert [plain(b) for b in plainly] == [plain(b) for b in loader]


def test_a_cache_in_a_composite_that_is_not_trimmed(tmp_path):
    """There may be more rows than places."""
    short, long = ArrayDataSource([np.arange(2)]), ArrayDataSource([np.arange(10)])
    cached = kept(long, "memory", tmp_path)
    composite = CompositeDataSource([short, cached], trim=False)
    assert composite[[0], [3, 4, 5]][1].tolist() == [3, 4, 5]
    assert composite[[0], [3, 8, 5]][1].tolist() == [3, 8, 5]


def test_the_time_it_takes_is_told(tmp_path):
    """Beside that of reading."""
    cached = kept(ArrayDataSource([np.arange(10)]), "memory", tmp_path)
    address = Address(0, 0, np.arange(3))
    cached.read_at(np.array([1, 2, 3]), address)
    assert {"cache", "read"} == address.clock.keys()


# What tells sources apart


def test_an_edited_function_begins_anew(noted, tmp_path):
    """And the old one finds its samples again."""
    source = ArrayDataSource([noted])
    for number, reads in ((1, N), (2, N), (1, 0)):
        made = kept(source.map(lambda x, number=number: x + number), "folder", tmp_path)
        assert made[[3]].tolist() == [9 + number]
        assert made[:].tolist() == [3 * i + number for i in range(N)]
        assert len(noted.read()) == reads
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_file_that_has_changed_is_read_anew(pictures, tmp_path):
    """It alone."""
    paths = []
    for i, path in enumerate(pictures[:6]):
        paths.append(tmp_path / f"{i}.png")
        paths[-1].write_bytes(Path(path).read_bytes())
    reads = []

    class Files(ImageFiles):
        def __getitem__(self, index):
            reads.extend(np.atleast_1d(index).tolist())
            return super().__getitem__(index)

    def run():
        reads.clear()
        gc.collect()
        files = Files(paths, size=(4, 4))
        found = kept(ArrayDataSource([files]), "folder", tmp_path)[:]
        read = list(reads)
        assert plain(ArrayDataSource([files])[:]) == plain(found)
        return read

    assert run() == [0, 1, 2, 3, 4, 5]
    assert run() == []
    Image.fromarray(np.full((8, 8, 3), 7, np.uint8)).save(paths[3])
    os.utime(paths[4], ns=(1, 1))
    assert run() == [3, 4]
    assert run() == []


def test_choosing_samples_keeps_the_cache(noted, tmp_path):
    """An index stands for the same sample."""
    source = ArrayDataSource([noted])
    kept(source, "folder", tmp_path)[:]
    noted.read()
    assert kept(source.take(5), "folder", tmp_path)[:][0].tolist() == [0, 3, 6, 9, 12]
    assert noted.read() == []


# Openings


def test_making_one_touches_nothing(tmp_path):
    """The first read does."""
    cached = kept(ArrayDataSource([np.arange(3)]), "folder", tmp_path)
    pickle.dumps(cached)
    assert not (tmp_path / "cache").exists()
    cached[[1]]
    assert (tmp_path / "cache").is_dir()


def test_its_name():
    """Tells where samples are kept."""
    source = ArrayDataSource([np.arange(3)])
    assert repr(CachedDataSource(source, folder="a")) == f"{source!r}.cache(folder='a')"
    assert repr(CachedDataSource(source, memory=500)) == f"{source!r}.cache(memory=500)"


@pytest.mark.skipif(sys.platform != "linux", reason="needs memfd_create and /proc")
@WHERE
def test_nothing_is_left_open(where, tmp_path):
    """No descriptor, once it is dropped."""

    def use():
        source = ArrayDataSource([[np.zeros(i) for i in range(N)]])
        cached = kept(source, where, tmp_path)
        cached[:]
        pickle.loads(pickle.dumps(cached))[:]

    use()
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    use()
    gc.collect()
    assert before == len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@WHERE
def test_a_copy_shares_what_was_read(noted, where, tmp_path):
    """As the one in a worker process does."""
    cached = kept(ArrayDataSource([noted]), where, tmp_path)
    cached[[1, 2]]
    again = pickle.loads(pickle.dumps(cached))
    again[[2, 3]]
    cached[[3]]
    assert noted.read() == [1, 2, 3]


def _forked(cached, expected):
    sys.exit(plain(cached[[1, 2, 3]]) != expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@WHERE
def test_a_forked_child_can_read(where, tmp_path):
    """With an opening of its own."""
    source = ArrayDataSource([[np.zeros(i) for i in range(N)]])
    cached = kept(source, where, tmp_path)
    cached[[1, 2]]
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_forked, args=(cached, plain(source[[1, 2, 3]])))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert plain(source[[1, 2, 3]]) == plain(cached[[1, 2, 3]])


def test_a_cache_of_a_cache(noted, tmp_path):
    """Works; one on disk has one entry for both."""
    inner = kept(ArrayDataSource([noted]), "folder", tmp_path)
    outer = CachedDataSource(inner, memory=10**5)
    outer[:]
    outer[:]
    assert sorted(noted.read()) == list(range(N))
    CachedDataSource(inner, folder=tmp_path / "cache")[:]
    assert noted.read() == []
    assert len(list((tmp_path / "cache").iterdir())) == 1
