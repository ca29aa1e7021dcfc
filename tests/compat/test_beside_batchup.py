"""Aliquot and BatchUp 0.2.3, walked side by side with equal generators."""

import contextlib
import importlib
import inspect
import itertools
import warnings
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

ROOMS = ("data_source", "sampling", "work_pool")
SIZES = (1, 7, 20, 64)
BATCH_SIZES = (1, 3, 7, 20, 64, 100)
# Reading a generator's state is what takes time here: many steps are walked only by arrays.
SHORT_WALKS = [
    (length, batch_size)
    for length in SIZES
    for batch_size in BATCH_SIZES
    if length <= 7 * batch_size
]
ENDLESS_STEPS = 12
SEED = 12345


@contextlib.contextmanager
def silence():
    """Let BatchUp warn without failing the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def library(name):
    """Give the three modules that BatchUp and Aliquot share."""
    return SimpleNamespace(**{room: importlib.import_module(f"{name}.{room}") for room in ROOMS})


with silence():
    OLD = library("batchup")
NEW = library("aliquot")


def build(lib, recipe, length):
    """Follow a recipe with one of the two libraries."""
    with silence() if lib is OLD else contextlib.nullcontext():
        return recipe(lib, length)


# What is compared


def plain(value):
    """Turn a batch into nested tuples that can be compared and read, dtypes and kinds included."""
    match value:
        case np.ndarray():
            return ("array", value.dtype.str, value.shape, *value.ravel().tolist())
        case tuple():
            return (type(value).__name__, *map(plain, value))
        case np.generic():
            return value.item()
        case _:
            return value


def state_of(rng):
    """Give a generator's whole state, its 624 words hashed to keep messages short."""
    name, key, *rest = rng.get_state()
    return name, hash(key.tobytes()), *rest


def walk(make_iterator, rng):
    """Give what each step of an iterator brings, with the generator's state right after it."""
    iterator = make_iterator()
    yield "made", state_of(rng)
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            yield "stopped", state_of(rng)
            return
        yield plain(batch), state_of(rng)


def side_by_side(old, new, method, batch_size, *, shuffled, context):
    """Walk two sources in lockstep, through their end or as far as an endless one is worth."""
    endless = old.num_samples() == np.inf
    assert old.num_samples() == new.num_samples(), context
    walks = []
    for source in (old, new):
        rng = np.random.RandomState(SEED)
        make = getattr(source, method)
        order = {"shuffle": rng} if shuffled else {}
        steps = walk(lambda make=make, order=order: make(batch_size, **order), rng)
        walks.append(itertools.islice(steps, ENDLESS_STEPS if endless else None))
    pairs = itertools.zip_longest(*walks, fillvalue="no such step")
    for step, (expected, actual) in enumerate(pairs):
        where = f"{context}, {method}({batch_size}), shuffled={shuffled}, step {step}"
        assert expected == actual, where


# What they are compared on


def columns(length):
    """Give a float32 matrix and a vector of distinct integers."""
    matrix = np.random.RandomState(length).normal(size=(length, 2)).astype(np.float32)
    return [matrix, np.arange(length) * 3 + 1]


