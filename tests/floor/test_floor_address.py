"""Where a batch stands: what its randomness is made of, and what is noted while it is made."""

import pickle

import numpy as np
import pytest

from aliquot import _address
from aliquot._address import Address, SampleFailures, outside_an_epoch
from aliquot._random import Draws
from aliquot.data_source import ArrayDataSource, ChoiceBatch

PLACES = np.array([7, 3, 5])


def test_beyond_takers_the_stages_have_later_numbers():
    """The place of the batch, and its clock, stay."""
    address = Address(1, 2, PLACES, stage=3, tolerant=True)
    further = address.beyond(2)
    assert (further.seed, further.epoch, further.stage, further.tolerant) == (1, 2, 5, True)
    assert (further.places is PLACES, further.clock is address.clock) == (True, True)


def test_beyond_no_takers_is_here():
    """Nothing is copied."""
    address = Address(1, 2, PLACES)
    assert address is address.beyond(0)


@pytest.mark.parametrize(("part", "stage"), [(0, 0), (0, 3), (2, 1)])
def test_draws_belong_to_seed_epoch_stage_and_place(part, stage):
    """The stage counts from where this part of the tree begins."""
    drawn = Address(1, 2, PLACES).beyond(part).draws(stage).random((2,))
    expected = Draws(1, 2, part + stage, PLACES).random((2,))
    np.testing.assert_array_equal(expected, drawn, strict=True)


def test_a_draw_follows_its_place():
    """Wherever in a batch it stands."""
    whole = Address(1, 2, PLACES).draws(0).random()
    alone = Address(1, 2, PLACES[1:2]).draws(0).random()
    assert whole[1] == alone[0]


def test_the_clock_adds_up_what_a_stage_takes(monkeypatch):
    """In nanoseconds; seen from every part of the tree."""
    now = iter([500, 900, 1000])
    monkeypatch.setattr(_address, "perf_counter_ns", lambda: next(now))
    address = Address(1, 2, PLACES)
    address.count("read", 400)
    address.beyond(1).count("map", 600)
    address.count("read", 970)
    assert address.clock == {"read": 130, "map": 300}


def test_every_address_has_a_clock_of_its_own():
    """Two batches do not share one."""
    first, second = Address(1, 2, PLACES), Address(1, 2, PLACES)
    first.count("read", 0)
    assert second.clock == {}


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        (np.array([4, 2]), [4, 2]),
        ((np.array([4, 2]), np.array([0, 1])), [4, 2]),
        (((np.array([4, 2]), np.array([9, 9])), np.array([0, 1])), [4, 2]),
        (ChoiceBatch(np.array([4, 2]), 1), [4, 2]),
        ((ChoiceBatch([4, 2], 1), np.array([0, 1])), [4, 2]),
    ],
)
def test_outside_an_epoch_the_index_is_the_place(indices, expected):
    """That of the first member of a composite, with seed 0 in epoch 0."""
    address = outside_an_epoch(indices)
    assert (address.seed, address.epoch, address.stage) == (0, 0, 0)
    assert (np.int64, expected) == (address.places.dtype, address.places.tolist())


def drawn(**options):
    return ArrayDataSource([np.arange(5)], **options).map(lambda x, rng: (x, rng.random()))


def by_sample(batch):
    return dict(zip(batch[0].tolist(), batch[1].tolist(), strict=True))


@pytest.mark.parametrize(
    "indices",
    [
        [3, 1],
        slice(3, 5),
        [-1, 1],
        slice(-2, None),
        slice(None, None, -1),
    ],
)
def test_a_sample_draws_the_same_however_it_is_named(indices):
    """Counted from the end, in a slice, or by itself."""
    alone = {i: by_sample(drawn()[[i]])[i] for i in range(5)}
    found = by_sample(drawn()[indices])
    assert {i: alone[i] for i in found} == found


def test_a_sample_of_a_subset_draws_as_it_does_in_the_whole():
    """Its index is its place, not its position in the subset."""
    assert by_sample(drawn()[[4, 2]]) == by_sample(drawn(indices=[2, 4])[[1, 0]])


def test_failures_are_kept_by_row():
    """Each with its error; workers send them."""
    error = OSError("broken")
    assert {3: error} == SampleFailures({3: error}).rows
    again = pickle.loads(pickle.dumps(SampleFailures({3: error})))
    assert {row: str(error) for row, error in again.rows.items()} == {3: "broken"}
