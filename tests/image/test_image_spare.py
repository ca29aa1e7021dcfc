"""Memory of batches that nobody holds."""

import gc
import itertools
import pickle
import threading

import numpy as np
import pytest

from aliquot import Loader
from aliquot.image import ImageFiles
from aliquot.image._spare import Spare

SHAPE = (64, 128, 128, 3)


def address(array):
    return array.ctypes.data


def test_memory_that_nobody_holds_is_used_again():
    spare = Spare()
    first = spare.empty(SHAPE, np.uint8)
    where = address(first)
    del first
    assert address(spare.empty(SHAPE, np.uint8)) == where


def test_memory_of_a_view_is_not_used_again():
    """Law: a batch is never overwritten while any view of it lives."""
    spare = Spare()
    held = spare.empty(SHAPE, np.uint8)[3, ::2, 5:].T
    held[...] = 7
    for _ in range(4):
        spare.empty(SHAPE, np.uint8)[...] = 1
    assert (held == 7).all()


def test_arrays_held_together_have_memory_of_their_own():
    spare = Spare()
    held = [spare.empty(SHAPE, np.uint8) for _ in range(5)]
    for number, array in enumerate(held):
        array[...] = number
    assert [int(array.min()) for array in held] == [0, 1, 2, 3, 4]
    assert not any(np.shares_memory(a, b) for a, b in itertools.pairwise(held))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_array_is_like_any_other(dtype):
    array = Spare().empty(SHAPE, dtype)
    assert (array.shape, array.dtype) == (SHAPE, dtype)
    assert array.flags.writeable
    assert array.flags.c_contiguous
    assert array.flags.aligned


def test_one_block_is_kept_at_most():
    spare = Spare()
    held = [spare.empty(SHAPE, np.uint8) for _ in range(5)]
    held.clear()
    gc.collect()
    assert len(spare._blocks) == 1


def test_a_block_that_does_not_fit_is_let_go():
    """Neither one that is too small nor one of more than twice the size."""
    spare = Spare()
    del [spare.empty(SHAPE, np.uint8)][:]
    assert spare.empty((2 * SHAPE[0], *SHAPE[1:]), np.uint8).nbytes == 2 * np.prod(SHAPE)
    spare = Spare()
    spare.empty((8 * SHAPE[0], *SHAPE[1:]), np.uint8)
    assert spare.empty(SHAPE, np.uint8).base._block.nbytes == np.prod(SHAPE)


def test_small_arrays_are_numpys_own():
    assert Spare().empty((10, 10), np.uint8).base is None


def test_none_is_pickled():
    spare = Spare()
    spare.empty(SHAPE, np.uint8)
    assert len(pickle.dumps(spare)) < 100
    assert len(pickle.loads(pickle.dumps(spare))._blocks) == 0


def test_threads_never_share_a_block():
    spare, wrong = Spare(), []

    def work(number):
        for _ in range(200):
            array = spare.empty((1 << 21,), np.uint8)
            array[:: 1 << 12] = number
            if (array[:: 1 << 12] != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_batches_that_are_kept_stay_as_they_are(saved, smooth):
    """A loader with workers uses the memory of those that are dropped only."""
    paths = [saved(f"{i}.jpg", smooth(80 + i, 90)) for i in range(24)]
    photos = ImageFiles(paths, size=(256, 256))
    with Loader(photos, batch_size=6, seed=0, shuffle=True, pool=2) as loader:
        kept = [batch for batch in loader for _ in range(1)]
        copies = [batch.copy() for batch in kept]
        del kept[::2], copies[::2]
        for batch in loader:
            batch[...] = 0
    assert all(np.array_equal(a, b) for a, b in zip(kept, copies, strict=True))
