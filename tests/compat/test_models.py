"""Samplers and data sources agree with models in plain Python."""

from collections import Counter
from itertools import chain, cycle, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import data_source, sampling, work_pool

modestly = settings(derandomize=True, deadline=None, max_examples=60)

lengths = st.integers(1, 40)
batch_sizes = st.integers(1, 50)
passes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
generators = st.sampled_from([np.random.RandomState, np.random.default_rng])


@st.composite
def subsets(draw):
    """Draw a length and a list of indices below it, some of them twice."""
    length = draw(lengths)
    return length, draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=40))


@st.composite
def members(draw):
    """Draw the lengths and passes of two to four members."""
    return draw(st.lists(st.tuples(lengths, passes), min_size=2, max_size=4))


# The models


def cut(stream, batch_size):
    """Cut a list in batches, the last of which may be short."""
    return [stream[i : i + batch_size] for i in range(0, len(stream), batch_size)]


def listed(batches):
    """Turn index batches into lists."""
    return [batch.tolist() for batch in batches]


def first_columns(batches):
    """Turn the first columns of tuple batches into lists."""
    return [batch[0].tolist() for batch in batches]


def sizes(batches):
    """Give how many samples are in each batch."""
    return [len(batch) for batch in batches]


def assert_passes(samples, batches, batch_size, repeats):
    """Check that batches are full and that each pass holds every sample."""
    assert sizes(cut(list(samples) * repeats, batch_size)) == sizes(batches)
    for one_pass in cut(list(chain(*batches)), len(samples)):
        assert Counter(samples) == Counter(one_pass)


def numbered(member, length):
    """Give the samples of a member, which tell where they are from."""
    return np.arange(length) + 1000 * member


def sources_of(shapes):
    """Make one array source for each length and number of passes."""
    return [
        data_source.ArrayDataSource([numbered(member, length)], repeats=repeats)
        for member, (length, repeats) in enumerate(shapes)
    ]


def streams_of(shapes):
    """Give what each of those sources yields in order."""
    return [
        numbered(member, length).tolist() * repeats
        for member, (length, repeats) in enumerate(shapes)
    ]


# Samplers


@given(length=lengths, batch_size=batch_sizes, repeats=passes)
@modestly
def test_in_order_every_pass_is_the_range(length, batch_size, repeats):
    """A standard sampler in order cuts repeated ranges in batches."""
    sampler = sampling.StandardSampler(length, repeats=repeats)
    expected = cut([*range(length)] * repeats, batch_size)
    assert expected == listed(sampler.in_order_indices_batch_iterator(batch_size))


@given(length=lengths, batch_size=batch_sizes, repeats=passes, seed=seeds, make=generators)
@modestly
def test_shuffled_every_pass_is_a_permutation(length, batch_size, repeats, seed, make):
    """A standard sampler gives each sample once a pass, in full batches."""
    sampler = sampling.StandardSampler(length, repeats=repeats)
    batches = listed(sampler.shuffled_indices_batch_iterator(batch_size, make(seed)))
    assert_passes(range(length), batches, batch_size, repeats)


@given(subset=subsets(), batch_size=batch_sizes, repeats=passes)
@modestly
def test_in_order_a_subset_is_itself(subset, batch_size, repeats):
    """A subset sampler in order cuts the repeated subset in batches."""
    sampler = sampling.SubsetSampler(np.array(subset[1]), repeats=repeats)
    expected = cut(subset[1] * repeats, batch_size)
    assert expected == listed(sampler.in_order_indices_batch_iterator(batch_size))


@given(subset=subsets(), batch_size=batch_sizes, repeats=passes, seed=seeds, make=generators)
@modestly
def test_shuffled_every_pass_is_the_subset(subset, batch_size, repeats, seed, make):
    """A subset sampler gives each of its indices once a pass, in full batches."""
    sampler = sampling.SubsetSampler(np.array(subset[1]), repeats=repeats)
    batches = listed(sampler.shuffled_indices_batch_iterator(batch_size, make(seed)))
    assert_passes(subset[1], batches, batch_size, repeats)


