"""Disjoint parts of a data set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot.errors import ArgumentError
from aliquot.sampling._split import split


@st.composite
def shares(draw):
    """Draw fractions that sum to 1."""
    parts = draw(st.lists(st.integers(1, 20), min_size=1, max_size=5))
    return [part / sum(parts) for part in parts]


def sizes(parts):
    return [len(part) for part in parts]


def assert_disjoint_and_complete(n, parts):
    assert list(range(n)) == sorted(np.concatenate(parts).tolist())
    for part in parts:
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()


def test_divisions_are_frozen():
    """Plain, by class and by group."""
    labels = np.array(list("abcabcabcaab"))
    assert [part.tolist() for part in split(12, [0.5, 0.25, 0.25], seed=3)] == [
        [2, 5, 6, 8, 9, 10],
        [0, 1, 11],
        [3, 4, 7],
    ]
    assert [part.tolist() for part in split(12, [0.7, 0.3], stratify=labels)] == [
        [1, 2, 3, 4, 6, 8, 9, 10],
        [0, 5, 7, 11],
    ]
    assert [part.tolist() for part in split(12, [0.7, 0.3], groups=labels)] == [
        [1, 2, 4, 5, 7, 8, 11],
        [0, 3, 6, 9, 10],
    ]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(0, 200), shares(), st.integers(0, 2**64 - 1))
def test_parts_are_disjoint_complete_and_of_the_right_size(n, fractions, seed):
    """Each within one of its share."""
    parts = split(n, fractions, seed=seed)
    assert_disjoint_and_complete(n, parts)
    assert all(
        abs(size - n * f) < 1 + 1e-9 for size, f in zip(sizes(parts), fractions, strict=True)
    )


@pytest.mark.parametrize(
    ("n", "fractions", "expected"),
    [
        (10, [0.7, 0.2, 0.1], [7, 2, 1]),
        (10, [1 / 3] * 3, [4, 3, 3]),
        (11, [1 / 3] * 3, [4, 4, 3]),
        (5, [0.7, 0.3], [4, 1]),
        (5, [0.3, 0.7], [2, 3]),
        (15, [0.1, 0.8, 0.1], [2, 12, 1]),
        (7, [0.15, 0.85], [1, 6]),
        (3, [1.0], [3]),
        (0, [0.5, 0.5], [0, 0]),
        (10, (f for f in (0.4, 0.6)), [4, 6]),
    ],
)
def test_sizes_are_by_largest_remainder(n, fractions, expected):
    """Ties favour the first parts, also where floats would not see the tie."""
    assert expected == sizes(split(n, fractions))


def test_seeds_give_other_divisions():
    """And the same one the same."""
    first, again, other = (split(100, [0.5, 0.5], seed=seed)[0].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_every_sample_is_as_likely_in_a_part():
    """Over many seeds, within 4.5 deviations."""
    counts = np.zeros(30)
    for seed in range(2000):
        counts[split(30, [0.7, 0.3], seed=seed)[1]] += 1
    assert np.abs(counts - 600).max() < 4.5 * np.sqrt(2000 * 0.3 * 0.7)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.integers(-3, 6), max_size=150), shares(), st.integers(0, 99))
def test_classes_keep_their_proportions(labels, fractions, seed):
    """Each class within one sample of its share, and the totals within the number of classes."""
    n, classes = len(labels), sorted(set(labels))
    parts = split(n, fractions, seed=seed, stratify=labels)
    assert_disjoint_and_complete(n, parts)
    labels = np.array(labels)
    for part, fraction in zip(parts, fractions, strict=True):
        for label in classes:
            share = np.count_nonzero(labels == label) * fraction
            assert abs(np.count_nonzero(labels[part] == label) - share) < 1 + 1e-9
        assert abs(len(part) - n * fraction) <= len(classes)


def test_many_small_classes_do_not_all_round_the_same_way():
    """A tenth of a hundred classes of five is 50, not 0."""
    assert sizes(split(500, [0.9, 0.1], stratify=np.arange(500) // 5)) == [450, 50]


@pytest.mark.parametrize(
    "labels",
    [
        ["cat", "dog"] * 10,
        np.array(["cat", "dog"] * 10, dtype=object),
        np.array([0.5, np.nan] * 10),
        [True, False] * 10,
        np.array([1, 2] * 10, np.uint8),
    ],
    ids=["str", "object", "float", "bool", "uint8"],
)
@pytest.mark.parametrize("argument", ["stratify", "groups"])
def test_labels_may_be_of_any_type_that_has_an_order(labels, argument):
    """What counts is their order, not their values."""
    expected = split(20, [0.5, 0.5], **{argument: [0, 1] * 10})
    first = split(20, [0.5, 0.5], **{argument: labels})
    flipped = split(20, [0.5, 0.5], **{argument: [1, 0] * 10})
    same = [part.tolist() for part in first]
    assert same in ([p.tolist() for p in expected], [p.tolist() for p in flipped])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=120), shares(), st.integers(0, 99))
def test_groups_are_never_divided(groups, fractions, seed):
    """And moving one to another part would bring the sizes no nearer."""
    n = len(groups)
    parts = split(n, fractions, seed=seed, groups=groups)
    assert_disjoint_and_complete(n, parts)
    groups = np.array(groups, dtype=np.int64)
    members = [set(groups[part].tolist()) for part in parts]
    assert sum(map(len, members)) == len(set(groups.tolist()))
    aim = sizes(split(n, fractions))
    missing = [a - len(part) for a, part in zip(aim, parts, strict=True)]
    for part, held in enumerate(members):
        for group in held:
            size = np.count_nonzero(groups == group)
            assert max(missing) - missing[part] <= size


def test_groups_of_one_sample_give_exact_sizes():
    """As without groups."""
    assert sizes(split(100, [0.7, 0.2, 0.1], groups=np.arange(100))) == [70, 20, 10]


def test_a_group_too_large_for_every_part_is_not_divided():
    """It goes where most is missing."""
    groups = [0] * 90 + list(range(1, 11))
    parts = split(100, [0.5, 0.5], groups=groups)
    assert sorted(sizes(parts), reverse=True) == [90, 10]


def test_large_groups_go_to_every_part():
    """Over many seeds, each group is in the small part about as often as its fraction."""
    groups = np.repeat(np.arange(40), np.arange(1, 41))
    held = np.zeros(40)
    for seed in range(400):
        held[np.unique(groups[split(len(groups), [0.7, 0.3], seed=seed, groups=groups)[1]])] += 1
    assert held[20:].min() > 0.15 * 400


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((10, []), "fractions must be above 0, not \\[\\]"),
        ((10, [0.5, 0.6]), "fractions must sum to 1, not 1.1"),
        ((10, [1.5, -0.5]), "fractions must be above 0"),
        ((10, [1.0, 0.0]), "fractions must be above 0"),
        ((10, [float("nan"), 1.0]), "fractions must be above 0"),
        ((-1, [1.0]), "n must be 0 or more, not -1"),
    ],
)
def test_wrong_fractions_are_refused(arguments, text):
    """The message says what came."""
    with pytest.raises(ArgumentError, match=text):
        split(*arguments)


def test_a_sum_within_rounding_of_1_is_one():
    """As ten times 0.1."""
    assert sizes(split(10, [0.1] * 10)) == [1] * 10


@pytest.mark.parametrize("argument", ["stratify", "groups"])
@pytest.mark.parametrize("labels", [[0, 1], np.zeros((10, 1)), 3])
def test_labels_of_another_shape_are_refused(argument, labels):
    """One a sample."""
    with pytest.raises(ArgumentError, match=rf"{argument} must have one label a sample, shape"):
        split(10, [0.5, 0.5], **{argument: labels})


def test_classes_and_groups_together_are_refused():
    """Whole groups have the classes they have."""
    with pytest.raises(ArgumentError, match="stratify and groups cannot be used together"):
        split(2, [0.5, 0.5], stratify=[0, 1], groups=[0, 1])


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_of_more_than_64_bits_is_refused(seed):
    """As everywhere."""
    with pytest.raises(ArgumentError, match=r"from 0 to 2\*\*64 - 1"):
        split(10, [1.0], seed=seed)
