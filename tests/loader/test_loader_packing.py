"""Batches of rows that hold several samples each."""

import threading

import numpy as np
import pytest
from loader_cases import CASES, all_rows, plain, plains, saved

from aliquot import Loader
from aliquot.data_source import (
    ArrayDataSource,
    ChoiceDataSource,
    CompositeDataSource,
    ConcatDataSource,
    PackedBatch,
)
from aliquot.errors import ArgumentError, BatchError, TaskTimeoutError, site
from aliquot.sampling import PackingSampler
from aliquot.work_pool import WorkerThreadPool

LENGTHS = np.array([3, 5, 2, 1, 4, 2, 2, 7, 3, 1, 6])
N, TOKENS = len(LENGTHS), 8
pools = pytest.mark.parametrize("pool", [None, 2])


class Texts:
    """Samples of several tokens, all of which are their index plus one."""

    def __init__(self, bad=(), lengths=LENGTHS):
        self.bad, self.lengths = {*bad}, lengths

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, index):
        if self.bad & {*np.atleast_1d(index).tolist()}:
            raise OSError("torn")
        return [np.full(self.lengths[i], i + 1) for i in index]

    def describe(self, index):
        """Name a sample."""
        return f"text {index}"


def packing(size=2, *, bad=(), source=None, **options):
    """Give a loader of packed rows."""
    source = ArrayDataSource([Texts(bad), np.arange(N)]) if source is None else source
    sampler = PackingSampler(LENGTHS, TOKENS)
    return Loader(source, **{"batch_size": size, "sampler": sampler, "seed": 2, **options})


def in_rows(batch):
    """Give the samples in each row of a batch, found from the tokens."""
    return [[int(i) - 1 for i in dict.fromkeys(row) if i] for row in batch[0].tolist()]


def samples_of(batches):
    return [i for batch in batches for row in in_rows(batch) for i in row]


ROWS = PackingSampler(LENGTHS, TOKENS).num_rows


