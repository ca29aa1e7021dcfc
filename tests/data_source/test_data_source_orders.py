"""The order of an epoch of a whole tree of sources, against models that walk it step by step."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.data_source import ArrayDataSource, ChoiceBatch, Recipe
from aliquot.data_source._orders import (
    SideBySide,
    interleaved_of,
    shortest,
    spread,
    steps_of,
    take_turns,
)
from aliquot.sampling import StratifiedSampler, SubsetSampler

MANY = settings(derandomize=True, max_examples=80, deadline=None)

lengths = st.lists(st.integers(0, 11), min_size=1, max_size=4)
steps = st.integers(1, 5)


def recipe(step_size, *, shuffle=False, seed=3, epoch=0, drop_last=False):
    return Recipe(
        seed=seed,
        epoch=epoch,
        shuffle=shuffle,
        batch_size=step_size,
        step_size=step_size,
        drop_last=drop_last,
    )


def member(number, n, of, repeats=1):
    """Give the order of a source whose indices tell which one it is: 100 * number + place."""
    source = ArrayDataSource(
        [np.arange(1000)], indices=100 * number + np.arange(n), repeats=repeats
    )
    return source.epoch_order(of.for_member(number))


def members(counts, of):
    return [member(number, n, of) for number, n in enumerate(counts)]


def batches(n, of, number=0):
    """Model a member that is not shuffled: its steps, as lists of indices."""
    indices = [100 * number + place for place in range(n)]
    cut = [indices[start : start + of.step_size] for start in range(0, n, of.step_size)]
    return [step for step in cut if len(step) == of.step_size or not of.drop_last]


def walked(order, of):
    """Read an order as a loader does: all samples of each step."""
    found = []
    for start in range(0, order.length, of.step_size):
        n = order.real(start, of.step_size)
        found.append(order.between(start, start + n))
    return found


def plain(step):
    if isinstance(step, ChoiceBatch):
        return step.ds_index, plain(step.sample_indices)
    if isinstance(step, tuple):
        return [plain(part) for part in step]
    return step.tolist()


def rows(step):
    """Give a step's samples one by one."""
    if isinstance(step, ChoiceBatch):
        return [(step.ds_index, row) for row in rows(step.sample_indices)]
    if isinstance(step, tuple):
        return list(zip(*map(rows, step), strict=True))
    return step.tolist()


def check_agreement(order, of, end):
    """In every part of every step, `between`, `at` and `real` agree."""
    size = of.step_size
    for start in range(0, end, size):
        n = order.real(start, size)
        whole = rows(order.between(start, start + n))
        assert len(whole) == n
        for first, last in itertools.combinations(range(n + 1), 2):
            places = np.arange(start + first, start + last)
            assert whole[first:last] == rows(order.between(start + first, start + last))
            assert whole[first:last] == rows(order.at(places))
            assert whole[first:last][::-1] == rows(order.at(places[::-1]))
        for first in range(size):
            assert max(n - first, 0) == order.real(start + first, size - first)


# Plans


@MANY
@given(
    n=st.integers(1, 30), repeats=st.integers(1, 3), shuffle=st.booleans(), seed=st.integers(0, 9)
)
def test_any_places_of_a_plan_can_be_asked_for(n, repeats, shuffle, seed):
    """In any order, more than once: each gives what stands there."""
    of = recipe(5, shuffle=shuffle, seed=seed)
    order = member(0, n, of, repeats)
    whole = order.between(0, n * repeats).tolist()
    places = np.random.RandomState(seed).randint(0, n * repeats, 12)
    assert n * repeats == order.length
    assert [whole[place] for place in places] == order.at(places).tolist()
    assert Counter(whole) == Counter([*range(n)] * repeats)


def test_no_places_are_no_indices():
    """As integers."""
    found = member(0, 5, recipe(2)).at(np.empty(0, np.int64))
    assert (np.int64, 0) == (found.dtype, len(found))


@pytest.mark.parametrize(
    ("start", "n", "expected"), [(0, 4, 4), (8, 4, 2), (9, 1, 1), (10, 4, 0), (50, 4, 0)]
)
def test_the_samples_of_a_plan_end_with_it(start, n, expected):
    """The last step may be short."""
    assert expected == member(0, 10, recipe(4)).real(start, n)


