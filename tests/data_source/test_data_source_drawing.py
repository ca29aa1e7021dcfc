"""Columns that take random numbers: which numbers they get, and that nothing else changes them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import Loader
from aliquot._address import Address
from aliquot._arguments import seed_of
from aliquot._protocols import DrawingArrayLike
from aliquot._random import Draws
from aliquot.data_source import (
    ArrayDataSource,
    CompositeDataSource,
    ConcatDataSource,
    SingleDataSource,
)
from aliquot.errors import ArgumentError, site
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

N = 20
SEED = 7


class Drawn:
    """Each sample is its index and what was drawn for it; `[]` gives -1 for that."""

    def __init__(self, n=N, draws=True, bad=()):
        self.n, self.draws, self.bad = n, draws, set(bad)

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return {"index": np.array(index), "drawn": np.full(np.shape(index), -1.0)}

    def read(self, indices, *, rng):
        if self.bad & set(indices.tolist()):
            raise OSError(f"one of {indices} cannot be read")
        return {"index": indices.copy(), "drawn": rng.random()}


class Beside(Drawn):
    """One that draws what others of its geometry draw."""

    def __init__(self, geometry, **options):
        super().__init__(**options)
        self.geometry = geometry


def numbers_of(stage, places, seed=SEED, epoch=0):
    """Give what a stage draws first at some places."""
    return Draws(seed, epoch, stage, np.asarray(places)).random().tolist()


def at(source, places, seed=SEED, epoch=0):
    """Read the samples of the same numbers as their places."""
    return source.read_at(np.asarray(places), Address(seed, epoch, np.asarray(places)))


def column(batches, name=0):
    """Give what was drawn for a column, one batch after the other."""
    return [drawn for batch in batches for drawn in batch[name]["drawn"].tolist()]


def with_a_number(*columns, rng):
    return *columns, rng.random()


def test_a_column_that_draws_is_one_by_its_attributes():
    """No base class is asked for."""
    assert [isinstance(own, DrawingArrayLike) for own in (Drawn(), np.zeros(3))] == [True, False]


# Which numbers


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    st.integers(1, N + 3),
    st.sampled_from([0, 1, 2**64 - 1]),
    st.sampled_from([0, 1, 77]),
    st.booleans(),
)
def test_numbers_are_those_of_the_place(size, seed, epoch, shuffle):
    """Whatever the batch size is, and whichever sample stands there."""
    loader = Loader([Drawn()], batch_size=size, seed=seed, shuffle=shuffle)
    loader.set_epoch(epoch)
    assert column(loader) == numbers_of(0, range(N), seed, epoch)


def test_the_sample_at_a_place_is_the_one_that_is_asked_for():
    """Beside the numbers stands the index."""
    loader = Loader([Drawn()], batch_size=3, seed=SEED, shuffle=True)
    order = loader.indices_at(0, 3).tolist()
    assert order == loader.batch_at(0, 3)[0]["index"].tolist()


@pytest.mark.parametrize("make", [lambda: WorkerThreadPool(3), lambda: WorkerProcessPool(2)])
def test_a_pool_changes_no_number(make):
    """Threads and processes."""
    with make() as pool:
        loader = Loader([Drawn()], batch_size=3, seed=SEED, shuffle=True, pool=pool)
        assert column(loader) == numbers_of(0, range(N))


def test_a_loader_s_resumed_epoch_goes_on_with_the_numbers():
    """They depend on the place alone."""
    first = Loader([Drawn()], batch_size=3, seed=SEED)
    next(iter(first))
    resumed = Loader([Drawn()], batch_size=5, seed=SEED)
    resumed.load_state_dict(first.state_dict())
    assert column(resumed) == numbers_of(0, range(3, N))


def test_each_epoch_has_numbers_of_its_own():
    """So a picture is seen anew."""
    loader = Loader([Drawn()], batch_size=N, seed=SEED)
    assert column(list(loader)) == numbers_of(0, range(N), epoch=0)
    assert column(list(loader)) == numbers_of(0, range(N), epoch=1)


def test_columns_added_behind_change_no_number():
    """Drawing ones and others."""
    source = ArrayDataSource([Drawn(), np.arange(N), Drawn(), list(range(N))])
    assert column([at(source, range(N))]) == numbers_of(0, range(N))


# Stages


def test_drawing_columns_are_numbered_in_order():
    """Those that do not draw are not counted."""
    source = ArrayDataSource([np.arange(3), Drawn(3), list("abc"), Drawn(3), Drawn(3, draws=False)])
    batch = at(source, range(3))
    assert [column([batch], name) for name in (1, 3, 4)] == [
        numbers_of(0, range(3)),
        numbers_of(1, range(3)),
        [-1, -1, -1],
    ]


def test_the_columns_of_a_dict_are_numbered_in_its_order():
    """Names do not count."""
    batch = at(ArrayDataSource({"z": Drawn(3), "a": Drawn(3)}), range(3))
    assert [column([batch], name) for name in "za"] == [
        numbers_of(0, range(3)),
        numbers_of(1, range(3)),
    ]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_functions_are_numbered_after_the_columns(columns):
    """One that comes after two columns is stage 2."""
    source = ArrayDataSource([np.arange(4), *[Drawn(4) for _ in range(columns)]])
    batch = at(source.map(with_a_number), range(4))
    assert batch[-1].tolist() == numbers_of(columns, range(4))


def test_indices_in_the_batch_count_for_nothing():
    """They are no column of the data."""
    source = ArrayDataSource([Drawn(4)], include_indices=True)
    assert column([at(source, range(4))], 1) == numbers_of(0, range(4))


def test_members_of_a_composite_are_numbered_through():
    """The second begins where the first ends."""
    members = [ArrayDataSource([Drawn(4), Drawn(4)]), ArrayDataSource([Drawn(4)])]
    batch = next(iter(Loader(CompositeDataSource(members), batch_size=4, seed=SEED)))
    assert [column([batch], name) for name in range(3)] == [
        numbers_of(stage, range(4)) for stage in range(3)
    ]


def test_members_of_a_concatenation_are_numbered_through():
    """Each has stages of its own, at the places of the whole."""
    source = ConcatDataSource([ArrayDataSource([Drawn(3)]), ArrayDataSource([Drawn(2)])])
    found = column(Loader(source, batch_size=5, seed=SEED))
    assert found == numbers_of(0, range(3)) + numbers_of(1, [3, 4])


def test_takers_are_counted():
    """Columns that draw, and functions that take numbers."""
    sources = [
        ArrayDataSource([np.arange(N)]),
        ArrayDataSource([Drawn(), np.arange(N), Drawn(), Drawn(draws=False)]),
        ArrayDataSource([Drawn(), Drawn()]).map(with_a_number).map(lambda *batch: batch),
        SingleDataSource(Drawn()),
        SingleDataSource(np.arange(N)),
        CompositeDataSource([ArrayDataSource([Drawn()]), ArrayDataSource([Drawn(), Drawn()])]),
    ]
    assert [source.count_takers() for source in sources] == [0, 2, 3, 1, 0, 3]


# One geometry


def test_columns_of_one_geometry_draw_the_same():
    """What another draws is its own."""
    batch = at(ArrayDataSource([Beside("a"), Beside("b"), Beside("a"), Drawn()]), range(N))
    assert [column([batch], name) for name in range(4)] == [
        numbers_of(stage, range(N)) for stage in (0, 1, 0, 2)
    ]


def test_a_geometry_is_not_taken_for_a_column():
    """Also if it is called as one is; `None` is no geometry."""
    source = ArrayDataSource({"a": Drawn(), "b": Beside("a"), "c": Beside(None), "d": Beside(None)})
    assert [column([at(source, range(N))], name) for name in "abcd"] == [
        numbers_of(stage, range(N)) for stage in range(4)
    ]


def test_a_function_after_columns_of_one_geometry_draws_numbers_of_its_own():
    """It shares none with a column."""
    batch = at(ArrayDataSource([Beside("a"), Beside("a")]).map(with_a_number), range(4))
    assert batch[-1].tolist() == numbers_of(2, range(4))


def test_a_geometry_is_not_shared_with_another_source():
    """It holds for what is read side by side."""
    members = [ArrayDataSource([Beside("a", n=4)]), ArrayDataSource([Beside("a", n=4)])]
    batch = next(iter(Loader(CompositeDataSource(members), batch_size=4, seed=SEED)))
    assert [column([batch], name) for name in (0, 1)] == [
        numbers_of(0, range(4)),
        numbers_of(1, range(4)),
    ]


# Outside an epoch


@pytest.mark.parametrize("indices", [[3, 1], slice(3, None, -2), np.array([3, 1])])
def test_outside_an_epoch_the_place_is_the_index(indices):
    """Seed 0 and epoch 0."""
    source = ArrayDataSource([Drawn(4), Drawn(4)])
    batches = [source.samples_by_indices_nomapping(indices), source.samples_by_indices(indices)]
    assert [column([batch], name) for batch in batches for name in (0, 1)] == [
        numbers_of(0, [3, 1], seed=0),
        numbers_of(1, [3, 1], seed=0),
    ] * 2


def test_a_subset_s_places_are_the_indices_of_the_data():
    """A sample has the same numbers whatever it is drawn from."""
    found = ArrayDataSource([Drawn()], indices=[9, 4]).samples_by_indices([1])
    assert column([found]) == numbers_of(0, [4], seed=0)


def test_without_shuffling_batch_iterator_has_seed_0():
    """Places count from 0."""
    assert column(ArrayDataSource([Drawn()]).batch_iterator(3)) == numbers_of(0, range(N), seed=0)


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize("mapped", [False, True])
def test_batch_iterator_has_the_seed_of_its_generator(make, mapped):
    """That of its state before the order is drawn, with functions as without."""
    source = ArrayDataSource([Drawn()])
    source = source.map(lambda column: (column,)) if mapped else source
    found = column(source.batch_iterator(3, shuffle=make(5)))
    assert found == numbers_of(0, range(N), seed=seed_of(make(5)))


def test_columns_that_draw_leave_the_order_of_a_generator_as_it_is():
    """It is read, not advanced."""
    plain = ArrayDataSource([np.arange(N)]).batch_iterator(3, shuffle=np.random.RandomState(5))
    drawn = ArrayDataSource([Drawn()]).batch_iterator(3, shuffle=np.random.RandomState(5))
    expected = [i for (batch,) in plain for i in batch.tolist()]
    assert expected == [i for (batch,) in drawn for i in batch["index"].tolist()]


@pytest.mark.parametrize("arguments", [{"batch_size": 0}, {"batch_size": 2, "shuffle": 42}])
def test_batch_iterator_refuses_at_once(arguments):
    """Not at the first `next`."""
    with pytest.raises(ValueError if "shuffle" not in arguments else TypeError):
        ArrayDataSource([Drawn()]).batch_iterator(**arguments)


def test_a_pool_s_iterator_gives_what_batch_iterator_gives():
    """BatchUp's way of working in parallel."""
    source = ArrayDataSource([Drawn()])
    expected = column(source.batch_iterator(3, shuffle=np.random.RandomState(5)))
    with WorkerThreadPool(2) as pool:
        parallel = pool.parallel_data_source(source)
        assert column(parallel.batch_iterator(3, shuffle=np.random.RandomState(5))) == expected