@given(length=lengths, batch_size=batch_sizes, steps=st.integers(1, 12))
@modestly
def test_in_order_an_endless_sampler_cycles(length, batch_size, steps):
    """A sampler without end goes round and round in full batches."""
    sampler = sampling.StandardSampler(length, repeats=-1)
    expected = cut([*islice(cycle(range(length)), steps * batch_size)], batch_size)
    batches = sampler.in_order_indices_batch_iterator(batch_size)
    assert expected == listed(islice(batches, steps))


@given(length=lengths, batch_size=batch_sizes, steps=st.integers(1, 12), seed=seeds)
@modestly
def test_shuffled_an_endless_sampler_permutes_again_and_again(length, batch_size, steps, seed):
    """Each whole pass of a sampler without end is a permutation, and its batches are full."""
    sampler = sampling.StandardSampler(length, repeats=-1)
    batches = sampler.shuffled_indices_batch_iterator(batch_size, np.random.RandomState(seed))
    drawn = listed(islice(batches, steps))
    assert [batch_size] * steps == sizes(drawn)
    *whole, last = cut(list(chain(*drawn)), length)
    assert [[*range(length)]] * len(whole) == [sorted(one_pass) for one_pass in whole]
    assert len(last) == len(set(last))


@given(
    weights=st.lists(st.integers(0, 9), min_size=1, max_size=20).filter(any),
    batch_size=batch_sizes,
    seed=seeds,
    make=generators,
)
@modestly
def test_weighted_batches_are_full_and_weigh_something(weights, batch_size, seed, make):
    """A weighted sampler gives full batches of samples whose weight is not zero."""
    sampler = sampling.WeightedSampler(np.array(weights))
    batches = sampler.shuffled_indices_batch_iterator(batch_size, make(seed))
    drawn = listed(islice(batches, 5))
    assert [batch_size] * 5 == sizes(drawn)
    assert set(chain(*drawn)) <= {index for index, weight in enumerate(weights) if weight}


@given(subset=subsets(), batch_size=batch_sizes, seed=seeds, make=generators)
@modestly
def test_weighted_subsets_keep_to_the_subset(subset, batch_size, seed, make):
    """A weighted subset sampler gives full batches of samples that are in the subset."""
    weights = np.arange(len(subset[1])) + 1
    sampler = sampling.WeightedSubsetSampler(weights, np.array(subset[1]))
    batches = sampler.shuffled_indices_batch_iterator(batch_size, make(seed))
    drawn = listed(islice(batches, 5))
    assert [batch_size] * 5 == sizes(drawn)
    assert set(chain(*drawn)) <= set(subset[1])


@given(classes=st.lists(st.sampled_from([0, 1, 4]), min_size=1, max_size=40))
@modestly
def test_balanced_classes_weigh_the_same(classes):
    """The weights of each class that occurs sum to the same share."""
    weights = sampling.WeightedSampler.class_balancing_sample_weights(np.array(classes))
    shares = [
        sum(weight for weight, own in zip(weights, classes, strict=True) if own == each)
        for each in set(classes)
    ]
    assert pytest.approx([1 / len(shares)] * len(shares)) == shares


@given(length=st.integers(0, 100), batch_size=batch_sizes)
@modestly
def test_batches_are_counted_as_they_are_cut(length, batch_size):
    """The number of batches is that of a list cut in batches."""
    assert len(cut([*range(length)], batch_size)) == sampling.num_batches(length, batch_size)


# Array sources


@given(subset=subsets(), batch_size=batch_sizes, repeats=passes, seed=st.none() | seeds)
@modestly
def test_rows_are_those_of_the_included_indices(subset, batch_size, repeats, seed):
    """Each column holds the rows that the first column names, and that are in the subset."""
    length, chosen = subset
    matrix, vector = np.arange(length * 2).reshape(length, 2), [*range(length, 0, -1)]
    source = data_source.ArrayDataSource(
        [matrix, np.array(vector)], indices=np.array(chosen), repeats=repeats, include_indices=True
    )
    shuffle = None if seed is None else np.random.RandomState(seed)
    drawn = []
    for indices, rows, values in source.batch_iterator(batch_size, shuffle=shuffle):
        assert [[2 * i, 2 * i + 1] for i in indices.tolist()] == rows.tolist()
        assert [vector[i] for i in indices.tolist()] == values.tolist()
        drawn += [indices.tolist()]
    assert_passes(chosen, drawn, batch_size, repeats)