def test_a_plan_without_end_always_has_samples():
    """All that are asked for."""
    order = member(0, 3, recipe(4), repeats=-1)
    assert (order.length, order.real(10**12, 4)) == (None, 4)
    assert order.between(10**12, 10**12 + 4).tolist() == [1, 2, 0, 1]


# Side by side


@MANY
@given(counts=lengths, size=steps, shuffle=st.booleans())
def test_side_by_side_each_row_is_every_members_own(counts, size, shuffle):
    """As long as the shortest."""
    of = recipe(size, shuffle=shuffle)
    order = SideBySide(members(counts, of))
    alone = [m.between(0, m.length).tolist() for m in members(counts, of)]
    found = [row for step in walked(order, of) for row in rows(step)]
    assert (min(counts), False) == (order.length, order.batch_shaped)
    assert list(zip(*alone, strict=False)) == found


@MANY
@given(counts=lengths, size=steps, shuffle=st.booleans())
def test_side_by_side_every_part_agrees(counts, size, shuffle):
    """Ranks, and tasks that are done again, read parts."""
    of = recipe(size, shuffle=shuffle)
    order = SideBySide(members(counts, of))
    check_agreement(order, of, order.length)


def test_members_of_a_composite_differ_in_order():
    """Each is shuffled by a seed of its own."""
    of = recipe(50, shuffle=True)
    order = SideBySide([member(0, 50, of), member(1, 50, of)])
    first, second = order.between(0, 50)
    assert first.tolist() != (second - 100).tolist()


def test_side_by_side_an_endless_member_follows():
    """It is no end that counts."""
    of = recipe(4)
    order = SideBySide([member(0, 2, of, repeats=-1), member(1, 5, of)])
    assert (order.length, plain(order.between(0, 4))) == (5, [[0, 1, 0, 1], [100, 101, 102, 103]])
    endless = SideBySide([member(0, 2, of, repeats=-1)] * 2)
    assert endless.length is None


# Taking turns


def in_turns(counts, of):
    """Model: walk the members' steps in turn until one has none."""
    walks = [iter(batches(n, of, number)) for number, n in enumerate(counts)]
    for number in itertools.cycle(range(len(walks))):
        step = next(walks[number], None)
        if step is None:
            return
        yield number, step


@MANY
@given(counts=lengths, size=steps, drop_last=st.booleans())
def test_members_take_turns_until_one_has_no_step(counts, size, drop_last):
    """In order, as `batch_iterator` goes."""
    of = recipe(size, drop_last=drop_last)
    order = take_turns(members(counts, of), of)
    assert list(in_turns(counts, of)) == [plain(step) for step in walked(order, of)]
    assert order.batch_shaped


@MANY
@given(counts=lengths, size=steps, seed=st.integers(0, 99), drop_last=st.booleans())
def test_shuffled_members_take_turns_in_rounds(counts, size, seed, drop_last):
    """Each once a round, its own steps in their order, until one in its turn has none."""
    of = recipe(size, shuffle=True, seed=seed, drop_last=drop_last)
    found = walked(take_turns(members(counts, of), of), of)
    turns = [step.ds_index for step in found]
    n, rounds = len(counts), min(len(batches(count, of)) for count in counts)
    for start in range(0, rounds * n, n):
        assert sorted(turns[start : start + n]) == list(range(n))
    rest = turns[rounds * n :]
    assert len(rest) == len(set(rest)) < n
    assert all(len(batches(counts[number], of)) > rounds for number in rest)
    for number, own in enumerate(members(counts, of)):
        expected = [plain(step) for step in walked(own, of)]
        given = [plain(step.sample_indices) for step in found if step.ds_index == number]
        assert expected[: len(given)] == given


@MANY
@given(counts=lengths, size=steps, shuffle=st.booleans(), seed=st.integers(0, 9))
def test_in_turns_every_part_agrees(counts, size, shuffle, seed):
    """Also in steps that are not full, in the middle of the epoch."""
    of = recipe(size, shuffle=shuffle, seed=seed)
    order = take_turns(members(counts, of), of)
    check_agreement(order, of, order.length)