# A single column


def test_a_single_column_draws_by_place():
    """As the column of a tuple does."""
    found = [batch["drawn"].tolist() for batch in Loader(Drawn(), batch_size=N, seed=SEED)]
    assert found == [numbers_of(0, range(N))]


def test_a_single_column_outside_an_epoch_has_the_place_of_its_index():
    """As `batch_iterator` has without shuffling, where place and index are one."""
    source = SingleDataSource(Drawn(4))
    expected = numbers_of(0, range(4), seed=0)
    assert source[:]["drawn"].tolist() == expected
    assert next(source.batch_iterator(4))["drawn"].tolist() == expected


def test_a_function_after_a_single_column_is_stage_1():
    """One that does not draw leaves it stage 0."""

    def number(column, rng):
        return rng.random()

    sources = [SingleDataSource(Drawn(4)), SingleDataSource(Drawn(4, draws=False))]
    assert [at(source.map(number), range(4)).tolist() for source in sources] == [
        numbers_of(1, range(4)),
        numbers_of(0, range(4)),
    ]


# Columns that do not draw


@pytest.mark.parametrize("draws", [False, None, 1])
def test_one_that_does_not_draw_is_read_as_any_other(draws):
    """By `[]`; only `True` is yes."""
    assert column([at(ArrayDataSource([Drawn(4, draws=draws)]), range(4))]) == [-1] * 4


