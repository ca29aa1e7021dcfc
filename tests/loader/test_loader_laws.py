"""The laws: who makes a batch, when and where changes nothing in it."""

import contextlib
import gc
import itertools
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loader_cases import (
    BATCH_SHAPED,
    CASES,
    LAST,
    ORDERED,
    ROW_BY_ROW,
    Counted,
    Faulty,
    Virtual,
    alive,
    all_rows,
    beside,
    jitter,
    jitter_sample,
    numbers,
    plain,
    plains,
    rows,
    saved,
    workers,
)

from aliquot import Loader
from aliquot._batch import leaves
from aliquot.data_source import ArrayDataSource, ChoiceDataSource, CompositeDataSource
from aliquot.errors import StateError
from aliquot.work_pool import WorkerProcessPool, WorkerThreadPool

LENGTHS = st.integers(0, 60)
SIZES = st.integers(1, 20)
WIDE_SIZES = st.integers(4, 20)
SEEDS = st.sampled_from([0, 1, 12345, 2**63 + 5, 2**64 - 1])
EPOCHS = st.sampled_from([0, 1, 2, 77])
WORLDS = st.integers(1, 5)
every_case = pytest.mark.parametrize("name", CASES)
every_last = pytest.mark.parametrize("last", LAST)
every_split = pytest.mark.parametrize("last", ["drop_last", "pad_last"])


def moderately(examples):
    return settings(derandomize=True, deadline=None, max_examples=examples)


