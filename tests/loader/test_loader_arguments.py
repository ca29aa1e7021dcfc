"""What a loader takes, and what it refuses at once."""

import functools
import random

import numpy as np
import pytest
from loader_cases import LAST, numbers, plain, plains

import aliquot as aq
from aliquot import Loader
from aliquot.data_source import (
    AbstractDataSource,
    ArrayDataSource,
    CallableDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    RandomAccessDataSource,
)
from aliquot.errors import AliquotError, ArgumentError, ArgumentTypeError
from aliquot.loader import _ranks
from aliquot.sampling import AbstractSampler, StandardSampler, WeightedSampler
from aliquot.work_pool import WorkerThreadPool

make = functools.partial(Loader, batch_size=4)
X = np.arange(10)
VARIABLES = ["RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS"] + [
    f"OMPI_COMM_WORLD_{name}" for name in ("RANK", "SIZE")
]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No launcher's variables, and no warning given before."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_ranks, "_warned", False)
    return monkeypatch.setenv


# Words


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("num_workers", "pool"),
        ("generator", "seed"),
        ("drop_remainder", "drop_last"),
        ("num_replicas", "world_size"),
        ("prefetch_factor", "prefetch"),
    ],
)
def test_another_library_s_word_is_refused_with_ours(theirs, ours):
    """So that porting a call takes one try a word."""
    with pytest.raises(ArgumentTypeError, match=f"no argument {theirs}=: the word here is {ours}="):
        make([X], **{theirs: 1})


def test_an_unknown_word_is_refused():
    """As Python does: with a TypeError."""
    with pytest.raises(TypeError, match="Loader takes no argument shuffel"):
        make([X], shuffel=True)


@pytest.mark.parametrize("size", [0, -1])
def test_the_batch_size_is_positive(size):
    """A batch has samples."""
    with pytest.raises(ArgumentError, match="batch_size"):
        Loader([X], batch_size=size)


@pytest.mark.parametrize("size", [2.0, "2", None])
def test_the_batch_size_is_an_integer(size):
    """Not what looks like one."""
    with pytest.raises(ArgumentTypeError, match="batch_size"):
        Loader([X], batch_size=size)


@pytest.mark.parametrize("name", ["prefetch", "max_failures"])
@pytest.mark.parametrize("value", [-1, 1.5])
def test_counts_are_whole_and_not_negative(name, value):
    """The message names the argument."""
    with pytest.raises(AliquotError, match=f"{name} must be an integer of 0 or more"):
        make([X], **{name: value})


@pytest.mark.parametrize("value", ["ignore", None, True])
def test_an_unknown_failure_policy_is_refused(value):
    """The message lists those that there are."""
    with pytest.raises(ArgumentError, match='"raise", "skip" or "substitute"'):
        make([X], on_error=value)


# Pools


@pytest.mark.parametrize("pool", [True, False, 2.0, "2", [2], WorkerThreadPool])
def test_what_is_no_pool_is_refused(pool):
    """A flag least of all is a number of threads."""
    with pytest.raises(ArgumentTypeError, match="pool must be None, a number of worker threads"):
        make([X], pool=pool)


@pytest.mark.parametrize("pool", [0, -1])
def test_a_pool_has_a_worker(pool):
    """Inline is None."""
    with pytest.raises(ArgumentError):
        make([X], pool=pool)


def test_a_number_of_threads_may_be_numpy_s():
    """It is an integer."""
    with make([X], pool=np.int64(2)) as loader:
        assert "WorkerThreadPool(processes=2)" in repr(loader)


def parallel(pool, kind):
    """Give sources with a parallel source in them."""
    source = pool.parallel_data_source(numbers(10))
    return {
        "bare": source,
        "mapped": source.map(lambda x: (x,)),
        "mapped samples": source.map_samples(lambda x: x),
        "composite": CompositeDataSource([source, numbers(10)]),
        "choice": ChoiceDataSource([numbers(10), source]),
    }[kind]


@pytest.mark.parametrize("kind", ["bare", "mapped", "mapped samples", "composite", "choice"])
def test_a_parallel_data_source_is_refused(kind):
    """Wherever it stands in the tree; the loader has its own workers."""
    with WorkerThreadPool(1) as pool, pytest.raises(ArgumentTypeError, match="pass pool="):
        make(parallel(pool, kind))