def subset_of(length):
    """Give some indices of a data set, out of order and one of them twice."""
    picked = np.random.RandomState(length + 1).permutation(length)[: length // 2 + 1]
    return np.append(picked, picked[:1])


def arrays(lib, length, **options):
    """Make an array data source."""
    return lib.data_source.ArrayDataSource(columns(length), **options)


def subset(lib, length, **options):
    """Make an array data source over some of its samples."""
    return arrays(lib, length, indices=subset_of(length), **options)


def weights_of(length, dtype):
    """Give weights, of which the first is zero unless it is alone."""
    drawn = np.random.RandomState(length + 2).uniform(1.0, 9.0, size=length).astype(dtype)
    drawn[0] = length == 1
    return drawn


def classes_of(length):
    """Give skewed classes, of which number 1 never occurs."""
    return np.random.RandomState(length + 3).choice([0, 0, 0, 2, 3], size=length)


def weighted(dtype):
    """Give the recipe of a weighted source."""
    return lambda lib, length: arrays(
        lib, length, sampler=lib.sampling.WeightedSampler(weights_of(length, dtype))
    )


def weighted_subset(dtype):
    """Give the recipe of a weighted source over a subset."""

    def recipe(lib, length):
        indices = subset_of(length)
        weights = weights_of(len(indices), dtype)
        return arrays(lib, length, sampler=lib.sampling.WeightedSubsetSampler(weights, indices))

    return recipe


def balanced(lib, length):
    """Make a source that draws the classes equally often."""
    sampler = lib.sampling.WeightedSampler.class_balancing_sampler(classes_of(length))
    return arrays(lib, length, sampler=sampler, include_indices=True)


def balanced_subset(lib, length):
    """Make a source that draws a subset's classes equally often."""
    sampler = lib.sampling.WeightedSubsetSampler.class_balancing_sampler(
        classes_of(length), subset_of(length)
    )
    return arrays(lib, length, sampler=sampler)


def own_sampler(lib, length):
    """Make a source whose sampler is a user's own class, drawing as it goes."""

    class Backwards(lib.sampling.AbstractSampler):
        def num_indices_generated(self):
            return length

        def in_order_indices_batch_iterator(self, batch_size):
            for stop in range(length, 0, -batch_size):
                yield np.arange(max(stop - batch_size, 0), stop)[::-1]

        def shuffled_indices_batch_iterator(self, batch_size, shuffle_rng):
            for batch in self.in_order_indices_batch_iterator(batch_size):
                yield shuffle_rng.permutation(batch)

    return arrays(lib, length, sampler=Backwards())


def own_source(lib, length, **options):
    """Make a source that is a user's own random access class."""

    class Squares(lib.data_source.RandomAccessDataSource):
        def samples_by_indices_nomapping(self, indices):
            return (indices, indices**2)

    return Squares(length, **options)


class Cubes:
    """An array-like that is no array."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, indices):
        return np.asarray(indices) ** 3


def array_likes(lib, length):
    """Make a source over an array-like that is no array."""
    return lib.data_source.ArrayDataSource([Cubes(length), *columns(length)], repeats=2)


def from_callable(lib, length):
    """Make a source from a function that returns an iterator."""
    source = arrays(lib, length, repeats=2)
    return lib.data_source.CallableDataSource(source.batch_iterator, source.num_samples)


def from_lists(lib, length):
    """Make a source from a function whose batches are lists."""

    def batch_iterator(batch_size, shuffle=None):
        for batch in arrays(lib, length).batch_iterator(batch_size, shuffle=shuffle):
            yield list(batch)

    return lib.data_source.CallableDataSource(batch_iterator, length)


def early(lib, length):
    """Make a source from a function that shuffles when it is called, before the first batch."""
    column = np.arange(length)

    def batch_iterator(batch_size, shuffle=None):
        order = column if shuffle is None else shuffle.permutation(length)
        return iter([(order[i : i + batch_size],) for i in range(0, length, batch_size)])

    return lib.data_source.CallableDataSource(batch_iterator, length)


def composite(*members, **options):
    """Give the recipe of a composite source."""
    return lambda lib, length: lib.data_source.CompositeDataSource(
        [member(lib, length) for member in members], **options
    )


def choice(*members, **options):
    """Give the recipe of a source that chooses one member for each batch."""
    return lambda lib, length: lib.data_source.ChoiceDataSource(
        [member(lib, length) for member in members], **options
    )


def mapped(member, function):
    """Give the recipe of a source with a function over its batches."""
    return lambda lib, length: member(lib, length).map(function)


def shared_sampler(lib, length):
    """Make a composite of two sources that hold the same sampler."""
    sampler = lib.sampling.SubsetSampler(subset_of(length), repeats=2)
    members = [arrays(lib, length, sampler=sampler) for _ in range(2)]
    return lib.data_source.CompositeDataSource(members)


def longer(lib, length):
    """Make a source of more samples."""
    return arrays(lib, 2 * length + 3, include_indices=True)


def shorter(lib, length):
    """Make a source of fewer samples."""
    return arrays(lib, length // 2 + 1)


def endless(lib, length):
    """Make a source that never ends."""
    return arrays(lib, length // 3 + 1, repeats=-1)


def thrice(lib, length):
    """Make a source with three passes."""
    return arrays(lib, length, repeats=3)


def swap(*batch):
    """Turn a batch's columns around, the first of them doubled."""
    return (*batch[::-1], batch[0] * 2)


FINITE = {
    "own source": own_source,
    "own sampler": own_sampler,
    "array-like": array_likes,
    "composite": composite(arrays, longer, shorter),
    "composite, structured": composite(longer, arrays, flatten=False),
    "composite, untrimmed": composite(longer, arrays, trim=False),
    "composite, structured, untrimmed": composite(shorter, arrays, flatten=False, trim=False),
    "composite with an endless member": composite(endless, arrays),
    "composite, endless member last": composite(thrice, subset, endless),
    "composite with a weighted member": composite(arrays, weighted(np.float32)),
    "composite of one": composite(thrice),
    "composite, one sampler": shared_sampler,
    "composite, nested": composite(arrays, composite(thrice, endless), flatten=True),
    "composite, nested, structured": composite(
        composite(arrays, endless, flatten=False), subset, flatten=False
    ),
    "composite, nested, mixed": composite(
        composite(arrays, endless, flatten=False), mapped(longer, swap), flatten=True, trim=False
    ),
    "choice": choice(arrays, shorter),
    "choice, one ends early": choice(thrice, longer, arrays),
    "choice, stratified": choice(arrays, longer, shorter, stratified=True),
    "choice, stratified, passes": choice(thrice, subset, stratified=True),
    "choice of one": choice(arrays, stratified=True),
    "choice of composites": choice(
        composite(arrays, endless), composite(longer, endless), stratified=True
    ),
    "choice, nested": choice(choice(arrays, shorter, stratified=True), longer, stratified=True),
    "map": mapped(thrice, swap),
    "map of a map": mapped(mapped(longer, swap), swap),
    "map of a composite": mapped(composite(arrays, endless), swap),
    "map of a choice": mapped(choice(arrays, shorter, stratified=True), swap),
}
# BatchUp has no indices for a callable, and fails on trimming those of a choice.
WITHOUT_INDICES = {
    "callable": from_callable,
    "composite with a callable": composite(from_callable, arrays),
    "choice with a callable": choice(arrays, from_callable, stratified=True),
    "composite of choices": composite(choice(arrays, longer), endless),
    "map of a callable": mapped(from_callable, swap),
    "map of a callable with lists": mapped(from_lists, swap),
    "callable that draws early": early,
    "composite, one draws early": composite(arrays, early),
    "choice, one draws early": choice(arrays, early),
    "map of one that draws early": mapped(early, lambda column: (column, column)),
}
ENDLESS = {
    "composite, endless": composite(endless, endless, flatten=False),
    "choice, endless": choice(endless, mapped(endless, swap)),
    "choice, stratified, endless": choice(endless, endless, endless, stratified=True),
    "choice, one endless": choice(endless, arrays),
    "choice, stratified, one endless": choice(arrays, endless, stratified=True),
}
SHUFFLED_ONLY = {
    "weighted, float64": weighted(np.float64),
    "weighted, float32": weighted(np.float32),
    "weighted, int": weighted(np.int64),
    "weighted subset, float64": weighted_subset(np.float64),
    "weighted subset, float32": weighted_subset(np.float32),
    "weighted subset, int": weighted_subset(np.int64),
    "balanced classes": balanced,
    "balanced classes of a subset": balanced_subset,
}
INDEXED = FINITE | ENDLESS | SHUFFLED_ONLY
RECIPES = INDEXED | WITHOUT_INDICES

# BatchUp trims the indices of a composite also where it does not trim its batches, so that a pool
# gave other batches than the composite itself: the one place where its indices are not kept.
TRIMMED = {
    name: recipe
    for name, recipe in INDEXED.items()
    if "untrimmed" not in name and name != "composite, nested, mixed"
}


def orders_of(name):
    """Tell which of in order and shuffled a recipe allows."""
    ordered = name not in SHUFFLED_ONLY and name != "composite with a weighted member"
    return (False, True) if ordered else (True,)


def steps_of(source, batch_size=3, **options):
    """List a source's batches, or the first of an endless one."""
    return [
        plain(batch)
        for batch in itertools.islice(source.batch_iterator(batch_size, **options), ENDLESS_STEPS)
    ]


@pytest.fixture
def global_seed():
    """Seed NumPy's global generator, and put its state back afterwards."""
    before = np.random.get_state()
    yield lambda: np.random.seed(SEED)
    np.random.set_state(before)


ARRAY_OPTIONS = [
    {"repeats": repeats, "include_indices": include_indices}
    for repeats in (1, 2, 3, -1)
    for include_indices in (False, True)
]


# Orders


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("length", SIZES)
@pytest.mark.parametrize("member", [arrays, subset])
def test_arrays_give_the_same_batches_from_the_same_states(member, length, batch_size):
    """Batches and generator states of an array source match at every step."""
    for options in ARRAY_OPTIONS:
        for shuffled in (False, True):
            old, new = (member(lib, length, **options) for lib in (OLD, NEW))
            side_by_side(old, new, "batch_iterator", batch_size, shuffled=shuffled, context=options)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("member", [arrays, subset])
def test_arrays_give_the_same_indices_from_the_same_states(member, batch_size):
    """Index batches and generator states of an array source match at every step."""
    for length in SIZES:
        for repeats in (1, 2, 3, -1):
            for shuffled in (False, True):
                old, new = (member(lib, length, repeats=repeats) for lib in (OLD, NEW))
                side_by_side(
                    old,
                    new,
                    "batch_indices_iterator",
                    batch_size,
                    shuffled=shuffled,
                    context=(length, repeats),
                )


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_no_samples_give_no_batches_and_the_same_states(batch_size):
    """An empty source ends at once, having drawn what BatchUp draws."""
    for repeats in (1, 2, 3):
        for shuffled in (False, True):
            for options in ({}, {"indices": np.arange(0)}):
                old, new = (arrays(lib, 0, repeats=repeats, **options) for lib in (OLD, NEW))
                side_by_side(
                    old, new, "batch_iterator", batch_size, shuffled=shuffled, context=repeats
                )


@pytest.mark.parametrize("name", RECIPES)
def test_sources_give_the_same_batches_from_the_same_states(name):
    """Batches and generator states of a source match at every step."""
    for length, batch_size in SHORT_WALKS:
        for shuffled in orders_of(name):
            old, new = (build(lib, RECIPES[name], length) for lib in (OLD, NEW))
            side_by_side(old, new, "batch_iterator", batch_size, shuffled=shuffled, context=length)


@pytest.mark.parametrize("name", TRIMMED)
def test_sources_give_the_same_indices_from_the_same_states(name):
    """Index batches and generator states of a source match at every step."""
    for length, batch_size in SHORT_WALKS[::2]:
        for shuffled in orders_of(name):
            old, new = (build(lib, INDEXED[name], length) for lib in (OLD, NEW))
            side_by_side(
                old, new, "batch_indices_iterator", batch_size, shuffled=shuffled, context=length
            )


@pytest.mark.parametrize("name", RECIPES)
def test_a_generator_goes_on_from_epoch_to_epoch(name):
    """Three epochs that share one generator match, also when the first is left half way."""
    epochs = []
    for lib in (OLD, NEW):
        source, rng = build(lib, RECIPES[name], 20), np.random.RandomState(SEED)
        epochs.append(
            [
                (plain(batch), state_of(rng))
                for steps in (2, 12, 12)
                for batch in itertools.islice(source.batch_iterator(7, shuffle=rng), steps)
            ]
        )
    assert epochs[0] == epochs[1]


def test_two_iterators_that_share_a_generator_draw_in_turn():
    """Reading two sources alternately draws from their generator in the same turns."""
    reads = []
    for lib in (OLD, NEW):
        rng = np.random.RandomState(SEED)
        first = thrice(lib, 20).batch_iterator(7, shuffle=rng)
        second = subset(lib, 20, repeats=2).batch_iterator(3, shuffle=rng)
        reads.append([(plain(pair), state_of(rng)) for pair in zip(first, second, strict=False)])
    assert reads[0] == reads[1]


@pytest.mark.parametrize("name", RECIPES)
def test_numpys_own_module_is_a_generator_as_good_as_any(name, global_seed):
    """Passing `numpy.random` itself draws from its global generator, as it does in BatchUp."""
    epochs = []
    for lib in (OLD, NEW):
        global_seed()
        source = build(lib, RECIPES[name], 20)
        epochs.append((steps_of(source, shuffle=np.random), state_of(np.random)))
    assert epochs[0] == epochs[1]


@pytest.mark.parametrize(
    "name",
    # A user's function may take `False` for a generator; ours hand it on as it comes.
    [
        name
        for name in FINITE | WITHOUT_INDICES
        if len(orders_of(name)) == 2 and "early" not in name
    ],
)
def test_false_is_no_shuffling(name):
    """`shuffle=False` keeps the order."""
    expected, actual = (steps_of(RECIPES[name](lib, 20), shuffle=False) for lib in (OLD, NEW))
    assert expected == actual


def test_an_iterator_gives_what_is_left_of_it():
    """A source that wraps an iterator gives its batches as they come, whatever is asked for."""
    batches = []
    for lib in (OLD, NEW):
        source = lib.data_source.IteratorDataSource(arrays(lib, 20).batch_iterator(7), 20)
        first = next(source.batch_iterator(3))
        batches.append([plain(first), *steps_of(source, shuffle=np.random.RandomState(SEED))])
    assert batches[0] == batches[1]


def test_a_column_can_be_replaced():
    """A source reads the columns that stand in its list of data, also after a change."""
    batches = []
    for lib in (OLD, NEW):
        source = arrays(lib, 7)
        source.data[1] = np.arange(7) * 100
        batches.append(steps_of(source))
    assert batches[0] == batches[1]


def test_the_data_can_be_replaced():
    """A source reads the list of data that it holds, also after it was given another."""
    batches = []
    for lib in (OLD, NEW):
        source = arrays(lib, 7)
        source.data = [np.arange(7) * 100]
        batches.append(steps_of(source))
    assert batches[0] == batches[1]


@pytest.mark.parametrize("name", SHUFFLED_ONLY)
def test_weighted_sources_have_no_order_of_their_own(name):
    """Reading a weighted source in order is refused with the same exception."""
    for lib in (OLD, NEW):
        with pytest.raises(NotImplementedError):
            next(build(lib, SHUFFLED_ONLY[name], 20).batch_iterator(7))


# Samplers


def samplers(lib, length):
    """Give one sampler of each kind."""
    sampling = lib.sampling
    indices = subset_of(length)
    yield sampling.StandardSampler(length)
    yield sampling.StandardSampler(length, repeats=3)
    yield sampling.StandardSampler(length, repeats=-1)
    yield sampling.SubsetSampler(indices)
    yield sampling.SubsetSampler(indices, repeats=3)
    yield sampling.SubsetSampler(indices, repeats=-1)
    for dtype in (np.float64, np.float32, np.int64):
        yield sampling.WeightedSampler(weights_of(length, dtype))
        yield sampling.WeightedSubsetSampler(weights_of(len(indices), dtype), indices)
    yield sampling.WeightedSampler.class_balancing_sampler(classes_of(length))
    yield sampling.WeightedSubsetSampler.class_balancing_sampler(classes_of(length), indices)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_samplers_shuffle_alike(batch_size):
    """A sampler that is used by itself draws the same batches from the same states."""
    for length in SIZES:
        walks = []
        for lib in (OLD, NEW):
            rng = np.random.RandomState(SEED)
            with silence() if lib is OLD else contextlib.nullcontext():
                made = list(samplers(lib, length))
            walks.append(
                [
                    (step, plain(batch), state_of(rng))
                    for step, sampler in enumerate(made)
                    for batch in itertools.islice(
                        sampler.shuffled_indices_batch_iterator(batch_size, rng), ENDLESS_STEPS
                    )
                ]
            )
        assert walks[0] == walks[1]


def test_many_float32_weights_round_alike():
    """Weights in float32 are summed as BatchUp sums them, which shows where there are many."""
    weights = np.random.RandomState(SEED).uniform(size=20_000).astype(np.float32)
    drawn = []
    for lib in (OLD, NEW):
        sampler = lib.sampling.WeightedSubsetSampler(weights, np.arange(20_000))
        rng = np.random.RandomState(SEED)
        drawn.append(plain(next(sampler.shuffled_indices_batch_iterator(20_000, rng))))
    assert drawn[0] == drawn[1]


def test_samplers_count_what_they_generate():
    """The number of indices that a sampler generates is BatchUp's."""
    counts = []
    for lib in (OLD, NEW):
        with silence() if lib is OLD else contextlib.nullcontext():
            counts.append([sampler.num_indices_generated() for sampler in samplers(lib, 20)])
    assert counts[0] == counts[1]


def test_samplers_map_indices_alike():
    """A subset's positions become the same indices."""
    positions = np.array([3, 0, 1])
    mapped_indices = []
    for lib in (OLD, NEW):
        with silence() if lib is OLD else contextlib.nullcontext():
            mapped_indices.append(
                [plain(sampler.map_indices(positions)) for sampler in samplers(lib, 20)]
            )
    assert mapped_indices[0] == mapped_indices[1]


def test_class_balancing_weights_are_the_same():
    """A class's weight is the same number, and a class that never occurs is no reason to warn."""
    classes = classes_of(64)
    with silence():
        expected = OLD.sampling.WeightedSampler.class_balancing_sample_weights(classes)
    actual = NEW.sampling.WeightedSampler.class_balancing_sample_weights(classes)
    assert plain(expected) == plain(actual)


def test_the_number_of_batches_is_the_same():
    """As many batches cover a data set."""
    cases = list(itertools.product((0, 1, 7, 20, 64), BATCH_SIZES))
    expected = [OLD.sampling.num_batches(*case) for case in cases]
    assert expected == [NEW.sampling.num_batches(*case) for case in cases]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda lib: lib.sampling.StandardSampler(7, repeats=0),
        lambda lib: lib.sampling.StandardSampler(7, repeats=-2),
        lambda lib: lib.sampling.SubsetSampler(np.arange(3), repeats=0),
        lambda lib: lib.sampling.SubsetSampler(np.arange(3), repeats=-2),
        lambda lib: lib.sampling.WeightedSampler(np.zeros(3)),
        lambda lib: lib.sampling.WeightedSubsetSampler(np.zeros(3), np.arange(3)),
        lambda lib: lib.sampling.WeightedSubsetSampler(np.ones(3), np.arange(4)),
        lambda lib: arrays(lib, 7, repeats=0),
        lambda lib: arrays(lib, 7, repeats=-2),
        lambda lib: arrays(lib, 7, repeats=2, sampler=lib.sampling.StandardSampler(7)),
        lambda lib: subset(lib, 7, sampler=lib.sampling.StandardSampler(7)),
        lambda lib: lib.data_source.ArrayDataSource([np.arange(3), np.arange(4)]),
        lambda lib: lib.data_source.ArrayDataSource(np.arange(3)),
        lambda lib: lib.data_source.CallableDataSource(list, "seven"),
        lambda lib: lib.data_source.IteratorDataSource(iter([]), "seven"),
        lambda lib: lib.data_source.coerce_data_source([]),
        lambda lib: lib.data_source.coerce_data_source([3]),
        lambda lib: weighted(np.float64)(lib, 7).batch_map_concat(swap, 3),
        lambda lib: endless(lib, 7).batch_map_mean(swap, 3),
        lambda lib: from_callable(lib, 7).map(swap).samples_by_indices(np.arange(3)),
        lambda lib: choice(arrays, shorter)(lib, 7).samples_by_indices((np.arange(3), 0)),
        lambda lib: composite(arrays, longer)(lib, 7).samples_by_indices([np.arange(3)]),
    ],
)
def test_what_batchup_refuses_is_refused_alike(wrong):
    """Wrong arguments raise an exception that BatchUp's users already catch."""
    with pytest.raises((TypeError, ValueError)) as expected:
        wrong(OLD)
    with pytest.raises(expected.type):
        wrong(NEW)


