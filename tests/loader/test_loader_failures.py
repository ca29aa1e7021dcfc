"""Samples that cannot be read or mapped, functions that fail, tasks that take too long."""

import threading

import numpy as np
import pytest
from loader_cases import Faulty, Gated, Virtual, beside, numbers, plain, plains, saved

from aliquot import Loader
from aliquot._random import hash_key
from aliquot.data_source import ArrayDataSource, ChoiceDataSource, CompositeDataSource
from aliquot.errors import (
    BatchError,
    LoaderClosedError,
    TaskTimeoutError,
    TooManyFailuresError,
    site,
)
from aliquot.events import SampleFailed
from aliquot.work_pool import WorkerThreadPool

pools = pytest.mark.parametrize("pool", [None, 1, 3])
policies = pytest.mark.parametrize("on_error", ["skip", "substitute"])
BAD = (3, 4, 5, 13, 19)


def fragile(n=20, bad=BAD, **options):
    """Give a loader of samples some of which cannot be read."""
    return Loader([Faulty(n, bad)], **{"batch_size": 4, "seed": 2, **options})


def refuse(x):
    """Map a sample, unless it is a bad one."""
    if int(x) in BAD:
        raise LookupError(f"no {x}")
    return x * 10


def fragile_map(**options):
    """Give a loader of samples some of which cannot be mapped."""
    source = numbers(20).map_samples(refuse)
    return Loader(source, **{"batch_size": 4, "seed": 2, **options})


def notes(error):
    return "\n".join(getattr(error, "__notes__", []))


def caught_from(loader, kind=Exception):
    """Give what iterating raises."""
    with loader, pytest.raises(kind) as caught:
        list(loader)
    return caught.value


# raise


@pools
def test_a_sample_that_cannot_be_read_raises_its_own_error(pool):
    """With notes, and with data on where it was."""
    error = caught_from(fragile(pool=pool))
    assert type(error) is OSError
    assert str(error) == "cannot be read"
    assert "while reading column 0: sample 3" in notes(error)
    found = site(error)
    assert (found.index, found.place, found.path) == (3, 3, "photo 3.jpg")
    assert found.stage == "column 0"


@pools
def test_a_sample_that_cannot_be_mapped_raises_its_own_error(pool):
    """The notes name the function and the sample."""
    error = caught_from(fragile_map(pool=pool))
    assert type(error) is LookupError
    assert "in refuse (" in notes(error)
    assert "for sample 3" in notes(error)
    found = site(error)
    assert (found.index, found.place) == (3, 3)
    assert found.stage.startswith("refuse (")


def test_a_shuffled_sample_is_named_by_index_and_place():
    """They differ."""
    loader = fragile(bad=[7], shuffle=True)
    place = np.concatenate([loader.indices_at(0, p) for p in range(0, 20, 4)]).tolist().index(7)
    found = site(caught_from(loader))
    assert (found.index, found.place) == (7, place)


