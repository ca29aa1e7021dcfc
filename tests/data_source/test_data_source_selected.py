"""Some of the samples of another source, chosen before they are shuffled."""

import itertools
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    IteratorDataSource,
    MixDataSource,
    SelectedDataSource,
    SingleDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, IndexRangeError, site
from aliquot.sampling import (
    RepeatSampler,
    StratifiedSampler,
    SubsetSampler,
    WeightedSampler,
    WeightedSubsetSampler,
)


class Column:
    """Any number of samples; counts how many of them were read."""

    def __init__(self, n):
        self.n = n
        self.read = 0

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        self.read += np.size(index)
        return np.asarray(index)


class Asked:
    """Keeps even numbers; counts how often it was asked, and about how many at once."""

    def __init__(self):
        self.blocks = []

    def __call__(self, x):
        self.blocks.append(x.tolist())
        return x % 2 == 0


def numbers(n, **options):
    return ArrayDataSource([np.arange(n)], **options)


def even(x):
    return x % 2 == 0


def noisy(x, rng):
    return x + rng.random()


def all_of(source):
    """Give the first column of what a source draws, in order."""
    return [int(i) for (batch, *_) in source.batch_iterator(4) for i in batch]


# A filter is lazy


def test_a_filter_is_not_run_when_it_is_made():
    """A source describes; nothing is read."""
    asked = Asked()
    numbers(10).filter(asked).take(3).skip(1).shard(0, 2)
    assert asked.blocks == []


@pytest.mark.parametrize(
    "ask",
    [
        len,
        lambda source: source.num_samples(),
        lambda source: source[[0]],
        lambda source: next(source.batch_iterator(2)),
        lambda source: Loader(source, batch_size=2, seed=0),
        lambda source: source.sampling_note(),
        pickle.dumps,
    ],
    ids=["len", "num_samples", "brackets", "batch_iterator", "loader", "note", "pickle"],
)
def test_a_filter_is_run_once_when_its_samples_are_first_asked_for(ask):
    """Whatever asks, and asks again."""
    asked = Asked()
    source = numbers(6).filter(asked)
    ask(source)
    ask(source)
    assert (len(asked.blocks), len(source)) == (1, 3)


def test_a_filter_is_given_blocks_in_order():
    """Of a thousand samples or so, rather than all at once."""
    asked = Asked()
    assert len(numbers(2500).filter(asked)) == 1250
    assert [len(block) for block in asked.blocks] == [1024, 1024, 452]
    assert list(itertools.chain(*asked.blocks)) == list(range(2500))


def test_a_filter_sees_only_what_is_left():
    """After other selections, and of a subset."""
    asked = Asked()
    source = numbers(20, indices=[9, 8, 7, 6, 5]).skip(1).filter(asked)
    assert all_of(source) == [8, 6]
    assert asked.blocks == [[8, 7, 6, 5]]


# What it looks at


def columns(n=6):
    return {name: Column(n) for name in ("x", "y", "z")}


def test_only_the_named_column_is_read():
    """By name."""
    data = columns()
    source = ArrayDataSource(data).filter(even, on="y")
    assert len(source) == 3
    assert {name: column.read for name, column in data.items()} == {"x": 0, "y": 6, "z": 0}


def test_only_the_numbered_columns_are_read():
    """By position, in the order that they are named in."""
    data = [Column(6), Column(6), Column(6)]
    source = ArrayDataSource(data).filter(lambda last, first: last + first > 5, on=[2, 0])
    assert len(source) == 3
    assert [column.read for column in data] == [6, 0, 6]


def test_only_the_named_column_of_what_is_left_is_read():
    """Selections do not hide columns."""
    data = columns(100)
    source = ArrayDataSource(data).take(10).filter(even, on="x").skip(1).filter(even, on="z")
    assert len(source) == 4
    assert {name: column.read for name, column in data.items()} == {"x": 10, "y": 0, "z": 4}


