"""Epochs: which comes next, what is left of one, looking ahead and back."""

import itertools

import numpy as np
import pytest
from loader_cases import CASES, Faulty, numbers, plain, plains, saved

from aliquot import Loader
from aliquot.errors import ArgumentError, ArgumentTypeError, LoaderClosedError
from aliquot.events import EpochEnded

pools = pytest.mark.parametrize("pool", [None, 2])


def of_ten(**options):
    """Give a loader of five steps an epoch."""
    return Loader(np.arange(10), **{"batch_size": 2, "shuffle": True, "seed": 4, **options})


def epoch_of(number, **options):
    """Give the batches of an epoch."""
    loader = of_ten(**options)
    loader.set_epoch(number)
    return plains(loader)


def position(loader):
    return loader.epoch, loader.step


def stands_at(loader):
    state = loader.state_dict()
    return state["epoch"], state["place"], state["step"]


# What an iteration is


def test_each_iteration_is_the_next_epoch():
    """In another order than the one before."""
    loader = of_ten()
    found = [plains(loader) for _ in range(3)]
    assert found == [epoch_of(0), epoch_of(1), epoch_of(2)]
    assert found[0] != found[1]


def test_an_order_without_shuffle_is_the_same_each_epoch():
    """That of the data."""
    loader = of_ten(shuffle=False)
    assert [np.concatenate(list(loader)).tolist() for _ in range(2)] == [list(range(10))] * 2


@pools
def test_a_new_iteration_ends_the_one_before(pool):
    """Which says so when it is asked for more."""
    with of_ten(pool=pool) as loader:
        old = iter(loader)
        next(old)
        new = iter(loader)
        with pytest.raises(LoaderClosedError, match="another iteration over the loader was begun"):
            next(old)
        assert plains(new) == epoch_of(1)


@pools
def test_breaking_out_and_starting_anew(pool):
    """What was left of the epoch is passed over."""
    with of_ten(pool=pool) as loader:
        for _ in loader:
            break
        assert stands_at(loader) == (0, 2, 1)
        assert plains(loader) == epoch_of(1)


def test_an_iterator_can_be_left_and_taken_up_again():
    """It is the epoch, not the loop."""
    iterator = iter(of_ten())
    found = plains(itertools.islice(iterator, 2))
    assert found + plains(iterator) == epoch_of(0)


def test_an_iterator_stays_exhausted():
    """Asked again, it has nothing more, and the epoch ended once."""
    loader = of_ten()
    heard = []
    loader.listen(heard.append)
    iterator = iter(loader)
    list(iterator)
    assert list(iterator) == []
    assert heard == [EpochEnded(epoch=0)]


def test_listeners_hear_that_an_epoch_ended():
    """Not of one that was left."""
    loader = of_ten()
    heard = []
    loader.listen(heard.append)
    list(loader)
    next(iter(loader))
    list(loader)
    assert heard == [EpochEnded(epoch=0), EpochEnded(epoch=2)]


# Counting


def test_epoch_step_and_steps_left():
    """Before, within and after an epoch."""
    loader = of_ten()
    found = [(loader.epoch, loader.step, loader.steps_left)]
    for _ in loader:
        found.append((loader.epoch, loader.step, loader.steps_left))
    assert found == [(0, step, 5 - step) for step in range(6)]
    next(iter(loader))
    assert (loader.epoch, loader.step, loader.steps_left) == (1, 1, 4)


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"batch_size": 3}, 4),
        ({"batch_size": 3, "drop_last": True}, 3),
        ({"batch_size": 3, "pad_last": True}, 4),
        ({"batch_size": 3, "drop_last": True, "world_size": 2}, 1),
        ({"batch_size": 3, "pad_last": True, "world_size": 2, "rank": 1}, 2),
        ({"batch_size": 11}, 1),
        ({"batch_size": 11, "drop_last": True}, 0),
        ({"batch_size": 3, "epoch_samples": 7}, 3),
    ],
)
def test_the_length_is_that_of_a_whole_epoch(options, steps):
    """Also while one is under way."""
    loader = of_ten(**options)
    assert len(loader) == steps
    assert len(list(loader)) == steps
    next(iter(loader), None)
    assert len(loader) == steps


