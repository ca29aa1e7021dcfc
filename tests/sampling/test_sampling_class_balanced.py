"""Every class equally often."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError, ArgumentTypeError, IndexRangeError
from aliquot.sampling import ClassBalancedSampler

LABELS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=40)
EPOCHS = st.none() | st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 99))


def drawn(labels, epoch, stop):
    """Give an epoch, in order if there is none."""
    sampler = ClassBalancedSampler(labels)
    seed, number = epoch or (0, 0)
    return sampler.plan(shuffle=epoch is not None, seed=seed, epoch=number).indices(0, stop)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LABELS, EPOCHS, st.integers(1, 9))
def test_every_run_has_each_class_once(labels, epoch, runs):
    """Runs of as many places as there are classes."""
    names = sorted(set(labels))
    found = np.array(labels)[drawn(labels, epoch, runs * len(names))]
    assert [names] * runs == [sorted(run) for run in found.reshape(runs, len(names)).tolist()]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(LABELS, EPOCHS)
def test_no_sample_comes_twice_before_all_of_its_class_came_once(labels, epoch):
    """In every pass over a class."""
    found = drawn(labels, epoch, 130)
    for name in set(labels):
        members = np.flatnonzero(np.array(labels) == name).tolist()
        own = [sample for sample in found.tolist() if labels[sample] == name]
        passes = [own[start : start + len(members)] for start in range(0, len(own), len(members))]
        assert all(sorted(one) == members for one in passes[:-1])
        assert len(passes[-1]) == len(set(passes[-1]))
        assert set(passes[-1]) <= set(members)


def test_without_shuffling_classes_and_samples_take_turns():
    """In their order, and that of the data."""
    assert drawn(["b", "a", "b", "c", "b"], None, 9).tolist() == [1, 0, 3, 1, 2, 3, 1, 4, 3]


def test_passes_over_a_class_have_orders_of_their_own():
    """Shuffled anew in each."""
    found = drawn([0] * 30, (0, 0), 90).reshape(3, 30)
    assert len({tuple(one.tolist()) for one in found}) == 3


def test_one_class_is_drawn_like_all_samples():
    """There is no other that it could be balanced with."""
    assert sorted(drawn(["x"] * 20, (1, 2), 20).tolist()) == list(range(20))


def test_a_place_far_away_is_there_at_once():
    """Run a million million."""
    plan = ClassBalancedSampler([0, 1, 1, 1]).plan(shuffle=True, seed=0, epoch=0)
    found = plan.indices(2 * 10**12, 2 * 10**12 + 2).tolist()
    assert min(found) == 0
    assert max(found) > 0


def test_there_is_no_end():
    """A loader's epoch has as many samples as there are labels."""
    sampler = ClassBalancedSampler([0, 1, 1, 1])
    assert (np.inf, 4) == (sampler.num_indices_generated(), sampler.default_epoch_samples())


def test_classes_and_length_are_known():
    """The labels that occur, sorted."""
    sampler = ClassBalancedSampler([4, 2, 4])
    assert (sampler.classes.tolist(), sampler.length, sampler.reach()) == ([2, 4], 3, 3)


def test_positions_are_indices_of_the_data():
    """Checked against the number of labels."""
    sampler = ClassBalancedSampler([4, 2, 4])
    assert sampler.map_indices([-1, 0]).tolist() == [2, 0]
    with pytest.raises(IndexRangeError, match="index 3 is out of range for 3 samples"):
        sampler.map_indices([3])


def test_there_are_no_positions_to_choose_from():
    """The message says what to do."""
    text = r"ClassBalancedSampler\(2 labels of 2 classes\) draws at random.*choose samples first"
    with pytest.raises(ArgumentTypeError, match=text):
        ClassBalancedSampler([0, 1]).positions()


def test_a_generator_gives_a_seed():
    """The same one the same order."""
    sampler = ClassBalancedSampler([0, 1, 1, 0, 1])
    found = [
        next(sampler.shuffled_indices_batch_iterator(10, np.random.RandomState(seed))).tolist()
        for seed in (1, 1, 2)
    ]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_repr_and_description():
    """The description tells other labels apart."""
    sampler = ClassBalancedSampler([0, 1, 1])
    assert repr(sampler) == "ClassBalancedSampler(3 labels of 2 classes)"
    assert sampler.describe().startswith("ClassBalancedSampler(3 labels of 2 classes) #")
    assert sampler.describe() != ClassBalancedSampler([0, 0, 1]).describe()


def test_labels_of_another_kind_are_refused():
    """As `Classes` says."""
    with pytest.raises(ArgumentError, match="labels must be a 1-D array of integers or texts"):
        ClassBalancedSampler([0.5])