# Samples by their indices


@pytest.mark.parametrize("method", ["samples_by_indices", "samples_by_indices_nomapping"])
@pytest.mark.parametrize(
    "indices", [np.array([3, 1, 1, 5]), slice(1, 6, 2)], ids=["array", "slice"]
)
def test_samples_are_gathered_alike(method, indices):
    """Samples asked for by an array or a slice are the same, mapped by a subset or not."""
    for member in (arrays, subset):
        for include_indices in (False, True):
            expected, actual = (
                getattr(member(lib, 20, include_indices=include_indices), method)(indices)
                for lib in (OLD, NEW)
            )
            assert plain(expected) == plain(actual)


@pytest.mark.parametrize("method", ["samples_by_indices", "samples_by_indices_nomapping"])
@pytest.mark.parametrize(
    "recipe", [composite(arrays, subset), composite(subset, longer, trim=False)]
)
def test_composites_gather_samples_alike(method, recipe):
    """A composite takes one index array for each member."""
    indices = [np.array([3, 1, 1, 5]), np.array([0, 2])]
    expected, actual = (getattr(recipe(lib, 20), method)(indices) for lib in (OLD, NEW))
    assert plain(expected) == plain(actual)


@pytest.mark.parametrize("method", ["samples_by_indices", "samples_by_indices_nomapping"])
def test_choices_gather_samples_alike(method):
    """A choice takes the indices and the member that they are for."""
    recipe = mapped(choice(longer, subset), swap)
    expected, actual = (
        getattr(recipe(lib, 20), method)(lib.data_source.ChoiceBatch(np.array([3, 1, 5]), 1))
        for lib in (OLD, NEW)
    )
    assert plain(expected) == plain(actual)


