"""What concatenating and mixing share: the samples of several sources, numbered through."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot import Loader
from aliquot._random import Draws
from aliquot.data_source import (
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    IteratorDataSource,
    MixDataSource,
    RandomAccessDataSource,
    SingleDataSource,
)
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, IndexRangeError, site

every_kind = pytest.mark.parametrize("kind", [ConcatDataSource, MixDataSource])
policies = pytest.mark.parametrize("on_error", ["skip", "substitute"])
pools = pytest.mark.parametrize("pool", [None, 2])


class Torn:
    """Samples some of which cannot be read."""

    def __init__(self, n, bad=()):
        self.n, self.bad = n, {*bad}

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if self.bad & {*np.atleast_1d(index).tolist()}:
            raise OSError("torn")
        return np.asarray(index)

    def describe(self, index):
        """Name a sample."""
        return f"text {index}"


def numbers(n, start=0, **options):
    return ArrayDataSource([np.arange(start, start + n)], **options)


def chance(x, rng):
    return x, rng.random()


def listed(batch):
    """Give the columns as lists."""
    return [list(column) for column in batch]


# Rows


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    asked=st.lists(st.integers(0, 10**6), max_size=12),
)
def test_rows_come_in_the_order_asked_for(lengths, asked):
    """Whichever members they are of, some of them twice, and some members empty."""
    members = [numbers(n, 100 * number) for number, n in enumerate(lengths)]
    whole = [100 * number + i for number, n in enumerate(lengths) for i in range(n)]
    asked = [i % len(whole) for i in asked] if whole else []
    (found,) = ConcatDataSource(members)[asked]
    assert found.tolist() == [whole[i] for i in asked]
    assert found.dtype == np.int64


@every_kind
def test_samples_are_numbered_through(kind):
    """Those of the second member begin where the data of the first ends, drawn or not."""
    source = kind([numbers(4, indices=[0]), numbers(3, 10)])
    assert source.samples_by_indices_nomapping([6, 3, 4, -1])[0].tolist() == [12, 3, 10, 12]
    assert source.data_length() == 7


@every_kind
def test_an_index_beyond_the_last_member_is_refused(kind):
    """With the number of samples of all."""
    with pytest.raises(IndexRangeError, match="index 7 is out of range for 7 samples"):
        kind([numbers(4), numbers(3)]).samples_by_indices_nomapping([7])


@every_kind
def test_dicts_stay_dicts(kind):
    """Each column has the rows of all members."""
    members = [{"x": np.arange(3), "y": np.zeros(3)}, {"x": np.arange(2), "y": np.ones(2)}]
    found = kind([*map(ArrayDataSource, members)]).samples_by_indices_nomapping([4, 0, 3])
    assert {name: column.tolist() for name, column in found.items()} == {
        "x": [1, 0, 0],
        "y": [1.0, 0.0, 1.0],
    }


@every_kind
def test_nested_batches_keep_their_structure(kind):
    """However deep the columns lie."""
    members = [numbers(3).map(lambda x: {"a": (x, x + 1), "b": x}) for _ in range(2)]
    found = kind(members).samples_by_indices_nomapping([5, 0])
    assert found["a"][1].tolist() == [3, 1]
    assert found["b"].tolist() == [2, 0]


@every_kind
def test_bare_sources_give_bare_batches(kind):
    """There is no tuple around them."""
    source = kind([SingleDataSource(np.arange(3)), SingleDataSource(np.arange(3) + 10)])
    assert source.samples_by_indices_nomapping([4, 2]).tolist() == [11, 2]


def test_samples_keep_their_shape():
    """Pictures, say."""
    members = [ArrayDataSource([np.full((3, 2, 2), i, np.uint8)]) for i in range(2)]
    (found,) = ConcatDataSource(members)[[5, 0]]
    assert (found.shape, found.dtype, found[:, 0, 0].tolist()) == ((2, 2, 2), np.uint8, [1, 0])


def test_ragged_columns_are_lists():
    """In the order of the rows."""
    members = [ArrayDataSource([[np.full(k, k) for k in own]]) for own in ([1, 2], [3, 4])]
    (found,) = ConcatDataSource(members)[[3, 0, 2]]
    assert [row.tolist() for row in found] == [[4, 4, 4, 4], [1], [3, 3, 3]]


def test_arrays_that_differ_between_members_are_a_ragged_column():
    """Each member's are of one shape."""
    members = [ArrayDataSource([np.zeros((2, k))]) for k in (3, 5)]
    (found,) = ConcatDataSource(members)[[3, 0]]
    assert [row.shape for row in found] == [(5,), (3,)]


