"""Random numbers by address."""

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aliquot._random import Draws, SampleDraws, hash_grid, hash_key, hash_keys, hash_places
from aliquot.errors import ArgumentError, ArgumentTypeError

ADDRESSES = st.tuples(*[st.integers(0, 2**64 - 1)] * 3)
PLACES = st.lists(st.integers(0, 2**62), min_size=1, max_size=9)
CALLS = [
    ("random", ()),
    ("uniform", (-3, 5.5)),
    ("integers", (10,)),
    ("integers", (-5, 2**32 - 6)),
    ("integers", (2**32,)),
    ("integers", (-(2**62), 2**62)),
    ("integers", (-(2**63), 0)),
    ("normal", (1.0, 2.0)),
]


def tail(statistic, df):
    """Give the probability of a larger chi-square (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * df)
    return math.erfc(((statistic / df) ** (1 / 3) - 1 + spread) / math.sqrt(2 * spread)) / 2


def p_of_uniform(counts):
    """Give the tail probability of counts that are to be equal."""
    expected = counts.sum() / counts.size
    return tail(((counts - expected) ** 2).sum() / expected, counts.size - 1)


def is_plausible(p):
    """Say that a statistic is neither too large nor too small."""
    return 1e-4 < p < 1 - 1e-4


# Frozen: a change to one of these numbers is a new version of the orders and draws.


@pytest.mark.parametrize(
    ("integers", "expected"),
    [
        ((), 0xE220A8397B1DCDAF),
        ((0,), 0x5E41AB087439611E),
        ((0, 0), 0x1956ECD1A275EC95),
        ((1, 2, 3), 0xDAA93D5F259EBB97),
        ((2**64 - 1,), 0x5688E6D914FFE28C),
        ((np.uint64(2**64 - 1),), 0x5688E6D914FFE28C),
    ],
)
def test_keys_are_frozen(integers, expected):
    """The number of integers counts."""
    assert expected == hash_key(*integers)


def test_hashes_of_places_are_frozen():
    """Those of SplitMix64, mixed once more."""
    expected = [0, 5197578548964807871, 16069497699472406328]
    assert expected == hash_places(0, np.array([0, 1, -1])).tolist()


@pytest.mark.parametrize(
    ("address", "place", "expected"),
    [
        (
            (0, 0, 0),
            0,
            [
                0.24233636312195783,
                0.6189859908740865,
                229,
                3193064924546098452,
                6176703815676699571,
            ],
        ),
        (
            (1, 0, 0),
            0,
            [
                0.1376127188172357,
                -0.25990212527586243,
                888,
                -3869034196523742328,
                7407532178780140829,
            ],
        ),
        (
            (0, 1, 0),
            0,
            [
                0.20670549131104166,
                0.5955159715301599,
                412,
                -3867789687179222467,
                5989610241698796592,
            ],
        ),
        (
            (0, 0, 1),
            0,
            [
                0.1824676772434195,
                0.7449228809284985,
                319,
                3161504110105550123,
                17223000837636923482,
            ],
        ),
        (
            (0, 0, 0),
            1,
            [
                0.2359902152930068,
                0.775291561459281,
                703,
                -4066414519952999133,
                12355566177244311877,
            ],
        ),
        (
            (2**64 - 1, 89, 3),
            2**62,
            [
                0.5652812424337347,
                -0.9639364127301195,
                872,
                -447840802436665849,
                16202883304221591995,
            ],
        ),
    ],
    ids=["origin", "seed", "epoch", "stage", "place", "far"],
)
def test_draws_are_frozen(address, place, expected):
    """Exactly, on every machine, Python and NumPy."""
    draws = Draws(*address, np.array([place]))
    actual = [
        draws.random(),
        draws.uniform(-1, 1),
        draws.integers(1000),
        draws.integers(-(2**62), 2**62),
        draws.seeds(),
    ]
    assert expected == [drawn.item() for drawn in actual]


def test_draws_with_a_shape_are_frozen():
    """Elements are numbered in C order."""
    draws = Draws(5, 6, 7, np.array([8]))
    expected = [[0.696983591809986, 0.8812842326254618], [0.8820480069792528, 0.8165593154971671]]
    assert ([expected], [[6, 1, 4, 2, 0]]) == (
        draws.random((2, 2)).tolist(),
        draws.integers(10, shape=5).tolist(),
    )


def test_normal_numbers_are_frozen_up_to_rounding():
    """Logarithm and cosine are the machine's."""
    draws = Draws(0, 0, 0, np.array([0, 1]))
    for _ in range(5):
        draws.seeds()
    assert draws.normal().tolist() == pytest.approx([0.7887298925981171, 0.9577403054892126])