# Functions over all batches


def both_sums(*batch):
    """Give two results a batch."""
    return batch[0].sum(axis=0), batch[1].astype(float).sum()


def both_columns(*batch):
    """Give two results a sample."""
    return batch[0] * 2, batch[1] + 1


def one_column(*batch):
    """Give one result a sample, bare."""
    return batch[0] * 2


def one_float(*batch):
    """Give one result a batch, bare."""
    return float(batch[1].sum())


def nothing(*batch):
    """Give no result."""


def sometimes(*batch):
    """Give two results a sample, but none for batches without a certain sample."""
    return both_columns(*batch) if 1 in batch[1] else None


class Progress:
    """A progress bar that remembers how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, iterator, **options):
        self.calls.append(options)
        return iterator


MAP_OPTIONS = [{}, {"n_batches": 2}, {"n_batches": 100}]


def results_beside(method, function, batch_size, **options):
    """Run a batch function over equally shuffled sources, and over in-order iterators."""
    results = []
    for lib in (OLD, NEW):
        rng, progress = np.random.RandomState(SEED), Progress()
        source = arrays(lib, 20, repeats=2)
        results.append(
            (
                plain(
                    getattr(source, method)(function, batch_size, progress, shuffle=rng, **options)
                ),
                state_of(rng),
                plain(
                    getattr(lib.data_source, method)(
                        function, source.batch_iterator(batch_size), progress, **options
                    )
                ),
                progress.calls,
            )
        )
    return results


@pytest.mark.parametrize("options", MAP_OPTIONS)
@pytest.mark.parametrize("function", [both_columns, one_column, nothing, sometimes])
def test_concatenated_results_are_the_same(function, options):
    """The results for each sample, the states and the progress match."""
    for batch_size in BATCH_SIZES:
        expected, actual = results_beside("batch_map_concat", function, batch_size, **options)
        assert expected == actual


@pytest.mark.parametrize("options", MAP_OPTIONS)
@pytest.mark.parametrize("function", [both_sums, one_float, nothing])
def test_mean_results_are_the_same(function, options):
    """The mean of results summed over each batch is the same to the last bit."""
    for batch_size in BATCH_SIZES:
        expected, actual = results_beside("batch_map_mean", function, batch_size, **options)
        assert expected == actual


@pytest.mark.parametrize("options", MAP_OPTIONS)
@pytest.mark.parametrize("function", [both_columns, one_column, nothing, sometimes])
def test_mean_results_of_samples_are_the_same(function, options):
    """The mean of results for each sample is the same to the last bit."""
    for batch_size in BATCH_SIZES:
        expected, actual = results_beside(
            "batch_map_mean", function, batch_size, sum_axis=0, **options
        )
        assert expected == actual


@pytest.mark.parametrize("method", ["batch_map_concat", "batch_map_mean"])
def test_arguments_are_prepended_alike(method):
    """Prepended arguments come before the batch."""
    expected, actual = results_beside(
        method,
        lambda factor, *batch: (factor * batch[1].astype(float)).sum(keepdims=True),
        7,
        prepend_args=(3,),
    )
    assert expected == actual


# Work pools


@contextlib.contextmanager
def threads(lib, processes=3):
    """Open a thread pool and end it, which BatchUp leaves to chance."""
    pool = lib.work_pool.WorkerThreadPool(processes=processes)
    try:
        yield pool
    finally:
        if lib is OLD:
            inner = pool._WorkerThreadPool__pool
            inner.terminate()
            inner.join()
        else:
            pool.close()


@pytest.mark.parametrize("buffer_size", [1, 3, 20])
@pytest.mark.parametrize("name", ["arrays", "subset", *TRIMMED])
def test_parallel_sources_draw_ahead_alike(name, buffer_size):
    """After each batch from worker threads the generator has been read just as far ahead."""
    recipe = {"arrays": arrays, "subset": subset, **INDEXED}[name]
    with threads(OLD) as old_pool, threads(NEW) as new_pool:
        for length, batch_size in ((7, 3), (20, 7)):
            for shuffled in orders_of(name):
                old, new = (
                    pool.parallel_data_source(build(lib, recipe, length), buffer_size)
                    for lib, pool in ((OLD, old_pool), (NEW, new_pool))
                )
                side_by_side(
                    old,
                    new,
                    "batch_iterator",
                    batch_size,
                    shuffled=shuffled,
                    context=(length, batch_size),
                )


@pytest.mark.parametrize("buffer_size", [1, 5])
@pytest.mark.parametrize(
    "make",
    [
        lambda lib, sources: sources[0].map(swap),
        lambda lib, sources: lib.data_source.CompositeDataSource(sources),
        lambda lib, sources: lib.data_source.ChoiceDataSource(sources),
        lambda lib, sources: lib.data_source.ChoiceDataSource(sources, stratified=True),
    ],
    ids=["map", "composite", "choice", "choice, stratified"],
)
def test_sources_made_of_parallel_sources_draw_ahead_alike(make, buffer_size):
    """What is made of parallel sources draws from the generator at BatchUp's moments."""
    with threads(OLD) as old_pool, threads(NEW) as new_pool:
        old, new = (
            make(
                lib,
                [
                    pool.parallel_data_source(member(lib, 20), buffer_size)
                    for member in (thrice, shorter)
                ],
            )
            for lib, pool in ((OLD, old_pool), (NEW, new_pool))
        )
        for shuffled in (False, True):
            side_by_side(old, new, "batch_iterator", 3, shuffled=shuffled, context="parallel")