def test_a_column_of_what_a_function_gives():
    """For which the function is called."""
    source = numbers(6).map(lambda x: {"x": x, "half": x // 2}).filter(even, on="half")
    assert source[:]["x"].tolist() == [0, 1, 4, 5]


def test_a_column_of_a_bare_source():
    """It has number 0."""
    assert SingleDataSource(np.arange(6)).filter(even, on=0)[:].tolist() == [0, 2, 4]


@pytest.mark.parametrize("on", ["w", 0, ["x", "w"]])
def test_a_column_that_is_not_there_is_refused(on):
    """With those that are."""
    with pytest.raises(ArgumentError, match=r"there is no column .*, only 'x', 'y', 'z'"):
        len(ArrayDataSource(columns()).filter(lambda *x: x, on=on))


@pytest.mark.parametrize(
    ("data", "fn"),
    [
        ([np.arange(6), np.zeros(6)], lambda x, y: x + y > 3),
        ({"x": np.arange(6)}, lambda batch: batch["x"] > 3),
    ],
)
def test_without_names_it_is_given_batches(data, fn):
    """As a function for `map` is."""
    assert len(ArrayDataSource(data).filter(fn)) == 2


def test_a_bare_ragged_batch_is_one_argument():
    """A list with an entry a sample."""
    source = SingleDataSource([np.zeros(i) for i in range(5)])
    assert len(source.filter(lambda rows: [len(row) > 2 for row in rows])) == 2


# What it returns


@pytest.mark.parametrize(
    ("mask", "shown"),
    [
        (np.arange(5), r"int64 of shape \(5,\)"),
        (np.ones(4, bool), r"bool of shape \(4,\)"),
        (np.ones((5, 1), bool), r"bool of shape \(5, 1\)"),
        (True, r"bool of shape \(\)"),
        (None, r"object of shape \(\)"),
    ],
)
def test_anything_but_a_mask_is_refused(mask, shown):
    """The message names the function, what it should return and what it returned."""
    with pytest.raises(BatchError, match=rf"lambda.*\.py:\d+.*shape \(5,\).*not {shown}"):
        len(numbers(5).filter(lambda x: mask))


def test_a_list_of_bools_is_a_mask():
    """As easily written."""
    assert all_of(numbers(3).filter(lambda x: [True, False, True])) == [0, 2]


def test_a_filter_that_fails_is_named():
    """In a note on its own error."""
    with pytest.raises(ZeroDivisionError) as caught:
        len(numbers(5).filter(lambda x: 1 / 0))
    assert "lambda" in caught.value.__notes__[0]


def test_keeping_nothing():
    """An epoch without a batch."""
    source = numbers(5).filter(lambda x: x > 9)
    assert (len(source), all_of(source)) == (0, [])
    assert list(Loader(source, batch_size=2, shuffle=True, seed=0)) == []


def test_a_filter_of_no_samples_is_not_asked():
    """There is nothing to ask about."""
    asked = Asked()
    assert (len(numbers(0).filter(asked)), asked.blocks) == (0, [])


# Refused


@pytest.mark.parametrize("mapped", [numbers(5).map(noisy), numbers(5).map_samples(noisy)])
def test_a_filter_after_random_numbers_is_refused(mapped):
    """At once, with what to do."""
    with pytest.raises(ArgumentError, match=r"write \.filter\(\.\.\.\) before"):
        mapped.filter(even)
    with pytest.raises(ArgumentError, match=r"write \.filter\(\.\.\.\) before"):
        mapped.take(3).filter(even)


def test_other_selections_do_not_mind_random_numbers():
    """They look at no sample."""
    assert len(numbers(5).map(noisy).take(3)) == 3


@pytest.mark.parametrize(
    "source",
    [
        CompositeDataSource([numbers(5), numbers(5)]),
        ChoiceDataSource([numbers(5), numbers(5)]),
        CompositeDataSource([numbers(5), numbers(5)]).map(lambda x, y: x),
        IteratorDataSource(iter([])),
        CallableDataSource(lambda batch_size: iter([])),
    ],
    ids=["composite", "choice", "mapped composite", "iterator", "callable"],
)
@pytest.mark.parametrize(
    "select", [lambda source: source.take(2), lambda source: source.filter(even)]
)
def test_samples_without_numbers_cannot_be_chosen(source, select):
    """It is refused at once."""
    with pytest.raises(ArgumentTypeError, match="have no numbers of their own"):
        select(source)


@pytest.mark.parametrize(
    "sampler",
    [
        WeightedSampler(np.ones(5)),
        WeightedSubsetSampler(np.ones(2), [1, 2]),
        StratifiedSampler([0, 1, 0, 1, 0]),
    ],
)
def test_samples_that_are_drawn_at_random_cannot_be_chosen_from(sampler):
    """The sampler is to be given to the loader."""
    source = numbers(5, sampler=sampler).map(lambda x: x)
    with pytest.raises(ArgumentTypeError, match="give the sampler to the loader"):
        source.take(3)


def test_a_mixture_cannot_be_chosen_from():
    """Its members can."""
    source = MixDataSource([numbers(5), numbers(5)])
    with pytest.raises(ArgumentTypeError, match="choose from those of its members"):
        source.take(3)


@pytest.mark.parametrize("value", [1.5, "3", None, [1]])
@pytest.mark.parametrize("method", ["take", "skip"])
def test_numbers_are_integers(method, value):
    """The message names the argument."""
    with pytest.raises(ArgumentTypeError, match="n must be an integer of 0 or more"):
        getattr(numbers(5), method)(value)


@pytest.mark.parametrize("method", ["take", "skip"])
def test_negative_numbers_are_refused(method):
    """They do not count from the end."""
    with pytest.raises(ArgumentError, match="n must be an integer of 0 or more, not -1"):
        getattr(numbers(5), method)(-1)


@pytest.mark.parametrize("shard", [(3, 3), (0, 0), (-1, 2), (4, 2)])
def test_a_shard_that_is_not_there_is_refused(shard):
    """With both numbers."""
    with pytest.raises(ArgumentError, match="index must be"):
        numbers(5).shard(*shard)


@pytest.mark.parametrize("fn", [None, 3, "label"])
def test_what_is_no_function_is_refused(fn):
    """At once."""
    with pytest.raises(ArgumentTypeError, match="filter needs a function"):
        numbers(5).filter(fn)


def test_settings_are_refused():
    """As a source of arrays refuses them."""
    with pytest.raises(ArgumentTypeError, match=r"take\(2\) knows no setting 'depth'"):
        numbers(5).take(2).batch_iterator(2, depth=3)


# Arithmetic


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    n=st.integers(0, 30),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("take"), st.integers(0, 35)),
            st.tuples(st.just("skip"), st.integers(0, 12)),
            st.tuples(st.just("shard"), st.integers(0, 1), st.integers(2, 4)),
            st.tuples(st.just("filter"), st.integers(1, 3)),
        ),
        max_size=4,
    ),
)
def test_chains_choose_as_slices_of_a_list_do(n, steps):
    """One after the other."""
    source, expected = numbers(n), list(range(n))
    for name, *values in steps:
        if name == "filter":
            source = source.filter(lambda x, by=values[0]: x % by == 0)
            expected = [i for i in expected if i % values[0] == 0]
            continue
        source = getattr(source, name)(*values)
        slices = {"take": lambda k: slice(k), "skip": lambda k: slice(k, None)}
        chosen = slices.get(name, lambda first, by: slice(first, None, by))(*values)
        expected = expected[chosen]
    assert (len(source), all_of(source)) == (len(expected), expected)
    assert source[:][0].tolist() == expected


