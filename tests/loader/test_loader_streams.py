"""Sources that can only be read from one end to the other."""

import itertools
import threading

import numpy as np
import pytest
from loader_cases import beside, plain, plains, saved

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    IteratorDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, ExhaustedError, StateError

pools = pytest.mark.parametrize("pool", [None, 1, 3])
X = np.arange(10)


def batches(batch_size, shuffle=None):
    """Give the batches of an epoch."""
    order = X if shuffle is None else shuffle.permutation(X)
    for start in range(0, len(X), batch_size):
        yield (order[start : start + batch_size].copy(),)


def stream(**options):
    """Give a loader of a function."""
    source = CallableDataSource(batches, num_samples_fn=len(X))
    return Loader(source, **{"batch_size": 4, "seed": 3, **options})


class Resumable:
    """An iterator that knows where it stands; counts what it has read."""

    read = 0

    def __init__(self, n=10, step=4):
        self.at, self.n, self.step = 0, n, step

    def __iter__(self):
        return self

    def __next__(self):
        if self.at >= self.n:
            raise StopIteration
        start, self.at = self.at, min(self.at + self.step, self.n)
        type(self).read += 1
        return (np.arange(start, self.at),)

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]


def resumable(**options):
    """Give a loader of such iterators, one an epoch."""
    source = CallableDataSource(lambda batch_size: Resumable(step=batch_size))
    return Loader(source, **{"batch_size": 4, "seed": 3, **options})


def position(loader):
    state = saved(loader)
    return state["epoch"], state["place"], state["step"]


def lists(loader):
    return [batch.tolist() for (batch,) in loader]


# Order


@pools
def test_batches_come_as_the_function_gives_them(pool):
    """It is called anew for each epoch."""
    with stream(pool=pool) as loader:
        expected = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert [lists(loader) for _ in loader.epochs(2)] == [expected] * 2


