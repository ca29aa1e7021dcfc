"""Several sources as one, one after the other."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import Loader
from aliquot.data_source import ArrayDataSource, ConcatDataSource, MixDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.sampling import PackingSampler, SubsetSampler, WeightedSampler


class Virtual:
    """Any number of samples."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return np.asarray(index)


def numbers(n, start=0, **options):
    return ArrayDataSource([np.arange(start, start + n)], **options)


def all_of(source, **options):
    return [int(i) for (batch,) in source.batch_iterator(4, **options) for i in batch]


def test_in_order_members_follow_each_other():
    """A batch may hold the end of one and the beginning of the next."""
    source = ConcatDataSource([numbers(3), numbers(2, 10), numbers(2, 20)])
    assert [batch.tolist() for (batch,) in source.batch_iterator(4)] == [
        [0, 1, 2, 10],
        [11, 20, 21],
    ]
    assert (len(source), source.num_samples(), source.data_length()) == (7, 7, 7)


def test_shuffled_all_samples_are_in_one_order():
    """That of one source of as many."""
    source = ConcatDataSource([numbers(10), numbers(10, 10)])
    found = Loader(source, batch_size=6, shuffle=True, seed=4)
    expected = Loader(numbers(20), batch_size=6, shuffle=True, seed=4)
    for _ in range(2):
        assert [b.tolist() for (b,) in found] == [b.tolist() for (b,) in expected]
    assert found.fingerprint() == expected.fingerprint()


def test_a_random_state_gives_the_order_of_one_source():
    """Call for call."""
    source = ConcatDataSource([numbers(10), numbers(10, 10)])
    found = all_of(source, shuffle=np.random.RandomState(1))
    assert found == all_of(numbers(20), shuffle=np.random.RandomState(1))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.one_of(st.none(), st.lists(st.integers(0, 4), max_size=6))),
        min_size=1,
        max_size=4,
    )
)
def test_members_draw_their_own_subsets(members):
    """Whatever these are: of other lengths, permuted, twice the same, empty."""
    sources, expected = [], []
    for number, (n, indices) in enumerate(members):
        indices = indices if indices is None or n else []
        indices = indices if indices is None else [i % n for i in indices]
        sources.append(numbers(n, 100 * number, indices=indices))
        expected += [100 * number + i for i in (range(n) if indices is None else indices)]
    source = ConcatDataSource(sources)
    assert (len(source), all_of(source)) == (len(expected), expected)
    assert sorted(all_of(source, shuffle=np.random.RandomState(0))) == sorted(expected)


def test_a_subset_as_long_as_the_data():
    """Is one all the same."""
    assert all_of(ConcatDataSource([numbers(3, indices=[2, 0, 1]), numbers(1, 10)])) == [
        2,
        0,
        1,
        10,
    ]


def test_members_may_be_selections():
    """Filtered or taken."""
    members = [numbers(9).filter(lambda x: x % 4 == 0), numbers(9, 10).skip(7), numbers(2, 20)]
    assert all_of(ConcatDataSource(members)) == [0, 4, 8, 17, 18, 20, 21]


def test_a_filter_that_keeps_all():
    """Nothing is left out."""
    assert all_of(ConcatDataSource([numbers(3).filter(lambda x: x >= 0), numbers(2, 10)])) == [
        *(0, 1, 2, 10, 11)
    ]


def test_members_may_be_concatenations():
    """With subsets in them."""
    inner = ConcatDataSource([numbers(3, indices=[1]), numbers(2, 10)])
    assert all_of(ConcatDataSource([numbers(1, 50), inner, numbers(1, 60)])) == [50, 1, 10, 11, 60]


def test_positions_count_what_is_drawn():
    """Over all members."""
    source = ConcatDataSource([numbers(4, indices=[3, 1]), numbers(2, 10)])
    assert source[[1, 2, -1]][0].tolist() == [1, 10, 11]


def test_a_billion_samples_need_no_memory():
    """As long as members draw all of theirs."""
    tracemalloc.start()
    try:
        source = ConcatDataSource([ArrayDataSource([Virtual(10**9)]) for _ in range(2)])
        loader = Loader(source, batch_size=8, shuffle=True, seed=0)
        found = np.concatenate([batch for (batch,) in itertools.islice(loader, 4)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(source), len(found), peak < 500_000) == (2 * 10**9, 32, True)


@pytest.mark.parametrize("repeats", [2, -1])
def test_repeats_of_a_member_are_refused(repeats):
    """With what draws some more often than others."""
    members = [numbers(3), numbers(3, repeats=repeats)]
    with pytest.raises(ArgumentError, match=rf"1 has repeats={repeats}, .*MixDataSource"):
        ConcatDataSource(members)


def test_repeats_below_a_selection_are_refused():
    """It keeps them."""
    with pytest.raises(ArgumentError, match="data source 0 has repeats=2"):
        ConcatDataSource([numbers(3, repeats=2).take(2)])


@pytest.mark.parametrize(
    "member",
    [
        numbers(3, sampler=WeightedSampler(np.ones(3))),
        numbers(3, sampler=PackingSampler([1, 2, 3], 3)),
        MixDataSource([numbers(3), numbers(3)]),
    ],
    ids=["weights", "packing", "mix"],
)
def test_members_that_draw_at_random_are_refused(member):
    """At once."""
    with pytest.raises(ArgumentTypeError):
        ConcatDataSource([numbers(3), member])


def test_a_loader_s_sampler_draws_from_all_members():
    """If none of them draws less than all of its samples."""
    source = ConcatDataSource([numbers(3), numbers(3, 10)])
    loader = Loader(source, batch_size=3, seed=0, sampler=SubsetSampler([5, 0, 3]))
    assert next(iter(loader))[0].tolist() == [12, 0, 10]


def test_a_loader_s_sampler_beside_a_subset_is_refused():
    """Both would decide."""
    source = ConcatDataSource([numbers(3, indices=[1]), numbers(3, 10)])
    with pytest.raises(ArgumentError, match="not on both"):
        Loader(source, batch_size=3, sampler=SubsetSampler([5, 0, 3]))


def test_the_fingerprint_depends_on_subsets():
    """Of members."""
    prints = {
        Loader(ConcatDataSource([numbers(5, indices=own), numbers(5)]), batch_size=2, seed=0)
        .fingerprint()
        for own in (None, [1, 2], [2, 1], [3, 4])
    }  # fmt: skip
    assert len(prints) == 4