def test_generators_are_frozen():
    """Their key is; what NumPy makes of it is NumPy's."""
    generator = Draws(5, 6, 7, np.array([8])).sample(0).generator()
    state = generator.bit_generator.state
    assert (
        state["bit_generator"],
        state["state"]["key"].tolist(),
        state["state"]["counter"].tolist(),
    ) == ("Philox", [12857077941693658235, 16256824695437409947], [0, 0, 0, 0])


# What a number depends on.


@settings(derandomize=True, max_examples=60, deadline=None)
@given(ADDRESSES, PLACES, st.sampled_from([(), 3, (2, 2), (0,), (1,)]), st.sampled_from(CALLS))
def test_a_sample_draws_the_very_numbers_of_its_row(address, places, shape, call):
    """Bit for bit, at the second call too."""
    name, arguments = call
    draws = Draws(*address, np.array(places))
    samples = [draws.sample(row) for row in range(len(places))]
    for _ in range(2):
        expected = getattr(draws, name)(*arguments, shape=shape)
        actual = [getattr(sample, name)(*arguments, shape=shape) for sample in samples]
        assert expected.tolist() == [np.asarray(row).tolist() for row in actual]


def test_a_sample_draws_the_very_seeds_of_its_row():
    """As Python integers."""
    draws = Draws(1, 2, 3, np.array([4, 5]))
    sample = draws.sample(1)
    assert [draws.seeds()[1], draws.seeds()[1]] == [sample.seeds(), sample.seeds()]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(ADDRESSES, PLACES, st.randoms(use_true_random=False), st.sampled_from(CALLS))
def test_a_row_depends_on_its_place_alone(address, places, rng, call):
    """Not on which batch it came in, nor where in it."""
    name, arguments = call
    together = getattr(Draws(*address, np.array(places)), name)(*arguments, shape=2)
    order = rng.sample(range(len(places)), len(places))
    apart = getattr(Draws(*address, np.array(places)[order]), name)(*arguments, shape=2)
    assert together[order].tolist() == apart.tolist()


def test_every_call_is_a_draw():
    """Whatever its shape; a generator counts as one too."""
    draws, sample = (Draws(0, 0, 0, np.array([3])) for _ in range(2))
    sample = sample.sample(0)
    calls = [
        ("random", ()),
        ("normal", (0.0, 1.0, 4)),
        ("integers", (5, None, (2, 3))),
        ("uniform", ()),
        ("seeds", ()),
    ]
    for name, arguments in calls:
        getattr(draws, name)(*arguments)
        getattr(sample, name)(*arguments)
    sample.generator()
    draws.seeds()
    assert draws.random()[0] == sample.random()


def test_a_refused_call_is_no_draw():
    """The next one gives what it would have given."""
    draws = Draws(0, 0, 0, np.arange(3))
    for name, arguments in [("random", (-1,)), ("integers", (0,)), ("normal", (0, -1))]:
        with pytest.raises(ArgumentError):
            getattr(draws, name)(*arguments)
    assert Draws(0, 0, 0, np.arange(3)).random().tolist() == draws.random().tolist()


def test_a_row_can_be_asked_for_at_any_time():
    """A sample counts its own draws, from the first."""
    draws = Draws(0, 0, 0, np.arange(3))
    first = draws.random()
    draws.random()
    assert first[2] == draws.sample(2).random() == draws.sample(-1).random()