@pools
def test_an_iterator_is_read_once(pool):
    """A second epoch has nothing, and says what to do."""
    with Loader(IteratorDataSource(batches(4)), batch_size=4, pool=pool) as loader:
        assert lists(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        with pytest.raises(ExhaustedError, match="can be read once"):
            list(loader)


@pools
def test_a_stream_is_read_by_the_loop_s_thread(pool):
    """Its stages are for the workers."""
    readers, mappers = set(), set()

    def read(batch_size):
        for batch in batches(batch_size):
            readers.add(threading.current_thread())
            yield batch

    def note(x):
        mappers.add(threading.current_thread())
        return (x,)

    with Loader(CallableDataSource(read).map(note), batch_size=2, pool=pool) as loader:
        assert len(list(loader)) == 5
    assert readers == {threading.current_thread()}
    assert (mappers == readers) == (pool is None)


@pools
def test_what_is_read_ahead_is_bounded(pool):
    """By the workers and what they may make ahead, and one to know the last by."""
    read = []

    def endless(batch_size):
        for number in itertools.count():
            read.append(number)
            yield (np.full(batch_size, number),)

    with Loader(CallableDataSource(endless, np.inf), batch_size=2, pool=pool, prefetch=2) as loader:
        for given_out, (batch,) in enumerate(itertools.islice(loader, 6), 1):
            assert batch[0] == given_out - 1
            assert len(read) <= given_out + 1 + (0 if pool is None else 2 + pool)


@pools
def test_stages_draw_by_place(pool):
    """The same numbers whatever the batch size and the pool."""

    def drawn(size, pool):
        source = CallableDataSource(batches).map(beside)
        with Loader(source, batch_size=size, seed=5, pool=pool) as loader:
            return [
                [plain(np.concatenate(column)) for column in zip(*loader, strict=True)]
                for _ in loader.epochs(2)
            ]

    found = drawn(4, pool)
    assert found == drawn(3, None)
    assert found[0] != found[1]


def test_map_samples_of_a_stream():
    """Sample by sample, as of any source."""
    loader = Loader(CallableDataSource(batches).map_samples(lambda x: x * 2), batch_size=6)
    assert [batch.tolist() for batch in loader] == [[0, 2, 4, 6, 8, 10], [12, 14, 16, 18]]


def test_a_composite_with_a_stream_is_a_stream():
    """Its members are read side by side."""
    source = CompositeDataSource([CallableDataSource(batches), ArrayDataSource([X * 10])])
    loader = Loader(source, batch_size=4)
    assert all((b == a * 10).all() for a, b in loader)
    assert position(loader) == (1, 0, 0)


def test_a_choice_with_a_stream_is_a_stream():
    """Its members take turns."""
    source = ChoiceDataSource([CallableDataSource(batches), ArrayDataSource([X * 10])])
    found = lists(Loader(source, batch_size=5))
    assert found == [[0, 1, 2, 3, 4], [0, 10, 20, 30, 40], [5, 6, 7, 8, 9], [50, 60, 70, 80, 90]]


def test_dicts_and_bare_batches_may_be_streamed():
    """A batch is what the function gives."""
    for batch in ({"x": X}, X):
        loader = Loader(CallableDataSource(lambda size, batch=batch: iter([batch])), batch_size=10)
        assert plains(loader) == [plain(batch)]


def test_collate_comes_last():
    """As for any source."""
    loader = stream(collate=lambda batch: batch[0].sum())
    assert list(loader) == [6, 22, 17]


@pools
def test_a_stream_that_fails_raises_after_what_came_before(pool):
    """Its own error."""

    def breaks(batch_size):
        yield from itertools.islice(batches(batch_size), 2)
        raise OSError("the line is dead")

    with Loader(CallableDataSource(breaks), batch_size=2, pool=pool) as loader:
        iterator = iter(loader)
        found = [next(iterator)[0].tolist() for _ in range(2)]
        with pytest.raises(OSError, match="the line is dead"):
            next(iterator)
        assert found == [[0, 1], [2, 3]]
        assert position(loader) == (0, 4, 2)


# Shuffling


def test_shuffle_gives_the_function_a_generator():
    """Seeded by seed and epoch only."""

    def orders(**options):
        loader = stream(shuffle=True, **options)
        return [lists(loader) for _ in range(3)]

    found = orders()
    assert found == orders(pool=2)
    assert found[0] != found[1] != found[2]
    assert found != orders(seed=4)
    assert sorted(itertools.chain(*found[0])) == X.tolist()


def test_the_generator_is_a_random_state():
    """BatchUp's functions expect one."""
    given = []

    def note(batch_size, shuffle=None):
        given.append(shuffle)
        return iter([(X,)])

    for shuffle in (True, False):
        list(Loader(CallableDataSource(note), batch_size=10, shuffle=shuffle, seed=0))
    assert type(given[0]) is np.random.RandomState
    assert given[1] is None


def test_an_epoch_s_generator_does_not_depend_on_those_before():
    """Epoch 2 is the same whether or not 0 and 1 were read."""
    loader = stream(shuffle=True)
    found = [lists(loader) for _ in range(3)]
    loader = stream(shuffle=True)
    loader.set_epoch(2)
    assert lists(loader) == found[2]


# State


@pools
@pytest.mark.parametrize("make", [stream, resumable])
def test_resuming_at_every_step(pool, make):
    """The rest of the epoch and the next one come as if nothing had happened."""
    options = {} if make is resumable else {"shuffle": True}
    with make(pool=pool, **options) as loader:
        states, found = [saved(loader)], []
        for _ in loader.epochs(2):
            for batch in loader:
                found.append(plain(batch))
                states.append(saved(loader))
    for step in range(6):
        with make(pool=pool, **options) as resumed:
            resumed.load_state_dict(states[step])
            left = 3 - step % 3
            assert plains(resumed) == found[step : step + left]
            assert saved(resumed) == states[step + left]
            if step < 3:
                assert plains(resumed) == found[3:]


def test_a_stream_without_a_state_is_read_again():
    """And what was delivered is dropped."""
    loader = stream(shuffle=True)
    iterator = iter(loader)
    next(iterator)
    resumed = stream(shuffle=True)
    resumed.load_state_dict(saved(loader))
    assert plains(resumed) == plains(iterator)


def test_a_stream_with_a_state_is_not_read_again():
    """It is told where to go on."""
    loader = resumable()
    next(iter(loader))
    state = saved(loader)
    assert state["stream"] == {"at": 4}
    Resumable.read = 0
    resumed = resumable()
    resumed.load_state_dict(state)
    assert lists(resumed) == [[4, 5, 6, 7], [8, 9]]
    assert Resumable.read == 2


def test_the_state_of_an_iterator_of_its_own_is_kept():
    """As that of one that a function gives."""
    loader = Loader(IteratorDataSource(Resumable()), batch_size=4, seed=0)
    next(iter(loader))
    state = saved(loader)
    assert state["stream"] == {"at": 4}
    resumed = Loader(IteratorDataSource(Resumable()), batch_size=4, seed=0)
    resumed.load_state_dict(state)
    assert lists(resumed) == [[4, 5, 6, 7], [8, 9]]


def test_the_state_is_that_of_the_delivered_batch():
    """However far ahead the stream was read."""
    with resumable(pool=3, prefetch=5) as loader:
        iterator = iter(loader)
        next(iterator)
        assert saved(loader)["stream"] == {"at": 4}


def test_the_state_after_the_last_batch_is_the_next_epoch():
    """Before the loop has seen the end, too."""
    loader = resumable()
    iterator = iter(loader)
    found = []
    for _ in range(3):
        next(iterator)
        found.append(position(loader))
    assert found == [(0, 4, 1), (0, 8, 2), (1, 0, 0)]
    assert "stream" not in saved(loader)


def test_the_state_some_batches_ago():
    """As it was saved then, over the end of an epoch."""
    loader = resumable()
    states = [saved(loader)]
    for _ in loader.epochs(2):
        for _ in loader:
            states.append(saved(loader))
    assert [saved(loader, ago) for ago in range(7)] == states[::-1]
    with pytest.raises(ArgumentError, match="remembers 6 positions, not 7"):
        loader.state_dict(ago=7)


def test_the_past_of_a_stream_is_short():
    """It is remembered, not computed."""
    source = CallableDataSource(lambda batch_size: Resumable(100, 1))
    loader = Loader(source, batch_size=1, seed=0)
    list(loader)
    assert saved(loader, 63)["step"] == 37
    with pytest.raises(ArgumentError, match="remembers 63 positions"):
        loader.state_dict(ago=64)


def test_set_epoch_moves_the_state():
    """As that of any loader."""
    loader = stream(shuffle=True)
    loader.set_epoch(5)
    assert position(loader) == (5, 0, 0)


def test_the_state_of_a_new_iteration_is_its_start():
    """What was left of the epoch before is passed over."""
    loader = stream(shuffle=True)
    for _ in loader:
        break
    _iterator = iter(loader)
    assert position(loader) == (1, 0, 0)


@pytest.mark.parametrize("make", [stream, resumable])
def test_set_epoch_with_the_loaded_epoch_keeps_the_position(make):
    """And with another leaves it."""
    loader = make()
    next(iter(loader))
    state = saved(loader)
    resumed = make()
    resumed.load_state_dict(state)
    resumed.set_epoch(0)
    assert lists(resumed) == [[4, 5, 6, 7], [8, 9]]
    resumed.load_state_dict(state)
    resumed.set_epoch(1)
    assert len(lists(resumed)) == 3


@pytest.mark.parametrize("make", [stream, resumable])
def test_iterating_twice_within_a_loaded_epoch_gives_its_rest_twice(make):
    """As of any source."""
    loader = make()
    next(iter(loader))
    resumed = make()
    resumed.load_state_dict(saved(loader))
    for _ in resumed.epochs(1):
        assert lists(resumed) == lists(resumed) == [[4, 5, 6, 7], [8, 9]]


def test_a_state_of_another_seed_is_refused():
    """As of any source."""
    with pytest.raises(StateError, match="seed is 3"):
        stream(seed=4).load_state_dict(saved(stream()))


def test_a_stream_s_state_holds_its_step():
    """By which it is read again."""
    state = saved(stream())
    del state["step"]
    with pytest.raises(StateError, match="step"):
        stream().load_state_dict(state)


# Counting and looking


def test_the_length_of_a_stream():
    """If it tells its number of samples."""
    assert len(stream()) == 3
    for unknown in (None, np.inf):
        with pytest.raises(TypeError):
            len(Loader(CallableDataSource(batches, unknown), batch_size=4))


def test_epoch_and_step_of_a_stream():
    """They count what was delivered."""
    loader = stream()
    assert [(loader.epoch, loader.step) for _ in loader] == [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(
    "look",
    [
        lambda loader: loader.peek(),
        lambda loader: loader.batch_at(0, 0),
        lambda loader: loader.indices_at(0, 0),
        lambda loader: loader.verify(),
    ],
    ids=["peek", "batch_at", "indices_at", "verify"],
)
def test_a_stream_has_no_places_to_look_at(look):
    """The message says why."""
    with pytest.raises(ArgumentTypeError, match="stream come one after the other only"):
        look(stream())


def test_several_ranks_cannot_share_a_stream():
    """Each would read all of it."""
    with pytest.raises(ArgumentError, match="needs a random-access source"):
        stream(world_size=2, drop_last=True)