def test_rounds_differ_from_each_other_and_between_epochs():
    """If shuffled; the same seed and epoch give the same."""

    def turns(**options):
        of = recipe(1, shuffle=True, **options)
        order = take_turns(members([40] * 5, of), of)
        found = [step.ds_index for step in walked(order, of)]
        return [tuple(found[start : start + 5]) for start in range(0, 200, 5)]

    assert len({*turns()}) > 20
    assert turns() == turns()
    assert turns() != turns(epoch=1)
    assert turns() != turns(seed=4)


def test_members_without_end_take_turns_without_end():
    """Any step can be asked for."""
    of = recipe(2)
    order = take_turns([member(number, 3, of, repeats=-1) for number in range(2)], of)
    assert (order.length, order.real(2 * 10**9, 2)) == (None, 2)
    assert plain(order.between(2, 4)) == (1, [100, 101])
    assert plain(order.between(4, 6)) == (0, [2, 0])
    assert order.between(2 * 10**9 + 2, 2 * 10**9 + 4).ds_index == 1


def test_an_endless_member_goes_on_while_the_others_last():
    """The epoch ends with them."""
    of = recipe(2)
    order = take_turns([member(0, 1, of, repeats=-1), member(1, 4, of)], of)
    assert [plain(step) for step in walked(order, of)] == [
        (0, [0, 0]),
        (1, [100, 101]),
        (0, [0, 0]),
        (1, [102, 103]),
        (0, [0, 0]),
    ]


# Spread


def spread_of(counts, of):
    return spread(members(counts, of), [len(batches(n, of)) for n in counts], of)


@MANY
@given(counts=lengths, size=steps, drop_last=st.booleans())
def test_steps_are_spread_by_their_share_of_the_epoch(counts, size, drop_last):
    """A member's k-th of n steps stands at (k + 1/2) / n; of equals, the first member's comes."""
    of = recipe(size, drop_last=drop_last)
    modelled = []
    for number, n in enumerate(counts):
        own = batches(n, of, number)
        modelled += [(Fraction(2 * k + 1, 2 * len(own)), number, s) for k, s in enumerate(own)]
    expected = [(number, step) for _, number, step in sorted(modelled)]
    assert expected == [plain(step) for step in walked(spread_of(counts, of), of)]


@MANY
@given(counts=lengths, size=steps, seed=st.integers(0, 99), drop_last=st.booleans())
def test_shuffled_every_step_of_every_member_is_given_once(counts, size, seed, drop_last):
    """In random order."""
    of = recipe(size, shuffle=True, seed=seed, drop_last=drop_last)
    found = [plain(step) for step in walked(spread_of(counts, of), of)]
    expected = [
        (number, plain(step))
        for number, own in enumerate(members(counts, of))
        for step in walked(own, of)
        if own.real(0, own.length) and (len(step) == size or not drop_last)
    ]
    assert sorted(expected) == sorted(found)


@MANY
@given(counts=lengths, size=steps, shuffle=st.booleans(), seed=st.integers(0, 9))
def test_spread_every_part_agrees(counts, size, shuffle, seed):
    """Also in steps that are not full, in the middle of the epoch."""
    of = recipe(size, shuffle=shuffle, seed=seed)
    order = spread_of(counts, of)
    check_agreement(order, of, order.length)


def test_shuffled_steps_differ_between_epochs_and_seeds():
    """The same seed and epoch give the same."""

    def turns(**options):
        of = recipe(1, shuffle=True, **options)
        return [step.ds_index for step in walked(spread_of([20, 20], of), of)]

    assert turns() == turns()
    assert turns() != turns(epoch=1)
    assert turns() != turns(seed=4)
    assert turns() != [0, 1] * 20


# Orders of orders


