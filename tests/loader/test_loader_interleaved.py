"""Orders that are laid out for a batch size, and go on under another."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loader_cases import CASES, all_rows, beside, numbers, saved

from aliquot import Loader
from aliquot.data_source import ArrayDataSource, ChoiceDataSource, CompositeDataSource
from aliquot.errors import StateError
from aliquot.sampling import BucketSampler, StratifiedSampler

LABELS = np.repeat([0, 1, 2], [30, 12, 5])
N = len(LABELS)
in_both_orders = pytest.mark.parametrize("shuffle", [False, True])


def stratified(size, *, source=None, **options):
    """Give a loader of 47 samples of three classes."""
    source = numbers(N) if source is None else source
    sampler = StratifiedSampler(LABELS)
    return Loader(source, **{"batch_size": size, "sampler": sampler, "seed": 3, **options})


def samples_of(loader):
    return [int(i) for batch in loader for i in batch[0]]


# The classes in proportion


def in_proportion(batch):
    """Whether each class has the whole number of samples below or above its share."""
    share = np.bincount(LABELS, minlength=3) * len(batch) / N
    found = np.bincount(LABELS[batch], minlength=3)
    return bool((np.abs(found - share) < 1).all())


@in_both_orders
@pytest.mark.parametrize("size", [1, 4, 5, 10, 46, 47, 64])
def test_every_batch_has_the_classes_in_proportion(size, shuffle):
    """In every epoch, also the last batch."""
    loader = stratified(size, shuffle=shuffle)
    for _ in loader.epochs(3):
        for (batch,) in loader:
            assert in_proportion(batch)


@in_both_orders
@pytest.mark.parametrize("world", [2, 3])
def test_every_batch_of_every_rank_has_the_classes_in_proportion(world, shuffle):
    """Each rank has batches of the size that the order is laid out for."""
    for rank in range(world):
        options = {"drop_last": True, "rank": rank, "world_size": world}
        loader = stratified(5, shuffle=shuffle, **options)
        for (batch,) in loader:
            assert in_proportion(batch)


def test_an_epoch_has_every_sample_once():
    """In an order of its own."""
    loader = stratified(7, shuffle=True)
    epochs = [samples_of(loader) for _ in range(2)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(N))] * 2
    assert epochs[0] != epochs[1]


def test_a_sampler_on_the_source_is_laid_out_likewise():
    """The loader asks the source."""
    source = ArrayDataSource([np.arange(N)], sampler=StratifiedSampler(LABELS))
    loader = Loader(source, batch_size=7, shuffle=True, seed=3)
    assert samples_of(loader) == samples_of(stratified(7, shuffle=True))
    assert saved(loader)["interleaved"] == 7


# Going on under another batch size


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    steps=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    shuffle=st.booleans(),
    epoch=st.integers(0, 2),
)
def test_the_rest_is_that_of_the_same_order(sizes, steps, shuffle, epoch):
    """After each of several changes, and in the next epochs."""
    first = stratified(sizes[0], shuffle=shuffle)
    expected = [samples_of(first) for _ in range(epoch + 2)][epoch:]
    found, state = [], {**saved(first), "epoch": epoch, "place": 0, "step": 0}
    for size, stop in zip(sizes, [*steps[: len(sizes) - 1], None], strict=True):
        loader = stratified(size, shuffle=shuffle)
        loader.load_state_dict(state)
        if state["epoch"] == epoch:
            found += samples_of(itertools.islice(loader, stop))
        state = saved(loader)
    assert found == expected[0]
    assert samples_of(loader) == expected[1]


@in_both_orders
@pytest.mark.parametrize("last", ["drop_last", "pad_last"])
def test_ranks_go_on_in_the_order_of_one(shuffle, last):
    """Of another batch size; from two ranks to three and back to one."""
    options = {"shuffle": shuffle, last: True}
    whole = samples_of(stratified(6, shuffle=shuffle))
    found, state = [], None
    for world, size, steps in ((2, 6, 1), (3, 2, 2), (1, 4, 3)):
        ranks = [stratified(size, rank=rank, world_size=world, **options) for rank in range(world)]
        for loader in ranks:
            if state:
                loader.load_state_dict(state)
        for step in itertools.islice(zip(*ranks, strict=True), steps):
            found += samples_of(step)
        state = saved(ranks[-1])
        assert [saved(loader)["interleaved"] for loader in ranks] == [6] * world
    assert found == whole[: len(found)]
    assert len(found) == 36


def test_the_batch_size_of_the_first_is_kept_from_state_to_state():
    """However many loaders have gone on with it."""
    state = saved(stratified(6, shuffle=True))
    for size in (5, 3, 11):
        loader = stratified(size, shuffle=True)
        loader.load_state_dict(state)
        next(iter(loader))
        state = saved(loader)
    assert state["interleaved"] == 6
    assert loader.fingerprint() == stratified(6, shuffle=True).fingerprint()


def test_a_loader_takes_on_the_batch_size_of_each_state_it_loads():
    """And its own again."""
    loader = stratified(6, shuffle=True)
    for size in (4, 6, 9):
        loader.load_state_dict(saved(stratified(size, shuffle=True)))
        assert samples_of(loader) == samples_of(stratified(size, shuffle=True))


def test_all_that_is_asked_of_a_loader_is_of_the_order_it_went_on_with():
    """Peeking, rebuilding and indices."""
    first, loader = stratified(6, shuffle=True), stratified(4, shuffle=True)
    loader.peek()
    loader.load_state_dict({**saved(first), "place": 12})
    expected = samples_of(stratified(6, shuffle=True))[12:16]
    assert loader.indices_at(0, 12).tolist() == expected
    assert loader.batch_at(0, 12)[0].tolist() == expected
    assert loader.peek()[0].tolist() == expected
    loader.verify()


def test_going_on_with_a_pool():
    """Whose workers hold no order."""
    first = stratified(6, shuffle=True)
    iterator = iter(first)
    next(iterator)
    with stratified(5, shuffle=True, pool=2) as loader:
        loader.load_state_dict(saved(first))
        assert samples_of(loader) == samples_of(iterator)


def test_random_numbers_go_on_too():
    """They belong to places."""
    source = numbers(N).map(beside)
    first = stratified(6, source=source, shuffle=True)
    whole = all_rows(stratified(6, source=source, shuffle=True))
    next(iter(first))
    loader = stratified(4, source=source, shuffle=True)
    loader.load_state_dict(saved(first))
    assert all_rows(loader) == whole[6:]


def test_the_seed_and_the_batch_size_are_taken_on_at_once():
    """By a loader without a seed."""
    first = stratified(6, shuffle=True, seed=None)
    iterator = iter(first)
    next(iterator)
    other = stratified(4, shuffle=True, seed=None)
    other.load_state_dict(saved(first))
    assert other.seed == first.seed
    assert samples_of(other) == samples_of(iterator)


# What is saved


def test_the_state_tells_what_the_order_is_laid_out_for():
    """The batch size of each rank."""
    options = {"rank": 1, "world_size": 3, "pad_last": True}
    assert saved(stratified(6, **options))["interleaved"] == 6


@pytest.mark.parametrize("name", [name for name in CASES if name != "stratified"])
def test_the_state_of_other_orders_does_not(name):
    """There is nothing to tell."""
    assert "interleaved" not in saved(CASES[name].loader(20, batch_size=4))


def test_the_fingerprint_tells_too():
    """Loaders that begin with other batch sizes have other orders."""
    assert stratified(6).fingerprint() != stratified(5).fingerprint()
    assert stratified(6).fingerprint() == stratified(6).fingerprint()


@pytest.mark.parametrize("value", [0, -1, 1.5, "6", None, True, [6]])
def test_what_is_no_batch_size_is_refused(value):
    """And nothing has happened."""
    loader = stratified(6, shuffle=True)
    state = {**saved(loader), "interleaved": value}
    with pytest.raises(StateError, match="interleaved must be a batch size in the state, not"):
        loader.load_state_dict(state)
    assert saved(loader)["interleaved"] == 6


def test_a_state_without_it_is_refused():
    """It is needed to go on."""
    state = saved(stratified(6))
    del state["interleaved"]
    with pytest.raises(StateError, match="interleaved must be a batch size in the state, not None"):
        stratified(6).load_state_dict(state)


def test_what_is_no_64_bit_number_is_refused():
    """When it is loaded, not when it is used."""
    loader = stratified(6)
    with pytest.raises(StateError, match="interleaved"):
        loader.load_state_dict({**saved(loader), "interleaved": 2**64})


def test_other_labels_are_another_recipe():
    """As many of them."""
    other = Loader(numbers(N), batch_size=6, sampler=StratifiedSampler(LABELS[::-1]), seed=3)
    with pytest.raises(StateError, match=r"sampling is .*StratifiedSampler"):
        other.load_state_dict(saved(stratified(6)))


# Among others


def with_sampler(sampler=None):
    sampler = StratifiedSampler(LABELS) if sampler is None else sampler
    return ArrayDataSource([np.arange(N)], sampler=sampler)


def test_a_composite_goes_on_as_its_member():
    """The other goes on anyway."""
    first, other = (
        Loader(
            CompositeDataSource([numbers(60, 100), with_sampler()]),
            batch_size=size,
            shuffle=True,
            seed=1,
        )
        for size in (6, 4)
    )
    iterator = iter(first)
    next(iterator)
    other.load_state_dict(saved(first))
    assert all_rows(other) == all_rows(iterator)


@pytest.mark.parametrize(
    "source",
    [
        ChoiceDataSource([with_sampler(), with_sampler()]),
        CompositeDataSource([with_sampler(), with_sampler(BucketSampler(LABELS))]),
    ],
    ids=["choice", "composite"],
)
def test_with_what_cannot_go_on_it_cannot_either(source):
    """The state tells the sizes that it needs."""
    state = saved(Loader(source, batch_size=6, seed=1))
    assert (state["batch_size"], state["world_size"], "interleaved" in state) == (6, 1, False)
    with pytest.raises(StateError, match="batch_size is 6 in the state and 4 here"):
        Loader(source, batch_size=4, seed=1).load_state_dict(state)