@given(length=lengths, batch_size=batch_sizes, include_indices=st.booleans())
@modestly
def test_a_dict_of_columns_gives_dicts(length, batch_size, include_indices):
    """Batches have the names of the columns, and "index" if indices are included."""
    columns = {"x": np.arange(length) * 2, "label": np.arange(length) % 3}
    source = data_source.ArrayDataSource(columns, include_indices=include_indices)
    whole = {"index": np.arange(length), **columns} if include_indices else columns
    expected = [
        {name: whole[name][place].tolist() for name in whole}
        for place in cut(np.arange(length), batch_size)
    ]
    batches = [
        {name: column.tolist() for name, column in batch.items()}
        for batch in source.batch_iterator(batch_size)
    ]
    assert expected == batches


@given(length=lengths, batch_size=batch_sizes, include_indices=st.booleans())
@modestly
def test_a_tuple_of_columns_gives_what_a_list_gives(length, batch_size, include_indices):
    """Columns may come as a tuple."""
    columns = [np.arange(length) * 2, np.arange(length) % 3]
    expected, actual = (
        [
            [column.tolist() for column in batch]
            for batch in data_source.ArrayDataSource(
                data, include_indices=include_indices
            ).batch_iterator(batch_size)
        ]
        for data in (columns, tuple(columns))
    )
    assert expected == actual


@given(data=st.data(), length=lengths)
@modestly
def test_samples_are_got_by_a_list_of_indices(data, length):
    """Square brackets with a list give the batch of those samples, negative ones from the end."""
    indices = data.draw(st.lists(st.integers(-length, length - 1), min_size=1))
    values = [*range(100, 100 + length)]
    (column,) = data_source.ArrayDataSource([np.array(values)])[indices]
    assert [values[i] for i in indices] == column.tolist()


@given(data=st.data(), subset=subsets())
@modestly
def test_samples_of_a_subset_are_got_by_their_positions(data, subset):
    """Square brackets count within the subset."""
    length, chosen = subset
    positions = data.draw(st.lists(st.integers(0, len(chosen) - 1), min_size=1))
    source = data_source.ArrayDataSource([np.arange(length) * 5], indices=np.array(chosen))
    (column,) = source[positions]
    assert [5 * chosen[position] for position in positions] == column.tolist()


@given(length=lengths, beyond=st.integers(0, 9))
@modestly
def test_samples_beyond_the_data_are_refused(length, beyond):
    """An index that no sample has, on either side, is an `IndexError`."""
    source = data_source.ArrayDataSource([np.arange(length)])
    for index in (length + beyond, -length - 1 - beyond):
        with pytest.raises(IndexError):
            source[[0, index]]


@given(length=lengths, repeats=passes, batch_size=batch_sizes)
@modestly
def test_the_number_of_samples_is_what_comes(length, repeats, batch_size):
    """A source counts as many samples as its batches hold."""
    source = data_source.ArrayDataSource([np.arange(length)], repeats=repeats)
    assert sum(sizes(first_columns(source.batch_iterator(batch_size)))) == source.num_samples()


@given(length=lengths, batch_size=batch_sizes, seed=seeds)
@modestly
def test_a_function_is_applied_to_every_batch(length, batch_size, seed):
    """Mapping a function over the batches is mapping it over the samples."""
    source = data_source.ArrayDataSource([np.arange(length), np.arange(length) * 2])
    mapped = source.map(lambda x, y: (x + y, x - y))
    batches = mapped.batch_iterator(batch_size, shuffle=np.random.RandomState(seed))
    rows = [row for plus, minus in batches for row in zip(plus, minus, strict=True)]
    assert sorted((3 * i, -i) for i in range(length)) == sorted(rows)