def test_an_endless_epoch_counts_no_steps_left():
    """And goes on."""
    loader = Loader(numbers(3, repeats=-1), batch_size=2, seed=0)
    found = [batch.tolist() for (batch,) in itertools.islice(loader, 4)]
    assert found == [[0, 1], [2, 0], [1, 2], [0, 1]]
    assert loader.steps_left is None
    assert stands_at(loader) == (0, 8, 4)


def test_epoch_samples_cut_an_endless_source_into_epochs():
    """Each has an order of its own."""
    loader = Loader(numbers(3, repeats=-1), batch_size=2, epoch_samples=5, seed=0)
    assert [len(batch) for (batch,) in loader] == [2, 2, 1]
    assert stands_at(loader) == (1, 0, 0)


def test_an_epoch_of_a_weighted_source_has_as_many_samples_as_weights():
    """Unless it is said otherwise."""
    assert len(CASES["weighted"].loader(9, batch_size=5)) == 2
    assert len(CASES["weighted"].loader(9, batch_size=5, epoch_samples=100)) == 20


# Loading


def test_the_rest_of_the_loaded_epoch_then_the_next():
    """Once the rest, and from then on whole epochs."""
    first = of_ten()
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    assert position(loader) == (0, 1)
    assert loader.steps_left == 4
    found = [plains(loader) for _ in range(2)]
    assert found == [epoch_of(0)[1:], epoch_of(1)]


def test_the_state_after_the_last_batch_is_the_start_of_the_next_epoch():
    """Whether or not the loop has seen the end."""
    loader = of_ten()
    iterator = iter(loader)
    for _ in range(5):
        next(iterator)
    assert stands_at(loader) == (1, 0, 0)
    assert next(iterator, None) is None
    assert stands_at(loader) == (1, 0, 0)
    other = of_ten()
    other.load_state_dict(saved(loader))
    assert plains(other) == epoch_of(1)


def test_the_state_of_a_new_iteration_is_its_start():
    """Nothing of it was delivered."""
    loader = of_ten()
    for _ in loader:
        break
    _iterator = iter(loader)
    assert stands_at(loader) == (1, 0, 0)


@pools
def test_loading_ends_the_iterator(pool):
    """Which says so."""
    with of_ten(pool=pool) as loader:
        iterator = iter(loader)
        next(iterator)
        loader.load_state_dict(saved(loader))
        with pytest.raises(LoaderClosedError, match="another state was loaded"):
            next(iterator)
        assert plains(loader) == epoch_of(0)[1:]


# set_epoch


def test_set_epoch_begins_that_epoch():
    """Forwards and backwards."""
    loader = of_ten()
    for number in (5, 2, 0):
        loader.set_epoch(number)
        assert position(loader) == (number, 0)
        assert plains(loader) == epoch_of(number)


def test_set_epoch_with_the_loaded_epoch_keeps_the_position():
    """As loops written for other libraries call it in any case."""
    first = of_ten()
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    loader.set_epoch(0)
    assert plains(loader) == epoch_of(0)[1:]


def test_set_epoch_with_another_epoch_leaves_the_position():
    """And so does coming back."""
    first = of_ten()
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    loader.set_epoch(3)
    loader.set_epoch(0)
    assert plains(loader) == epoch_of(0)


def test_set_epoch_after_an_iteration_begins_its_epoch_anew():
    """Only a position that was just loaded is kept."""
    loader = of_ten()
    next(iter(loader))
    loader.set_epoch(0)
    assert plains(loader) == epoch_of(0)


def test_set_epoch_ends_an_iteration_that_is_under_way():
    """Its batches would be counted in another epoch."""
    loader = of_ten()
    iterator = iter(loader)
    next(iterator)
    loader.set_epoch(3)
    with pytest.raises(LoaderClosedError):
        next(iterator)
    assert stands_at(loader) == (3, 0, 0)
    assert plains(loader) == epoch_of(3)


# epochs()


def test_epochs_gives_those_that_are_left():
    """All of a new loader's, fewer of one that was loaded."""
    loader = of_ten()
    found = [(number, plains(loader)) for number in loader.epochs(3)]
    assert found == [(number, epoch_of(number)) for number in range(3)]
    assert list(loader.epochs(3)) == []
    assert [(number, plains(loader)) for number in loader.epochs(4)] == [(3, epoch_of(3))]


def test_epochs_begins_with_the_rest_of_the_loaded_one():
    """Then come whole ones."""
    first = of_ten()
    list(first)
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    found = [(number, plains(loader)) for number in loader.epochs(3)]
    assert found == [(1, epoch_of(1)[1:]), (2, epoch_of(2))]