def test_shards_divide_the_samples():
    """Each is in one of them."""
    source = numbers(10).filter(lambda x: x != 4)
    found = [all_of(source.shard(index, 3)) for index in range(3)]
    assert found == [[0, 3, 7], [1, 5, 8], [2, 6, 9]]


def test_a_billion_samples_need_no_memory():
    """What is chosen of all samples is arithmetic."""
    column = Column(10**9)
    tracemalloc.start()
    try:
        source = ArrayDataSource([column]).skip(10).shard(3, 7).take(10**8)
        loader = Loader(source, batch_size=4, shuffle=True, seed=0)
        found = np.concatenate([batch for (batch,) in itertools.islice(loader, 5)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(source), loader.steps_left) == (10**8, 25_000_000 - 5)
    assert set((found - 13) % 7) == {0}
    assert source[[0, -1]][0].tolist() == [13, 13 + 7 * (10**8 - 1)]
    assert (column.read, peak < 500_000) == (22, True)


def test_selections_of_a_subset_keep_its_order():
    """Which need not be that of the data."""
    source = numbers(9, indices=[8, 1, 7, 2, 6])
    assert all_of(source.take(3)) == [8, 1, 7]
    assert all_of(source.skip(1).shard(0, 2)) == [1, 2]


# Fetching


def test_positions_count_what_is_left():
    """Negative ones from the end."""
    source = numbers(10).filter(even)
    assert source[[1, -1]][0].tolist() == [2, 8]
    assert source.samples_by_indices(slice(1, 3))[0].tolist() == [2, 4]


def test_indices_without_mapping_are_those_of_the_data():
    """Chosen or not."""
    source = numbers(10).filter(even)
    assert source.samples_by_indices_nomapping([1, -1])[0].tolist() == [1, 9]


@pytest.mark.parametrize("index", [5, -6])
def test_positions_beyond_what_is_left_are_refused(index):
    """Although the data has more."""
    with pytest.raises(IndexRangeError, match=f"index {index} is out of range for 5 samples"):
        numbers(10).filter(even)[[index]]


def test_include_indices_gives_those_of_the_data():
    """In every batch."""
    source = ArrayDataSource([np.arange(10) * 10], include_indices=True).skip(4).take(3)
    assert [column.tolist() for column in source[:]] == [[4, 5, 6], [40, 50, 60]]
    index, x = next(iter(Loader(source, batch_size=3, shuffle=True, seed=0)))
    assert (x.tolist(), sorted(index)) == ((index * 10).tolist(), [4, 5, 6])


# Epochs


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_random_state_gives_the_order_of_a_subset(size, repeats):
    """Call for call."""
    kept = numbers(20, repeats=repeats).filter(lambda x: x % 3 == 0)
    subset = numbers(20, indices=np.arange(0, 20, 3), repeats=repeats)
    found, expected = (
        [
            batch.tolist()
            for (batch,) in source.batch_iterator(size, shuffle=np.random.RandomState(3))
        ]
        for source in (kept, subset)
    )
    assert found == expected


def test_the_order_of_a_loader_is_that_of_a_subset():
    """In every epoch."""
    sources = numbers(20).filter(even), numbers(20, indices=np.arange(0, 20, 2))
    one, other = (Loader(source, batch_size=3, shuffle=True, seed=5) for source in sources)
    for _ in range(2):
        found = [batch.tolist() for (batch,) in one]
        assert found == [batch.tolist() for (batch,) in other]


def test_repeats_are_kept():
    """Each pass goes through what was chosen."""
    source = numbers(6, repeats=2).take(3)
    assert (len(source), source.num_samples()) == (3, 6)
    assert all_of(source) == [0, 1, 2, 0, 1, 2]
    assert len(Loader(source, batch_size=2, seed=0)) == 3


def test_repeats_without_end_are_kept():
    """An epoch has no end."""
    source = numbers(6, repeats=-1).skip(4)
    assert source.num_samples() == np.inf
    batches = itertools.islice(source.batch_iterator(3), 2)
    assert [batch.tolist() for (batch,) in batches] == [[4, 5, 4], [5, 4, 5]]
    loader = Loader(source, batch_size=4, seed=0, epoch_samples=6)
    assert [batch.tolist() for (batch,) in loader] == [[4, 5, 4, 5], [4, 5]]


def test_random_numbers_belong_to_places():
    """Of the selection's own epoch, whatever the batch size."""
    source = numbers(20).filter(even).map(lambda x, rng: (x, rng.random()))
    found = [
        [
            (x, value)
            for batch in source.batch_iterator(size, shuffle=np.random.RandomState(1))
            for x, value in zip(*map(list, batch), strict=True)
        ]
        for size in (3, 7)
    ]
    assert found[0] == found[1]


# A loader's sampler


def test_a_loader_s_sampler_counts_what_is_left():
    """Its indices are positions."""
    source = numbers(20).filter(even)
    loader = Loader(source, batch_size=3, seed=0, sampler=SubsetSampler([0, 3, 9]))
    assert next(iter(loader))[0].tolist() == [0, 6, 18]
    assert loader.indices_at(0, 0).tolist() == [0, 6, 18]


def test_a_loader_s_weights_are_those_of_what_is_left():
    """One each."""
    source = numbers(20).skip(17)
    loader = Loader(source, batch_size=8, seed=0, sampler=WeightedSampler([1, 0, 1]))
    assert len(loader) == 1
    loader = Loader(source, batch_size=64, seed=0, epoch_samples=64, sampler=loader._sampler)
    assert set(next(iter(loader))[0]) == {17, 19}


def test_a_loader_s_sampler_learns_how_many_are_left():
    """One that repeats whatever there is."""
    loader = Loader(numbers(20).take(2), batch_size=9, sampler=RepeatSampler(2), seed=0)
    assert next(iter(loader))[0].tolist() == [0, 0, 1, 1]


def test_a_loader_s_sampler_of_more_than_is_left_is_refused():
    """With both numbers."""
    with pytest.raises(ArgumentError, match="draws from 20 samples, and the data has only 10"):
        Loader(numbers(20).filter(even), batch_size=3, sampler=WeightedSampler(np.ones(20)))


def test_a_loader_s_sampler_beside_repeats_is_refused():
    """It decides these itself."""
    with pytest.raises(ArgumentError, match="the source has repeats="):
        Loader(numbers(9, repeats=2).take(3), batch_size=3, sampler=RepeatSampler(2))


# What it is part of


def test_failures_are_told_by_the_index_of_the_data():
    """As the sample is named in the data."""

    class Torn(Column):
        def __getitem__(self, index):
            if 14 in np.atleast_1d(index):
                raise OSError("torn")
            return super().__getitem__(index)

    source = ArrayDataSource([Torn(20), np.arange(20)]).filter(even, on=1)
    with pytest.raises(OSError, match="torn") as caught:
        list(Loader(source, batch_size=4, seed=0))
    assert (site(caught.value).index, site(caught.value).place) == (14, 7)


def test_the_fingerprint_depends_on_what_is_chosen():
    """Other samples are another recipe."""
    source = numbers(20)
    chosen = [
        source,
        source.take(5),
        source.skip(15),
        source.shard(0, 4),
        source.shard(1, 4),
        source.filter(lambda x: x < 5),
        source.filter(lambda x: x > 14),
        numbers(20, repeats=2).take(5),
    ]
    prints = [Loader(own, batch_size=2, seed=0).fingerprint() for own in chosen]
    assert len(set(prints)) == len(chosen)


def test_the_fingerprint_does_not_depend_on_how_it_is_chosen():
    """Two filters that keep the same are the same."""
    one, other = numbers(20).filter(even), numbers(20).map(lambda x: (x + 2,)).filter(even)
    assert one.sampling_note() == other.sampling_note()


def test_pickling_sends_what_was_chosen():
    """And not the function that chooses, which may be a lambda."""
    again = pickle.loads(pickle.dumps(numbers(10).filter(lambda x: x > 6)))
    assert (len(again), all_of(again)) == (3, [7, 8, 9])


def test_pickling_a_chain():
    """Each link."""
    chain = numbers(30).filter(lambda x: x % 2 == 1).skip(2).shard(0, 3)
    assert all_of(pickle.loads(pickle.dumps(chain))) == [5, 11, 17, 23, 29]


def test_a_selection_of_a_concatenation():
    """Of all its members."""
    source = ConcatDataSource([numbers(4), numbers(4)]).filter(even).skip(1)
    assert all_of(source) == [2, 0, 2]


def test_the_repr_tells_the_chain():
    """With the line of a filter."""
    shown = repr(numbers(5).filter(even).take(3).skip(1).shard(0, 2))
    assert shown.startswith("ArrayDataSource(0: int64 (5,)")
    assert ".filter(even (" in shown
    assert shown.endswith(").take(3).skip(1).shard(0, 2)")


def test_it_is_a_data_source():
    """Of its own class."""
    assert isinstance(numbers(5).take(2), SelectedDataSource)


def test_the_fingerprint_depends_on_what_a_loader_s_sampler_draws_from():
    """Two halves of the data are two recipes."""
    sources = numbers(20).filter(even), numbers(20).filter(lambda x: x % 2 == 1)
    one, other = (
        Loader(source, batch_size=2, seed=0, sampler=RepeatSampler(2)).fingerprint()
        for source in sources
    )
    assert one != other


def test_columns_are_counted_as_in_batches():
    """Where the indices come first."""
    source = ArrayDataSource([np.arange(6) * 10], include_indices=True)
    assert source.filter(lambda index: index < 2, on=0)[:][0].tolist() == [0, 1]