# Composite sources


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_composite_rows_are_those_of_the_members_side_by_side(shapes, batch_size):
    """Row p of a composite is row p of each member, as long as the shortest."""
    source = data_source.CompositeDataSource(sources_of(shapes))
    expected = cut([*zip(*streams_of(shapes), strict=False)], batch_size)
    batches = [[*zip(*batch, strict=True)] for batch in source.batch_iterator(batch_size)]
    assert expected == batches


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_structured_composites_keep_the_batches_of_their_members(shapes, batch_size):
    """Without flattening, a batch is a tuple with one tuple batch a member."""
    source = data_source.CompositeDataSource(sources_of(shapes), flatten=False)
    expected = cut([*zip(*streams_of(shapes), strict=False)], batch_size)
    batches = [
        [*zip(*(column for (column,) in batch), strict=True)]
        for batch in source.batch_iterator(batch_size)
    ]
    assert expected == batches


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_untrimmed_composites_give_the_members_whole_batches(shapes, batch_size):
    """Without trimming, a step has the whole batch of each member."""
    source = data_source.CompositeDataSource(sources_of(shapes), trim=False)
    steps = zip(*(cut(stream, batch_size) for stream in streams_of(shapes)), strict=False)
    expected = [[*step] for step in steps]
    batches = [[column.tolist() for column in batch] for batch in source.batch_iterator(batch_size)]
    assert expected == batches


@given(length=lengths, endless=lengths, batch_size=batch_sizes)
@modestly
def test_endless_members_of_a_composite_cycle(length, endless, batch_size):
    """A member without end goes round for as long as the other lasts."""
    source = data_source.CompositeDataSource(
        [
            data_source.ArrayDataSource([np.arange(endless)], repeats=-1),
            data_source.ArrayDataSource([np.arange(length)]),
        ]
    )
    expected = cut([*zip(cycle(range(endless)), range(length), strict=False)], batch_size)
    batches = [[*zip(*batch, strict=True)] for batch in source.batch_iterator(batch_size)]
    assert expected == batches


@given(shapes=members(), batch_size=batch_sizes, seed=seeds, make=generators)
@modestly
def test_shuffled_composites_permute_each_member(shapes, batch_size, seed, make):
    """Shuffled, each member gives every sample once a pass, as far as the shortest reaches."""
    source = data_source.CompositeDataSource(sources_of(shapes))
    batches = [*source.batch_iterator(batch_size, shuffle=make(seed))]
    shortest = min(length * repeats for length, repeats in shapes)
    assert shortest == source.num_samples()
    for member, (length, _) in enumerate(shapes):
        column = [value for batch in batches for value in batch[member].tolist()]
        assert shortest == len(column)
        for one_pass in cut(column, length):
            assert len(one_pass) == len({*one_pass} & {*numbered(member, length).tolist()})


@given(length=lengths, batch_size=batch_sizes, seed=seeds)
@modestly
def test_rows_of_one_member_stay_together_in_a_composite(length, batch_size, seed):
    """The columns of a member keep to one order, that of the indices it includes."""
    member = data_source.ArrayDataSource(
        [np.arange(length) * 2, np.arange(length) * 3], include_indices=True
    )
    source = data_source.CompositeDataSource([sources_of([(length, 2)])[0], member])
    for batch in source.batch_iterator(batch_size, shuffle=np.random.RandomState(seed)):
        _, indices, doubled, tripled = (column.tolist() for column in batch)
        assert [(2 * i, 3 * i) for i in indices] == [*zip(doubled, tripled, strict=True)]


# Choices