@pytest.mark.parametrize("buffer_size", [1, 2, 5, 20])
def test_work_streams_take_their_tasks_alike(buffer_size):
    """Results come in the order of the tasks, which are taken just as far ahead."""
    retrieved = []
    for lib in (OLD, NEW):
        taken = []
        tasks = ((divmod, (taken.append(number) or number, 3)) for number in range(12))
        with threads(lib) as pool:
            stream = pool.work_stream(tasks, task_buffer_size=buffer_size)
            results = [("made", len(taken))]
            results += [(stream.retrieve(), len(taken)) for _ in range(4)]
            results += [(result, len(taken)) for result in stream.retrieve_iter()]
            results += [(stream.retrieve(), len(taken))]
        retrieved.append(results)
    assert retrieved[0] == retrieved[1]


# NumPy's global generator


SHUFFLED = {"arrays": arrays, "subset": subset, **RECIPES}
# `shuffle=True` reaches a user's function as it is, and these would draw from it.
SHUFFLED_BY_US = [name for name in SHUFFLED if "early" not in name]


@pytest.mark.parametrize("name", SHUFFLED_BY_US)
def test_shuffling_leaves_the_global_generator_alone(name, global_seed):
    """Iterating with `shuffle=True` does not draw from NumPy's global generator."""
    global_seed()
    before = state_of(np.random)
    steps_of(SHUFFLED[name](NEW, 64), shuffle=True)
    assert before == state_of(np.random)