def test_timeout_inline_is_refused():
    """Nobody could watch the clock."""
    with pytest.raises(ArgumentError, match="timeout= needs a pool"):
        make([X], timeout=1.0)


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
def test_a_timeout_is_positive(timeout):
    """With a pool, too."""
    with pytest.raises(ArgumentError, match="timeout must be more than 0"):
        make([X], timeout=timeout, pool=1)


# Ranks


@pytest.mark.parametrize("last", ["drop_last", "pad_last"])
def test_several_ranks_need_a_seed(last):
    """Each would draw its own."""
    with pytest.raises(ArgumentError, match="several ranks need one seed"):
        make([X], world_size=2, **LAST[last])


def test_several_ranks_need_equal_steps():
    """The message says how."""
    with pytest.raises(ArgumentError, match=r"drop_last=True .* or pad_last=True"):
        make([X], world_size=2, seed=0)


@pytest.mark.parametrize("world_size", [1, 2])
def test_dropping_and_padding_exclude_each_other(world_size):
    """Whatever the number of ranks."""
    with pytest.raises(ArgumentError, match="exclude each other"):
        make([X], drop_last=True, pad_last=True, seed=0, world_size=world_size)


@pytest.mark.parametrize(("rank", "world_size"), [(2, 2), (-1, 2), (1, 1), (0, 0), (0, -1)])
def test_a_rank_is_less_than_the_world_size(rank, world_size):
    """And not negative."""
    with pytest.raises(ArgumentError, match=f"not {rank} of {world_size}"):
        make([X], rank=rank, world_size=world_size, seed=0, drop_last=True)


@pytest.mark.parametrize("rank", ["auto", 1.0, None])
def test_a_rank_is_an_integer_or_env(rank):
    """The message offers both."""
    with pytest.raises(ArgumentTypeError, match='or rank="env"'):
        make([X], rank=rank, world_size=2, seed=0, drop_last=True)


@pytest.mark.parametrize("launcher", range(3))
def test_the_environment_tells_the_rank(launcher, environment):
    """As torchrun, Slurm and Open MPI set it."""
    rank, size = VARIABLES[2 * launcher : 2 * launcher + 2]
    environment(rank, "2")
    environment(size, "3")
    loader = make([X], rank="env", seed=0, drop_last=True)
    assert (loader.rank, loader.world_size) == (2, 3)
    assert "rank 2 of 3" in repr(loader)


def test_an_environment_without_ranks_is_one_rank():
    """So that a script runs alone as well."""
    loader = make([X], rank="env")
    assert (loader.rank, loader.world_size) == (0, 1)


def test_half_of_the_variables_are_none(environment):
    """RANK alone means something else."""
    environment("RANK", "2")
    environment("SLURM_PROCID", "1")
    environment("SLURM_NTASKS", "4")
    loader = make([X], rank="env", seed=0, drop_last=True)
    assert (loader.rank, loader.world_size) == (1, 4)


def test_a_rank_beyond_the_environment_s_world_is_refused(environment):
    """As one that is given is."""
    environment("RANK", "5")
    environment("WORLD_SIZE", "2")
    with pytest.raises(ArgumentError, match="not 5 of 2"):
        make([X], rank="env", seed=0, drop_last=True)


def test_a_rank_that_was_forgotten_is_warned_of_once(environment):
    """All processes would draw the same batches; the warning points here."""
    environment("RANK", "1")
    environment("WORLD_SIZE", "4")
    with pytest.warns(UserWarning, match=r"this is rank 1 of 4 .* Write rank=.env.") as caught:
        Loader([X], batch_size=4)
    assert [warning.filename for warning in caught] == [__file__]
    Loader([X], batch_size=4)


@pytest.mark.parametrize("options", [{"rank": "env"}, {"rank": 1, "world_size": 4}])
def test_a_rank_that_was_given_is_not_warned_of(environment, options):
    """Nor one process alone."""
    environment("RANK", "1")
    environment("WORLD_SIZE", "4")
    make([X], seed=0, drop_last=True, **options)
    environment("RANK", "0")
    environment("WORLD_SIZE", "1")
    make([X])


# Seeds


