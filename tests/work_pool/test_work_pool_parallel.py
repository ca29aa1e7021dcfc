"""The data source whose batches are made by a pool."""

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source import ArrayDataSource, CallableDataSource, IteratorDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.work_pool import ParallelDataSource, WorkerThreadPool

X = np.arange(46).reshape(23, 2)


def source(**options):
    mapped = ArrayDataSource([X, [str(i) for i in range(23)]], include_indices=True, **options)
    return mapped.map(lambda i, x, names: {"i": i, "x": x * 2, "names": names})


def plain(batches):
    return [(b["i"].tolist(), b["x"].tolist(), b["names"]) for b in batches]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    workers=st.integers(1, 5),
    buffer=st.integers(1, 30),
    size=st.integers(1, 25),
    repeats=st.integers(1, 3),
    seed=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
def test_threads_give_the_same_batches(workers, buffer, size, repeats, seed):
    """For any number of workers and any buffer, in the same order."""

    def shuffle():
        return None if seed is None else np.random.RandomState(seed)

    expected = plain(source(repeats=repeats).batch_iterator(size, shuffle=shuffle()))
    with WorkerThreadPool(workers) as pool:
        parallel = pool.parallel_data_source(source(repeats=repeats), batch_buffer_size=buffer)
        assert expected == plain(parallel.batch_iterator(size, shuffle=shuffle()))


@pytest.mark.parametrize(("buffer", "size"), [(1, 5), (4, 23), (20, 2)])
def test_processes_give_the_same_batches(processes, buffer, size):
    """In the same order."""
    expected = plain(source().batch_iterator(size, shuffle=np.random.RandomState(1)))
    parallel = processes.parallel_data_source(source(), batch_buffer_size=buffer)
    assert expected == plain(parallel.batch_iterator(size, shuffle=np.random.RandomState(1)))


def test_the_generator_is_left_in_the_same_state():
    """A whole epoch read inline or by a pool draws the same numbers."""
    states = []
    for parallel in (False, True):
        rng = np.random.RandomState(1)
        with WorkerThreadPool(2) as pool:
            made = pool.parallel_data_source(source(repeats=2)) if parallel else source(repeats=2)
            list(made.batch_iterator(7, shuffle=rng))
        states.append(rng.random())
    assert states[0] == states[1]


def test_a_pool_serves_epoch_after_epoch():
    """Workers stay."""
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(source())
        epochs = [plain(parallel.batch_iterator(5)) for _ in range(3)]
    assert [epochs[0]] * 3 == epochs


def test_an_endless_source_is_read_no_further_than_the_buffer():
    """Beyond the batches that were used."""
    lock = threading.Lock()
    read = []

    class Counted:
        def __len__(self):
            return 10

        def __getitem__(self, index):
            with lock:
                read.append(len(index))
            return np.asarray(index)

    endless = ArrayDataSource([Counted()], repeats=-1)
    with WorkerThreadPool(3) as pool:
        batches = pool.parallel_data_source(endless, batch_buffer_size=4).batch_iterator(2)
        used = [batch.tolist() for (batch,) in itertools.islice(batches, 6)]
        pool.close()
    assert used == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [0, 1]]
    assert len(read) <= 6 + 4


def test_workers_begin_when_the_iterator_is_made():
    """Before the first batch is asked for."""
    began = threading.Event()

    def note(x):
        began.set()
        return (x,)

    with WorkerThreadPool(1) as pool:
        mapped = ArrayDataSource([np.arange(4)]).map(note)
        batches = pool.parallel_data_source(mapped).batch_iterator(2)
        assert began.wait(10)
        del batches


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (IteratorDataSource(iter([])), "needs a random-access data source, which IteratorData"),
        (CallableDataSource(len), "batches can be made by one thread only"),
        (CallableDataSource(len).map(len), "needs a random-access data source"),
        ([X], "expected a data source, not a list: wrap arrays as ArrayDataSource"),
        (X, "expected a data source, not a ndarray"),
    ],
    ids=["iterator", "callable", "map", "list", "array"],
)
def test_what_has_no_random_access_is_refused(made, text):
    """At once, by threads and processes alike."""
    with pytest.raises(ArgumentTypeError, match=text):
        WorkerThreadPool(1).parallel_data_source(made)


def test_a_parallel_source_is_not_random_access():
    """So that it is not given to another pool."""
    pool = WorkerThreadPool(1)
    with pytest.raises(ArgumentTypeError, match="needs a random-access data source"):
        pool.parallel_data_source(pool.parallel_data_source(source()))


@pytest.mark.parametrize("size", [0, -2])
def test_an_empty_buffer_is_refused(size):
    """Before any batch is wanted."""
    with WorkerThreadPool(1) as pool, pytest.raises(ArgumentError, match="an integer of 1 or more"):
        pool.parallel_data_source(source(), batch_buffer_size=size).batch_iterator(2)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"batch_size": 0}, ArgumentError, "batch_size"),
        ({"batch_size": 2.0}, ArgumentTypeError, "batch_size"),
        ({"batch_size": 2, "shuffle": 42}, ArgumentTypeError, "not 42"),
        ({"batch_size": 2, "depth": 3}, ArgumentTypeError, "knows no setting 'depth'"),
    ],
    ids=["zero", "float", "seed", "unknown"],
)
def test_wrong_arguments_are_refused_at_the_call(arguments, error, text):
    """Not at the first `next`."""
    with WorkerThreadPool(1) as pool, pytest.raises(error, match=text):
        pool.parallel_data_source(source()).batch_iterator(**arguments)


def test_it_counts_and_gathers_like_its_source():
    """The methods of every data source work."""
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(source())
        (found,) = parallel.batch_map_concat(lambda batch: batch["i"], 5)
    assert (23, list(range(23))) == (parallel.num_samples(), found.tolist())


def test_it_can_be_mapped():
    """In the caller's thread."""
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(source())
        mapped = parallel.map(lambda batch: threading.current_thread() and batch["i"])
        assert [b.tolist() for b in mapped.batch_iterator(20)] == [
            list(range(20)),
            [20, 21, 22],
        ]


def test_a_batch_is_the_callers():
    """Writing to it changes neither the source nor a later batch."""
    array = np.arange(6)
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(ArrayDataSource([array], repeats=2))
        for (batch,) in parallel.batch_iterator(4):
            batch[:] = -1
    assert array.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_batch_of_a_process_is_writable(processes):
    """As one made inline."""
    (batch,) = next(
        processes.parallel_data_source(ArrayDataSource([np.arange(6)])).batch_iterator(4)
    )
    batch[:] = -1
    assert batch.tolist() == [-1] * 4


def test_repr_shows_source_and_pool():
    """Both."""
    pool = WorkerThreadPool(2)
    made = ArrayDataSource([X])
    expected = f"ParallelDataSource({made!r}, WorkerThreadPool(processes=2))"
    assert expected == repr(ParallelDataSource(made, 20, pool))
