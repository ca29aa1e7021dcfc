"""Array-likes that threads cannot share as they are."""

import gc
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

import aliquot as aq
from aliquot.accessors import locked, per_worker
from aliquot.data_source import ArrayDataSource
from aliquot.errors import ArgumentTypeError
from aliquot.testing import Gate, Scripted
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

ROWS = np.arange(60).reshape(20, 3)


class Files:
    """Opens files, and knows which are open; each is an array-like of ten samples."""

    def __init__(self):
        self.opened = []
        self.closed = []

    def open(self):
        file = File(self)
        self.opened.append((file, threading.current_thread()))
        return file


class File:
    def __init__(self, files):
        self._files = files

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if self in self._files.closed:
            raise ValueError("read of a closed file")
        return np.asarray(index) * 10

    def close(self):
        self._files.closed.append(self)


@pytest.fixture
def files():
    """Give what opens files."""
    return Files()


# per_worker


def test_nothing_is_opened_before_its_first_use(files):
    """Making it, and showing it, does not."""
    column = per_worker(files.open)
    assert repr(column) == f"per_worker({files.open!r})"
    assert files.opened == []


def test_a_thread_opens_one_and_keeps_it(files):
    """Whatever it reads."""
    column = per_worker(files.open)
    assert (len(column), column[3], column[np.array([2, 1])].tolist()) == (10, 30, [20, 10])
    assert len(files.opened) == 1


def test_every_thread_opens_its_own(files):
    """No two share one."""
    column = per_worker(files.open)
    meeting = threading.Barrier(3)

    def read(_):
        meeting.wait(10)
        return column[1]

    with ThreadPoolExecutor(3) as executor:
        assert list(executor.map(read, range(3))) == [10] * 3
    opened, threads = zip(*files.opened, strict=True)
    assert (len(set(opened)), len(set(threads))) == (3, 3)


def test_two_of_them_open_two(files):
    """Also in one thread."""
    first, second = per_worker(files.open), per_worker(files.open)
    assert [first[1], second[1], len(files.opened)] == [10, 10, 2]


def test_what_workers_opened_is_closed_with_their_pool(files):
    """All of it, and nothing that this thread opened."""
    column = per_worker(files.open)
    meeting = threading.Barrier(2)

    def read():
        meeting.wait(10)
        return column[1]

    _ = column[1]
    with WorkerThreadPool(2) as pool:
        places = [pool.submit(read) for _ in range(2)]
        assert [place.result(10) for place in places] == [10, 10]
        assert files.closed == []
    mine, *theirs = [file for file, _ in files.opened]
    assert {*theirs} == {*files.closed}
    assert mine not in files.closed


def test_it_serves_one_pool_after_the_other(files):
    """Each opens anew."""
    source = ArrayDataSource([per_worker(files.open)])
    for _ in range(2):
        with WorkerThreadPool(1) as pool:
            batches = list(pool.parallel_data_source(source).batch_iterator(5))
            assert [batch.tolist() for (batch,) in batches] == [
                [0, 10, 20, 30, 40],
                [50, 60, 70, 80, 90],
            ]
    assert (len(files.opened), len(files.closed)) == (3, 2)


def test_what_is_open_is_closed_when_it_is_dropped(files):
    """Here, where no worker ends."""
    column = per_worker(files.open)
    _ = column[1]
    del column
    gc.collect()
    assert files.closed == [file for file, _ in files.opened]


def test_what_another_thread_opened_is_closed_when_it_is_dropped(files):
    """Though that thread was no worker of a pool and has ended without closing."""
    column = per_worker(files.open)
    thread = threading.Thread(target=column.__getitem__, args=(1,))
    thread.start()
    thread.join(10)
    del column
    gc.collect()
    assert files.closed == [file for file, _ in files.opened]


def test_what_a_worker_opened_is_closed_once(files):
    """Not a second time when the array-like is dropped after the pool has ended."""
    column = per_worker(files.open)
    with WorkerThreadPool(1) as pool:
        assert pool.submit(column.__getitem__, 1).result(10) == 10
    del column, pool
    gc.collect()
    assert len(files.closed) == 1


def test_what_a_worker_opened_is_not_held_after_its_end():
    """One that serves many pools does not gather what is closed."""
    alive = []

    class Counted(list):
        def __init__(self):
            super().__init__(range(10))
            alive.append(1)

        def __del__(self):
            alive.pop()

        def close(self):
            pass

    column = per_worker(Counted)
    for _ in range(3):
        with WorkerThreadPool(1) as pool:
            pool.submit(column.__getitem__, 1).result(10)
        del pool
    gc.collect()
    assert alive == []


def test_what_has_no_close_is_left_alone():
    """An array, for one."""
    column = per_worker(lambda: np.arange(5))
    assert column[np.array([3])].tolist() == [3]
    del column
    gc.collect()


def test_only_the_function_is_pickled():
    """Not what it has opened, which could not be."""
    column = per_worker(unpicklable)
    assert column[1] == "b"
    pickled = pickle.dumps(column)
    assert b"unpicklable" in pickled
    assert pickle.loads(pickled)[2] == "c"


class Unpicklable(list):
    def __reduce_ex__(self, protocol):
        raise TypeError("cannot be pickled")


def unpicklable():
    return Unpicklable("abc")