@pytest.mark.parametrize("name", SHUFFLED_BY_US)
def test_shuffling_does_not_read_the_global_generator(name, global_seed):
    """Iterating with `shuffle=True` twice from one global seed gives two orders."""
    source = SHUFFLED[name](NEW, 64)
    global_seed()
    first = steps_of(source, shuffle=True)
    global_seed()
    assert first != steps_of(source, shuffle=True)


def test_parallel_shuffling_leaves_the_global_generator_alone(global_seed):
    """A pool's source with `shuffle=True` neither reads nor draws from the global generator."""
    with threads(NEW) as pool:
        source = pool.parallel_data_source(arrays(NEW, 64))
        runs = []
        for _ in range(2):
            global_seed()
            before = state_of(np.random)
            runs.append(steps_of(source, shuffle=True))
            assert before == state_of(np.random)
    assert runs[0] != runs[1]


# NumPy's newer generators


def rows_of(source, **options):
    """Count how often each of a source's last column's values comes."""
    batches = source.batch_iterator(7, **options)
    return Counter(value for batch in batches for value in batch[-1].tolist())


@pytest.mark.parametrize(
    "recipe",
    [
        arrays,
        subset,
        thrice,
        own_source,
        lambda lib, length: subset(lib, length, repeats=2),
        composite(endless, arrays),
        choice(arrays, longer, stratified=True),
        mapped(arrays, lambda matrix, values: (values,)),
    ],
)
def test_a_new_generator_draws_every_sample_equally_often(recipe):
    """Shuffling by a `numpy.random.Generator` gives the samples that are there in order."""
    expected = rows_of(recipe(NEW, 64))
    assert expected == rows_of(recipe(NEW, 64), shuffle=np.random.default_rng(SEED))