def test_a_pickled_batch_goes_on_where_it_was():
    """Rows as well."""
    draws = Draws(0, 0, 0, np.arange(3))
    sample = draws.sample(1)
    draws.random(), sample.random()
    copies = pickle.loads(pickle.dumps((draws, sample)))
    assert (draws.random().tolist(), sample.random()) == (
        copies[0].random().tolist(),
        copies[1].random(),
    )


# What comes out.


@pytest.mark.parametrize(
    ("shape", "expected"), [((), (4,)), (3, (4, 3)), ((2, 5), (4, 2, 5)), ((2, 0), (4, 2, 0))]
)
@pytest.mark.parametrize(
    ("name", "arguments", "dtype"),
    [
        ("random", (), np.float64),
        ("uniform", (), np.float64),
        ("integers", (9,), np.int64),
        ("integers", (2**40,), np.int64),
        ("normal", (), np.float64),
    ],
)
def test_shapes_and_types(name, arguments, dtype, shape, expected):
    """One row a sample; a shape may be an integer."""
    drawn = getattr(Draws(0, 0, 0, np.arange(4)), name)(*arguments, shape=shape)
    assert (expected, np.dtype(dtype)) == (drawn.shape, drawn.dtype)


def test_a_sample_gives_python_numbers():
    """Which other libraries take without complaint."""
    sample = SampleDraws(1, 2)
    drawn = [sample.random(), sample.uniform(), sample.integers(9), sample.normal(), sample.seeds()]
    assert [float, float, int, float, int] == [type(number) for number in drawn]


@pytest.mark.parametrize("shape", [(), 2])
def test_no_samples_draw_nothing(shape):
    """A batch may be empty."""
    assert len(Draws(0, 0, 0, np.empty(0, np.int64)).integers(5, shape=shape)) == 0


def test_a_range_of_one_integer():
    """Negative, too."""
    assert Draws(0, 0, 0, np.arange(2)).integers(-7, -6).tolist() == [-7, -7]


@given(ADDRESSES, PLACES, st.integers(0, 3), st.integers(1, 4), st.integers(0, 12))
def test_several_calls_at_once_give_what_they_give_in_turn(address, places, before, calls, n):
    """And count as many."""
    together, turns = Draws(*address, np.array(places)), Draws(*address, np.array(places))
    for draws in (together, turns):
        for _ in range(before):
            draws.random()
    assert np.array_equal(together.randoms(calls, n), [turns.random(n) for _ in range(calls)])
    assert np.array_equal(together.random(), turns.random())


def test_a_uniform_range_may_be_empty():
    """An augmentation of strength 0 draws from it."""
    assert Draws(0, 0, 0, np.arange(2)).uniform(2.5, 2.5).tolist() == [2.5, 2.5]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**63), PLACES)
def test_integers_are_the_upper_word_of_a_product(low, span, places):
    """Exactly, for any range up to 2**63."""
    if low + span > 2**63:
        low = 2**63 - span
    bits = Draws(1, 2, 3, np.array(places)).seeds().tolist()
    expected = [low + (word * span >> 64) for word in bits]
    assert expected == Draws(1, 2, 3, np.array(places)).integers(low, low + span).tolist()


