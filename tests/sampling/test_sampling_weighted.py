"""Samples drawn by weight."""

import pickle

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import WeightedSampler, WeightedSubsetSampler

WRONG = {
    "negative": ([1.0, -1.0, 3.0], "weights must be finite and not negative"),
    "nan": ([1.0, np.nan, 3.0], "weights must be finite and not negative"),
    "infinite": ([1.0, np.inf, 3.0], "weights must be finite and not negative"),
    "zero": ([0.0, 0.0, 0.0], "weights must not sum to 0: give at least one sample a weight"),
    "2-D": (np.ones((3, 2)), r"weights must be a 1-D array, not one of shape \(3, 2\)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_weights_are_refused(case):
    """By the constructor, which says what is wrong with them."""
    weights, text = WRONG[case]
    with pytest.raises(ArgumentError, match=text):
        WeightedSampler(weights)


@pytest.mark.parametrize("case", WRONG)
def test_wrong_weights_of_a_subset_are_refused(case):
    """In the name of the argument."""
    weights, text = WRONG[case]
    with pytest.raises(ArgumentError, match=f"sub_{text}"):
        WeightedSubsetSampler(weights, [1, 2, 3])


def test_no_weights_are_refused():
    """There is nothing to draw."""
    with pytest.raises(ArgumentError, match="must not sum to 0"):
        WeightedSampler([])


def test_unequal_weights_and_indices_are_refused():
    """The message gives both lengths."""
    with pytest.raises(ArgumentError) as caught:
        WeightedSubsetSampler([0.5, 0.5], [1, 2, 3])
    assert str(caught.value) == "sub_weights and indices must have the same length, not 2 and 3"


@pytest.mark.parametrize("weights", [[1, 0, 3], np.array([1, 0, 3], np.uint8), [0.1, 0.0, 0.3]])
def test_weights_are_scaled(weights):
    """Their sum does not matter."""
    np.testing.assert_allclose([0.25, 0, 0.75], WeightedSampler(weights).weights)


def test_the_callers_weights_are_left_alone():
    """Scaling makes an array of its own."""
    weights = np.array([1.0, 3.0])
    WeightedSampler(weights)
    assert weights.tolist() == [1.0, 3.0]


def test_draws_are_those_of_choice():
    """The same samples as NumPy's ``RandomState.choice`` with weights."""
    weights = np.array([0.2, 0.5, 0.3])
    expected = np.random.RandomState(7).choice(3, size=20, p=weights).tolist()
    found = WeightedSampler(weights).shuffled_indices_batch_iterator(20, np.random.RandomState(7))
    assert expected == next(found).tolist()


def test_a_subset_draws_its_own_samples():
    """By position in the weights."""
    sampler = WeightedSubsetSampler([0, 1, 0], [20, 40, 60])
    found = sampler.shuffled_indices_batch_iterator(3, np.random.RandomState(7))
    assert next(found).tolist() == [40, 40, 40]


@pytest.mark.parametrize(
    "sampler", [WeightedSampler([1, 2]), WeightedSubsetSampler([1, 2], [5, 6])]
)
def test_there_is_no_order_without_a_generator(sampler):
    """The message says what to give."""
    expected = (
        f"{type(sampler).__name__} draws at random: give shuffle=True or a numpy.random.RandomState"
    )
    with pytest.raises(NotImplementedError) as caught:
        sampler.in_order_indices_batch_iterator(2)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    "sampler", [WeightedSampler([1, 2]), WeightedSubsetSampler([1, 2], [5, 6])]
)
def test_there_is_no_end(sampler):
    """An epoch is as long as the user makes it."""
    assert np.inf == sampler.num_indices_generated()


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [(WeightedSampler([1, 2]), [1, 0]), (WeightedSubsetSampler([1, 2], [5, 6]), [6, 5])],
)
def test_positions_become_indices(sampler, expected):
    """Those of a subset are its own."""
    assert expected == sampler.map_indices([-1, 0]).tolist()