@pytest.mark.parametrize("name", SHUFFLED)
def test_a_new_generator_makes_orders_reproducible(name):
    """Two `numpy.random.Generator` of one seed give one order, another seed another."""
    first, second, other = (
        steps_of(SHUFFLED[name](NEW, 64), shuffle=np.random.default_rng(seed))
        for seed in (SEED, SEED, SEED + 1)
    )
    assert first == second
    assert first != other


def test_a_new_generator_never_draws_what_weighs_nothing():
    """Weighted draws by a `numpy.random.Generator` keep to samples that have a weight."""
    weights = np.array([0.0, 3.0, 0.0, 1.0])
    source = NEW.data_source.ArrayDataSource(
        [np.arange(4)], sampler=NEW.sampling.WeightedSampler(weights)
    )
    (drawn,) = next(source.batch_iterator(200, shuffle=np.random.default_rng(SEED)))
    assert {1, 3} == set(drawn.tolist())


# Names


def public_of(room):
    """Give the classes and functions that one of BatchUp's modules defines for its users."""
    module = getattr(OLD, room)
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }


def callables_of(room):
    """Give the paths of all that BatchUp's users can call in a module."""
    for name, value in public_of(room).items():
        yield name
        if inspect.isclass(value) and not issubclass(value, tuple):
            for method in vars(value):
                if not method.startswith("_") and callable(getattr(value, method)):
                    yield f"{name}.{method}"


