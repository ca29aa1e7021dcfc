"""The laws, on every kind of source: serial is the truth, resume anywhere, ranks partition."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aliquot as aq
from aliquot import Loader
from aliquot._batch import leaves
from aliquot.data_source import ArrayDataSource, ChoiceDataSource, CompositeDataSource
from aliquot.errors import ArgumentError
from aliquot.sampling import WeightedSampler
from aliquot.work_pool import WorkerProcessPool

X = np.arange(23)
OTHER = np.arange(100, 131)


def with_draw(x, rng):
    return x, rng.random(), rng.integers(10, shape=2)


SOURCES = {
    "tuple": lambda: [X, X * 2.0],
    "dict": lambda: {"x": X, "y": X % 3},
    "single": lambda: X,
    "repeats": lambda: ArrayDataSource([X], repeats=3),
    "subset": lambda: ArrayDataSource([X], indices=[3, 5, 7, 9, 11, 2]),
    "indices": lambda: ArrayDataSource([X], include_indices=True),
    "weighted": lambda: ArrayDataSource([X], sampler=WeightedSampler(np.arange(23.0))),
    "ragged": lambda: [[np.full(i % 4, i) for i in range(23)], X],
    "map": lambda: ArrayDataSource([X]).map(with_draw),
    "map_samples": lambda: ArrayDataSource([X]).map_samples(with_draw).map(lambda *b: b),
    "composite": lambda: CompositeDataSource(
        [ArrayDataSource([X], repeats=-1).map(with_draw), ArrayDataSource([OTHER]).map(with_draw)]
    ),
    "choice": lambda: ChoiceDataSource([ArrayDataSource([X]), ArrayDataSource([OTHER])]),
    "stratified": lambda: ChoiceDataSource(
        [ArrayDataSource([X]), ArrayDataSource([OTHER])], stratified=True
    ),
    "nested": lambda: CompositeDataSource(
        [
            ChoiceDataSource([ArrayDataSource([X]), ArrayDataSource([OTHER])], stratified=True),
            ArrayDataSource([OTHER], repeats=-1),
        ]
    ),
}
ORDERED = [name for name in SOURCES if name not in ("choice", "stratified", "nested")]
LAST = {"short": {}, "drop_last": {"drop_last": True}, "pad_last": {"pad_last": True}}


def plain(batch):
    """Give a batch as what can be compared."""
    return [
        (path, [np.asarray(row).tolist() for row in leaf], getattr(leaf, "dtype", None))
        for path, leaf in leaves(batch)
    ]


def drawn(loader):
    return [plain(batch) for batch in loader]


def make(name, **options):
    return aq.Loader(SOURCES[name](), **({"batch_size": 4, "seed": 5} | options))


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("name", SOURCES)
def test_threads_give_what_inline_gives(name, shuffle, last):
    """Law 1: the same batches in the same order over two epochs, whoever makes them."""
    found = []
    for pool in (None, 1, 3):
        with make(name, shuffle=shuffle, pool=pool, prefetch=pool or 2, **LAST[last]) as loader:
            found.append([drawn(loader), drawn(loader)])
            assert len(found[0][0]) == len(loader)
    assert found[1] == found[0]
    assert found[2] == found[0]


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("name", SOURCES)
def test_resuming_at_every_step_equals_not_having_stopped(name, last):
    """Law 2: a state saved after any step, through JSON, goes on right there."""
    options = {"shuffle": True, **LAST[last]}
    with make(name, **options) as loader:
        whole, following = drawn(loader), drawn(loader)
    for stop in range(len(whole) + 1):
        with make(name, pool=2, **options) as loader:
            iterator = iter(loader)
            for _ in range(stop):
                next(iterator)
            text = json.dumps(loader.state_dict())
        assert len(text) < 300
        with make(name, pool=1, **options) as loader:
            loader.load_state_dict(json.loads(text))
            assert drawn(loader) == (whole[stop:] or following)


@given(
    n=st.integers(1, 60),
    sizes=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 7)), min_size=1, max_size=3),
    stops=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    seed=st.integers(0, 2**64 - 1),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_ranks_partition_the_epoch_also_when_their_number_changes(n, sizes, stops, seed):
    """Law 3: with pad_last every sample is delivered unmasked exactly once, in equal steps."""
    seen, state = [], None
    for number, (world_size, batch_size) in enumerate(sizes):
        loaders = [
            aq.Loader(
                np.arange(n),
                batch_size=batch_size,
                shuffle=True,
                seed=seed,
                rank=rank,
                world_size=world_size,
                pad_last=True,
            )
            for rank in range(world_size)
        ]
        if state is not None:
            for loader in loaders:
                loader.load_state_dict(state)
        left = loaders[0].steps_left
        wanted = left if number == len(sizes) - 1 else min(stops[number], left - 1)
        iterators = [iter(loader) for loader in loaders]
        for _ in range(wanted):
            for batch, mask in map(next, iterators):
                assert len(batch) == batch_size
                seen.extend(batch[mask].tolist())
        states = [loader.state_dict() for loader in loaders]
        assert all(own == states[0] for own in states)
        state = states[0]
    assert sorted(seen) == list(range(n))
    assert (state["epoch"], state["place"]) == (1, 0)


@pytest.mark.parametrize("name", ORDERED)
def test_ranks_together_draw_what_one_draws(name):
    """Places go to ranks in turn, and their random numbers go with them."""
    with make(name, shuffle=True, batch_size=8, drop_last=True) as loader:
        whole = list(loader)
    ranks = [list(make(name, shuffle=True, rank=r, world_size=2, drop_last=True)) for r in range(2)]
    for step, batch in enumerate(whole):
        columns = [list(leaves(part[step])) for part in ranks]
        for (_, leaf), (_, first), (_, second) in zip(
            leaves(batch), columns[0], columns[1], strict=True
        ):
            assert plain(list(leaf)) == plain([*first, *second])


@pytest.mark.parametrize("name", ["choice", "stratified", "nested"])
def test_a_choice_is_resumed_with_its_own_step_size_only(name):
    """What is chosen at once depends on it: the refusal says what differs."""
    with make(name) as loader:
        next(iter(loader))
        state = loader.state_dict()
    with (
        make(name, batch_size=5) as other,
        pytest.raises(aq.errors.StateError, match="batch_size is 4 in the state and 5 here"),
    ):
        other.load_state_dict(state)


@given(batch_sizes=st.tuples(st.integers(1, 30), st.integers(1, 30)), seed=st.integers(0, 9))
@settings(derandomize=True, deadline=None, max_examples=30)
def test_random_numbers_do_not_depend_on_the_batch_size(batch_sizes, seed):
    """Law 5: a sample's numbers belong to its place."""
    found = []
    for batch_size in batch_sizes:
        loader = aq.Loader(SOURCES["map"](), batch_size=batch_size, shuffle=True, seed=seed)
        batches = list(loader)
        found.append([np.concatenate(column).tolist() for column in zip(*batches, strict=True)])
    assert found[0] == found[1]