def test_columns_of_text_are_lists():
    """As they are in each member."""
    members = [ArrayDataSource([list(text)]) for text in ("ab", "cd")]
    assert ConcatDataSource(members)[[3, 0]] == (["d", "a"],)


class Listed(RandomAccessDataSource):
    """Gives lists of columns, as sources of BatchUp's users may."""

    def samples_by_indices_nomapping(self, indices):
        return [indices * 1, indices * 10]


@every_kind
@pytest.mark.parametrize("asked", [[0, 1], [1, 4], [5, 0, 3]])
def test_lists_of_columns_become_tuples(kind, asked):
    """From one member or several."""
    found = kind([Listed(3), Listed(3)]).samples_by_indices_nomapping(asked)
    assert type(found) is tuple
    assert listed(found) == [[i % 3 for i in asked], [10 * (i % 3) for i in asked]]


@every_kind
def test_no_samples_are_those_of_the_first_member(kind):
    """The batch has its columns."""
    found = kind([numbers(3).map(lambda x: {"x": x}), numbers(3)]).samples_by_indices_nomapping([])
    assert (list(found), len(found["x"])) == (["x"], 0)


def test_a_batch_of_one_member_is_its_own():
    """The other may give something else."""
    source = ConcatDataSource([numbers(3), numbers(3).map(lambda x: {"x": x})])
    assert source[[2, 0]][0].tolist() == [2, 0]
    assert source[[3]]["x"].tolist() == [0]


# Members that do not fit


@every_kind
@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (numbers(3).map(lambda x: {"x": x}), r"\(int64 \(1,\),\) and {'x': int64 \(1,\)}"),
        (numbers(3).map(lambda x: (x, x)), r"and \(int64 \(1,\), int64 \(1,\)\)"),
        (numbers(3).map(lambda x: (x / 2,)), r"and \(float64 \(1,\),\)"),
        (numbers(3).map(lambda x: (x.astype(np.int32),)), r"and \(int32 \(1,\),\)"),
        (ArrayDataSource([["a", "b", "c"]]), r"and \(list of 1,\)"),
        (ArrayDataSource([[np.zeros(1), np.zeros(2)]]), r"and \(float64 \(1, 1\),\)"),
        (SingleDataSource(np.arange(3)), r"and int64 \(1,\)"),
    ],
)
def test_members_of_another_structure_or_dtype_are_refused(kind, other, shown):
    """When samples of both meet in a batch; the message shows both."""
    source = kind([numbers(3), other])
    with pytest.raises(BatchError, match=rf"a {kind.__name__} must give the same columns.*{shown}"):
        source.samples_by_indices_nomapping([0, 3])


@every_kind
@pytest.mark.parametrize(
    "other",
    [
        CompositeDataSource([numbers(3), numbers(3)]),
        ChoiceDataSource([numbers(3)]),
    ],
)
def test_members_whose_samples_have_no_numbers_are_refused(kind, other):
    """At once."""
    with pytest.raises(ArgumentTypeError, match="have no numbers of their own"):
        kind([numbers(3), other])


@every_kind
@pytest.mark.parametrize(
    "other", [IteratorDataSource(iter([])), CallableDataSource(lambda batch_size: iter([]))]
)
def test_members_that_are_streams_are_refused(kind, other):
    """With the number of the member."""
    with pytest.raises(ArgumentTypeError, match=rf"{kind.__name__} needs .* number 1 cannot"):
        kind([numbers(3), other])