@pytest.fixture(scope="session")
def threads():
    """One pool of threads for all loaders that need just any."""
    with WorkerThreadPool(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def processes():
    """One pool of processes, as starting one takes time."""
    with WorkerProcessPool(2) as pool:
        yield pool


# 1. Serial is the truth


@every_case
@every_last
@moderately(6)
@given(LENGTHS, SIZES, SEEDS, EPOCHS, st.booleans(), st.integers(1, 4), st.integers(0, 4))
def test_threads_give_what_inline_gives(
    name, last, n, size, seed, epoch, shuffle, n_workers, prefetch
):
    """Bit for bit, in the same order, two epochs long."""
    options = {"batch_size": size, "seed": seed, "shuffle": shuffle, **LAST[last]}
    inline = CASES[name].loader(n, **options)
    inline.set_epoch(epoch)
    expected = [plains(inline), plains(inline)]
    with CASES[name].loader(n, pool=n_workers, prefetch=prefetch, **options) as loader:
        loader.set_epoch(epoch)
        assert [plains(loader), plains(loader)] == expected


IN_PROCESSES = ["ragged", "map_samples", "nested", "stratified", "bucket", "packing", "mix"]
IN_PROCESSES += ["concat", "sampler of a chain", "pad to the longest", "mixup", "cutmix"]


@pytest.mark.parametrize("name", IN_PROCESSES)
def test_processes_give_what_inline_gives(name, processes):
    """Also what a mask adds."""
    options = {"batch_size": 4, "shuffle": True, "pad_last": True}
    expected = plains(CASES[name].loader(30, **options))
    assert plains(CASES[name].loader(30, pool=processes, **options)) == expected


def test_processes_resume_where_inline_stopped(processes):
    """The seed that is adopted is sent to them."""
    first = CASES["map"].loader(20, batch_size=3, shuffle=True)
    iterator = iter(first)
    next(iterator)
    state = saved(first)
    loader = CASES["map"].loader(20, batch_size=3, shuffle=True, seed=None, pool=processes)
    next(iter(loader))
    loader.load_state_dict(state)
    assert plains(loader) == plains(iterator)


def test_ranks_may_have_different_pools(processes, threads):
    """Each gives what it would give inline."""
    options = {"batch_size": 3, "shuffle": True, "pad_last": True, "world_size": 3}
    for rank, pool in enumerate((None, threads, processes)):
        expected = plains(CASES["map"].loader(20, rank=rank, **options))
        assert plains(CASES["map"].loader(20, rank=rank, pool=pool, **options)) == expected


def test_a_collate_function_is_the_worker_s_last_act(processes, threads):
    """Whoever the worker is."""
    options = {"batch_size": 4, "pad_last": True, "collate": lambda batch: {"all": batch}}
    expected = plains(CASES["tuple"].loader(10, **options))
    assert expected[0][0] == "dict"
    for pool in (threads, processes):
        assert plains(CASES["tuple"].loader(10, pool=pool, **options)) == expected


@pytest.mark.parametrize("on_error", ["skip", "substitute"])
def test_processes_fail_at_the_same_samples(processes, on_error):
    """Their errors come back to be dealt with here."""

    def run(pool):
        source = [Faulty(30, [3, 4, 5, 17, 29])]
        loader = Loader(source, batch_size=4, seed=1, shuffle=True, on_error=on_error, pool=pool)
        return plains(loader), loader.report().failures

    assert run(processes) == run(None)


class TwoPartError(Exception):
    """Can be pickled, and not be rebuilt."""

    def __init__(self, what, why):
        super().__init__(f"{what}: {why}")


class Unrebuilt(Faulty):
    """Its error needs two arguments."""

    def __getitem__(self, index):
        if self.bad & set(np.atleast_1d(index).tolist()):
            raise TwoPartError("photo", "torn")
        return np.asarray(index)


def test_errors_that_cannot_be_rebuilt_are_tolerated_in_processes_too(processes):
    """As threads do, which need not send them."""

    def run(pool):
        loader = Loader([Unrebuilt(8, [3])], batch_size=4, seed=1, on_error="skip", pool=pool)
        return plains(loader)

    assert run(processes) == run(None)


# 2. Resume at every step equals never having stopped


@every_case
@every_last
@moderately(5)
@given(LENGTHS, WIDE_SIZES, SEEDS, EPOCHS, st.booleans())
def test_resuming_at_every_step(name, last, threads, n, size, seed, epoch, shuffle):
    """The rest of the epoch and the next one come as if nothing had happened."""
    options = {"batch_size": size, "seed": seed, "shuffle": shuffle, **LAST[last]}
    loader = CASES[name].loader(n, **options)
    loader.set_epoch(epoch)
    loader.load_state_dict({**saved(loader), "epoch": epoch})  # also where an epoch is empty
    states, batches, numbers_ = [saved(loader)], [], []
    for _ in range(2):
        for batch in loader:
            batches.append(plain(batch))
            numbers_.append(loader.epoch)
            states.append(saved(loader))
    for step in range(len(batches)):
        pool = threads if step % 2 else None
        resumed = CASES[name].loader(n, **{**options, "pool": pool})
        resumed.load_state_dict(states[step])
        left = numbers_.count(numbers_[step]) - numbers_[:step].count(numbers_[step])
        assert resumed.steps_left == left
        assert plains(resumed) == batches[step : step + left]
        assert resumed.state_dict() == states[step + left]
        if step + left < len(batches):
            assert plain(next(iter(resumed))) == batches[step + left]


@every_case
@moderately(4)
@given(LENGTHS, WIDE_SIZES, SEEDS, st.booleans(), st.sampled_from(list(LAST)))
def test_the_state_some_batches_ago(name, n, size, seed, shuffle, last):
    """As it was saved then, back to the first batch, over the ends of epochs."""
    options = {"batch_size": size, "seed": seed, "shuffle": shuffle, **LAST[last]}
    loader = CASES[name].loader(n, **options)
    states = []
    for _ in loader.epochs(3):
        for _ in loader:
            states.append(saved(loader))
            for ago in range(min(len(states), 3)):
                assert saved(loader, ago) == states[-1 - ago]
    for ago in range(len(states)):
        assert saved(loader, ago) == states[-1 - ago]


def test_the_state_ago_of_a_resumed_loader():
    """Back to where it was loaded, with another batch size."""
    loader = CASES["single"].loader(50, batch_size=7)
    next(iter(loader))
    resumed = CASES["single"].loader(50, batch_size=4)
    resumed.load_state_dict(saved(loader))
    iterator = iter(resumed)
    states = [saved(resumed)]
    for _ in range(3):
        next(iterator)
        states.append(saved(resumed))
    assert [saved(resumed, ago) for ago in range(4)] == states[::-1]
    assert states[0] == saved(loader)


def test_the_state_ago_counts_batches_that_were_given_out():
    """A batch of which nothing was left was none."""
    source = [Faulty(10, [2, 3, 6, 7])]
    loader = Loader(source, batch_size=2, seed=0, on_error="skip")
    states = [saved(loader)]
    for _ in loader:
        states.append(saved(loader))
    expected = [rest_after(source, state) for state in states]
    found = [rest_after(source, saved(loader, ago)) for ago in range(len(states))]
    assert found[::-1] == expected


def rest_after(source, state):
    """Give what a loader of a source with failures still gives after a state."""
    loader = Loader(source, batch_size=2, seed=0, on_error="skip")
    loader.load_state_dict(state)
    return loader.epoch, plains(loader)


def test_a_state_counts_delivered_batches():
    """Not those that workers have made ahead."""
    with CASES["single"].loader(40, batch_size=4, pool=3, prefetch=5) as loader:
        iterator = iter(loader)
        next(iterator)
        assert saved(loader)["place"] == 4


@pytest.mark.parametrize("n", [0, 3])
def test_an_epoch_without_a_step_is_not_skipped_by_saving(n):
    """A state that is loaded and saved again is the same."""
    loader = Loader(np.arange(n), batch_size=5, seed=0, drop_last=True)
    state = saved(loader)
    loader.load_state_dict(state)
    assert saved(loader) == state


@every_case
def test_the_states_of_all_ranks_are_equal(name):
    """After the same step, so that one of them is enough."""
    options = {"batch_size": 2, "shuffle": True, "pad_last": True, "world_size": 3}
    ranks = [CASES[name].loader(23, rank=rank, **options) for rank in range(3)]
    for _ in zip(*ranks, strict=True):
        one, *others = map(saved, ranks)
        assert others == [one, one]


def test_the_state_of_the_largest_source_is_short():
    """Whatever the numbers in it."""
    source = CompositeDataSource(
        [ArrayDataSource([Virtual(2**62)]).map(jitter), numbers(3, repeats=-1)]
    )
    loader = Loader(source, batch_size=2**20, seed=2**64 - 1, shuffle=True)
    loader.load_state_dict({**saved(loader), "epoch": 10**6, "place": 2**62 - 1, "step": 2**42})
    assert saved(loader)["place"] == 2**62 - 1


# 3. Ranks partition the epoch


def ranks_of(name, n, world, last, state=None, **options):
    """Give the loaders of all ranks."""
    options |= {"world_size": world, **LAST[last]}
    loaders = [CASES[name].loader(n, rank=rank, **options) for rank in range(world)]
    for loader in loaders:
        if state is not None:
            loader.load_state_dict(state)
    return loaders


def in_order(steps, last, size):
    """Give the rows of the steps of all ranks, in the order of places."""
    for step in steps:
        for batch in step:
            assert {len(leaf) for _, leaf in leaves(batch)} == {size}
    return [row for step in steps for row in all_rows(step, masked=last == "pad_last")]


def laid_out_as(loader, other):
    """Have a loader go on in the order of another, if that depends on its batch size."""
    state = saved(other)
    if "interleaved" in state:
        loader.load_state_dict(state)
    return loader


@pytest.mark.parametrize("name", ROW_BY_ROW)
@every_split
@moderately(5)
@given(LENGTHS, st.integers(1, 9), SEEDS, EPOCHS, WORLDS, st.booleans())
def test_ranks_partition_the_epoch(name, last, n, size, seed, epoch, world, shuffle):
    """In equal steps of full size; nothing is given twice, and nothing but a tail is dropped."""
    options = {"seed": seed, "shuffle": shuffle}
    loaders = ranks_of(name, n, world, last, batch_size=size, **options)
    drop = last == "drop_last"
    # The steps of one rank with the batch size of all are what the ranks share.
    whole = CASES[name].loader(n, batch_size=size * world, drop_last=drop, **options)
    laid_out_as(whole, loaders[0])
    for loader in (*loaders, whole):
        loader.set_epoch(epoch)
    steps = list(zip(*loaders, strict=True))
    assert len(steps) == len(loaders[0])
    assert in_order(steps, last, size) == all_rows(whole)


@pytest.mark.parametrize("name", ORDERED)
@every_split
@moderately(6)
@given(
    LENGTHS,
    SEEDS,
    st.booleans(),
    st.lists(st.tuples(WORLDS, st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=3),
)
def test_world_and_batch_size_may_change_within_an_epoch(name, last, n, seed, shuffle, parts):
    """Several times; each sample still comes once."""
    options = {"seed": seed, "shuffle": shuffle}
    whole, found, state = CASES[name].loader(n, batch_size=64, **options), [], None
    for world, size, stop in [*parts, (2, 3, None)]:
        loaders = ranks_of(name, n, world, last, state, batch_size=size, **options)
        if state is None:
            whole = all_rows(laid_out_as(whole, loaders[0]))
        steps = list(itertools.islice(zip(*loaders, strict=True), stop))
        found += in_order(steps, last, size)
        state = saved(loaders[0])
        assert [saved(loader) for loader in loaders] == [state] * world
        if state["epoch"] == 1:
            break
    assert found == whole[: len(found)]
    assert len(whole) - len(found) < (world * size if last == "drop_last" else 1)


@every_split
def test_from_eight_ranks_to_three(last):
    """Saved with batches of 32, loaded with batches of 20."""
    options = {"shuffle": True, "seed": 3}
    before = ranks_of("tuple", 1000, 8, last, batch_size=32, **options)
    found = in_order([[next(iter(loader)) for loader in before]], last, 32)
    after = ranks_of("tuple", 1000, 3, last, saved(before[5]), batch_size=20, **options)
    found += in_order(list(zip(*after, strict=True)), last, 20)
    whole = all_rows(CASES["tuple"].loader(1000, batch_size=64, **options))
    kept = 1000 if last == "pad_last" else 256 + (1000 - 256) // 60 * 60
    assert found == whole[:kept]


@pytest.mark.parametrize("name", BATCH_SHAPED)
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"batch_size": 5}, "batch_size is 4 in the state and 5 here"),
        ({"world_size": 2, "rank": 1}, "world_size is 1 in the state and 2 here"),
    ],
)
def test_the_state_of_a_choice_needs_its_sizes(name, options, says):
    """Other steps would choose otherwise; the message tells what differs."""
    state = saved(CASES[name].loader(24, batch_size=4, pad_last=True))
    loader = CASES[name].loader(24, **{"batch_size": 4, "pad_last": True, **options})
    with pytest.raises(StateError, match=says):
        loader.load_state_dict(state)