def members_of(batches):
    """Tell from which member each batch is."""
    return [batch[0] // 1000 for batch in batches]


def turns_until_exhausted(counts):
    """Give members in turn until one that is due has no batch left."""
    left = list(counts)
    for member in cycle(range(len(counts))):
        if not left[member]:
            return
        left[member] -= 1
        yield member


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_choices_take_turns_until_one_is_exhausted(shapes, batch_size):
    """In order and not stratified, the members come round until one has no batch left."""
    source = data_source.ChoiceDataSource(sources_of(shapes))
    of_member = [cut(stream, batch_size) for stream in streams_of(shapes)]
    turns = turns_until_exhausted(sizes(of_member))
    batches = [iter(member) for member in of_member]
    expected = [next(batches[member]) for member in turns]
    assert expected == first_columns(source.batch_iterator(batch_size))


@given(shapes=members(), batch_size=batch_sizes, seed=seeds, make=generators)
@modestly
def test_shuffled_choices_take_turns_in_a_random_order(shapes, batch_size, seed, make):
    """Shuffled and not stratified, each round has every member once until one is exhausted."""
    source = data_source.ChoiceDataSource(sources_of(shapes))
    batches = first_columns(source.batch_iterator(batch_size, shuffle=make(seed)))
    turns = members_of(batches)
    *whole, last = cut(turns, len(shapes))
    assert [[*range(len(shapes))]] * len(whole) == [sorted(one_round) for one_round in whole]
    assert len(last) == len(set(last))
    counts = [len(cut(stream, batch_size)) for stream in streams_of(shapes)]
    assert any(turns.count(member) == count for member, count in enumerate(counts))


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_stratified_choices_give_every_batch_once(shapes, batch_size):
    """In order and stratified, each member gives all of its batches, in its own order."""
    source = data_source.ChoiceDataSource(sources_of(shapes), stratified=True)
    batches = first_columns(source.batch_iterator(batch_size))
    for member, stream in enumerate(streams_of(shapes)):
        own = [batch for batch in batches if batch[0] // 1000 == member]
        assert cut(stream, batch_size) == own


@given(shapes=members(), batch_size=batch_sizes)
@modestly
def test_stratified_choices_spread_their_members_evenly(shapes, batch_size):
    """In order and stratified, each member is given in step with its share of the batches."""
    source = data_source.ChoiceDataSource(sources_of(shapes), stratified=True)
    turns = members_of(first_columns(source.batch_iterator(batch_size)))
    counts = [turns.count(member) for member in range(len(shapes))]
    for step in range(len(turns)):
        for member, count in enumerate(counts):
            fair = count * (step + 1) / len(turns)
            assert abs(turns[: step + 1].count(member) - fair) <= len(shapes)


@given(shapes=members(), batch_size=batch_sizes, seed=seeds, make=generators)
@modestly
def test_shuffled_stratified_choices_give_every_batch_once(shapes, batch_size, seed, make):
    """Shuffled and stratified, each member gives every sample once a pass, in full batches."""
    source = data_source.ChoiceDataSource(sources_of(shapes), stratified=True)
    batches = first_columns(source.batch_iterator(batch_size, shuffle=make(seed)))
    for member, (length, repeats) in enumerate(shapes):
        own = [batch for batch in batches if batch[0] // 1000 == member]
        assert_passes(numbered(member, length).tolist(), own, batch_size, repeats)


@given(shapes=members(), batch_size=batch_sizes, seed=seeds)
@modestly
def test_index_batches_stand_for_the_batches_of_a_choice(shapes, batch_size, seed):
    """Fetching the index batches of a choice gives the batches that iterating over it gives."""
    source = data_source.ChoiceDataSource(sources_of(shapes), stratified=True)
    expected = source.batch_iterator(batch_size, shuffle=np.random.RandomState(seed))
    indices = source.batch_indices_iterator(batch_size, shuffle=np.random.RandomState(seed))
    fetched = map(source.samples_by_indices_nomapping, indices)
    assert first_columns(expected) == first_columns(fetched)


# Pools


@pytest.fixture(scope="module")
def pool():
    """Share one pool of threads among all examples."""
    with work_pool.WorkerThreadPool(processes=3) as shared:
        yield shared


@given(shapes=members(), batch_size=batch_sizes, seed=seeds, buffer_size=st.integers(1, 9))
@modestly
def test_threads_give_the_batches_of_the_source(pool, shapes, batch_size, seed, buffer_size):
    """Worker threads give a source's own batches in its own order."""
    source = data_source.CompositeDataSource(sources_of(shapes))
    parallel = pool.parallel_data_source(source, batch_buffer_size=buffer_size)
    expected, actual = (
        [
            [column.tolist() for column in batch]
            for batch in each.batch_iterator(batch_size, shuffle=np.random.RandomState(seed))
        ]
        for each in (source, parallel)
    )
    assert expected == actual