def test_saving_after_each_epoch():
    """The loop of the front page, stopped and begun again."""
    loader = of_ten()
    for _ in loader.epochs(3):
        list(loader)
        state = saved(loader)
        break
    loader = of_ten()
    loader.load_state_dict(state)
    assert [(number, len(list(loader))) for number in loader.epochs(3)] == [(1, 5), (2, 5)]
    loader.load_state_dict(saved(loader))
    assert list(loader.epochs(3)) == []


def test_iterating_twice_within_an_epoch_gives_it_twice():
    """Such as a pass for statistics before that for training."""
    loader = of_ten()
    found = [plains(loader) + plains(loader) for _ in loader.epochs(2)]
    assert found == [epoch_of(0) * 2, epoch_of(1) * 2]


def test_iterating_twice_within_a_loaded_epoch_gives_its_rest_twice():
    """It is what is left of that epoch."""
    first = of_ten()
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    for _ in loader.epochs(1):
        assert plains(loader) + plains(loader) == epoch_of(0)[1:] * 2


def test_breaking_out_within_an_epoch():
    """The next epoch is the next, whatever was left."""
    loader = of_ten()
    found = []
    for number in loader.epochs(3):
        for batch in loader:
            found.append((number, plain(batch)))
            break
    assert found == [(number, epoch_of(number)[0]) for number in range(3)]


def test_an_epoch_that_is_not_iterated_over_is_passed_over():
    """The numbers decide, not the iterations."""
    loader = of_ten()
    found = [plains(loader) for number in loader.epochs(3) if number != 1]
    assert found == [epoch_of(0), epoch_of(2)]


@pytest.mark.parametrize("peeks", [0, 1, 3])
def test_peeking_within_epochs_changes_nothing(peeks):
    """Before, between and after the batches."""
    loader = of_ten()
    found = []
    for number in loader.epochs(2):
        for _ in range(peeks):
            assert plain(loader.peek()) == epoch_of(number)[0]
        for batch in loader:
            found.append(plain(batch))
            for _ in range(peeks):
                loader.peek()
    assert found == epoch_of(0) + epoch_of(1)


def test_the_next_epoch_ends_the_iterator_of_the_last():
    """One that was left half-way would be counted in the wrong epoch."""
    loader = of_ten()
    epochs = loader.epochs(2)
    next(epochs)
    iterator = iter(loader)
    next(iterator)
    next(epochs)
    with pytest.raises(LoaderClosedError):
        next(iterator)
    assert plains(loader) == epoch_of(1)


def test_an_iteration_after_epochs_is_the_next_epoch():
    """Also if the loop over them was left."""
    loader = of_ten()
    for _ in loader.epochs(5):
        list(loader)
        break
    assert plains(loader) == epoch_of(1)


# Looking


def test_peek_gives_the_batch_that_comes_next():
    """Before an epoch, within it and at its end; nothing is consumed."""
    loader = of_ten()
    expected = epoch_of(0) + epoch_of(1)[:1]
    found = [plain(loader.peek())]
    for batch in loader:
        assert plain(loader.peek()) == plain(loader.peek())
        assert plain(batch) == found[-1]
        found.append(plain(loader.peek()))
    assert found == expected
    assert position(loader) == (0, 5)


def test_peek_of_a_loaded_loader():
    """Where it was loaded."""
    first = of_ten()
    next(iter(first))
    loader = of_ten()
    loader.load_state_dict(saved(first))
    assert plain(loader.peek()) == epoch_of(0)[1]
    assert plains(loader) == epoch_of(0)[1:]


def test_peek_after_breaking_out():
    """The next iteration is the next epoch."""
    loader = of_ten()
    for _ in loader:
        break
    assert plain(loader.peek()) == epoch_of(1)[0]
    assert plain(next(iter(loader))) == epoch_of(1)[0]


def test_peek_after_breaking_out_within_epochs():
    """There the next iteration is the same epoch anew."""
    loader = of_ten()
    for _ in loader.epochs(1):
        for _ in loader:
            break
        expected = plain(loader.peek())
        assert plain(next(iter(loader))) == expected