@every_kind
@pytest.mark.parametrize(
    ("members", "error", "says"),
    [
        ([], ArgumentError, "needs at least one data source"),
        (numbers(3), ArgumentTypeError, "takes a list of data sources, not ArrayDataSource"),
        ([np.arange(3)], ArgumentTypeError, "takes data sources, but number 0 is a nd"),
    ],
)
def test_members_are_data_sources(kind, members, error, says):
    """The message names the source that is made of them."""
    with pytest.raises(error, match=f"{kind.__name__} {says}"):
        kind(members)


# Failures


def torn(bad, other=()):
    """Give two members of ten samples each, some of which cannot be read."""
    return ConcatDataSource([ArrayDataSource([Torn(10, bad)]), ArrayDataSource([Torn(10, other)])])


@pools
def test_a_sample_that_cannot_be_read_is_told_with_its_member(pool):
    """Its index is the member's own, its place the epoch's."""
    with (
        Loader(torn([], [4]), batch_size=20, seed=0, pool=pool) as loader,
        pytest.raises(OSError, match="torn") as caught,
    ):
        list(loader)
    assert caught.value.__notes__[:2] == [
        "while reading column 0: sample 4",
        "in data source 1 of ConcatDataSource",
    ]
    found = site(caught.value)
    assert (found.index, found.place, found.path) == (4, 14, "text 4")


def test_a_shuffled_sample_is_told_with_its_place():
    """Which is that of the whole epoch."""
    loader = Loader(torn([], [4]), batch_size=20, shuffle=True, seed=1)
    place = loader.indices_at(0, 0).tolist().index(14)
    with pytest.raises(OSError, match="torn") as caught:
        list(loader)
    assert (site(caught.value).index, site(caught.value).place) == (4, place)


@pools
@pytest.mark.parametrize(("bad", "other"), [([2], []), ([], [2, 3]), ([0, 9], [0, 5])])
def test_skipping_leaves_out_the_right_rows(pool, bad, other):
    """Of one member or both at once."""
    options = {"batch_size": 7, "shuffle": True, "seed": 3}
    order = Loader(torn([]), **{**options, "batch_size": 20}).indices_at(0, 0)
    lost = [*bad, *(10 + i for i in other)]
    with Loader(torn(bad, other), on_error="skip", pool=pool, **options) as loader:
        found = np.concatenate([batch for (batch,) in loader])
        failed = sorted(event.place for event in loader.report().failures)
    assert found.tolist() == [i % 10 for i in order if i not in lost]
    assert failed == np.flatnonzero(np.isin(order, lost)).tolist()


@pools
def test_a_substitute_may_be_of_another_member(pool):
    """All others stay."""
    options = {"batch_size": 7, "shuffle": True, "seed": 3}
    whole = np.concatenate([batch for (batch,) in Loader(torn([]), **options)])
    order = Loader(torn([]), **{**options, "batch_size": 20}).indices_at(0, 0)
    source = torn(range(10), [])
    with Loader(source, on_error="substitute", pool=pool, **options) as loader:
        found = np.concatenate([batch for (batch,) in loader])
        assert len(loader.report().failures) >= 10
    assert len(found) == 20
    assert found[order >= 10].tolist() == whole[order >= 10].tolist()


def test_what_ends_substituting_is_told_with_its_member():
    """As what ends without it."""
    loader = Loader(torn(range(10), range(10)), batch_size=4, seed=0, on_error="substitute")
    with pytest.raises(OSError, match="torn") as caught:
        next(iter(loader))
    assert any(note.startswith("in data source ") for note in caught.value.__notes__)