def test_states_of_earlier_batches_are_arithmetic():
    """state_dict(ago=k) is the state that was saved k batches before, across epochs too."""
    with make("tuple", shuffle=True) as loader:
        saved = [loader.state_dict()]
        for _ in range(2):
            for _batch in loader:
                saved.append(loader.state_dict())
                assert [loader.state_dict(ago=k) for k in range(len(saved))] == saved[::-1]


def test_worker_processes_give_what_inline_gives():
    """Law 1 and law 4: also when workers are killed in the middle."""
    with WorkerProcessPool(2) as pool:
        for name in ("map", "map_samples", "composite", "ragged"):
            with make(name, shuffle=True) as loader:
                expected = drawn(loader)
            loader = make(name, shuffle=True, pool=pool)
            found = []
            for number, batch in enumerate(loader):
                found.append(plain(batch))
                if number == 2:
                    for kill in list(pool._crew.interrupts)[:1]:
                        kill()
            assert found == expected


class Virtual:
    """A thousand million samples that take no memory."""

    def __len__(self):
        return 10**9

    def __getitem__(self, indices):
        return np.asarray(indices) * 2


def test_a_thousand_million_samples_take_no_memory():
    """Law 7: iterating, resuming and sharding allocate a few megabytes at most."""
    import tracemalloc

    tracemalloc.start()
    for place in (10 * 256, 10_000_000 // 256 * 256):
        loader = aq.Loader(
            Virtual(), batch_size=64, shuffle=True, seed=1, rank=1, world_size=4, drop_last=True
        )
        loader.load_state_dict({**loader.state_dict(), "place": place})
        iterator = iter(loader)
        for _ in range(50):
            next(iterator)
        assert loader.state_dict()["place"] == place + 50 * 256
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20


def flip(x):
    return -x


def jittered(x, rng):
    return x + rng.random()


def test_a_batch_can_be_seen_before_a_function():
    """As it is handed to it, with the numbers drawn by those before."""
    source = ArrayDataSource([np.arange(10.0)]).map(jittered).map_samples(flip)
    loader = Loader(source, batch_size=4, shuffle=True, seed=3, collate=list)
    raw = loader.batch_at(0, 4, until=jittered)
    drawn = loader.batch_at(0, 4, until=flip)
    assert (raw[0] == loader.indices_at(0, 4)).all()
    assert (-drawn == loader.batch_at(0, 4)).all()


def test_a_function_that_the_source_does_not_have_is_refused():
    """The message lists those that it has."""
    loader = Loader(ArrayDataSource([np.arange(10.0)]).map(flip), batch_size=4, seed=0)
    with pytest.raises(ArgumentError, match="is no function of the source, which has flip"):
        loader.batch_at(0, 0, until=jittered)