@pytest.mark.parametrize(
    "sampler", [WeightedSampler([1, 2]), WeightedSubsetSampler([1, 2], [5, 6])]
)
def test_positions_are_checked(sampler):
    """Against the number of weights."""
    with pytest.raises(IndexRangeError, match="index 2 is out of range for 2 samples"):
        sampler.map_indices([2])


def test_balancing_gives_every_class_the_same_sum():
    """A class that does not occur takes no part."""
    y = np.array([0, 0, 0, 2, 2, 5])
    weights = WeightedSampler.class_balancing_sample_weights(y, n_classes=9)
    np.testing.assert_allclose([1 / 3] * 3, [weights[y == c].sum() for c in (0, 2, 5)])


def test_a_balancing_sampler_has_those_weights():
    """It draws from all samples."""
    sampler = WeightedSampler.class_balancing_sampler([0, 0, 1])
    np.testing.assert_allclose([0.25, 0.25, 0.5], sampler.weights)


def test_a_balancing_subset_sampler_weighs_the_subset_only():
    """Classes are counted within it; negative indices count from the end of the data."""
    sampler = WeightedSubsetSampler.class_balancing_sampler([0, 0, 0, 1, 1], [0, 3, -1])
    np.testing.assert_allclose([0.5, 0.25, 0.25], sampler.sub_weights)
    assert sampler.indices.tolist() == [0, 3, 4]


def test_too_few_classes_are_refused():
    """The message names the class that is too large."""
    with pytest.raises(ArgumentError) as caught:
        WeightedSampler.class_balancing_sampler([0, 3], n_classes=3)
    assert str(caught.value) == "y holds class 3, but n_classes is 3"


def test_a_negative_class_is_refused():
    """It is no class."""
    with pytest.raises(ArgumentError, match="y must hold classes of 0 or more, not -1"):
        WeightedSampler.class_balancing_sample_weights([0, -1])


def test_classes_that_are_no_integers_are_refused():
    """Under the name of the argument."""
    with pytest.raises(ArgumentTypeError, match="y must be integers, not float64"):
        WeightedSampler.class_balancing_sampler([0.0, 1.0])


def test_a_subset_beyond_the_classes_is_refused():
    """By the check of its indices."""
    with pytest.raises(IndexRangeError, match="index 9 is out of range for 2 samples"):
        WeightedSubsetSampler.class_balancing_sampler([0, 1], [0, 9])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (WeightedSampler([1, 2]), "WeightedSampler(2 weights)"),
        (
            WeightedSampler([1, 2], replacement=False),
            "WeightedSampler(2 weights, replacement=False)",
        ),
        (WeightedSubsetSampler([1, 2], [5, 6]), "WeightedSubsetSampler(2 indices)"),
    ],
)
def test_repr(sampler, expected):
    """Shows how many, not which."""
    assert expected == repr(sampler)


# Without replacement.


def test_without_replacement_an_epoch_has_each_sample_with_a_weight_once():
    """One of weight 0 is never drawn."""
    sampler = WeightedSampler([1, 0, 3, 2, 0, 9], replacement=False)
    assert sampler.num_indices_generated() == 4
    found = sampler.plan(shuffle=True, seed=0, epoch=0).indices(0, 99)
    assert sorted(found.tolist()) == [0, 2, 3, 5]


def test_replacement_is_what_it_was_without_the_argument():
    """It can be asked for."""
    assert [
        WeightedSampler([1, 2]).replacement,
        WeightedSampler([1, 2], replacement=False).replacement,
        WeightedSampler([1, 2], True).replacement,
    ] == [True, False, True]


def test_without_replacement_heavy_samples_come_rather_early():
    """Of weights 1 and 9, mostly the second first: 900 of 1000 epochs, within 4 deviations."""
    sampler = WeightedSampler([1, 9], replacement=False)
    first = [
        sampler.plan(shuffle=True, seed=0, epoch=epoch).indices(0, 1)[0] for epoch in range(1000)
    ]
    assert abs(sum(first) - 900) < 4 * np.sqrt(90)