def test_a_column_is_read_by_its_own_in_place_of_another():
    """`data` is the user's, who may put another there."""
    source = ArrayDataSource([Drawn(4, draws=False)])
    assert source.count_takers() == 0
    source.data[0] = Drawn(4)
    assert column([at(source, range(4))]) == numbers_of(0, range(4))


def test_a_subclass_that_fetches_by_itself_is_heeded():
    """Nothing goes past it, whatever its columns are."""

    class Doubled(ArrayDataSource):
        def samples_by_indices_nomapping(self, indices):
            return tuple([own, own] for own in super().samples_by_indices_nomapping(indices))

    source = Doubled([np.arange(2)])
    assert [len(batch[0]) for batch in Loader(source, batch_size=2)] == [2]
    assert [type(batch[0]) for batch in Doubled([Drawn()]).batch_iterator(2)] == [list] * 10


def test_a_subclass_that_fetches_by_itself_takes_no_numbers():
    """It is asked for samples by index alone, which have the numbers of their index."""

    class Own(ArrayDataSource):
        def samples_by_indices_nomapping(self, indices):
            return super().samples_by_indices_nomapping(indices)

    source = Own([Drawn()])
    found = column(Loader(source, batch_size=3, seed=SEED))
    assert (source.count_takers(), found) == (0, numbers_of(0, range(N), seed=0))