class InProcess:
    """Gives the process that opened it, and leaves a trace when it is closed."""

    def __init__(self, path):
        self._pid = os.getpid()
        self._path = path

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return np.full(np.shape(index), self._pid)

    def close(self):
        with Path(self._path).open("a") as file:
            file.write("closed\n")


def test_a_process_opens_its_own(tmp_path):
    """One for all that it reads, by a function that is sent by value."""
    column = per_worker(lambda: InProcess(str(tmp_path / "trace")))
    source = ArrayDataSource([column]).map(lambda pids: pids)
    with WorkerProcessPool(1) as pool:
        batches = list(pool.parallel_data_source(source).batch_iterator(4))
    assert {os.getpid()} == set(source[[0, 1]].tolist())
    (pid,) = {pid for batch in batches for pid in batch.tolist()}
    assert pid != os.getpid()


def test_processes_close_what_they_opened(tmp_path):
    """With the pool."""
    trace = tmp_path / "trace"
    trace.touch()
    with WorkerProcessPool(1) as pool:
        shared = pool.shared_constant(per_worker(lambda: InProcess(str(trace))))
        for i in (3, 4):
            pool.submit(lambda column, i: column[i], shared, i).result(30)
    assert trace.read_text() == "closed\n"


@pytest.mark.parametrize("column", [[1, 2], None])
def test_what_is_no_function_is_refused(column):
    """An array-like that is open already, for one."""
    with pytest.raises(ArgumentTypeError) as caught:
        per_worker(column)
    assert f"per_worker takes a function, not {column!r}" == str(caught.value)


def test_an_error_of_opening_is_the_callers_and_opening_is_tried_again():
    """A file that is not there yet may come."""
    answers = iter([OSError("not there"), ["a", "b"]])

    def open_it():
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    column = per_worker(open_it)
    with pytest.raises(OSError, match="not there"):
        len(column)
    assert column[1] == "b"


# locked


def test_one_thread_at_a_time_reads():
    """The second waits until the first has left."""
    gate = Gate()
    scripted = Scripted(5, gates={0: gate})
    column = locked(scripted)
    with ThreadPoolExecutor(2) as executor:
        first = executor.submit(column.__getitem__, 0)
        gate.wait_for_reader()
        second = executor.submit(column.__getitem__, np.array([1]))
        with pytest.raises(TimeoutError):
            second.result(0.02)
        gate.open()
        assert [first.result(10), *second.result(10)] == [0, 1]
    assert (scripted.reads, scripted.most_readers) == ([0, 1], 1)


def test_the_length_waits_too():
    """Some array-likes ask their file for it."""
    inside = threading.Event()
    gate = Gate()

    class Slow(list):
        def __getitem__(self, index):
            gate.enter()
            return index

        def __len__(self):
            inside.set()
            return 3

    column = locked(Slow())
    with ThreadPoolExecutor(2) as executor:
        reading = executor.submit(column.__getitem__, 1)
        gate.wait_for_reader()
        counting = executor.submit(len, column)
        assert not inside.wait(0.02)
        gate.open()
        assert (reading.result(10), counting.result(10)) == (1, 3)


def test_a_failed_read_lets_the_next_one_in():
    """The lock is given back."""
    column = locked(Scripted(5, failures={3: 1}))
    with pytest.raises(OSError, match="sample 3"):
        column[3]
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(column.__getitem__, 3).result(10) == 3


def test_an_array_like_may_read_itself_through_its_lock():
    """The thread that reads is let in again."""

    class Nested:
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return index if index < 3 else column[index - 3] + 100

    column = locked(Nested())
    assert column[4] == 101


def test_a_copy_has_a_lock_of_its_own():
    """In a worker process nobody else holds it."""
    column = pickle.loads(pickle.dumps(locked([1, 2, 3])))
    assert (repr(column), len(column), column[2]) == ("locked([1, 2, 3])", 3, 3)


# Stores


@pytest.fixture
def hdf5(tmp_path):
    """Give the path of an HDF5 file with 20 rows."""
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["rows"] = ROWS
    return tmp_path / "rows.h5"


@pytest.fixture
def zarr_rows(tmp_path):
    """Give a Zarr array of 20 rows."""
    return zarr.create_array(str(tmp_path / "rows.zarr"), data=ROWS, chunks=(4, 3))


def read(column, *indices):
    return ArrayDataSource([column]).samples_by_indices(list(indices))[0].tolist()


@pytest.mark.parametrize("wrap", [lambda a: per_worker(lambda: a), locked])
def test_a_wrapped_hdf5_dataset_is_read_in_any_order(hdf5, wrap):
    """As one that is not wrapped; also the same row twice."""
    with h5py.File(hdf5) as file:
        assert ROWS[[7, 3, 7]].tolist() == read(wrap(file["rows"]), 7, 3, 7)


@pytest.mark.parametrize("wrap", [lambda a: per_worker(lambda: a), locked])
def test_a_wrapped_zarr_array_has_a_length(zarr_rows, wrap):
    """That of its shape."""
    assert ROWS[[7, 3, 7]].tolist() == read(wrap(zarr_rows), 7, 3, 7)


@pytest.mark.parametrize("wrap", [lambda a: per_worker(lambda: a), locked])
def test_a_wrapped_array_like_still_describes_its_samples(wrap):
    """So that an error names the file."""
    source = ArrayDataSource([wrap(Scripted(5, failures={3: 100}))])
    with pytest.raises(OSError, match="sample 3") as caught:
        source[[3]]
    assert aq.errors.site(caught.value).path == "scripted/3"