@pytest.mark.parametrize("kind", ["batch", "sample"])
@pytest.mark.parametrize(
    ("name", "arguments", "error", "text"),
    [
        ("random", (-1,), ArgumentError, "shape must not be negative, not -1"),
        ("normal", (0, 1, (2, -3)), ArgumentError, r"shape must not be negative, not \(2, -3\)"),
        ("random", (2.5,), ArgumentTypeError, "shape must be an integer or a tuple of integers"),
        ("integers", (5, 10, "x"), ArgumentTypeError, "shape must be an integer or a tuple"),
        ("integers", (0,), ArgumentError, "needs low < high, not low=0, high=0"),
        ("integers", (5, 5), ArgumentError, "needs low < high, not low=5, high=5"),
        ("integers", (0.5, 2), ArgumentTypeError, r"integers\(\) takes integers, not low=0.5"),
        ("integers", (-1, 2**63), ArgumentError, r"at most 2\*\*63 apart"),
        ("integers", (2**63, 2**63 + 5), ArgumentError, "in the range of int64"),
        ("uniform", (1, 0), ArgumentError, "needs low <= high, both finite, not low=1, high=0"),
        ("uniform", (0, math.inf), ArgumentError, "both finite"),
        ("uniform", (math.nan, 1), ArgumentError, "both finite"),
        ("normal", (0, -1), ArgumentError, "needs a scale of 0 or more, not -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind, name, arguments, error, text):
    """By a batch and by a sample in the same words."""
    draws = Draws(0, 0, 0, np.arange(3))
    with pytest.raises(error, match=text):
        getattr(draws if kind == "batch" else draws.sample(0), name)(*arguments)


@pytest.mark.parametrize("wrong", [-1, 2**64])
def test_an_address_is_of_64_bits(wrong):
    """Another one would be that of somebody else."""
    with pytest.raises(ArgumentError, match=rf"from 0 to 2\*\*64 - 1, not {wrong}"):
        Draws(wrong, 0, 0, np.arange(3))


# Statistics, each of fixed addresses.

N = 100_000


def draw(seed=0, epoch=0, stage=0, number=0, n=N, shape=()):
    draws = Draws(seed, epoch, stage, np.arange(n))
    for _ in range(number):
        draws.seeds()
    return draws.random(shape)


@pytest.mark.parametrize("cells", [64, 1000])
def test_floats_are_uniform(cells):
    """Over places, and over the elements of few places."""
    over_places = np.bincount((draw(n=10 * N) * cells).astype(int), minlength=cells)
    over_elements = np.bincount((draw(n=4, shape=N) * cells).astype(int).ravel(), minlength=cells)
    assert is_plausible(p_of_uniform(over_places))
    assert is_plausible(p_of_uniform(over_elements))


@pytest.mark.parametrize("shift", [0, 8, 24, 32, 48, 56])
def test_every_byte_is_uniform(shift):
    """Also the low ones, that floats do not use."""
    seeds = Draws(3, 0, 0, np.arange(N)).seeds()
    counts = np.bincount(((seeds >> np.uint64(shift)) & np.uint64(255)).astype(int), minlength=256)
    assert is_plausible(p_of_uniform(counts))


@pytest.mark.parametrize("span", [3, 7, 100, 3 * 2**61])
def test_integers_are_uniform(span):
    """For small ranges and for those that a 64-bit word fits badly."""
    drawn = Draws(4, 0, 0, np.arange(N)).integers(span)
    cells = min(span, 12)
    counts = np.bincount((drawn // -(-span // cells)).astype(int), minlength=cells)
    edges = np.minimum(np.arange(cells + 1) * -(-span // cells), span)
    expected = N * np.diff([edge / span for edge in edges.tolist()])
    used = expected > 0
    statistic = ((counts[used] - expected[used]) ** 2 / expected[used]).sum()
    assert is_plausible(tail(statistic, used.sum() - 1))


NEIGHBOURS = {
    "samples": lambda: (draw()[:-1], draw()[1:]),
    "samples 64 apart": lambda: (draw()[:-64], draw()[64:]),
    "seeds": lambda: (draw(seed=0), draw(seed=1)),
    "epochs": lambda: (draw(epoch=0), draw(epoch=1)),
    "stages": lambda: (draw(stage=0), draw(stage=1)),
    "draws": lambda: (draw(number=0), draw(number=1)),
    "elements": lambda: tuple(draw(shape=2).T),
    "epoch and stage exchanged": lambda: (draw(epoch=1), draw(stage=1)),
    "shapes": lambda: (draw(), draw(shape=2)[:, 1]),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_are_independent(name):
    """Pairs of numbers whose addresses differ in one part fill the square evenly."""
    first, second = NEIGHBOURS[name]()
    cells = (first * 20).astype(int) * 20 + (second * 20).astype(int)
    assert is_plausible(p_of_uniform(np.bincount(cells, minlength=400)))


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_differences_of_neighbours_are_uniform(name):
    """Modulo 1: no part of an address merely shifts the numbers."""
    first, second = NEIGHBOURS[name]()
    cells = ((second - first) % 1 * 500).astype(int).clip(0, 499)
    assert is_plausible(p_of_uniform(np.bincount(cells, minlength=500)))


def test_a_grid_of_addresses_is_uniform():
    """One draw each at many small seeds, epochs, stages and places."""
    grid = [
        Draws(seed, epoch, stage, np.arange(8)).random()
        for seed, epoch, stage in itertools.product(range(12), repeat=3)
    ]
    counts = np.bincount((np.concatenate(grid) * 200).astype(int), minlength=200)
    assert is_plausible(p_of_uniform(counts))


def test_half_of_the_bits_change_with_one_bit_of_a_place():
    """Any bit of the place, any bit of the word."""
    places = np.arange(4000)
    base = hash_places(9, places)
    for bit in range(0, 62, 5):
        changed = base ^ hash_places(9, places ^ (1 << bit))
        flips = [np.count_nonzero(changed >> np.uint64(b) & np.uint64(1)) for b in range(64)]
        # Each is binomial of 4000 halves: 5.5 deviations.
        assert np.abs(np.array(flips) - 2000).max() < 5.5 * math.sqrt(1000)


def test_normal_numbers_are_normal():
    """By the cells of equal probability of their distribution function."""
    drawn = Draws(5, 0, 0, np.arange(50_000)).normal(3.0, 2.0)
    share = [math.erfc((3.0 - x) / 2.0 / math.sqrt(2)) / 2 for x in drawn.tolist()]
    counts = np.bincount((np.array(share) * 100).astype(int), minlength=100)
    assert is_plausible(p_of_uniform(counts))


def test_neighbouring_normal_numbers_are_independent():
    """Samples, elements and draws: correlations within 4 deviations."""
    draws = Draws(6, 0, 0, np.arange(N))
    one, other = draws.normal(shape=2), draws.normal()
    pairs = [(one[:, 0], one[:, 1]), (one[:, 0], other), (other[:-1], other[1:])]
    correlations = [np.corrcoef(*pair)[0, 1] for pair in pairs]
    squares = [np.corrcoef(a**2, b**2)[0, 1] for a, b in pairs]
    assert np.abs(correlations + squares).max() < 4 / math.sqrt(N)


# Many keys at once.

WORDS = st.integers(0, 2**64 - 1)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.integers(0, 5).flatmap(
        lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    WORDS,
)
def test_many_keys_are_those_one_by_one(columns, number):
    """Numbers stand for all positions; there may be none."""
    found = hash_keys(number, *[np.array(column, np.uint64) for column in columns])
    assert [hash_key(number, *row) for row in zip(*columns, strict=True)] == found.tolist()
    assert found.dtype == np.uint64


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64])
def test_integers_of_any_size_have_the_same_keys(dtype):
    """And arrays are left as they are."""
    integers = np.array([0, 7, 100], dtype)
    assert [hash_key(9, i) for i in (0, 7, 100)] == hash_keys(9, integers).tolist()
    assert integers.tolist() == [0, 7, 100]


def test_many_keys_are_frozen():
    """As `hash_key` is."""
    expected = [0x9F1FF0C4023F5F62, 0x49749F9966DD15F3, 0x51CFC6DA2FBDBE63]
    assert expected == hash_keys(3, np.array([0, 1, 2]), np.array([5, 6, 7])).tolist()


def test_no_positions_have_no_keys():
    """Whatever numbers stand beside them."""
    found = hash_keys(1, np.arange(0), 2)
    assert (np.dtype(np.uint64), (0,)) == (found.dtype, found.shape)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=5), st.integers(0, 9))
def test_a_grid_has_the_places_of_every_key(keys, n):
    """One row a key; the keys are left as they are."""
    given_keys = np.array(keys, np.uint64)
    found = hash_grid(given_keys, n)
    assert [hash_places(key, np.arange(n)).tolist() for key in keys] == found.tolist()
    assert (len(keys), n) == found.shape
    assert keys == given_keys.tolist()
