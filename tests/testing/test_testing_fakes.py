"""Array-likes that do what a test tells them."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource
from aliquot.errors import site
from aliquot.testing import Gate, Scripted, VirtualArray


def test_a_sample_fails_as_often_as_it_was_told():
    """Then it can be read."""
    column = Scripted(5, failures={3: 2})
    for _ in range(2):
        with pytest.raises(OSError, match="sample 3 cannot be read"):
            column[3]
    assert column[3] == 3


def test_a_read_of_many_fails_for_the_first_that_fails():
    """The others keep their failures."""
    column = Scripted(5, failures={1: 1, 2: 1})
    for number in (2, 1):
        with pytest.raises(OSError, match=f"sample {number} cannot be read"):
            column[np.array([0, 2, 1])]
    assert column[np.array([0, 2, 1])].tolist() == [0, 2, 1]


def test_the_error_is_of_the_kind_that_was_asked_for():
    """Any exception."""
    with pytest.raises(KeyError, match="sample 0"):
        Scripted(1, failures={0: 1}, error=KeyError)[0]


def test_reads_and_calls_are_counted():
    """One by one, and many at once; also those that fail."""
    column = Scripted(5, failures={4: 1})
    _ = column[2], column[np.array([1, 0])]
    with pytest.raises(OSError, match="sample 4"):
        column[4]
    assert (column.reads, column.calls) == ([2, 1, 0, 4], 3)


def test_a_sample_outside_is_no_sample():
    """Below and above."""
    for index in (-1, 3):
        with pytest.raises(IndexError, match=f"sample {index} is asked for, of 3"):
            Scripted(3)[index]


def test_readers_at_once_are_counted():
    """Two, while the first waits at a gate; the count stays when they have left."""
    gate = Gate()
    column = Scripted(5, gates={0: gate})
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(column.__getitem__, 0)
        gate.wait_for_reader()
        assert column[1] == 1
        gate.open()
        assert waiting.result(10) == 0
    assert column.most_readers == 2
    assert [column[0], column.most_readers] == [0, 2]


def test_a_copy_keeps_the_script_and_counts_by_itself():
    """As worker processes have one."""
    column = Scripted(5, failures={3: 1})
    again = pickle.loads(pickle.dumps(column))
    with pytest.raises(OSError, match="sample 3"):
        again[3]
    assert (again.reads, column.reads) == ([3], [])


def test_its_samples_have_names():
    """Which messages use."""
    source = ArrayDataSource([Scripted(5, failures={3: 100})])
    with pytest.raises(OSError, match="sample 3") as caught:
        source[[2, 3]]
    assert site(caught.value).path == "scripted/3"


@pytest.mark.parametrize("wait", [Gate.enter, Gate.wait_for_reader])
def test_nobody_waits_for_ever_at_a_gate(wait):
    """A test that forgets to open it fails."""
    with pytest.raises(AssertionError, match="nobody"):
        wait(Gate(timeout=0.001))


def test_an_open_gate_lets_everybody_through():
    """Also those who come later."""
    gate = Gate(timeout=1)
    gate.open()
    threads = [threading.Thread(target=gate.enter) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [thread.is_alive() for thread in threads] == [False] * 3


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32])
def test_a_virtual_array_is_what_one_in_memory_would_be(shape, dtype):
    """Its shape, its dtype and its rows; an int gives one of them."""
    array = VirtualArray(1000, shape=shape, dtype=dtype)
    rows = array[np.array([999, 5])]
    assert ((1000, *shape), np.dtype(dtype)) == (array.shape, array.dtype)
    assert ((2, *shape), np.dtype(dtype)) == (rows.shape, rows.dtype)
    np.testing.assert_array_equal(rows[1], array[5], strict=not shape)


def test_the_samples_of_a_virtual_array_differ():
    """So that a mistake in an order shows."""
    array = VirtualArray(shape=(2,))
    assert len({tuple(row) for row in array[np.arange(100)].tolist()}) == 100


def test_a_virtual_array_has_a_billion_samples():
    """Shown by its repr, like the shape."""
    array = VirtualArray(dtype=np.float32, shape=(8,))
    assert (len(array), repr(array)) == (10**9, "VirtualArray(float32 (1000000000, 8))")


@pytest.mark.parametrize("index", [-1, 10**9, np.array([0, 10**9])])
def test_a_sample_outside_a_virtual_array_is_refused(index):
    """So that a mistake in an order shows."""
    with pytest.raises(IndexError, match="of 1000000000 samples"):
        VirtualArray()[index]