@pools
@pytest.mark.parametrize("on_error", ["raise", "skip", "substitute"])
def test_a_batch_map_that_fails_always_raises(pool, on_error):
    """It is the program that is wrong, not a sample."""

    def divide(x):
        return (1 // (x - 5),)

    with np.errstate(divide="raise"):
        loader = Loader(numbers(20).map(divide), batch_size=4, on_error=on_error, pool=pool)
        error = caught_from(loader, (FloatingPointError, RuntimeWarning))
    assert "divide (" in notes(error)
    assert loader.step == 1


def test_the_site_of_a_failing_map_is_its_name():
    """It has no one sample."""
    loader = Loader(numbers(20).map(lambda x: 1 / 0), batch_size=4)
    assert "lambda" in str(site(caught_from(loader, ZeroDivisionError)).stage)


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_a_map_that_loses_samples_is_refused(on_error):
    """Places would not fit any more."""
    loader = Loader(numbers(20).map(lambda x: (x[:2],)), batch_size=4, on_error=on_error)
    with pytest.raises(BatchError, match="4 samples"):
        list(loader)


@pools
def test_an_iterator_that_raised_says_so(pool):
    """Asked again, it does not go on as if nothing had happened."""
    with fragile(pool=pool) as loader:
        iterator = iter(loader)
        with pytest.raises(OSError, match="cannot be read"):
            next(iterator)
        with pytest.raises(LoaderClosedError, match="ended with an error, OSError: cannot be read"):
            next(iterator)


@pools
def test_the_state_after_an_error_is_that_of_the_failing_batch(pool):
    """Once the sample can be read, the loop goes on there."""
    column = Faulty(20, [9])
    with Loader(column, batch_size=4, seed=0, pool=pool) as loader:
        with pytest.raises(OSError, match="cannot be read"):
            list(loader)
        state = saved(loader)
        assert (state["epoch"], state["place"], state["step"]) == (0, 8, 2)
        column.bad.clear()
        loader.load_state_dict(state)
        assert [batch[0] for batch in loader] == [8, 12, 16]


class IntsOnly:
    """Takes one index a call; its first sample cannot be read."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if not isinstance(index, int):
            raise TypeError("one index a call")
        if index == 0:
            raise OSError("cannot be read")
        return index


def test_the_first_read_of_an_array_like_raises_its_own_error():
    """Although it is not known yet which indices it takes."""
    with pytest.raises(OSError, match="cannot be read"):
        next(iter(Loader([IntsOnly()], batch_size=1)))


class NeedyError(Exception):
    """Cannot be made of its arguments."""

    def __init__(self, *, why):
        super().__init__(why)


def test_an_error_of_any_class_comes_through():
    """It is never made anew."""

    class Needing(Virtual):
        def __getitem__(self, index):
            raise NeedyError(why="torn")

    assert type(caught_from(Loader(Needing(4), batch_size=2, pool=1))) is NeedyError


# skip


@pools
def test_skip_leaves_rows_out(pool):
    """Places count as delivered, and steps stay the same."""
    with fragile(on_error="skip", pool=pool) as loader:
        found = [(batch.tolist(), saved(loader)["place"]) for (batch,) in loader]
        assert found == [
            ([0, 1, 2], 4),
            ([6, 7], 8),
            ([8, 9, 10, 11], 12),
            ([12, 14, 15], 16),
            ([16, 17, 18], 0),
        ]
        assert loader.step == 5


@pools
def test_skip_with_pad_last_pads_and_masks(pool):
    """Every batch has its full size."""
    with fragile(18, on_error="skip", pad_last=True, pool=pool) as loader:
        found = [(batch.tolist(), mask.tolist()) for batch, mask in loader]
    assert [len(batch) for batch, _ in found] == [4] * 5
    assert [mask for _, mask in found] == [
        [True, True, True, False],
        [False, False, True, True],
        [True] * 4,
        [True, False, True, True],
        [True, True, False, False],
    ]
    assert not {i for batch, _ in found for i in batch} & set(BAD)


@pools
def test_a_batch_of_which_nothing_is_left_is_passed_over(pool):
    """The next one comes in its place, and the steps are those of the places."""
    with fragile(bad=range(4, 12), on_error="skip", pool=pool) as loader:
        found = [(batch.tolist(), loader.step) for (batch,) in loader]
    assert found == [([0, 1, 2, 3], 1), ([12, 13, 14, 15], 4), ([16, 17, 18, 19], 5)]
    assert len(loader.report().failures) == 8


@pools
def test_a_last_batch_of_which_nothing_is_left(pool):
    """The epoch ends there."""
    with fragile(bad=range(16, 20), on_error="skip", pool=pool) as loader:
        assert len(list(loader)) == 4
        assert saved(loader)["epoch"] == 1


def test_a_batch_of_which_nothing_is_left_raises_on_one_of_several_ranks():
    """As the others would wait for it; the note says why."""
    loader = fragile(bad=range(4), on_error="skip", world_size=2, pad_last=True)
    error = caught_from(loader, OSError)
    assert "ranks need equal steps" in notes(error)
    assert saved(loader)["place"] == 0


def test_skipping_keeps_the_numbers_of_the_others():
    """They belong to places."""

    def drawn(bad, **options):
        source = ArrayDataSource([Faulty(20, bad)]).map(beside)
        loader = Loader(source, batch_size=4, seed=1, shuffle=True, **options)
        return {x: value for batch in loader for x, value in zip(*map(list, batch), strict=True)}

    whole, kept = drawn([]), drawn(BAD, on_error="skip")
    assert kept == {x: value for x, value in whole.items() if x not in BAD}


def test_collate_does_not_see_what_was_skipped():
    """It comes last of all."""
    seen = []

    def collate(batch):
        seen.append(len(batch[0]))
        return batch

    list(fragile(on_error="skip", collate=collate))
    assert seen == [3, 2, 4, 3, 3]


# substitute


def order_of(loader, epoch=0):
    """Give the indices of an epoch."""
    places = range(0, len(loader) * loader.batch_size, loader.batch_size)
    return np.concatenate([loader.indices_at(epoch, place) for place in places])


@pools
@pytest.mark.parametrize("shuffle", [False, True])
def test_substitute_takes_candidates_of_the_epoch_s_order(pool, shuffle):
    """The first of a few hashes of the place whose sample can be read."""
    with fragile(on_error="substitute", shuffle=shuffle, pool=pool) as loader:
        order = order_of(loader)
        expected = order.copy()
        for place in np.flatnonzero(np.isin(order, BAD)):
            hashes = [hash_key(loader.seed, 0, int(place), number) for number in range(1, 9)]
            candidates = [order[key % 20] for key in hashes]
            expected[place] = next(i for i in candidates if i not in BAD)
        assert np.concatenate([batch for (batch,) in loader]).tolist() == expected.tolist()


@pools
def test_substitute_keeps_the_numbers_of_the_place(pool):
    """Only the sample is another."""

    def drawn(bad, **options):
        source = ArrayDataSource([Faulty(20, bad)]).map(beside)
        with Loader(source, batch_size=4, seed=1, shuffle=True, **options) as loader:
            return np.concatenate([values for _, values in loader])

    assert plain(drawn(BAD, on_error="substitute", pool=pool)) == plain(drawn([]))


@pools
def test_substitute_ends_after_eight_candidates(pool):
    """With the last one's error, and a note."""
    error = caught_from(fragile(bad=range(20), on_error="substitute", pool=pool), OSError)
    assert "8 other samples in its place failed too" in notes(error)


def test_substitute_reads_eight_candidates_a_place():
    """The sample itself, and eight others."""
    read = []

    class Noted(Faulty):
        def __getitem__(self, index):
            read.append(np.asarray(index).tolist())
            return super().__getitem__(index)

    loader = Loader([Noted(20, range(20))], batch_size=1, seed=0, on_error="substitute")
    with pytest.raises(OSError, match="cannot be read"):
        next(iter(loader))
    assert len({tuple(np.atleast_1d(index)) for index in read}) <= 9


@pytest.mark.parametrize("stratified", [False, True])
def test_candidates_of_a_choice_are_of_its_own_step(stratified):
    """Another member's sample would not fit in the batch."""
    members = [ArrayDataSource([Faulty(20, [2])]), numbers(20, 100)]
    source = ChoiceDataSource(members, stratified=stratified)
    loader = Loader(source, batch_size=4, seed=3, shuffle=True, on_error="substitute")
    for (batch,) in loader:
        assert len(batch) == 4
        assert len(set((batch >= 100).tolist())) == 1
        assert 2 not in batch


def test_substitute_in_a_composite_replaces_the_whole_row():
    """What stands beside it comes from the same place."""
    source = CompositeDataSource([ArrayDataSource([Faulty(20, [2])]), numbers(20, 100)])
    loader = Loader(source, batch_size=4, seed=3, on_error="substitute")
    for first, second in loader:
        assert (second - first).tolist() == [100] * 4


# Counting


@pools
@policies
@pytest.mark.parametrize("make", [fragile, fragile_map])
def test_the_same_samples_fail_at_the_same_batches(pool, on_error, make):
    """Whoever reads them, over two epochs."""

    def heard(pool):
        with make(on_error=on_error, shuffle=True, pool=pool, prefetch=4) as loader:
            found, events = [], []
            loader.listen(events.append)
            for _ in loader.epochs(2):
                for batch in loader:
                    found.append((plain(batch), len(events)))
            return found, events

    assert heard(pool) == heard(None)


@policies
def test_failures_are_events(on_error):
    """Told when their batch is delivered, and listed in the report."""
    with fragile(bad=[9], on_error=on_error, pool=2, prefetch=8) as loader:
        events = []
        loader.listen(events.append)
        told = [len(events) for _ in loader]
        assert told == [0, 0, 1, 1, 1]
        assert events[0] == SampleFailed(
            epoch=0,
            place=9,
            index=9,
            path="photo 9.jpg",
            reason="OSError: cannot be read",
            action="skipped" if on_error == "skip" else "substituted",
        )
        assert loader.report().failures == (events[0],)


def test_the_report_lists_what_failed():
    """With path and reason, where the array-like tells the path."""
    loader = fragile(on_error="skip")
    list(loader)
    text = str(loader.report())
    assert "5 samples failed" in text
    assert "epoch 0, place 3: photo 3.jpg skipped, OSError: cannot be read" in text
    loader = fragile_map(on_error="skip")
    list(loader)
    assert "epoch 0, place 3: sample 3 skipped, LookupError: no 3" in str(loader.report())


def test_one_failure_is_not_several():
    """The report counts in words."""
    loader = fragile(bad=[3], on_error="skip")
    list(loader)
    assert len(loader.report().failures) == 1


def test_a_sample_that_is_padding_fails_once():
    """Where it belongs."""
    loader = fragile(18, bad=[17], on_error="skip", pad_last=True)
    list(loader)
    assert [event.place for event in loader.report().failures] == [17]


def test_reading_and_mapping_may_both_fail():
    """In one batch."""
    source = ArrayDataSource([Faulty(20, [1])]).map_samples(refuse)
    loader = Loader(source, batch_size=4, seed=0, on_error="skip")
    assert next(iter(loader)).tolist() == [0, 20]
    assert [event.index for event in loader.report().failures] == [1, 3]


@pools
@policies
@pytest.mark.parametrize("most", [0, 1, 2, 3, 4])
def test_too_many_failures_stop_at_the_same_batch(pool, on_error, most):
    """However far ahead the workers are."""

    def run(pool):
        loader = fragile(on_error=on_error, max_failures=most, pool=pool, prefetch=6)
        error = caught_from(loader, TooManyFailuresError)
        return str(error), saved(loader)

    found = run(pool)
    assert found == run(None)
    assert f"max_failures is {most}" in found[0]
    assert "photo" in found[0]


def test_as_many_failures_as_are_allowed():
    """They do not stop it."""
    loader = fragile(on_error="skip", max_failures=5)
    assert len(list(loader)) == 5


@pools
@pytest.mark.parametrize("kind", [MemoryError, KeyboardInterrupt, SystemExit])
@policies
def test_what_is_no_failure_of_a_sample_raises(pool, kind, on_error):
    """It never counts."""
    loader = Loader(
        [Faulty(20, [6], kind)], batch_size=4, seed=0, on_error=on_error, max_failures=0, pool=pool
    )
    caught_from(loader, kind)
    assert loader.report().failures == ()
    assert saved(loader)["place"] == 4


@policies
def test_memory_that_runs_out_for_a_single_sample_raises(on_error):
    """Also if another sample of its batch had failed before."""

    class Heavy(Faulty):
        def __getitem__(self, index):
            found = super().__getitem__(index)
            if 3 in np.atleast_1d(index):
                raise MemoryError
            return found

    loader = Loader([Heavy(8, [1])], batch_size=4, seed=0, on_error=on_error)
    caught_from(loader, MemoryError)


@policies
def test_memory_that_runs_out_in_map_samples_raises(on_error):
    """Likewise."""

    def hungry(x):
        if x == 3:
            raise MemoryError
        return x

    loader = Loader(numbers(8).map_samples(hungry), batch_size=4, seed=0, on_error=on_error)
    caught_from(loader, MemoryError)


@pools
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_batch_is_not_lost(pool, kind):
    """The iterator gives it after all, or no more: the state stays right."""
    column = Faulty(20, [5], kind)
    with Loader(column, batch_size=4, seed=0, pool=pool) as loader:
        iterator = iter(loader)
        next(iterator)
        with pytest.raises(kind):
            next(iterator)
        column.bad.clear()
        try:
            found = next(iterator).tolist()
        except LoaderClosedError:
            found = [4, 5, 6, 7]
            assert saved(loader)["place"] == 4
        assert found == [4, 5, 6, 7]


# timeout


@pytest.fixture
def stuck():
    """Give a loader whose third batch takes until the gate is opened, the gate, and the pool."""
    column = Gated(20, closed_at=9)
    with WorkerThreadPool(1) as pool:
        loader = Loader(column, batch_size=4, seed=0, pool=pool, timeout=0.05, prefetch=3)
        iterator = iter(loader)
        for _ in range(2):
            while True:
                try:
                    next(iterator)
                except TaskTimeoutError:  # a busy machine
                    continue
                break
        yield loader, iterator, column.gate, pool
        column.gate.set()


def test_a_task_that_takes_too_long_raises(stuck):
    """A TimeoutError that names the samples."""
    _, iterator, _, _ = stuck
    with pytest.raises(TimeoutError, match=r"longer than 0\.05 s") as caught:
        next(iterator)
    assert type(caught.value) is TaskTimeoutError
    assert "epoch 0, place 8, samples [ 8  9 10 11]" in notes(caught.value)
    assert caught.value.task.indices.tolist() == [8, 9, 10, 11]


def test_a_task_that_takes_too_long_is_in_the_report(stuck):
    """As its thread cannot be stopped."""
    loader, iterator, _, _ = stuck
    with pytest.raises(TaskTimeoutError):
        next(iterator)
    assert "epoch 0, place 8, samples [ 8  9 10 11]" in loader.report().stuck
    assert "stuck: epoch 0, place 8" in str(loader.report())


def test_a_task_that_took_too_long_can_be_waited_for_again(stuck):
    """Nothing was delivered, and nothing is lost."""
    loader, iterator, gate, pool = stuck
    with pytest.raises(TaskTimeoutError):
        next(iterator)
    assert saved(loader)["place"] == 8
    gate.set()
    pool.submit(int).result(30)
    assert [batch.tolist() for batch in iterator] == [[8, 9, 10, 11], *chunks(12)]


def chunks(start):
    return [list(range(i, i + 4)) for i in range(start, 20, 4)]


def test_after_a_timeout_the_loader_can_begin_anew(stuck):
    """On the same pool, once the thread is free."""
    loader, iterator, gate, pool = stuck
    with pytest.raises(TaskTimeoutError):
        next(iterator)
    state = saved(loader)
    gate.set()
    pool.submit(int).result(30)
    loader.load_state_dict(state)
    again = iter(loader)
    meeting = threading.Event()
    pool.submit(meeting.set)
    assert meeting.wait(30)
    assert next(again).tolist() == [8, 9, 10, 11]


def test_a_plain_run_has_nothing_stuck():
    """And no failures."""
    loader = fragile(bad=[])
    assert len(plains(loader)) == 5
    assert loader.report().stuck == ()
    assert "no sample failed" in str(loader.report())