def test_peek_passes_over_a_batch_of_which_nothing_is_left():
    """As the iteration will."""
    loader = Loader(Faulty(6, [0, 1]), batch_size=2, seed=0, on_error="skip")
    assert loader.peek().tolist() == [2, 3]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "options", [{}, {"pad_last": True}, {"drop_last": True, "world_size": 2, "rank": 1}]
)
def test_any_batch_can_be_rebuilt(name, options):
    """Of any epoch, on any rank, by where its state stands; so can its indices."""
    options = {"batch_size": 4, "shuffle": True, **options}
    loader = CASES[name].loader(19, **options)
    expected = []
    for number in loader.epochs(2):
        place = 0
        for batch in loader:
            expected.append((number, place, plain(batch)))
            place = loader.state_dict()["place"]
    other = CASES[name].loader(19, **options)
    for number, place, batch in reversed(expected):
        assert plain(other.batch_at(number, place)) == batch
        indices = other.indices_at(number, place)
        if name in ("single", "subset"):
            assert other.source.samples_by_indices_nomapping(indices) is not None
    assert stands_at(other) == (0, 0, 0)


def test_indices_at_tells_which_samples():
    """Those of the data, whatever is drawn from."""
    loader = CASES["subset"].loader(20, batch_size=4, shuffle=True, seed=1)
    for batch in loader:
        place = loader.step * 4 - 4
        assert loader.indices_at(0, place).tolist() == batch["index"].tolist()


def test_rebuilding_within_an_epoch_disturbs_nothing():
    """The order is read elsewhere and then goes on."""
    loader = of_ten()
    found = []
    for batch in loader:
        found.append(plain(batch))
        assert plain(loader.batch_at(8, 4)) == epoch_of(8)[2]
        loader.indices_at(0, 8)
    assert found == epoch_of(0)


@pytest.mark.parametrize("place", [-1, -2, 10, 11, 1000])
@pytest.mark.parametrize("method", ["batch_at", "indices_at"])
def test_places_outside_an_epoch_are_refused(method, place):
    """With the place."""
    with pytest.raises(ArgumentError, match=f"no step begins at place {place}"):
        getattr(of_ten(), method)(0, place)


def test_a_negative_place_of_an_endless_epoch_is_refused():
    """Likewise."""
    loader = Loader(numbers(3, repeats=-1), batch_size=2, seed=0)
    with pytest.raises(ArgumentError, match="no step begins at place -1"):
        loader.batch_at(0, -1)


def test_a_step_of_a_choice_begins_where_its_steps_do():
    """Between two of them there is no batch."""
    loader = CASES["choice"].loader(12, batch_size=4)
    with pytest.raises(ArgumentError, match="no step begins at place 2"):
        loader.batch_at(0, 2)


def test_a_negative_epoch_is_refused():
    """To set and to rebuild."""
    with pytest.raises(ArgumentError):
        of_ten().set_epoch(-1)
    with pytest.raises(ArgumentError):
        of_ten().batch_at(-1, 0)


def test_an_epoch_is_an_integer():
    """Not a float that looks like one."""
    with pytest.raises(ArgumentTypeError, match=r"epoch must be an integer of 0 or more, not 1\.0"):
        of_ten().set_epoch(1.0)


def test_a_numpy_epoch_can_be_saved():
    """The state holds a plain integer."""
    loader = of_ten()
    loader.set_epoch(np.int64(3))
    assert saved(loader)["epoch"] == 3


# The end


@pools
def test_a_closed_loader_gives_no_batches_but_its_state(pool):
    """Closing it twice does no harm."""
    loader = of_ten(pool=pool)
    iterator = iter(loader)
    next(iterator)
    loader.close()
    loader.close()
    with pytest.raises(LoaderClosedError, match="the loader is closed: make a new one"):
        iter(loader)
    with pytest.raises(LoaderClosedError, match="the loader was closed"):
        next(iterator)
    assert stands_at(loader) == (0, 2, 1)
    other = of_ten()
    other.load_state_dict(saved(loader))
    assert plains(other) == epoch_of(0)[1:]


@pools
def test_a_with_block_closes(pool):
    """Also when it is left with an error."""
    with of_ten(pool=pool) as loader:
        list(loader)
    with pytest.raises(LoaderClosedError):
        iter(loader)
    with pytest.raises(KeyError), of_ten(pool=pool) as loader:
        raise KeyError
    with pytest.raises(LoaderClosedError):
        iter(loader)


def test_a_closed_loader_still_reports():
    """What it did."""
    with of_ten() as loader:
        list(loader)
    assert (loader.report().batches, loader.report().samples) == (5, 10)