# Failures and caches


@pytest.mark.parametrize("pool", [None, 2])
def test_what_is_left_of_a_batch_keeps_its_numbers(pool):
    """A sample that is skipped takes those of its place with it."""
    loader = Loader([Drawn(bad=[1, 6, 7])], batch_size=4, seed=SEED, on_error="skip", pool=pool)
    with loader:
        found = column(loader)
    assert found == numbers_of(0, [i for i in range(N) if i not in (1, 6, 7)])


@pytest.mark.parametrize("pool", [None, 2])
def test_a_substitute_has_the_numbers_of_the_place(pool):
    """All places are as if nothing had failed."""
    loader = Loader(
        [Drawn(bad=[1, 6, 7])], batch_size=4, seed=SEED, on_error="substitute", pool=pool
    )
    with loader:
        batches = list(loader)
    indices = {i for batch in batches for i in batch[0]["index"].tolist()}
    assert (column(batches), indices & {1, 6, 7}) == (numbers_of(0, range(N)), set())


def test_an_error_names_column_sample_and_place():
    """Found by reading again, one by one, with the numbers of the place."""
    with pytest.raises(OSError, match=r"\[6\] cannot be read") as caught:
        list(Loader({"x": Drawn(bad=[6])}, batch_size=4, seed=SEED))
    where = site(caught.value)
    assert (where.index, where.place, where.stage) == (6, 6, "column 'x'")


def test_samples_that_fail_together_only_are_read_with_their_own_numbers():
    """Whoever reads one alone sees no other numbers."""
    seen = []

    class Once(Drawn):
        def read(self, indices, *, rng):
            seen.append((indices.tolist(), rng.random().tolist()))
            if len(indices) > 1:
                raise OSError("too many")
            return indices

    with pytest.raises(OSError, match="too many"):
        list(Loader([Once(3)], batch_size=3, seed=SEED))
    expected = [
        ([0, 1, 2], numbers_of(0, range(3))),
        *[([i], numbers_of(0, [i])) for i in (0, 1, 2)],
    ]
    assert seen == expected


def test_a_cache_is_refused():
    """It would keep what was drawn once."""
    with pytest.raises(ArgumentError, match="would be the same in every epoch"):
        ArrayDataSource([np.arange(N), Drawn()]).cache(memory=10**6)


def test_a_cache_of_columns_that_do_not_draw_is_given():
    """`draws` decides, not the class."""
    source = ArrayDataSource([Drawn(4, draws=False)]).cache(memory=10**6)
    assert column([source[[3, 1]]]) == [-1, -1]


def test_verify_finds_nothing_wrong():
    """Read twice, in halves and by a pool they are the same."""
    with Loader([Drawn(), Drawn()], batch_size=4, seed=SEED, pool=2) as loader:
        loader.verify(steps=3)