def parameters_of(lib, room, path):
    """Give the names and defaults of the parameters that can be passed by place."""
    called = getattr(lib, room)
    for name in path.split("."):
        called = getattr(called, name)
    parameters = inspect.signature(called).parameters.values()
    by_place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [(each.name, each.default) for each in parameters if each.kind is by_place]


# A pool without a number has one worker in BatchUp, and here one for each usable core.
OTHER_DEFAULTS = {
    (pool, "processes", 1): ("processes", None)
    for pool in ("WorkerThreadPool", "WorkerProcessPool")
}
CALLABLES = [(room, path) for room in ROOMS for path in callables_of(room)]


@pytest.mark.parametrize(("room", "path"), CALLABLES)
def test_what_users_call_is_called_alike(room, path):
    """Every public name is there, with BatchUp's parameters first and their defaults."""
    expected = [OTHER_DEFAULTS.get((path, *each), each) for each in parameters_of(OLD, room, path)]
    assert expected == parameters_of(NEW, room, path)[: len(expected)]


@pytest.mark.parametrize("name", ["arrays", "subset", *INDEXED])
def test_public_attributes_are_the_same(name):
    """What BatchUp lets users read from a source or sampler can be read here."""
    recipe = {"arrays": arrays, "subset": subset, **INDEXED}[name]
    old, new = (build(lib, recipe, 20) for lib in (OLD, NEW))
    assert attributes_of(old, old) == attributes_of(old, new)


def attributes_of(model, thing):
    """Read those public attributes of a source or sampler that its model has."""
    read = {}
    for name in vars(model):
        if name.startswith("_"):
            continue
        value = getattr(thing, name)
        inner = getattr(model, name)
        if name in {"sampler", "source"}:
            value = attributes_of(inner, value)
        elif name == "datasets":
            value = [attributes_of(*pair) for pair in zip(inner, value, strict=True)]
        elif name == "data":
            value = [plain(column) for column in value if isinstance(column, np.ndarray)]
        read[name] = plain(value)
    return read | {"is_random_access": getattr(thing, "is_random_access", None)}