# Rows


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("size", [1, 2, 4, 64])
def test_every_sample_stands_once_in_the_rows_of_an_epoch(size, shuffle):
    """Of every epoch; batches have so many rows."""
    loader = packing(size, shuffle=shuffle)
    assert len(loader) == -(-ROWS // size)
    for _ in loader.epochs(3):
        batches = list(loader)
        assert [len(batch[0]) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert sorted(samples_of(batches)) == list(range(N))


def test_epochs_have_other_rows():
    """In another order."""
    loader = packing(64, shuffle=True)
    assert in_rows(next(iter(loader))) != in_rows(next(iter(loader)))


def test_segments_and_positions_tell_the_samples_of_a_row_apart():
    """Segments from 1, positions from 0, both 0 for padding."""
    for batch in packing(3, shuffle=True):
        for tokens, samples, segments, positions in zip(*batch, strict=True):
            told, places = [], []
            for number, sample in enumerate(samples, 1):
                assert tokens[segments == number].tolist() == [sample + 1] * LENGTHS[sample]
                told += [number] * LENGTHS[sample]
                places += range(LENGTHS[sample])
            padding = [0] * (TOKENS - len(told))
            assert segments.tolist() == told + padding
            assert positions.tolist() == places + padding
            assert tokens[len(told) :].tolist() == padding


def test_columns_of_single_values_are_listed_by_row():
    """In the order of the samples in it."""
    for batch in packing(2, shuffle=True):
        assert [samples.tolist() for samples in batch[1]] == in_rows(batch)


def test_a_dict_of_columns():
    """What is added has names; the mask of rows too."""
    source = {"text": Texts(), "label": np.arange(N)}
    loader = packing(ROWS + 1, source=source, pad_last=True)
    batch = next(iter(loader))
    assert list(batch) == ["text", "label", "segment_ids", "positions", "mask"]
    assert batch["mask"].tolist() == [True] * ROWS + [False]


def test_a_bare_array_like():
    """Gives tuples."""
    batch = next(iter(packing(2, source=Texts())))
    assert [column.shape for column in batch] == [(2, TOKENS)] * 3


def test_what_is_collated_is_packed():
    """Collate comes last of all."""
    loader = packing(2, collate=lambda batch: {"tokens": batch[0], "segments": batch[2]})
    assert {name: column.shape for name, column in next(iter(loader)).items()} == {
        "tokens": (2, TOKENS),
        "segments": (2, TOKENS),
    }


def test_a_sampler_on_the_source():
    """Packs as one on the loader."""
    sampler = PackingSampler(LENGTHS, TOKENS)
    source = ArrayDataSource([Texts(), np.arange(N)], sampler=sampler)
    loader = Loader(source, batch_size=2, shuffle=True, seed=2)
    assert plains(loader) == plains(packing(2, shuffle=True))


def test_selections_and_concatenations_are_packed():
    """Of the samples that they draw."""
    one, two = ArrayDataSource([Texts()]), ArrayDataSource([Texts()])
    chosen = ConcatDataSource([one, two]).skip(4).take(N)
    lengths = np.concatenate([LENGTHS[4:], LENGTHS[:4]])
    loader = Loader(
        chosen, batch_size=3, shuffle=True, seed=0, sampler=PackingSampler(lengths, TOKENS)
    )
    assert sorted(samples_of(loader)) == list(range(N))


def test_lengths_that_are_not_those_of_the_samples():
    """The first sample that differs is named."""
    loader = packing(64, source=[Texts(lengths=np.where(LENGTHS == 7, 6, LENGTHS))])
    with pytest.raises(BatchError, match=r"has int64 \(6,\) for sample 7, whose length is 7"):
        next(iter(loader))


@pytest.mark.parametrize("kind", [CompositeDataSource, ChoiceDataSource])
def test_a_packed_member_is_refused(kind):
    """With what to do."""
    packed = ArrayDataSource([Texts()], sampler=PackingSampler(LENGTHS, TOKENS))
    with pytest.raises(ArgumentError, match="give the PackingSampler to the loader"):
        Loader(kind([packed, packed]), batch_size=2)


# Ranks and resuming


@pytest.mark.parametrize("last", ["drop_last", "pad_last"])
@pytest.mark.parametrize(("world", "size"), [(2, 1), (2, 2), (3, 1), (3, 4)])
def test_ranks_partition_the_rows(last, world, size):
    """In batches of full size."""
    whole = all_rows(packing(64, shuffle=True))
    options = {"shuffle": True, "world_size": world, last: True}
    ranks = [packing(size, rank=rank, **options) for rank in range(world)]
    steps = [list(loader) for loader in ranks]
    assert {len(batch[0]) for rank in steps for batch in rank} <= {size}
    found = [
        row
        for step in zip(*steps, strict=True)
        for row in all_rows(step, masked=last == "pad_last")
    ]
    kept = ROWS if last == "pad_last" else ROWS // (world * size) * world * size
    assert found == whole[:kept]


def test_resuming_counts_rows():
    """Under any batch size."""
    loader = packing(2, shuffle=True)
    next(iter(loader))
    assert saved(loader)["place"] == 2
    other = packing(3, shuffle=True)
    other.load_state_dict(saved(loader))
    assert all_rows(other) == all_rows(packing(64, shuffle=True))[2:]


def test_epochs_of_some_rows():
    """Of each epoch the first."""
    loader = packing(2, shuffle=True, epoch_samples=3)
    assert [len(batch[0]) for batch in loader] == [2, 1]


def test_the_indices_of_a_batch_tell_its_rows():
    """As a `PackedBatch`."""
    loader = packing(2, shuffle=True)
    indices = loader.indices_at(1, 2)
    assert type(indices) is PackedBatch
    found = [indices.sample_indices[indices.row == row].tolist() for row in range(2)]
    assert found == in_rows(loader.batch_at(1, 2))
    assert indices.length.tolist() == LENGTHS[indices.sample_indices].tolist()


@pools
def test_batches_are_rebuilt_and_peeked_at(pool):
    """The very same ones."""
    with packing(2, shuffle=True, pad_last=True, pool=pool) as loader:
        expected = plain(loader.peek())
        batches = plains(loader)
        assert batches[0] == expected
        assert plain(loader.batch_at(0, 2)) == batches[1]


@pools
def test_verifying_passes(pool):
    """With random numbers too."""
    with packing(2, shuffle=True, source=noisy(), pad_last=True, pool=pool) as loader:
        loader.verify(steps=9)


def test_verifying_finds_what_depends_on_the_batch():
    """Below the packing."""

    def centred(rows, labels):
        return rows, labels - labels.mean()

    source = ArrayDataSource([Texts(), np.arange(N)]).map(centred)
    with pytest.raises(BatchError, match=r"column \[1\] differs: .*centred.* read in parts"):
        packing(2, source=source).verify()


# Random numbers


def noisy():
    """Give tokens with a random number a sample."""
    return ArrayDataSource([Texts(), np.arange(N)]).map_samples(
        lambda row, i, rng: (row, i, rng.random())
    )


@pytest.mark.parametrize("other", [1, 3, 64])
def test_the_numbers_of_a_sample_do_not_depend_on_the_batch_size(other):
    """They belong to where it stands in the epoch."""
    found = [
        {
            (int(i), float(value))
            for batch in packing(size, shuffle=True, source=noisy())
            for samples, values in zip(batch[1], batch[2], strict=True)
            for i, value in zip(samples, values, strict=True)
        }
        for size in (2, other)
    ]
    assert len(found[0]) == N
    assert found[0] == found[1]


def test_samples_of_a_row_have_numbers_of_their_own():
    """No two are equal, in two epochs."""
    loader = packing(64, shuffle=True, source=noisy())
    drawn = [value for _ in range(2) for row in next(iter(loader))[2] for value in row]
    assert len(set(drawn)) == 2 * N


# Failures


@pools
def test_a_sample_that_cannot_be_read_is_named(pool):
    """By its index, and its place among tokens."""
    with packing(2, bad=[7], pool=pool) as loader, pytest.raises(OSError, match="torn") as caught:
        list(loader)
    found = site(caught.value)
    assert (found.index, found.path, found.stage) == (7, "text 7", "column 0")


@pools
@pytest.mark.parametrize("bad", [[1], [7], [0, 3, 9], [10, 4]])
def test_skipping_leaves_padding(pool, bad):
    """All other samples stay where they are; places count as delivered."""
    expected = [batch[0] for batch in packing(2, shuffle=True)]
    with packing(2, bad=bad, shuffle=True, on_error="skip", pool=pool) as loader:
        found = list(loader)
        assert len(loader.report().failures) == len(bad)
        assert sorted(event.index for event in loader.report().failures) == sorted(bad)
    lost = np.array(bad) + 1
    for whole, batch in zip(expected, found, strict=True):
        assert batch[0].tolist() == np.where(np.isin(whole, lost), 0, whole).tolist()
        assert (batch[2] > 0).tolist() == (batch[0] > 0).tolist()
        assert [samples.tolist() for samples in batch[1]] == in_rows(batch)


def test_skipping_keeps_the_numbers_of_the_others():
    """They belong to places."""

    def drawn(bad, **options):
        source = ArrayDataSource([Texts(bad), np.arange(N)]).map_samples(
            lambda row, i, rng: (row, i, rng.random())
        )
        loader = packing(2, source=source, shuffle=True, **options)
        return {
            int(i): float(value)
            for batch in loader
            for samples, values in zip(batch[1], batch[2], strict=True)
            for i, value in zip(samples, values, strict=True)
        }

    whole, kept = drawn([]), drawn([1, 7, 8], on_error="skip")
    assert kept == {i: value for i, value in whole.items() if i not in (1, 7, 8)}


def test_a_batch_of_which_nothing_is_left_is_passed_over():
    """The others come."""
    loader = packing(1, shuffle=True, on_error="skip")
    lost = loader.indices_at(0, 1).sample_indices.tolist()
    loader = packing(1, bad=lost, shuffle=True, on_error="skip")
    found = list(loader)
    assert (len(found), loader.step) == (ROWS - 1, ROWS)
    assert sorted(samples_of(found)) == [i for i in range(N) if i not in lost]


def test_a_batch_of_which_nothing_is_left_raises_on_one_of_several_ranks():
    """As the others would wait for it."""
    loader = packing(1, bad=range(N), on_error="skip", pad_last=True, world_size=2)
    with pytest.raises(OSError, match="torn") as caught:
        next(iter(loader))
    assert any("ranks need equal steps" in note for note in caught.value.__notes__)


def test_a_sample_in_rows_of_padding_fails_once():
    """Where it belongs."""
    last = packing(1).indices_at(0, ROWS - 1).sample_indices.tolist()
    loader = packing(ROWS + 3, bad=last[:1], on_error="skip", pad_last=True)
    list(loader)
    assert [event.index for event in loader.report().failures] == last[:1]


def test_a_rank_with_padding_only_needs_no_sample():
    """Whatever it is filled up with: the last row, which belongs to the other rank, can fail."""
    lengths = np.full(6, 4)
    options = {"on_error": "skip", "pad_last": True, "rank": 1, "world_size": 2, "seed": 0}
    sampler = PackingSampler(lengths, 4)
    loader = Loader([Texts([5], lengths)], batch_size=2, sampler=sampler, **options)
    assert [batch[-1].tolist() for batch in loader] == [[True, True], [False, False]]


def test_substitutes_are_refused():
    """A row has no room for another sample."""
    with pytest.raises(ArgumentError, match='on_error="skip" leaves padding'):
        packing(2, on_error="substitute")


@pytest.mark.parametrize("most", [0, 1, 2])
def test_too_many_failures_stop_it(most):
    """They are counted by samples."""
    loader = packing(64, bad=[1, 7, 8], on_error="skip", max_failures=most)
    with pytest.raises(RuntimeError, match=f"3 samples failed, and max_failures is {most}"):
        list(loader)


# The report


@pytest.mark.parametrize("options", [{}, {"pad_last": True}, {"bad": [1, 7], "on_error": "skip"}])
def test_the_report_counts_samples(options):
    """Not rows, and no padding."""
    loader = packing(4, **options)
    list(loader)
    assert loader._ledger.samples == N - len(options.get("bad", ()))
    assert f", {loader._ledger.samples} samples" in str(loader.report())


def test_the_report_tells_the_time_of_packing():
    """As a stage."""
    loader = packing(4)
    list(loader)
    assert "pack " in str(loader.report())


class Gated(Texts):
    """Reading waits until the gate is opened."""

    def __init__(self, lengths):
        super().__init__(lengths=lengths)
        self.gate = threading.Event()

    def __getitem__(self, index):
        assert self.gate.wait(60)
        return super().__getitem__(index)


def test_a_task_that_takes_too_long_is_told_in_short():
    """With a few of its samples."""
    lengths = np.ones(900, np.int64)
    texts = Gated(lengths)
    with WorkerThreadPool(1) as pool:
        loader = Loader(
            texts,
            batch_size=90,
            sampler=PackingSampler(lengths, 10),
            seed=0,
            pool=pool,
            timeout=0.01,
        )
        iterator = iter(loader)
        try:
            with pytest.raises(TaskTimeoutError) as caught:
                next(iterator)
        finally:
            texts.gate.set()
        assert "epoch 0, place 0, samples [" in caught.value.__notes__[0]
        assert len(caught.value.__notes__[0]) < 300


# The matrix


def test_the_case_of_the_laws_packs_several_samples_a_row():
    """A check of the helper."""
    loader = CASES["packing"].loader(20, batch_size=4)
    assert max(len(samples) for batch in loader for samples in batch[1]) > 1
