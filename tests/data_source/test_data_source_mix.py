"""Batches mixed of several sources in fixed shares."""

import itertools
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    CompositeDataSource,
    ConcatDataSource,
    MixDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, StateError
from aliquot.sampling import (
    BucketSampler,
    ClassBalancedSampler,
    PackingSampler,
    RepeatSampler,
    StratifiedSampler,
    WeightedSampler,
)

MANY = settings(derandomize=True, max_examples=60, deadline=None)
STOPPINGS = ["first_exhausted", "all_exhausted"]
every_stopping = pytest.mark.parametrize("stopping", STOPPINGS)
in_both_orders = pytest.mark.parametrize("shuffle", [False, True])

# Shares without a common divisor are kept as they are.
members_and_shares = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 5)), min_size=1, max_size=4
).filter(lambda own: np.gcd.reduce([share for _, share in own]) == 1)


class Virtual:
    """Any number of samples."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return np.asarray(index)


def member(number, n, **options):
    """Give samples that tell which source they are of: 1000 * number + index."""
    return ArrayDataSource([1000 * number + np.arange(n)], **options)


def mix_of(lengths, weights=None, stopping="first_exhausted"):
    return MixDataSource(
        [member(number, n) for number, n in enumerate(lengths)], weights, stopping=stopping
    )


def epoch_of(source, epoch=0, *, size=7, seed=0, shuffle=True, **options):
    """Give the samples of an epoch, in their order."""
    loader = Loader(source, batch_size=size, shuffle=shuffle, seed=seed, **options)
    loader.set_epoch(epoch)
    return [int(i) for (batch,) in loader for i in batch]


def in_turn(lengths, shares, stopping):
    """Model an epoch in order: give the member and the draw at each place.

    In each run a member's k-th of s samples stands at (k + 1/2) / s.
    """
    run = sorted(
        ((k + 0.5) / share, number) for number, share in enumerate(shares) for k in range(share)
    )
    drawn, through = [0] * len(lengths), set()
    for _, number in itertools.cycle(run):
        if stopping == "first_exhausted" and drawn[number] == lengths[number]:
            return
        yield number, drawn[number]
        drawn[number] += 1
        through |= {number} if drawn[number] == lengths[number] else set()
        if len(through) == len(lengths) and stopping == "all_exhausted":
            return


# Shares


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (None, [1, 1, 1]),
        ([2, 2, 2], [1, 1, 1]),
        ([0.7, 0.2, 0.1], [7, 2, 1]),
        ([1e6, 5e5, 5e5], [2, 1, 1]),
        (np.array([3, 1, 2]), [3, 1, 2]),
    ],
)
def test_weights_become_integer_shares(weights, expected):
    """The smallest that are in proportion."""
    assert mix_of([3, 3, 3], weights).shares.tolist() == expected


@MANY
@given(members_and_shares, st.sampled_from(STOPPINGS))
def test_in_order_members_are_spread_evenly(members, stopping):
    """Each begins anew where it is through, and the epoch ends where it should."""
    lengths, shares = zip(*members, strict=True)
    expected = [1000 * m + k % lengths[m] for m, k in in_turn(lengths, shares, stopping)]
    source = mix_of(lengths, shares, stopping)
    assert epoch_of(source, shuffle=False) == expected
    assert source.num_samples() == len(expected)


@MANY
@given(members_and_shares, st.sampled_from(STOPPINGS), st.integers(0, 99), st.integers(0, 9))
def test_shuffled_every_run_has_every_share(members, stopping, seed, epoch):
    """And the last one what it has in order, so that all epochs have the same counts."""
    lengths, shares = zip(*members, strict=True)
    expected = [m for m, _ in in_turn(lengths, shares, stopping)]
    found = [i // 1000 for i in epoch_of(mix_of(lengths, shares, stopping), epoch, seed=seed)]
    for start in range(0, len(expected), sum(shares)):
        run = slice(start, start + sum(shares))
        assert Counter(found[run]) == Counter(expected[run])
    assert len(found) == len(expected)


@MANY
@given(members_and_shares, st.sampled_from(STOPPINGS), st.integers(0, 99), st.integers(0, 9))
def test_members_go_through_all_samples_before_any_comes_again(members, stopping, seed, epoch):
    """In every pass."""
    lengths, shares = zip(*members, strict=True)
    found = epoch_of(mix_of(lengths, shares, stopping), epoch, seed=seed)
    for number, n in enumerate(lengths):
        own = [i % 1000 for i in found if i // 1000 == number]
        # Within a run draws stand in any order, so passes are told apart by counting.
        counts = Counter(own)
        assert set(counts.values()) <= {len(own) // n, -(-len(own) // n)}
        assert len(counts) == min(n, len(own))


@every_stopping
@in_both_orders
def test_epochs_and_seeds_are_equally_long(stopping, shuffle):
    """As many steps each."""
    source = mix_of([7, 5, 11], [3, 2, 1], stopping)
    found = {
        len(epoch_of(source, epoch, seed=seed, shuffle=shuffle))
        for seed in range(5)
        for epoch in range(4)
    }
    assert found == {len(Loader(source, batch_size=1, seed=0))}


def test_which_member_comes_is_shuffled_in_each_run():
    """And differs between runs, epochs and seeds."""
    source = mix_of([400, 400], [2, 2])
    whole = epoch_of(source)
    runs = {tuple(i // 1000 for i in whole[start : start + 2]) for start in range(0, 800, 2)}
    assert runs == {(0, 1), (1, 0)}
    assert whole != epoch_of(source, 1)
    assert whole != epoch_of(source, seed=1)
    assert whole == epoch_of(source)


def test_members_of_one_length_have_orders_of_their_own():
    """Not one permutation for all."""
    found = epoch_of(mix_of([50, 50]))
    first, second = ([i % 1000 for i in found if i // 1000 == number] for number in range(2))
    assert first != second


def test_passes_are_shuffled_anew():
    """Each in an order of its own."""
    found = epoch_of(mix_of([20, 200], [1, 1], "all_exhausted"))
    own = [i for i in found if i < 1000]
    passes = [tuple(own[start : start + 20]) for start in range(0, 200, 20)]
    assert all(sorted(one) == list(range(20)) for one in passes)
    assert len(set(passes)) == 10


def test_in_order_passes_are_the_same():
    """There is only one order."""
    found = epoch_of(mix_of([3, 9], [1, 1], "all_exhausted"), shuffle=False)
    assert [i for i in found if i < 1000] == [0, 1, 2] * 3


def test_first_exhausted_ends_before_a_member_begins_anew():
    """Whatever else there is left."""
    assert epoch_of(mix_of([2, 9]), shuffle=False) == [0, 1000, 1, 1001]
    assert epoch_of(mix_of([9, 2]), shuffle=False) == [0, 1000, 1, 1001, 2]


def test_all_exhausted_ends_with_the_last_sample_of_the_last_member():
    """The others have begun anew."""
    found = epoch_of(mix_of([2, 4], None, "all_exhausted"), shuffle=False)
    assert found == [0, 1000, 1, 1001, 0, 1002, 1, 1003]


@every_stopping
def test_a_single_member_is_gone_through_once(stopping):
    """Both ends are the same."""
    assert sorted(epoch_of(mix_of([9], None, stopping))) == list(range(9))


# Members of all kinds


def test_an_endless_member_follows_the_others():
    """It is never exhausted."""
    source = MixDataSource([member(0, 2, repeats=-1), member(1, 3)])
    found = epoch_of(source, shuffle=False)
    assert found == [0, 1000, 1, 1001, 0, 1002, 1]


@in_both_orders
def test_a_weighted_member_follows_the_others(shuffle):
    """Its draws go on."""
    weighted = member(0, 4, sampler=WeightedSampler([1, 0, 2, 1]))
    found = epoch_of(MixDataSource([weighted, member(1, 30)], [2, 1]), shuffle=shuffle)
    own = Counter(i for i in found if i < 1000)
    assert (sum(own.values()), len(found)) == (61, 91)
    assert set(own) == {0, 2, 3}


def test_members_drawn_without_replacement_begin_anew():
    """Once all with a weight were drawn."""
    sampler = WeightedSampler([1, 0, 2, 1], replacement=False)
    source = MixDataSource([member(0, 4, sampler=sampler), member(1, 9)], None, "all_exhausted")
    assert Counter(i for i in epoch_of(source) if i < 1000) == {0: 3, 2: 3, 3: 3}


def test_repeats_of_a_member_are_one_epoch_of_it():
    """It is exhausted after the last of them."""
    assert epoch_of(MixDataSource([member(0, 2, repeats=2), member(1, 9)]), shuffle=False) == [
        *(0, 1000, 1, 1001, 0, 1002, 1, 1003)
    ]


def test_members_may_be_selections_and_concatenations():
    """Each draws what it draws."""
    chosen = member(0, 9).filter(lambda x: x % 4 == 0)
    joined = ConcatDataSource([member(1, 2, indices=[1]), member(2, 2)])
    found = epoch_of(MixDataSource([chosen, joined]), shuffle=False)
    assert found == [0, 1001, 4, 2000, 8, 2001]


def test_members_may_be_mixtures():
    """With shares of their own."""
    inner = mix_of([4, 4], [3, 1])
    source = MixDataSource([inner, member(5, 9)])
    counts = Counter(i // 1000 for i in epoch_of(source, epoch_samples=8))
    assert counts == {0: 3, 1: 1, 5: 4}


def test_members_may_have_functions():
    """Of which each knows its own samples only."""
    members = [member(0, 3).map(lambda x: x + 0.5), member(1, 3).map_samples(lambda x: x / 2)]
    loader = Loader(MixDataSource(members), batch_size=6, seed=0)
    assert next(iter(loader)).tolist() == [0.5, 500.0, 1.5, 500.5, 2.5, 501.0]


# Epochs without an end


def endless():
    weighted = member(0, 6, sampler=WeightedSampler(np.ones(6)))
    return [weighted, member(1, 4, sampler=ClassBalancedSampler([0, 0, 1, 1]))]


@every_stopping
def test_endless_members_make_an_endless_mixture(stopping):
    """Whose epoch in a loader is as long as theirs together."""
    source = MixDataSource(endless(), stopping=stopping)
    assert source.num_samples() == np.inf
    loader = Loader(source, batch_size=5, shuffle=True, seed=0)
    assert (len(loader), len(epoch_of(source))) == (2, 10)


def test_all_are_never_exhausted_if_one_never_is():
    """The loader has to be told how long an epoch is."""
    source = MixDataSource([member(0, 2, repeats=-1), member(1, 3)], None, "all_exhausted")
    assert source.num_samples() == np.inf
    with pytest.raises(ArgumentTypeError, match="give the loader epoch_samples="):
        len(Loader(source, batch_size=2, seed=0))
    assert epoch_of(source, shuffle=False, epoch_samples=9) == [
        *(0, 1000, 1, 1001, 0, 1002, 1, 1000, 0)
    ]


def test_places_far_away_cost_no_more():
    """Draw and pass are arithmetic."""
    members = [ArrayDataSource([Virtual(10**12)]), ArrayDataSource([Virtual(10**5)], repeats=-1)]
    loader = Loader(MixDataSource(members, [1, 3]), batch_size=8, shuffle=True, seed=0)
    tracemalloc.start()
    try:
        state = {**loader.state_dict(), "place": 2 * 10**12}
        loader.load_state_dict(state)
        batches = list(itertools.islice(loader, 3))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [len(batch) for (batch,) in batches] == [8, 8, 8]
    assert sum(int((batch < 10**5).sum()) for (batch,) in batches) == 18
    assert peak < 4_000_000


def test_many_passes_keep_little():
    """What is over is forgotten."""
    source = mix_of([1, 3000], [1, 1], "all_exhausted")
    order = source.epoch_order(Loader(source, batch_size=1, seed=0)._recipe_at(0))
    tracemalloc.start()
    try:
        for start in range(0, 6000, 10):
            order.between(start, start + 10)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 300_000


# Resuming


@every_stopping
@in_both_orders
@pytest.mark.parametrize("other", [1, 4, 9])
def test_resuming_in_the_middle(stopping, shuffle, other):
    """In the middle of runs and of passes, with another batch size."""
    source = mix_of([5, 13, 3], [2, 3, 1], stopping)
    whole = epoch_of(source, shuffle=shuffle)
    for start in range(len(whole)):
        loader = Loader(source, batch_size=other, shuffle=shuffle, seed=0)
        loader.load_state_dict({**loader.state_dict(), "place": start})
        assert [int(i) for (batch,) in loader for i in batch] == whole[start:]


def test_any_places_can_be_asked_for():
    """In any order, by the order of an epoch."""
    source = mix_of([5, 13, 3], [2, 3, 1], "all_exhausted")
    order = source.epoch_order(Loader(source, batch_size=3, shuffle=True, seed=0)._recipe_at(2))
    whole = order.between(0, order.length)
    places = np.random.RandomState(0).randint(0, order.length, 50)
    assert order.at(places).tolist() == whole[places].tolist()


def test_a_stratified_member_goes_on_under_another_batch_size():
    """In the order that it was laid out in."""
    sampler = StratifiedSampler([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    source = MixDataSource([member(0, 10, sampler=sampler), member(1, 10)])
    loader = Loader(source, batch_size=4, shuffle=True, seed=0)
    iterator = iter(loader)
    next(iterator)
    other = Loader(source, batch_size=3, shuffle=True, seed=0)
    other.load_state_dict(loader.state_dict())
    assert other.state_dict()["interleaved"] == 4
    assert [int(i) for (b,) in other for i in b] == [int(i) for (b,) in iterator for i in b]


def test_a_bucketed_member_needs_its_batch_size():
    """It cannot go on with another."""
    source = MixDataSource([member(0, 8, sampler=BucketSampler(np.arange(8))), member(1, 8)])
    loader = Loader(source, batch_size=4, seed=0)
    with pytest.raises(StateError, match="batch_size is 4 in the state and 2 here"):
        Loader(source, batch_size=2, seed=0).load_state_dict(loader.state_dict())


@pytest.mark.parametrize(
    "other",
    [
        lambda: mix_of([9, 9], [2, 1]),
        lambda: mix_of([9, 9], None, "all_exhausted"),
        lambda: mix_of([9, 10]),
        lambda: MixDataSource([member(0, 9), member(1, 9).take(9)]),
    ],
)
def test_the_fingerprint_depends_on_all_that_the_order_is_made_of(other):
    """Shares, end and members."""
    one, two = (Loader(own, batch_size=2, seed=0) for own in (mix_of([9, 9]), other()))
    assert one.fingerprint() != two.fingerprint()


# batch_iterator


@every_stopping
def test_in_order_the_iterator_goes_as_a_loader(stopping):
    """Short last batch and all."""
    source = mix_of([5, 8], [2, 1], stopping)
    found = [batch.tolist() for (batch,) in source.batch_iterator(4)]
    assert found == [batch.tolist() for (batch,) in Loader(source, batch_size=4, seed=0)]


def test_a_generator_gives_the_seed_by_one_draw():
    """The same for the same state, and another for the next."""
    source, rng = mix_of([9, 9]), np.random.RandomState(3)

    def epoch(shuffle):
        return [int(i) for (batch,) in source.batch_iterator(4, shuffle=shuffle) for i in batch]

    first, second = epoch(rng), epoch(rng)
    assert first == epoch(np.random.RandomState(3))
    assert first != second
    expected = np.random.RandomState(3)
    expected.random(2)
    assert rng.random() == expected.random()


def test_the_iterator_of_an_endless_mixture():
    """`islice` takes some of it."""
    batches = MixDataSource(endless()).batch_iterator(5, shuffle=True)
    assert [len(batch) for (batch,) in itertools.islice(batches, 7)] == [5] * 7


# Refused


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1], "weights must be one a data source: 2 of them, not 1"),
        ([1, 0], "weights must be finite numbers above 0"),
        ([1, -1], "weights must be finite numbers above 0"),
        ([1, np.inf], "weights must be finite numbers above 0"),
        ([np.nan, 1], "weights must be finite numbers above 0"),
        ([1, 1e-9], "none of them is left for number 1"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights, says):
    """The message says what they should be."""
    with pytest.raises(ArgumentError, match=says):
        mix_of([3, 3], weights)


@pytest.mark.parametrize("stopping", ["first", None, True])
def test_other_ends_are_refused(stopping):
    """With the two that there are."""
    with pytest.raises(ArgumentError, match='must be "first_exhausted" or "all_exhausted"'):
        mix_of([3, 3], None, stopping)


@pytest.mark.parametrize(
    "empty", [member(1, 0), member(1, 5, indices=[]), member(1, 5).filter(lambda x: x < 0)]
)
@every_stopping
def test_an_empty_member_is_refused(empty, stopping):
    """There is nothing to mix in."""
    with pytest.raises(ArgumentError, match="data source 1 of a MixDataSource is empty"):
        Loader(MixDataSource([member(0, 3), empty], None, stopping), batch_size=2)


def test_a_packed_member_is_refused():
    """Its rows are no samples."""
    packed = member(1, 3, sampler=PackingSampler([1, 2, 3], 4))
    with pytest.raises(ArgumentError, match="data source 1 of a MixDataSource cannot be packed"):
        Loader(MixDataSource([member(0, 3), packed]), batch_size=2)


def test_a_loader_s_sampler_is_refused():
    """Members may have one each."""
    with pytest.raises(ArgumentError, match="give it to its members"):
        Loader(mix_of([3, 3]), batch_size=2, sampler=RepeatSampler(2))


@pytest.mark.parametrize(
    "ask", [len, lambda source: len(source.take(2)), lambda source: ConcatDataSource([source])]
)
def test_there_are_no_positions_to_choose_from(ask):
    """The members have them."""
    with pytest.raises(ArgumentTypeError, match="choose from those of its members"):
        ask(mix_of([3, 3]))


def test_a_mixture_beside_another_source():
    """Row by row, in a composite."""
    source = CompositeDataSource([mix_of([4, 4]), member(7, 6)])
    loader = Loader(source, batch_size=4, seed=0)
    assert [[column.tolist() for column in batch] for batch in loader] == [
        [[0, 1000, 1, 1001], [7000, 7001, 7002, 7003]],
        [[2, 1002], [7004, 7005]],
    ]


def test_the_repr_shows_shares_and_end():
    """After the members."""
    shown = repr(mix_of([3, 3], [0.75, 0.25], "all_exhausted"))
    assert shown.endswith(")], 3:1, stopping='all_exhausted')")