@moderately(30)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 5), SEEDS, EPOCHS)
def test_members_that_differ_in_length_take_turns(first, second, size, seed, epoch):
    """Each step of a shuffled epoch has samples, and there are as many steps as `len` says."""
    source = ChoiceDataSource([numbers(first), numbers(second, 1000)])
    loader = Loader(source, batch_size=size, shuffle=True, seed=seed, pad_last=True)
    loader.set_epoch(epoch)
    masks = [mask.any() for _, mask in loader]
    assert masks == [True] * len(loader)


def test_a_choice_adopts_the_seed_of_a_state():
    """Although where it ends depends on the seed."""
    source = ChoiceDataSource([numbers(6), numbers(10, 100)])
    for seed in range(8):
        state = saved(Loader(source, batch_size=2, shuffle=True, seed=seed))
        loader = Loader(source, batch_size=2, shuffle=True)
        loader.load_state_dict(state)
        assert loader.seed == seed


# 5. Randomness belongs to places


WITH_NUMBERS = ["map", "map_samples", "class balanced", "stratified", "repeat", "packing"]
WITH_NUMBERS += ["mix", "mix to the end", "concat", "chain", "sampler of a chain"]


@pytest.mark.parametrize("name", WITH_NUMBERS)
@moderately(12)
@given(LENGTHS, SIZES, SIZES, SEEDS, EPOCHS)
def test_the_batch_size_changes_no_number(name, n, size, other, seed, epoch):
    """A sample's numbers go with its place."""
    loaders = [
        CASES[name].loader(n, batch_size=own, seed=seed, shuffle=True) for own in (size, other)
    ]
    laid_out_as(loaders[1], loaders[0])
    for loader in loaders:
        loader.set_epoch(epoch)
    assert all_rows(loaders[0]) == all_rows(loaders[1])