@policies
def test_a_failing_map_of_a_member_always_raises(on_error):
    """With the number of the member."""
    source = ConcatDataSource([numbers(3), numbers(3).map(lambda x: (1 // 0,))])
    loader = Loader(source, batch_size=6, seed=0, on_error=on_error)
    with pytest.raises(ZeroDivisionError) as caught:
        list(loader)
    assert "in data source 1 of ConcatDataSource" in caught.value.__notes__


def test_samples_that_cannot_be_mapped_are_skipped():
    """Those of a member, and those of all."""

    def refuse(x):
        if x in (2, 11):
            raise LookupError(f"no {x}")
        return x

    members = [numbers(4).map_samples(refuse), numbers(4, 10)]
    mapped = ConcatDataSource([members[0], members[1].map_samples(refuse)])
    outside = ConcatDataSource([numbers(4), numbers(4, 10)]).map_samples(refuse)
    for source in (mapped, outside):
        loader = Loader(source, batch_size=8, seed=0, on_error="skip")
        assert next(iter(loader)).tolist() == [0, 1, 3, 10, 12, 13]
        assert [event.place for event in loader.report().failures] == [2, 5]


# Random numbers


@every_kind
def test_takers_are_counted_through_the_members(kind):
    """So that each has numbers of its own."""
    members = [numbers(3).map(chance), numbers(3), numbers(3).map(chance).map(lambda x, y, rng: x)]
    source = kind(members)
    assert (source.count_takers(), source.map(lambda x, rng: x).count_takers()) == (3, 4)


def test_random_numbers_belong_to_place_and_member():
    """A member's first taker has the number of those before it."""
    members = [numbers(5).map(chance), numbers(5).map(chance), numbers(5).map(chance)]
    loader = Loader(ConcatDataSource(members), batch_size=15, shuffle=True, seed=9)
    loader.set_epoch(2)
    order = loader.indices_at(2, 0)
    expected = np.stack([Draws(9, 2, stage, np.arange(15)).random() for stage in range(3)])
    _, found = next(iter(loader))
    assert found.tolist() == expected[order // 5, np.arange(15)].tolist()


def test_random_numbers_of_a_function_above_come_after_those_of_members():
    """It has a number of its own."""
    members = [numbers(5).map(chance), numbers(5).map(chance)]
    source = ConcatDataSource(members).map(lambda x, own, rng: (x, own, rng.random()))
    *_, found = next(iter(Loader(source, batch_size=10, seed=9)))
    assert found.tolist() == Draws(9, 0, 2, np.arange(10)).random().tolist()


@every_kind
def test_random_numbers_do_not_depend_on_the_batch_size(kind):
    """Drawn by `batch_iterator` too."""

    def drawn(size):
        source = kind([numbers(9).map(chance), numbers(9, 100).map(chance)])
        batches = source.batch_iterator(size, shuffle=np.random.RandomState(2))
        return [pair for batch in batches for pair in zip(*listed(batch), strict=True)]

    assert drawn(3) == drawn(8)


def test_outside_an_epoch_random_numbers_belong_to_indices():
    """To those of all members."""
    source = ConcatDataSource([numbers(3), numbers(3).map(lambda x, rng: (rng.integers(100),))])
    expected = Draws(0, 0, 0, np.array([4])).integers(100)
    assert source[[4]][0].tolist() == expected.tolist()


# The rest


@every_kind
def test_settings_of_a_joined_source_are_refused(kind):
    """At once."""
    with pytest.raises(ArgumentTypeError, match="knows no setting 'depth'"):
        kind([numbers(3)]).batch_iterator(2, depth=3)


@every_kind
def test_which_columns_to_pad_must_be_said(kind):
    """Members might differ."""
    texts = ArrayDataSource([[np.arange(3), np.arange(2)]])
    with pytest.raises(ArgumentError, match=f"which columns of a {kind.__name__}"):
        kind([texts, texts]).pad()
    padded, _ = kind([texts, texts]).pad(0).samples_by_indices_nomapping([1, 2])
    assert padded.tolist() == [[0, 1, 0], [0, 1, 2]]


@every_kind
def test_pickling_a_joined_source(kind):
    """With its members."""
    again = pickle.loads(pickle.dumps(kind([numbers(2), numbers(2, 10)])))
    assert again.samples_by_indices_nomapping([3, 0])[0].tolist() == [11, 0]


@every_kind
def test_the_members_are_shown(kind):
    """Each with its own name."""
    shown = repr(kind([numbers(2), numbers(3).take(1)]))
    assert shown.startswith(f"{kind.__name__}([ArrayDataSource(0: int64 (2,)")
    assert ".take(1)]" in shown