@pytest.mark.parametrize("seed", ["1", 1.0, np.random.RandomState(1), [1]])
def test_a_seed_is_an_integer(seed):
    """Generators go elsewhere."""
    with pytest.raises(ArgumentTypeError, match="seed must be an integer"):
        make([X], seed=seed)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed):
    """The message tells the range."""
    with pytest.raises(ArgumentError, match=r"0 or more and less than 2\*\*64"):
        make([X], seed=seed)


def test_a_seed_may_be_numpy_s():
    """It is kept as a plain integer."""
    assert type(make([X], seed=np.uint64(2**64 - 1)).seed) is int


def test_a_seed_that_was_not_given_is_drawn_anew():
    """Two loaders differ, and each says its own."""
    one, other = make([X], shuffle=True), make([X], shuffle=True)
    assert one.seed != other.seed
    assert f"seed={one.seed}" in repr(one)


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_a_generator_is_used_once_to_draw_the_seed(kind):
    """At construction; equal ones give equal loaders."""
    generator = kind(3)
    one, other = make([X], shuffle=generator), make([X], shuffle=kind(3))
    after = plain(generator.permutation(100))
    assert one.seed == other.seed
    assert [plains(one), plains(one)] == [plains(other), plains(other)]
    untouched = kind(3)
    untouched.bytes(8)
    assert plain(untouched.permutation(100)) == after
    assert "shuffled" in repr(one)


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_a_generator_and_a_seed_exclude_each_other(kind):
    """The message says which to drop."""
    with pytest.raises(ArgumentError, match="drop seed="):
        make([X], shuffle=kind(3), seed=1)


def test_a_generator_is_a_seed_for_several_ranks():
    """Which is then theirs to make equal."""
    loader = make([X], shuffle=np.random.RandomState(3), world_size=2, drop_last=True)
    assert len(loader) == 1


@pytest.mark.parametrize("shuffle", [1, "yes", random.Random(1), np.arange(3)])
def test_what_cannot_shuffle_is_refused(shuffle):
    """The message shows what to write."""
    with pytest.raises(ArgumentTypeError, match=r"shuffle=True, seed=\.\.\."):
        make([X], shuffle=shuffle)


def test_the_global_generator_takes_no_part():
    """It is neither read nor changed."""
    state = np.random.get_state()[1].copy()
    list(make([X], shuffle=True))
    assert plain(np.random.get_state()[1]) == plain(state)


# Samplers


class OnlyIterators(AbstractSampler):
    """A user's sampler of BatchUp's kind."""

    def num_indices_generated(self):
        return 5

    def in_order_indices_batch_iterator(self, batch_size):
        return iter([])


class Doubled(AbstractSampler):
    """A user's sampler with a plan."""

    def num_indices_generated(self):
        return 5

    def plan(self, *, shuffle, seed, epoch):
        return self

    def indices(self, start, stop):
        return np.arange(start, min(stop, 5)) * 2


@pytest.mark.parametrize(
    "options",
    [{"sampler": StandardSampler(10)}, {"indices": [1, 2]}, {"repeats": 2}],
)
def test_a_sampler_on_both_is_refused(options):
    """Whichever way the source was given its own."""
    source = ArrayDataSource([X], **options)
    if "sampler" in options:
        source = ArrayDataSource([X], sampler=WeightedSampler(X))
    with pytest.raises(ArgumentError, match="on the source or on the loader, not on both"):
        make(source.map(lambda x: (x,)), sampler=WeightedSampler(X + 1))


@pytest.mark.parametrize("kind", [CompositeDataSource, ChoiceDataSource])
def test_a_sampler_for_several_members_is_refused(kind):
    """It belongs to one of them."""
    with pytest.raises(ArgumentError, match="give it to its members"):
        make(kind([numbers(10)]), sampler=WeightedSampler(X + 1))


def test_a_sampler_is_one_of_ours():
    """Not another library's."""
    with pytest.raises(ArgumentTypeError, match=r"sampler must be a sampler of aliquot\.sampling"):
        make([X], sampler=[3, 1, 2])


def test_a_sampler_without_a_plan_is_refused():
    """At once, with what it lacks."""
    with pytest.raises(ArgumentTypeError, match=r"OnlyIterators has only iterators.* plan\("):
        make([X], sampler=OnlyIterators())