@moderately(20)
@given(LENGTHS, SIZES, SEEDS, EPOCHS)
def test_a_row_of_a_map_is_a_sample_of_map_samples(n, size, seed, epoch):
    """The very same numbers."""
    loaders = [
        Loader(source, batch_size=size, seed=seed, shuffle=True)
        for source in (numbers(n).map(jitter), numbers(n).map_samples(jitter_sample))
    ]
    for loader in loaders:
        loader.set_epoch(epoch)
    assert plains(loaders[0]) == plains(loaders[1])


def drawn(source, **options):
    """Give the columns of a source's only batch."""
    return next(iter(Loader(source, batch_size=6, seed=0, **options)))


def chance(x, rng):
    return (rng.random(),)


def test_maps_are_numbered():
    """Two in a row draw different numbers, the first those of one alone."""
    x = numbers(6)
    _, first, second = drawn(x.map(beside).map(beside))
    assert plain(first) == plain(drawn(x.map(beside))[1])
    assert not (first == second).any()


def test_maps_without_random_numbers_are_not_numbered():
    """One that is put in changes no number."""
    x = numbers(6)
    expected = drawn(x.map(beside))[1]
    found = drawn(x.map(lambda x: (x + 1,)).map(beside))[1]
    assert plain(found) == plain(expected)


