"""What every array-like must keep, as tests."""

# ruff: noqa: S101 (assertions are what a suite of tests is made of)

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from aliquot._batch import describe, is_column, leaves
from aliquot._needs import need
from aliquot.accessors import count_samples
from aliquot.data_source import SingleDataSource
from aliquot.errors import MissingExtraError
from aliquot.testing._at_once import at_once
from aliquot.testing._global_states import global_states, unlikely_states
from aliquot.testing._samples import arrays_in, row, same, spoil

_MOST = 12
"""How many samples a test reads at most, so that long array-likes and slow ones can be tested."""

_THREADS = 8


class ArrayLikeContract:
    """The contract of an array-like as a suite of tests, for its author to run.

    Subclass it in a test module, under a name that begins with ``Test``, and write
    `make_array_like`. The tests need no test runner: each is a method that raises `AssertionError`.

    Attributes
    ----------
    takes_arrays : bool, default True
        Set it to `False` for an array-like that takes single indices only. It is then read sample
        by sample.

    Examples
    --------
    >>> class Squares:
    ...     def __len__(self):
    ...         return 10
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> class TestSquares(ArrayLikeContract):
    ...     def make_array_like(self):
    ...         return Squares()
    ...
    ...     def expected(self):
    ...         return [i * i for i in range(10)]
    >>> TestSquares().test_the_samples_are_those_expected()
    """

    takes_arrays: bool = True

    def make_array_like(self) -> Any:
        """Give the array-like to be tested, with 2 samples or more that differ.

        Returns
        -------
        array-like
            A new one at each call, or the same: the tests leave it as it was.
        """
        raise NotImplementedError(f"{type(self).__name__} must define make_array_like")

    def expected(self) -> Sequence[Any] | None:
        """Give all samples, or `None` (the default) if they are not known otherwise."""
        return None

    # What is read

    def test_the_length_is_an_int_and_stays(self) -> None:
        """Reading does not change it."""
        a, chosen = self._made()
        n = count_samples(a)
        self._read(a, chosen)
        again = count_samples(a)
        assert type(n) is int, f"the length must be an int, not {n!r}"
        assert n == again, f"the length was {n}, and after a read it is {again}"

    def test_an_int_gives_one_sample(self) -> None:
        """The same one each time, up to the last that the length promises."""
        a, chosen = self._made()
        for i in chosen:
            assert same(a[i], a[i]), f"a[{i}] gave another sample when it was read again"

    def test_an_array_gives_a_row_for_each_index(self) -> None:
        """In every column; one that takes no arrays must refuse them."""
        a, chosen = self._made()
        for n in (1, 2, len(chosen)):
            indices = np.array(chosen[:n])
            if self.takes_arrays:
                _check_rows(a[indices], n)
            elif n > 1:
                assert _refuses(a, indices), (
                    f"a[{indices!r}] gave {describe(a[indices])}: an array-like that takes arrays "
                    "is tested with takes_arrays = True, and one that does not must refuse them"
                )

    def test_the_samples_are_those_expected(self) -> None:
        """If it is known what they are."""
        expected = self.expected()
        if expected is None:
            return
        a, chosen = self._made()
        n = count_samples(a)
        assert len(expected) == n, f"{len(expected)} samples were expected, and the length is {n}"
        for i, found in zip(chosen, self._read(a, chosen), strict=True):
            _check(expected[i], found, f"sample {i} is not the one that was expected")

    # Row j of a[indices] depends on indices[j] alone

    def test_a_row_is_the_sample_read_alone(self) -> None:
        """By its number, and by an array with that number."""
        a, chosen = self._made()
        rows = self._read(a, chosen)
        for i, found in zip(chosen, rows, strict=True):
            _check(a[i], found, f"sample {i} differs when it is read as a[{i}] and among others")
            (alone,) = self._read(a, [i])
            _check(alone, found, f"sample {i} differs when it is read alone and among others")

    def test_a_row_moves_with_its_index(self) -> None:
        """Rising, falling or in any other order."""
        a, chosen = self._made()
        rows = dict(zip(chosen, self._read(a, chosen), strict=True))
        for order in (sorted(chosen), sorted(chosen, reverse=True)):
            for i, found in zip(order, self._read(a, order), strict=True):
                _check(rows[i], found, f"sample {i} differs when indices come in another order")

    def test_a_repeated_index_repeats_its_row(self) -> None:
        """Neighbours or not."""
        a, chosen = self._made()
        twice = [*chosen, *chosen, chosen[-1]]
        rows = self._read(a, chosen)
        for place, found in enumerate(self._read(a, twice)):
            i = twice[place]
            _check(rows[chosen.index(i)], found, f"sample {i} differs when its index is repeated")

    def test_no_global_generator_is_touched(self) -> None:
        """Neither Python's nor NumPy's: what is random is drawn from ``rng``."""
        a, chosen = self._made()
        with unlikely_states():
            before = global_states()
            self._read(a, chosen)
            _ = a[chosen[0]]
            after = global_states()
        for name in before:
            assert same(before[name], after[name]), f"reading changed the state of {name}"

    # Who reads

    def test_threads_read_what_one_thread_reads(self) -> None:
        """Several at once; what they cannot share is wrapped in ``per_worker`` or ``locked``."""
        a, chosen = self._made()
        parts = [chosen[k % len(chosen) :] + chosen[: k % len(chosen)] for k in range(_THREADS)]
        found = at_once(lambda k: [self._read(a, parts[k]) for _ in range(3)], _THREADS)
        for part, reads in zip(parts, found, strict=True):
            serial = self._read(a, part)
            for rows in reads:
                _check(serial, rows, f"samples {part} differ when {_THREADS} threads read at once")

    def test_a_pickled_copy_reads_the_same(self) -> None:
        """For worker processes; with cloudpickle where it is installed."""
        a, chosen = self._made()
        again = _through_pickle(a)
        assert count_samples(a) == count_samples(again), "a pickled copy has another length"
        _check(self._read(a, chosen), self._read(again, chosen), "a pickled copy reads differently")

    def test_a_data_source_reads_the_same_rows(self) -> None:
        """So do loaders, which are made of one."""
        a, chosen = self._made()
        batch = SingleDataSource(a).samples_by_indices(chosen)
        found = [row(batch, place) for place in range(len(chosen))]
        _check(self._read(a, chosen), found, "a data source reads other rows")

    # A batch is whose who reads it

    def test_a_batch_is_writable(self) -> None:
        """Every array in it."""
        a, chosen = self._made()
        for array in arrays_in(self._batch(a, chosen)):
            assert array.flags.writeable, f"an array that was read is read-only: {describe(array)}"

    def test_a_later_read_changes_no_batch(self) -> None:
        """It is no view of a buffer that is used again."""
        a, chosen = self._made()
        batch = self._batch(a, chosen)
        kept = copy.deepcopy(batch)
        self._batch(a, chosen[::-1])
        _check(kept, batch, "a batch changed when another one was read")

    def test_writing_to_a_batch_changes_no_later_read(self) -> None:
        """It is no view of the data, or of a cache."""
        a, chosen = self._made()
        batch = self._batch(a, chosen)
        kept = copy.deepcopy(batch)
        for array in arrays_in(batch):
            spoil(array)
        again = self._batch(a, chosen)
        _check(kept, again, "a read gave something else after an earlier batch was written to")

    def test_describe_gives_text(self) -> None:
        """If it is there: the path or key of a sample, for messages; `None` if it has none."""
        a, chosen = self._made()
        if not hasattr(a, "describe"):
            return
        for i in chosen:
            text = a.describe(i)
            named = text is None or isinstance(text, str)
            assert named, f"describe({i}) must give a str or None, not {text!r:.60}"

    def _made(self) -> tuple[Any, list[int]]:
        """Give the array-like, and indices to read, in no simple order."""
        a = self.make_array_like()
        n = count_samples(a)
        assert n >= 2, f"make_array_like must give 2 samples or more, not {n}"
        spread = sorted({(n - 1) * k // (_MOST - 1) for k in range(_MOST)})
        return a, [*spread[::-2], *spread[-2::-2][::-1]]

    def _batch(self, a: Any, indices: Sequence[int]) -> Any:
        if self.takes_arrays:
            return a[np.array(indices)]
        return [a[i] for i in indices]

    def _read(self, a: Any, indices: Sequence[int]) -> list[Any]:
        batch = self._batch(a, indices)
        _check_rows(batch, len(indices))
        return [row(batch, place) for place in range(len(indices))]


def _check(expected: Any, found: Any, message: str) -> None:
    assert same(expected, found), f"{message}: {expected!r:.200} and {found!r:.200}"


def _check_rows(batch: Any, n: int) -> None:
    for path, leaf in leaves(batch):
        rows = len(leaf) if is_column(leaf) else None
        which = f" in {path}" if path else ""
        assert rows == n, f"asked for {n} samples, [] gave {describe(leaf)}{which}"


def _refuses(a: Any, indices: Any) -> bool:
    try:
        a[indices]
    except Exception:  # noqa: BLE001
        return True
    return False


def _through_pickle(a: Any) -> Any:
    try:
        dumps = need("cloudpickle", extra="process", purpose="pickling by value").dumps
    except MissingExtraError:
        dumps = pickle.dumps
    try:
        return pickle.loads(dumps(a))  # noqa: S301 (made in this line)
    except Exception as error:
        raise AssertionError(
            f"{type(a).__name__} cannot be pickled for worker processes "
            f"({type(error).__name__}: {error}): what holds an open file or a lock should open it "
            "at first use, as aliquot.per_worker does"
        ) from error