def test_a_user_s_sampler_with_a_plan_works():
    """On the loader and on the source."""
    for loader in (
        make([X], sampler=Doubled()),
        make(ArrayDataSource([X], sampler=Doubled())),
    ):
        assert [batch.tolist() for (batch,) in loader] == [[0, 2, 4, 6], [8]]


@pytest.mark.parametrize("where", ["loader", "source"])
def test_a_sampler_of_more_samples_than_there_are_is_refused(where):
    """The arguments alone show it."""
    sampler = WeightedSampler(np.ones(20))
    on_loader = where == "loader"
    with pytest.raises(ArgumentError, match="20"):
        make(
            [X] if on_loader else ArrayDataSource([X], sampler=sampler),
            sampler=sampler if on_loader else None,
            seed=0,
        )


# Epochs


def test_an_epoch_cannot_have_more_samples_than_there_are():
    """The message says how it can."""
    with pytest.raises(ArgumentError, match="epoch_samples is 11, and an epoch has only 10"):
        make([X], epoch_samples=11)


@pytest.mark.parametrize("value", [0, -1])
def test_an_epoch_has_a_sample(value):
    """One of none is nobody's wish."""
    with pytest.raises(ArgumentError, match="epoch_samples must be an integer of 1 or more"):
        make([X], epoch_samples=value)


def test_an_endless_epoch_has_no_length():
    """A TypeError, as Python wants it; the message says what to give."""
    loader = make(numbers(10, repeats=-1))
    with pytest.raises(TypeError, match="give the loader epoch_samples="):
        len(loader)


# Sources


@pytest.mark.parametrize("source", [3, "text", None, iter([]), lambda size: iter([])])
def test_what_is_no_source_is_refused(source):
    """Functions and iterators are wrapped first."""
    with pytest.raises(ArgumentTypeError):
        make(source)


def test_columns_of_one_length():
    """As an ArrayDataSource demands."""
    with pytest.raises(ArgumentError, match="columns must have the same length"):
        make([X, X[:5]])


def test_a_single_array_like_gives_bare_batches():
    """No tuple of one."""
    assert [batch.tolist() for batch in make(X)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


class Squares(RandomAccessDataSource):
    """A user's source."""

    def samples_by_indices_nomapping(self, indices):
        return {"square": indices**2}


def test_a_user_s_source_works():
    """With everything that a loader does."""
    source = Squares(length=10, indices=[3, 1, 2])
    loader = make(source, pad_last=True, world_size=2, rank=0, seed=0, pool=1)
    with loader:
        (batch,) = loader
    assert {name: column.tolist() for name, column in batch.items()} == {
        "square": [9, 1, 4, 4],
        "mask": [True, True, True, False],
    }


class Unfinished(AbstractDataSource):
    """A user's source that says it is random-access."""

    @property
    def is_random_access(self):
        return True


def test_a_source_without_an_order_is_refused():
    """At once."""
    with pytest.raises(ArgumentTypeError):
        make(Unfinished())


def test_a_column_of_the_mask_s_name_is_refused():
    """At its step: only the data show it."""
    loader = make({"x": X, "mask": X}, pad_last=True)
    with pytest.raises(ArgumentError, match='pad_last=True needs the name "mask"'):
        next(iter(loader))


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("pool", [None, 1])
def test_an_empty_source_has_empty_epochs(last, pool):
    """No batch, and no error."""
    with make([np.zeros((0, 2))], pool=pool, seed=0, **LAST[last]) as loader:
        assert len(loader) == 0
        assert [list(loader) for _ in loader.epochs(2)] == [[], []]


def test_an_empty_source_has_nothing_to_look_at():
    """An error of ours, not of arithmetic."""
    with pytest.raises(ArgumentError, match="no step begins at place 0"):
        make(X[:0]).peek()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("drop_last", True),
        ("pad_last", True),
        ("on_error", "skip"),
        ("epoch_samples", 3),
        ("sampler", StandardSampler(3)),
    ],
)
def test_what_needs_indices_is_refused_for_a_stream(option, value):
    """The message names the option."""
    stream = CallableDataSource(lambda batch_size: iter([]))
    with pytest.raises(ArgumentError, match=f"{option}=.* needs a random-access source"):
        make(stream, **{option: value})


def test_the_front_door_has_the_loader():
    """Under one name."""
    assert aq.Loader is Loader
