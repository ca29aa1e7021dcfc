"""Finding what makes batches depend on who makes them."""

import itertools
import threading

import numpy as np
import pytest
from loader_cases import CASES, jitter, numbers, plains, saved

from aliquot import Loader
from aliquot.data_source import ArrayDataSource, CompositeDataSource
from aliquot.errors import BatchError

pools = pytest.mark.parametrize("pool", [None, 2])


class Column:
    """An array-like, to be spoilt."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return np.asarray(index)


class Centred(Column):
    """Its rows depend on the batch that they come in."""

    def __getitem__(self, index):
        return index - np.mean(index)


class Counting(Column):
    """Never gives the same twice."""

    def __init__(self):
        self.reads = itertools.count()

    def __getitem__(self, index):
        return np.asarray(index) + next(self.reads)


class AtHome(Column):
    """Works in the thread that it was made in, as a file handle does."""

    def __init__(self):
        self.home = threading.current_thread()

    def __getitem__(self, index):
        return (
            np.asarray(index) if threading.current_thread() is self.home else np.asarray(index) + 1
        )


class Unlocked(Column):
    """Gives nonsense when two workers read at once, which is made to happen."""

    def __init__(self):
        self.home = threading.current_thread()
        self.meeting = threading.Barrier(2)

    def __getitem__(self, index):
        if threading.current_thread() is self.home:
            return np.asarray(index)
        try:
            self.meeting.wait(10)
        except threading.BrokenBarrierError:  # alone
            return np.asarray(index)
        return np.asarray(index) + 1


def mixup(x, rng):
    return ((x + x[::-1]) / 2,)


def random_column(x):
    return (x, np.random.default_rng().random(len(x)))


@pytest.mark.parametrize("name", CASES)
@pools
@pytest.mark.parametrize("options", [{}, {"pad_last": True}])
def test_good_sources_pass(name, pool, options):
    """And nothing is consumed."""
    with CASES[name].loader(20, batch_size=4, shuffle=True, pool=pool, **options) as loader:
        expected = plains(CASES[name].loader(20, batch_size=4, shuffle=True, **options))
        state = saved(loader)
        loader.verify()
        assert saved(loader) == state
        assert plains(loader) == expected


@pools
def test_an_array_like_whose_rows_depend_on_the_batch(pool):
    """The column is named."""
    loader = Loader([np.arange(20), Centred()], batch_size=4, seed=0, pool=pool)
    with loader, pytest.raises(BatchError, match=r"column \[1\] differs: .* read in parts"):
        loader.verify()


@pools
def test_a_single_array_like_whose_rows_depend_on_the_batch(pool):
    """There is only one column to name."""
    with (
        Loader(Centred(), batch_size=4, seed=0, pool=pool) as loader,
        pytest.raises(BatchError, match=r"column 0 differs: .*Centred.* read in parts"),
    ):
        loader.verify()


@pools
def test_a_function_that_never_gives_the_same(pool):
    """The function is named, with its file, and the column."""
    loader = Loader(numbers(20).map(random_column), batch_size=4, seed=0, pool=pool)
    with (
        loader,
        pytest.raises(
            BatchError, match=r"column \[1\] differs: .*random_column \(.*:\d+\).* read twice"
        ),
    ):
        loader.verify()


def test_an_array_like_that_never_gives_the_same():
    """The column, by its name."""
    loader = Loader({"x": np.arange(20), "noise": Counting()}, batch_size=4, seed=0)
    with pytest.raises(BatchError, match=r"column \['noise'\] differs: .* read twice"):
        loader.verify()


@pools
def test_a_map_that_mixes_the_samples(pool):
    """It depends on the batch, which the message explains."""
    loader = Loader(
        numbers(20).map(jitter).map(lambda *b: b[:1]).map(mixup), batch_size=4, pool=pool
    )
    with loader, pytest.raises(BatchError, match=r"map\(mixup .* read in parts \(a function that"):
        loader.verify()


def test_the_first_stage_that_differs_is_named():
    """Not those after it."""
    source = numbers(20).map(random_column).map(lambda x, noise: (x + noise,))
    with pytest.raises(BatchError) as caught:
        Loader(source, batch_size=4).verify()
    assert "lambda" not in str(caught.value)


def test_a_column_of_a_member_is_named():
    """By its path in the batch."""
    source = CompositeDataSource([numbers(20), ArrayDataSource([Centred()])])
    with pytest.raises(BatchError, match=r"column \[1\] differs"):
        Loader(source, batch_size=4).verify()


def test_an_array_like_that_works_in_one_thread_only():
    """Inline it passes, by a pool it does not."""
    Loader([AtHome()], batch_size=4).verify()
    with (
        Loader([np.arange(20), AtHome()], batch_size=4, pool=2) as loader,
        pytest.raises(BatchError, match=r"column \[1\] differs: .* read by the pool"),
    ):
        loader.verify()


def test_an_array_like_that_two_threads_must_not_read_at_once():
    """The pool reads several steps at once, as it does in earnest."""
    with (
        Loader([np.arange(20), Unlocked()], batch_size=4, pool=2) as loader,
        pytest.raises(BatchError, match=r"column \[1\] differs: .* read by the pool"),
    ):
        loader.verify(steps=4)


def test_only_the_steps_asked_for_are_read():
    """What differs later is not seen."""

    class Late(Column):
        def __getitem__(self, index):
            return Centred()[index] if np.max(index) >= 8 else np.asarray(index) * 1.0

    loader = Loader([Late()], batch_size=4)
    loader.verify(steps=2)
    with pytest.raises(BatchError):
        loader.verify(steps=3)


def test_verifying_at_the_end_of_an_epoch_reads_the_next():
    """The next steps are those of the next epoch."""
    loader = Loader([Centred()], batch_size=4)
    list(loader)
    with pytest.raises(BatchError):
        loader.verify()


def test_verifying_more_steps_than_there_are():
    """Those that there are."""
    Loader([np.arange(5)], batch_size=4).verify(steps=100)


def test_missing_values_are_equal():
    """NaN beside NaN is no difference."""
    Loader([np.full(8, np.nan)], batch_size=4).verify()


class Mixing:
    """A function that says that it mixes the samples of a batch."""

    of_the_batch = True

    def __call__(self, x):
        return (x - np.mean(x),)


@pools
def test_a_map_that_is_meant_to_mix_the_samples(pool):
    """It is read twice and by the pool, but not in parts."""
    with Loader(numbers(20).map(Mixing()), batch_size=4, pool=pool) as loader:
        loader.verify()


def test_sources_above_one_that_is_meant_to_mix_the_samples():
    """They cannot be read in parts either."""
    mixed = numbers(20).map(Mixing())
    composed = CompositeDataSource([mixed.map(lambda x: (x + 1,)), numbers(20)])
    Loader(composed.map(lambda x, y: (x + y,)), batch_size=4).verify()


def test_a_map_below_one_that_is_meant_to_mix_the_samples():
    """It is still compared with itself in parts."""
    source = numbers(20).map(lambda x: (x - x.mean(),)).map(Mixing())
    with pytest.raises(BatchError, match=r"column \[0\] differs: .*lambda.* read in parts"):
        Loader(source, batch_size=4).verify()


def test_a_map_that_is_meant_to_mix_and_never_gives_the_same():
    """It is still read twice."""

    class Random(Mixing):
        def __call__(self, x):
            return random_column(x)

    with pytest.raises(BatchError, match=r"column \[1\] differs: .* read twice"):
        Loader(numbers(20).map(Random()), batch_size=4).verify()