@MANY
@given(
    counts=lengths,
    other=st.integers(0, 25),
    size=steps,
    shuffle=st.booleans(),
    combine=st.sampled_from([take_turns, spread]),
)
def test_a_choice_beside_a_plan(counts, other, size, shuffle, combine):
    """Each step is cut to the shorter: a short step of a choice stands in the middle, too."""
    of = recipe(size, shuffle=shuffle)

    def choice():
        return spread_of(counts, of) if combine is spread else take_turns(members(counts, of), of)

    order = SideBySide([choice(), member(9, other, of)])
    plan = member(9, other, of).between(0, other).tolist()
    chosen = itertools.islice(walked(choice(), of), -(-order.length // size))
    expected = [
        list(zip(rows(step), plan[number * size : (number + 1) * size], strict=False))
        for number, step in enumerate(chosen)
    ]
    assert order.batch_shaped
    assert expected == [rows(step) for step in walked(order, of)]
    check_agreement(order, of, order.length)


@MANY
@given(counts=lengths, other=st.integers(0, 11), size=steps, shuffle=st.booleans())
def test_a_choice_within_a_choice(counts, other, size, shuffle):
    """Its steps are steps of its members."""
    of = recipe(size, shuffle=shuffle)
    inner = take_turns(members(counts, of), of)
    own = [inner, member(9, other, of)]
    order = spread(own, [steps_of(one, of) for one in own], of)
    found = [plain(step) for step in walked(order, of)]
    expected = [(0, plain(step)) for step in walked(inner, of)]
    expected += [(1, plain(step)) for step in walked(own[1], of)]
    assert sorted(map(repr, expected)) == sorted(map(repr, found))
    check_agreement(order, of, order.length)


# Recipes and counts


@pytest.mark.parametrize(
    ("counts", "expected"), [([3, None, 2], 2), ([None, None], None), ([0, 5], 0), ([], None)]
)
def test_the_shortest_is_the_shortest_that_ends(counts, expected):
    """`None` stands for no end."""
    assert expected == shortest(counts)


@pytest.mark.parametrize(("n", "expected"), [(0, (0, 0)), (3, (1, 0)), (4, (1, 1)), (9, (3, 2))])
def test_steps_that_are_not_full_count_unless_dropped(n, expected):
    """Of four places each."""
    found = [steps_of(member(0, n, recipe(4)), recipe(4, drop_last=drop)) for drop in (False, True)]
    assert [*expected] == found


def test_a_member_gets_all_but_the_seed_and_the_sampler():
    """A sampler is given to one source, not to its members."""
    own = Recipe(
        seed=1,
        epoch=2,
        shuffle=True,
        batch_size=3,
        step_size=6,
        drop_last=True,
        sampler=SubsetSampler(np.arange(3)),
    )
    found = own.for_member(1)
    assert (found.epoch, found.shuffle, found.drop_last) == (2, True, True)
    assert (found.batch_size, found.step_size) == (3, 6)
    assert found.sampler is None
    assert len({own.seed, found.seed, own.for_member(0).seed}) == 3


def test_a_member_has_other_seeds_in_other_passes():
    """And the same in the same."""
    own = recipe(3)
    assert own.for_member(1, 0).seed == own.for_member(1, 0).seed
    assert len({own.for_member(1).seed, own.for_member(1, 0).seed, own.for_member(1, 1).seed}) == 3


# What an order is laid out for


def stratified(size):
    """Give the order of a source that is laid out for batches of a size."""
    source = ArrayDataSource([np.arange(6)], sampler=StratifiedSampler([0, 0, 0, 0, 1, 1]))
    return source.epoch_order(recipe(size))


def test_a_composite_is_laid_out_as_its_member():
    """The first one that is laid out for anything."""
    order = SideBySide([member(0, 5, recipe(3)), stratified(3)])
    assert (order.interleaved, order.batch_shaped, order.packed) == (3, False, False)


def test_members_that_are_not_laid_out_leave_none():
    """There is no batch size to keep."""
    assert interleaved_of([member(0, 5, recipe(3)), member(1, 5, recipe(3))]) is None


def test_a_choice_is_laid_out_for_nothing_else():
    """Its order goes on with no other batch size anyway."""
    order = take_turns([stratified(3), stratified(3)], recipe(3))
    assert (order.interleaved, order.batch_shaped, order.packed) == (None, True, False)
