"""What is saved, and which states are refused."""

import re

import numpy as np
import pytest
from loader_cases import CASES, Virtual, jitter, numbers, plains, saved

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    MixDataSource,
)
from aliquot.errors import StateError
from aliquot.sampling import (
    AbstractSampler,
    BucketSampler,
    ClassBalancedSampler,
    PackingSampler,
    RepeatSampler,
    StratifiedSampler,
    WeightedSampler,
    WeightedSubsetSampler,
)

X = np.arange(20)
W = np.arange(20) + 1.0


def of_twenty(source=X, **options):
    return Loader(source, **{"batch_size": 3, "shuffle": True, "seed": 5, **options})


def subset(indices):
    return ArrayDataSource([X], indices=indices)


def sampled(sampler):
    return ArrayDataSource([X], sampler=sampler)


# Another recipe


OTHERS = {
    "length": (of_twenty, lambda: of_twenty(X[:19]), "length is 20 in the state and 19 here"),
    "seed": (of_twenty, lambda: of_twenty(seed=6), "seed is 5 in the state and 6 here"),
    "shuffle": (of_twenty, lambda: of_twenty(shuffle=False), "sampling is .*shuffled"),
    "epoch samples": (of_twenty, lambda: of_twenty(epoch_samples=7), "length is 20"),
    "repeats": (
        lambda: of_twenty(numbers(20, repeats=3), epoch_samples=20),
        lambda: of_twenty(numbers(20, repeats=2), epoch_samples=20),
        "sampling is .*repeats=3",
    ),
    "indices": (
        lambda: of_twenty(subset([1, 2, 3])),
        lambda: of_twenty(subset([1, 2, 4])),
        "sampling is .*SubsetSampler",
    ),
    "order of indices": (
        lambda: of_twenty(subset([1, 2, 3])),
        lambda: of_twenty(subset([2, 1, 3])),
        "sampling is .*SubsetSampler",
    ),
    "weights": (
        lambda: of_twenty(sampled(WeightedSampler(W))),
        lambda: of_twenty(sampled(WeightedSampler(W**2))),
        "sampling is .*WeightedSampler",
    ),
    "weights of the loader": (
        lambda: of_twenty(sampler=WeightedSubsetSampler(W, X)),
        lambda: of_twenty(sampler=WeightedSubsetSampler(W, X[::-1])),
        "sampling is .*WeightedSubsetSampler",
    ),
    "member": (
        lambda: of_twenty(CompositeDataSource([numbers(20), numbers(30)])),
        lambda: of_twenty(CompositeDataSource([numbers(20), numbers(31)])),
        "sampling is .*CompositeDataSource",
    ),
    "stratified": (
        lambda: of_twenty(ChoiceDataSource([numbers(6), numbers(6)])),
        lambda: of_twenty(ChoiceDataSource([numbers(6), numbers(6)], stratified=True)),
        "sampling is .*ChoiceDataSource",
    ),
    "replacement": (
        lambda: of_twenty(sampler=WeightedSampler(W)),
        lambda: of_twenty(sampler=WeightedSampler(W, replacement=False)),
        "sampling is .*replacement=",
    ),
    "labels": (
        lambda: of_twenty(sampler=ClassBalancedSampler(X % 3)),
        lambda: of_twenty(sampler=ClassBalancedSampler(X[::-1] % 3)),
        "sampling is .*ClassBalancedSampler",
    ),
    "kind of sampler": (
        lambda: of_twenty(sampler=ClassBalancedSampler(X % 3)),
        lambda: of_twenty(sampler=StratifiedSampler(X % 3)),
        "sampling is .*StratifiedSampler",
    ),
    "repetitions": (
        lambda: of_twenty(sampler=RepeatSampler(2), epoch_samples=20),
        lambda: of_twenty(sampler=RepeatSampler(3), epoch_samples=20),
        r"sampling is .*RepeatSampler\(3\)",
    ),
    "lengths": (
        lambda: of_twenty(sampler=BucketSampler(X)),
        lambda: of_twenty(sampler=BucketSampler(X[::-1])),
        "sampling is .*BucketSampler",
    ),
    "buckets": (
        lambda: of_twenty(sampler=BucketSampler(X)),
        lambda: of_twenty(sampler=BucketSampler(X, buckets=3)),
        "sampling is .*buckets=3",
    ),
    "tokens": (
        lambda: of_twenty(sampler=PackingSampler(np.full(20, 4), 8)),
        lambda: of_twenty(sampler=PackingSampler(np.full(20, 4), 9)),
        "sampling is .*tokens=9",
    ),
    "selection": (
        lambda: of_twenty(numbers(40).take(20)),
        lambda: of_twenty(numbers(40).skip(20)),
        "sampling is .*Selected",
    ),
    "subset of a part": (
        lambda: of_twenty(ConcatDataSource([subset([1, 2]), numbers(18)])),
        lambda: of_twenty(ConcatDataSource([subset([2, 1]), numbers(18)])),
        "sampling is .*SubsetSampler",
    ),
    "shares": (
        lambda: of_twenty(MixDataSource([numbers(20), numbers(20)]), epoch_samples=20),
        lambda: of_twenty(MixDataSource([numbers(20), numbers(20)], [1, 2]), epoch_samples=20),
        r"sampling is .*Mix\(1:2",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_state_of_another_recipe_is_refused(name):
    """With what differs; and the fingerprints differ too."""
    make, make_other, says = OTHERS[name]
    loader, other = make(), make_other()
    assert loader.fingerprint() != other.fingerprint()
    before = other.state_dict()
    with pytest.raises(StateError, match=f"another recipe: .*{says}"):
        other.load_state_dict(saved(loader))
    assert other.state_dict() == before


def test_all_that_differs_is_listed():
    """In one message."""
    with pytest.raises(StateError) as caught:
        of_twenty(X[:19], seed=6, shuffle=False).load_state_dict(saved(of_twenty()))
    found = re.findall(r"(\w+) is \S+", str(caught.value))
    assert found == ["length", "sampling", "seed"]


def test_a_refused_state_leaves_the_iterator():
    """Nothing has happened."""
    loader = of_twenty()
    iterator = iter(loader)
    next(iterator)
    with pytest.raises(StateError):
        loader.load_state_dict(saved(of_twenty(seed=6)))
    assert len(list(iterator)) == 6


def test_another_version_of_the_orders_is_refused():
    """Its permutations are not ours."""
    with pytest.raises(StateError, match="order is 99 in the state"):
        of_twenty().load_state_dict({**saved(of_twenty()), "order": 99})


def test_another_format_is_refused():
    """With both numbers."""
    with pytest.raises(StateError, match="the state has format 2, and this is 1"):
        of_twenty().load_state_dict({**saved(of_twenty()), "aliquot": 2})


@pytest.mark.parametrize("state", [None, 3, [], "text", {}, {"epoch": 1, "place": 0}])
def test_what_is_no_state_is_refused(state):
    """As given by `state_dict`, the message says."""
    with pytest.raises(StateError, match=r"state_dict\(\) gave"):
        of_twenty().load_state_dict(state)


@pytest.mark.parametrize("name", ["epoch", "place", "step"])
@pytest.mark.parametrize("value", [-1, 1.5, "3", None, True, [1]])
def test_positions_are_whole_numbers(name, value):
    """The message names the one that is not."""
    with pytest.raises(StateError, match=f"{name} must be an integer of 0 or more"):
        of_twenty().load_state_dict({**saved(of_twenty()), name: value})


@pytest.mark.parametrize("name", ["epoch", "seed"])
def test_what_orders_are_made_of_has_64_bits(name):
    """Refused when it is loaded, not when it is used."""
    loader = of_twenty(seed=None)
    with pytest.raises(StateError, match=name):
        loader.load_state_dict({**saved(loader), name: 2**64})


@pytest.mark.parametrize("name", ["epoch", "place", "length", "sampling", "order", "seed"])
def test_a_state_is_complete(name):
    """One without a part is refused."""
    state = saved(of_twenty())
    del state[name]
    with pytest.raises(StateError, match=name):
        of_twenty().load_state_dict(state)


def test_a_place_beyond_the_epoch_is_refused():
    """With the number of places."""
    with pytest.raises(StateError, match="place 21 in the state lies beyond the 20"):
        of_twenty().load_state_dict({**saved(of_twenty()), "place": 21})


def test_a_place_within_a_step_of_a_choice_is_refused():
    """No step begins there."""
    loader = CASES["choice"].loader(12, batch_size=4)
    with pytest.raises(StateError):
        loader.load_state_dict({**saved(loader), "place": 2})


def test_the_past_of_a_new_loader_is_unknown():
    """It says so."""
    loader = of_twenty()
    next(iter(loader))
    with pytest.raises(ValueError, match="no state 2 batches before"):
        loader.state_dict(ago=2)
    with pytest.raises(ValueError, match="ago must be an integer of 0 or more"):
        loader.state_dict(ago=-1)


# The same recipe


SAME = {
    "batch size": {"batch_size": 7},
    "drop_last": {"drop_last": True},
    "pad_last": {"pad_last": True},
    "ranks": {"world_size": 4, "rank": 2, "pad_last": True},
    "pool": {"pool": 2},
    "prefetch": {"prefetch": 9},
    "on_error": {"on_error": "skip"},
    "collate": {"collate": lambda batch: batch},
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_change_the_order_is_not_in_the_fingerprint(name):
    """Nor does it refuse a state."""
    loader, other = of_twenty(), of_twenty(**SAME[name])
    next(iter(loader))
    assert other.fingerprint() == loader.fingerprint()
    other.load_state_dict(saved(loader))
    assert saved(other) == saved(loader)


@pytest.mark.parametrize(
    "source",
    [
        numbers(20),
        numbers(20).map(jitter),
        numbers(20).map_samples(lambda x: x + 1),
        [X, X],
        {"x": X},
        Virtual(20),
    ],
    ids=["array", "map", "map_samples", "columns", "dict", "virtual"],
)
def test_stages_and_columns_are_not_in_the_fingerprint(source):
    """Other augmentations do not change which samples come when."""
    assert of_twenty(source).fingerprint() == of_twenty().fingerprint()


def test_a_fingerprint_is_short_and_stays():
    """While the loader moves on."""
    loader = of_twenty()
    before = loader.fingerprint()
    list(loader)
    assert loader.fingerprint() == before
    assert re.fullmatch("[0-9a-f]{16}", before)


class Doubled(AbstractSampler):
    """A user's sampler without a `repr` of its own."""

    def num_indices_generated(self):
        return 5

    def plan(self, *, shuffle, seed, epoch):
        return self

    def indices(self, start, stop):
        return np.arange(start, min(stop, 5)) * 2


def test_a_user_s_sampler_is_the_same_in_another_process():
    """What describes it holds no address."""
    loader = of_twenty([X], sampler=Doubled(), shuffle=False)
    next(iter(loader))
    other = of_twenty([X], sampler=Doubled(), shuffle=False)
    other.load_state_dict(saved(loader))
    assert [batch.tolist() for (batch,) in other] == [[6, 8]]


# Seeds


def test_a_loader_without_a_seed_adopts_that_of_the_state():
    """And goes on as the other one."""
    loader = of_twenty(seed=None)
    iterator = iter(loader)
    next(iterator)
    other = of_twenty(seed=None)
    other.peek()
    other.load_state_dict(saved(loader))
    assert other.seed == loader.seed
    assert other.fingerprint() == loader.fingerprint()
    assert plains(other) == plains(iterator)
    assert plains(other) == plains(loader)


def test_an_adopted_seed_reaches_the_workers():
    """Who may have begun with the other one."""
    loader = of_twenty(numbers(20).map(jitter), seed=None)
    expected = plains(loader)
    loader.set_epoch(0)
    with of_twenty(numbers(20).map(jitter), seed=None, pool=2) as other:
        next(iter(other))
        other.load_state_dict(saved(loader))
        assert plains(other) == expected


def test_a_seed_that_was_given_is_not_given_up():
    """Though it came from a generator."""
    loader = of_twenty(shuffle=np.random.RandomState(1), seed=None)
    with pytest.raises(StateError, match="seed is 5"):
        loader.load_state_dict(saved(of_twenty()))


def test_the_seed_is_shown_everywhere():
    """So that a run can be repeated."""
    loader = of_twenty(seed=None)
    seed = loader.seed
    assert f"seed={seed}" in repr(loader)
    assert saved(loader)["seed"] == seed
    assert f"seed {seed}" in str(loader.report())
    assert loader.fingerprint() in str(loader.report())


@pytest.mark.parametrize("name", CASES)
def test_states_are_short(name):
    """Under 300 bytes, which `saved` checks."""
    options = {"batch_size": 4, "pad_last": True, "world_size": 1000, "rank": 999}
    loader = CASES[name].loader(60, seed=2**64 - 1, **options)
    loader.set_epoch(10**9)
    assert saved(loader)["epoch"] == 10**9


class Long(Doubled):
    """A user's sampler that tells much of itself, and not in ASCII."""

    def describe(self):
        return "häufig gezogene Wörter, " * 20


def test_the_state_of_a_sampler_that_says_much_is_short():
    """Only the beginning is in it, and a hash."""
    assert saved(of_twenty([X], sampler=Long()))["length"] == 5