def test_columns_come_before_stages():
    """Each member of a composite has numbers of its own, and so has a map of them all."""
    members = [numbers(6).map(chance), numbers(6), numbers(6).map(chance)]
    first, _, second, third = drawn(CompositeDataSource(members).map(beside))
    alone = drawn(numbers(6).map(beside).map(beside).map(beside))
    assert plains([first, second, third]) == plains(alone[1:])


def test_members_of_a_choice_have_numbers_of_their_own():
    """Although they stand at the same places of their orders."""
    members = [numbers(6).map(chance), numbers(6).map(chance)]
    loader = Loader(ChoiceDataSource(members), batch_size=6, seed=0)
    (first,), (second,) = loader
    assert not (first == second).any()


def test_padding_repeats_a_sample_with_its_numbers():
    """It is that sample at that place."""
    found, drawn_, mask = next(
        iter(Loader(numbers(4).map(beside), batch_size=6, seed=0, pad_last=True))
    )
    assert found.tolist() == [0, 1, 2, 3, 3, 3]
    assert mask.tolist() == [True] * 4 + [False] * 2
    assert drawn_[4] == drawn_[3]


def test_epochs_and_seeds_draw_other_numbers():
    """None of them is as in another."""
    found = []
    for seed in (0, 1):
        loader = Loader(numbers(6).map(chance), batch_size=6, seed=seed)
        found += [next(iter(loader))[0], next(iter(loader))[0]]
    assert len(np.unique(found)) == 24


# 7. Memory is bounded


@pytest.mark.parametrize(("n_workers", "prefetch"), [(1, 0), (1, 3), (3, 0), (2, 2)])
def test_what_is_in_flight_is_bounded(n_workers, prefetch):
    """Besides the batches given out, by the workers and what they may make ahead."""
    column = Counted(400)
    with WorkerThreadPool(n_workers) as pool:

        def all_begun():
            meeting = threading.Barrier(n_workers + 1)
            for _ in range(n_workers):
                pool.submit(meeting.wait, 30)
            meeting.wait(30)  # whoever is here has begun all that was asked for before
            return column.begun

        iterator = iter(Loader(column, batch_size=4, seed=0, pool=pool, prefetch=prefetch))
        assert all_begun() == n_workers + prefetch
        for given_out in range(1, 20):
            next(iterator)
            assert all_begun() == given_out + n_workers + prefetch
    assert column.at_once <= n_workers


