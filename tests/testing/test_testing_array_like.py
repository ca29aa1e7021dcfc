"""The contract of an array-like can be broken, and the right test says so."""

import random
import threading
import time

import numpy as np
import pytest

from aliquot.testing import ArrayLikeContract

ROWS = np.arange(1, 61).reshape(20, 3)


class Good:
    """Keeps the contract; the others here break one clause of it."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, index):
        return ROWS[index].copy()


def contract(make, known=None, arrays=True):
    class Contract(ArrayLikeContract):
        takes_arrays = arrays

        def make_array_like(self):
            return make()

        def expected(self):
            return known

    return Contract


class Centred(Good):
    """A row depends on the rest of its batch."""

    def __getitem__(self, index):
        rows = ROWS[index]
        return rows - rows.mean(axis=0) if rows.ndim == 2 else rows * 1.0


class Rising(Good):
    """Rows come in the order of the data, as some stores give them."""

    def __getitem__(self, index):
        return ROWS[np.sort(index)] if np.ndim(index) else ROWS[index].copy()


class Unique(Good):
    """Each sample comes once, as some stores give them."""

    def __getitem__(self, index):
        if np.ndim(index) == 0:
            return ROWS[index].copy()
        _, first = np.unique(index, return_index=True)
        return ROWS[index[np.sort(first)]]


class DrawsFromNumPy(Good):
    def __getitem__(self, index):
        np.random.random()
        return super().__getitem__(index)


class DrawsFromPython(Good):
    def __getitem__(self, index):
        random.random()
        return super().__getitem__(index)


class SeedsNumPy(Good):
    def __getitem__(self, index):
        np.random.seed(3)
        return super().__getitem__(index)


class Noisy(Good):
    """Gives something else each time."""

    def __init__(self):
        self._rng = np.random.default_rng()

    def __getitem__(self, index):
        rows = ROWS[index]
        return rows + self._rng.random(rows.shape)


class Buffered(Good):
    """Every batch is a view of one buffer."""

    def __init__(self):
        self._buffer = np.empty((100, 3), ROWS.dtype)

    def __getitem__(self, index):
        if np.ndim(index) == 0:
            return ROWS[index].copy()
        return np.take(ROWS, index, axis=0, out=self._buffer[: len(index)], mode="clip")


class Cached(Good):
    """A batch that was read before is given out again, as it is."""

    def __init__(self):
        self._cache = {}

    def __getitem__(self, index):
        return self._cache.setdefault(repr(index), ROWS[index].copy())


class CachedSamples(Good):
    """Samples in a list are those of the data."""

    def __init__(self):
        self._samples = [np.zeros(i) for i in range(len(self))]

    def __getitem__(self, index):
        return self._samples[index] if np.ndim(index) == 0 else [self._samples[i] for i in index]


class ReadOnly(Good):
    def __getitem__(self, index):
        rows = super().__getitem__(index)
        rows.flags.writeable = False
        return rows


class TooLong(Good):
    def __len__(self):
        return len(ROWS) + 1


class Growing(Good):
    """Finds out its length while it is read."""

    def __init__(self):
        self._length = 15

    def __len__(self):
        return self._length

    def __getitem__(self, index):
        self._length = len(ROWS)
        return super().__getitem__(index)


class NotPicklable(Good):
    def __init__(self):
        self._lock = threading.Lock()


class ForgetsWhenPickled(Good):
    """Its copy reads something else."""

    def __init__(self):
        self._offset = 1

    def __getstate__(self):
        return {"_offset": 0}

    def __getitem__(self, index):
        return super().__getitem__(index) + self._offset


class SharesItsPlace(Good):
    """A file with one position for all threads."""

    def __getitem__(self, index):
        self._place = index
        time.sleep(0.001)  # reading takes a moment, in which other threads run
        return super().__getitem__(self._place)


class IntsOnly(Good):
    def __getitem__(self, index):
        return super().__getitem__(int(index))


class BatchOfOne(Good):
    """An int gives a batch."""

    def __getitem__(self, index):
        return super().__getitem__(np.atleast_1d(index))


class OneColumnShort(Good):
    """One of two columns lacks its last row."""

    def __getitem__(self, index):
        rows = super().__getitem__(index)
        return {"a": rows, "b": rows[:-1] if np.ndim(index) else rows}


class DescribedByNumber(Good):
    def describe(self, index):
        return index


ALONE = "a_row_is_the_sample_read_alone"
MOVES = "a_row_moves_with_its_index"
REPEATED = "a_repeated_index_repeats_its_row"
GENERATOR = "no_global_generator_is_touched"
THREADS = "threads_read_what_one_thread_reads"
PICKLED = "a_pickled_copy_reads_the_same"
WRITABLE = "a_batch_is_writable"
LATER = "a_later_read_changes_no_batch"
WRITING = "writing_to_a_batch_changes_no_later_read"
LENGTH = "the_length_is_an_int_and_stays"
INT = "an_int_gives_one_sample"
ARRAY = "an_array_gives_a_row_for_each_index"
SOURCE = "a_data_source_reads_the_same_rows"
DESCRIBE = "describe_gives_text"


def test_a_good_array_like_passes_all(failing):
    """Nothing is asked that the contract does not say."""
    assert failing(contract(Good, list(ROWS))) == set()


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (Centred, {ALONE, REPEATED}),
        (Rising, {ALONE, MOVES, REPEATED}),
        (Unique, {REPEATED}),
        (DrawsFromNumPy, {GENERATOR}),
        (DrawsFromPython, {GENERATOR}),
        (SeedsNumPy, {GENERATOR}),
        (Noisy, {INT, ALONE, MOVES, REPEATED, THREADS, WRITING, SOURCE}),
        (Buffered, {LATER, MOVES}),
        (Cached, {WRITING}),
        (CachedSamples, {WRITING}),
        (ReadOnly, {WRITABLE, WRITING}),
        (Growing, {LENGTH}),
        (NotPicklable, {PICKLED}),
        (ForgetsWhenPickled, {PICKLED}),
        (SharesItsPlace, {THREADS}),
        (BatchOfOne, {ALONE}),
        (DescribedByNumber, {DESCRIBE}),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_broken_array_like_fails_the_right_tests(failing, broken, expected):
    """Those of the clause that it breaks, and others only where they follow from it."""
    assert expected == failing(contract(broken))


@pytest.mark.parametrize(
    ("broken", "expected"), [(TooLong, INT), (IntsOnly, ARRAY), (OneColumnShort, ARRAY)]
)
def test_what_cannot_be_read_at_all_fails_its_own_test_too(failing, broken, expected):
    """Beside all others that read."""
    assert expected in failing(contract(broken))


def test_a_broken_clause_is_told_in_words():
    """Which sample, how it was read, and what came."""
    with pytest.raises(AssertionError) as caught:
        contract(Centred)().test_a_row_is_the_sample_read_alone()
    message = "sample 19 differs when it is read as a[19] and among others: array([58., 59., 60.])"
    assert str(caught.value).startswith(message)


def test_what_cannot_be_pickled_is_told_with_a_remedy():
    """And with what the pickler said."""
    with pytest.raises(AssertionError, match=r"NotPicklable cannot be pickled .*TypeError: .*lock"):
        contract(NotPicklable)().test_a_pickled_copy_reads_the_same()


def test_samples_that_are_not_those_expected_fail(failing):
    """So do too few of them."""
    name = {"the_samples_are_those_expected"}
    assert [name, name] == [
        failing(contract(Good, list(ROWS + 1))),
        failing(contract(Good, list(ROWS[:-1]))),
    ]


def test_ints_only_must_be_said(failing):
    """It then passes; and one that takes arrays after all does not."""
    assert failing(contract(IntsOnly, list(ROWS), arrays=False)) == set()
    assert failing(contract(Good, arrays=False)) == {ARRAY}


def test_one_sample_is_too_few():
    """Nothing could be told from it."""
    with pytest.raises(AssertionError, match="2 samples or more, not 1"):
        contract(lambda: [0])().test_an_int_gives_one_sample()


def test_a_contract_without_an_array_like_says_what_to_write():
    """In the words of the method that is missing."""
    with pytest.raises(NotImplementedError, match="must define make_array_like"):
        ArrayLikeContract().test_describe_gives_text()


def test_few_samples_of_many_are_read():
    """So that slow array-likes and long ones can be tested: the first and the last among them."""
    asked = set()

    class Recording(Good):
        def __len__(self):
            return 10**9

        def __getitem__(self, index):
            asked.update(np.atleast_1d(index).tolist())
            return index * 1

    contract(Recording)().test_a_row_is_the_sample_read_alone()
    assert (len(asked), min(asked), max(asked)) == (12, 0, 10**9 - 1)