def test_an_order_without_replacement_can_be_drawn_from_a_generator():
    """One number a sample."""
    sampler = WeightedSampler([1, 0, 3, 2], replacement=False)
    rng, other = np.random.RandomState(7), np.random.RandomState(7)
    batches = [b.tolist() for b in sampler.shuffled_indices_batch_iterator(2, rng)]
    assert [len(batch) for batch in batches] == [2, 1]
    assert sorted(index for batch in batches for index in batch) == [0, 2, 3]
    other.random_sample(4)
    assert other.random_sample() == rng.random_sample()


def test_there_is_no_order_of_the_data_without_replacement():
    """As with it."""
    with pytest.raises(NotImplementedError, match="WeightedSampler draws at random: give shuffle="):
        WeightedSampler([1, 2], replacement=False).in_order_indices_batch_iterator(2)


def test_descriptions_tell_samplers_apart():
    """By weights, by replacement and by the samples of a subset."""
    samplers = [
        WeightedSampler([1, 2]),
        WeightedSampler([2, 1]),
        WeightedSampler([1, 2], replacement=False),
        WeightedSubsetSampler([1, 2], [5, 6]),
        WeightedSubsetSampler([2, 1], [5, 6]),
        WeightedSubsetSampler([1, 2], [6, 5]),
    ]
    assert len({sampler.describe() for sampler in samplers}) == 6
    assert WeightedSampler([1, 2]).describe() == WeightedSampler([2, 4]).describe()


# Tables.


SAMPLERS = [WeightedSampler(np.arange(1000)), WeightedSubsetSampler(np.arange(1000), range(1000))]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=["all", "subset"])
def test_a_table_is_made_for_the_first_epoch_and_kept(sampler):
    """Not by the constructor, as not all samplers are drawn from."""
    copy = pickle.loads(pickle.dumps(sampler))
    assert copy._table._table is None
    copy.plan(shuffle=True, seed=0, epoch=0)
    table = copy._table._table
    copy.plan(shuffle=True, seed=0, epoch=1)
    assert table is copy._table._table


@pytest.mark.parametrize("sampler", SAMPLERS, ids=["all", "subset"])
def test_a_pickled_sampler_is_without_its_table(sampler):
    """It is 8 bytes a sample, and in a subset 16; a copy draws the same."""
    expected = sampler.plan(shuffle=True, seed=3, epoch=4).indices(0, 50).tolist()
    pickled = pickle.dumps(sampler)
    assert len(pickled) < (8_000 if sampler is SAMPLERS[0] else 16_000) + 1000
    found = pickle.loads(pickled).plan(shuffle=True, seed=3, epoch=4).indices(0, 50)
    assert expected == found.tolist()


def test_a_race_makes_no_table():
    """It needs none."""
    sampler = WeightedSampler([1, 2], replacement=False)
    sampler.plan(shuffle=True, seed=0, epoch=0).indices(0, 2)
    assert sampler._table._table is None


@pytest.mark.parametrize("n", range(1, 30))
def test_classes_of_one_size_can_be_balanced(n):
    """All weights are equal then, and may each be a shade below their mean."""
    plan = WeightedSampler.class_balancing_sampler(np.arange(n)).plan(shuffle=True, seed=0, epoch=0)
    assert set(range(n)) == set(plan.indices(0, 40 * n).tolist())


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, bool])
def test_weights_of_a_subset_may_be_of_any_type(dtype):
    """They are drawn in proportion; of weight 0 never."""
    weights = np.tile([1, 0, 1], 100).astype(dtype)
    plan = WeightedSubsetSampler(weights, np.arange(300)).plan(shuffle=True, seed=0, epoch=0)
    assert np.flatnonzero(weights).tolist() == sorted(set(plan.indices(0, 4000).tolist()))


@pytest.mark.parametrize("weights", [[1.0, 1e-320], [5e-324, 5e-324]])
@pytest.mark.parametrize("replacement", [True, False])
def test_the_smallest_weights_can_be_drawn_from(weights, replacement):
    """Without a warning."""
    sampler = WeightedSampler(weights, replacement)
    found = sampler.plan(shuffle=True, seed=0, epoch=0).indices(0, 2)
    assert set(found.tolist()) <= {0, 1}