def test_nothing_is_made_ahead_inline():
    """A batch is made when it is asked for."""
    column = Counted(400)
    iterator = iter(Loader(column, batch_size=4, seed=0))
    assert column.begun == 0
    for given_out in range(1, 4):
        next(iterator)
        assert column.begun == given_out


@pytest.mark.parametrize("place", [0, 10, 10_000_000])
@pytest.mark.parametrize("pool", [None, 2])
def test_a_billion_samples_need_no_memory(place, pool):
    """To iterate, to resume anywhere and to share among ranks."""
    loader = Loader(
        Virtual(10**9), batch_size=256, shuffle=True, seed=0, pad_last=True, rank=3, world_size=8,
        pool=pool,
    )  # fmt: skip
    with loader:
        tracemalloc.start()
        try:
            loader.load_state_dict({**saved(loader), "place": place})
            found = list(itertools.islice(loader, 30))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 6_000_000
        samples = np.concatenate([batch for batch, _ in found])
        assert len(np.unique(samples)) == 30 * 256
        assert plain(found[0]) == plain(loader.batch_at(0, place))
        assert len(loader) == -(-(10**9) // (256 * 8))


def test_a_resumed_order_evaluates_little():
    """The first batch costs a batch, not the places before it."""
    found = []

    class Sampled(Virtual):
        def __getitem__(self, index):
            found.append(len(index))
            return super().__getitem__(index)

    loader = Loader(Sampled(2**40), batch_size=8, shuffle=True, seed=0)
    loader.load_state_dict({**saved(loader), "place": 2**39})
    tracemalloc.start()
    try:
        next(iter(loader))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [8]
    assert peak < 100_000


# 8. Nothing is left behind


@contextlib.contextmanager
def nothing_left():
    """Require that worker threads which the block starts end with it."""
    before = workers()
    started = set()
    yield started
    gc.collect()
    assert started
    assert alive(workers() - before | started) == []


def test_close_ends_the_threads():
    """In the middle of an epoch, whoever still holds loader and iterator."""
    with nothing_left() as started:
        before = workers()
        loader = CASES["tuple"].loader(60, batch_size=2, pool=3)
        iterator = iter(loader)
        next(iterator)
        started |= workers() - before
        loader.close()


def test_a_loader_that_nobody_holds_ends_its_threads():
    """Nor its iterator, left half-way."""
    with nothing_left() as started:
        before = workers()
        loader = CASES["tuple"].loader(60, batch_size=2, pool=3)
        for _ in loader:
            break
        started |= workers() - before
        del loader


def test_an_iterator_that_outlives_its_loader_goes_on():
    """And ends the threads when it goes."""
    with nothing_left() as started:
        before = workers()
        iterator = iter(CASES["single"].loader(60, batch_size=6, pool=2))
        started |= workers() - before
        assert len(list(iterator)) == 10
        del iterator


def test_an_error_that_was_dropped_holds_no_threads():
    """Neither a sample's nor a function's."""
    with nothing_left() as started:
        before = workers()
        for source in (Faulty(60, [30]), numbers(60).map(lambda x: 1 / 0)):
            loader = Loader(source, batch_size=4, seed=0, pool=2)
            with pytest.raises((OSError, ZeroDivisionError)):
                list(loader)
            started |= workers() - before
            del loader


def test_an_iterator_that_is_dropped_drops_what_it_ordered():
    """The workers of a pool that stays need not make it."""
    with WorkerThreadPool(1) as pool:
        column = Counted(400)
        loader = Loader(column, batch_size=4, seed=0, pool=pool, prefetch=50)
        opened = threading.Event()
        pool.submit(opened.wait, 30)
        iterator = iter(loader)
        del iterator
        opened.set()
        pool.submit(int).result(30)
        assert column.begun == 0


def test_a_pool_that_was_passed_in_stays_open():
    """It serves two loaders at once, and others after they are closed."""
    with WorkerThreadPool(2) as pool:
        expected = plains(CASES["map"].loader(30, batch_size=4, shuffle=True))
        loaders = [CASES["map"].loader(30, batch_size=4, shuffle=True, pool=pool) for _ in range(2)]
        for step, batches in enumerate(zip(*loaders, strict=True)):
            assert plains(batches) == [expected[step]] * 2
        for loader in loaders:
            loader.close()
        assert pool.submit(int).result(30) == 0


# 9. A batch is yours


def spoil(value):
    """Write into everything that a batch is made of."""
    for _, leaf in leaves(value):
        if isinstance(leaf, list):
            for sample in leaf:
                sample[...] = 99
            leaf.clear()
        elif leaf.dtype == np.bool_:
            np.logical_not(leaf, out=leaf)
        else:
            leaf[...] = 99


def spoiled(loader):
    """Give copies of what a loader gives over two epochs, while writing into it."""
    found = []
    for _ in loader.epochs(2):
        for batch in loader:
            found.append(plain(batch))
            spoil(batch)
    return found


@every_case
@every_last
@pytest.mark.parametrize("pool", [None, 2])
def test_writing_into_batches_changes_nothing_later(name, last, pool):
    """Nor in the source."""
    options = {"batch_size": 7, "shuffle": True, **LAST[last]}
    loader = CASES[name].loader(40, **options)
    expected = [plain(batch) for _ in loader.epochs(2) for batch in loader]
    source = CASES[name].make(40)
    options |= {"seed": 7, **CASES[name].options(40)}
    for _ in range(2):
        with Loader(source, pool=pool, **options) as loader:
            assert spoiled(loader) == expected


def test_batches_of_processes_can_be_written_into(processes):
    """As all others."""
    options = {"batch_size": 7, "shuffle": True, "pad_last": True}
    expected = [plain(b) for _ in range(2) for b in CASES["ragged"].loader(20, **options)][:3]
    found = spoiled(CASES["ragged"].loader(20, pool=processes, **options))
    assert found[:3] == expected


def test_writing_into_what_was_peeked_at_changes_nothing():
    """Nor into what was rebuilt, or into the indices."""
    options = {"batch_size": 5, "shuffle": True, "pad_last": True}
    expected = plains(CASES["subset"].loader(40, **options))
    loader = CASES["subset"].loader(40, **options)
    spoil(loader.peek())
    spoil(loader.batch_at(0, 5))
    spoil(loader.indices_at(0, 10))
    assert plains(loader) == expected


class RaggedByInt:
    """Gives the arrays that it holds, one sample a call."""

    def __init__(self):
        self.held = [np.arange(i + 1) for i in range(6)]

    def __len__(self):
        return len(self.held)

    def __getitem__(self, index):
        return self.held[int(index) if isinstance(index, int) else index.missing]


def objects():
    """Give an object array of arrays."""
    column = np.empty(6, dtype=object)
    column[:] = [np.arange(i + 1) for i in range(6)]
    return column


@pytest.mark.parametrize("column", [RaggedByInt(), objects()], ids=["array-like", "objects"])
def test_arrays_that_a_column_holds_are_not_handed_out(column):
    """Samples that differ in shape are copied, as those of lists are."""
    loader = Loader([column], batch_size=6, seed=0)
    (batch,) = next(iter(loader))
    batch[0][...] = 99
    (again,) = loader.batch_at(0, 0)
    assert again[0].tolist() == [0]


def test_rows_of_a_batch_match_its_length():
    """A check of the helper: each row is one sample."""
    batch = (np.arange(3), [np.arange(1), np.arange(2), np.arange(3)])
    assert len(rows(batch)) == 3
