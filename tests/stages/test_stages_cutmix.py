"""Pictures, with a part of another one pasted in."""

import pickle

import numpy as np
import pytest
from stages_cases import draws

from aliquot.errors import ArgumentError, BatchError
from aliquot.stages import CutMix
from aliquot.stages._cutmix import ends
from aliquot.stages._mixing import partners

N, H, W = 40, 20, 30
NUMBERS = np.broadcast_to(np.arange(N)[:, None, None, None], (N, H, W, 3))
LABELS = np.arange(N)


def other_pixels(alpha=1.0):
    """Mix pictures each of which shows its own row; give where they show the partner's."""
    images, labels = CutMix(alpha, classes=N)(NUMBERS, LABELS, rng=draws(N))
    return (images != NUMBERS).all(axis=-1), images, labels


def test_pixels_are_those_of_the_picture_or_its_partner():
    """In place, and with all their channels."""
    rng = np.random.default_rng(0)
    given = rng.integers(0, 256, (N, H, W, 3)).astype(np.uint8)
    other, _, _ = other_pixels()
    images, _ = CutMix(classes=N)(given, LABELS, rng=draws(N))
    expected = np.where(other[..., None], given[partners(draws(N))], given)
    assert images.dtype == np.uint8
    assert images.tobytes() == expected.tobytes()


def test_what_is_pasted_is_a_box():
    """Its rows and columns are whole."""
    other, _, _ = other_pixels()
    for picture in other:
        down, across = picture.any(axis=1), picture.any(axis=0)
        assert picture.tolist() == np.outer(down, across).tolist()
        assert (np.diff(np.flatnonzero(down)) == 1).all()
        assert (np.diff(np.flatnonzero(across)) == 1).all()


def test_labels_are_mixed_by_the_pixels_that_are_kept():
    """After the box was cut at the border."""
    other, _, labels = other_pixels()
    kept = 1 - other.mean(axis=(1, 2))
    assert labels.dtype == np.float32
    assert np.allclose(labels[LABELS, LABELS], kept)
    assert np.allclose(labels[LABELS, partners(draws(N))], 1 - kept)
    assert np.allclose(labels.sum(axis=1), 1)


def test_boxes_inside_have_the_share_that_was_drawn():
    """Up to half a pixel a side."""
    n, length = 2000, 1000
    share = np.full(n, 0.3)
    rng = draws(n)
    down, across = (ends(np.sqrt(share), length, rng) for _ in range(2))
    inside = (down[0] > 0) & (down[1] < length) & (across[0] > 0) & (across[1] < length)
    area = (down[1] - down[0]) * (across[1] - across[0]) / length**2
    assert inside.sum() > 100
    assert np.allclose(area[inside], 0.3, atol=0.002)
    assert area.max() < 0.302


def test_centres_are_uniform():
    """Each pixel as often; a box of one pixel is where its centre is."""
    first, last = ends(np.full(20_000, 0.1), 10, draws(20_000))
    assert (last - first).tolist() == [1] * 20_000
    counts = np.bincount(first, minlength=10)
    assert ((counts - 2000) ** 2 / 2000).sum() < 27.9  # 1 in 1000 for 9 degrees of freedom


def test_the_mean_side_of_a_box_that_is_cut_at_the_border():
    """Of a box of half the axis, 1/2 x 1/2 + 1/2 x 3/8 = 7/16 is left with a uniform centre."""
    first, last = ends(np.full(20_000, 0.5), 1000, draws(20_000))
    assert abs((last - first).mean() / 1000 - 7 / 16) < 0.002


@pytest.mark.parametrize(("side", "expected"), [(0.0, {0}), (1.0, set(range(4, 9)))])
def test_extreme_boxes(side, expected):
    """Nothing, or all that lies inside."""
    first, last = ends(np.full(500, side), 8, draws(500))
    assert set((last - first).tolist()) == expected
    assert first.min() >= 0
    assert last.max() <= 8


def test_channels_first():
    """The same boxes, on the last two axes."""
    images, labels = CutMix(classes=N)(NUMBERS, LABELS, rng=draws(N))
    first, again = CutMix(classes=N, layout="NCHW")(
        NUMBERS.transpose(0, 3, 1, 2), LABELS, rng=draws(N)
    )
    assert first.transpose(0, 2, 3, 1).tolist() == images.tolist()
    assert again.tolist() == labels.tolist()


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_pictures_without_channels(layout):
    """Two axes are enough."""
    images, _ = CutMix(classes=N, layout=layout)(NUMBERS[..., 0], LABELS, rng=draws(N))
    assert images.tolist() == other_pixels()[1][..., 0].tolist()


@pytest.mark.parametrize("n", [0, 1])
def test_batches_without_pairs(n):
    """A picture alone stays as it is."""
    images, labels = CutMix(classes=N)(NUMBERS[:n], LABELS[:n], rng=draws(n))
    assert images.tolist() == NUMBERS[:n].tolist()
    assert np.allclose(labels, np.eye(N)[:n])


def test_what_is_given_is_not_written_into():
    """Neither images nor labels."""
    images, labels = NUMBERS.copy(), np.eye(N, dtype=np.float32)
    before = images.tobytes(), labels.tobytes()
    CutMix()(images, labels, rng=draws(N))
    assert (images.tobytes(), labels.tobytes()) == before


def test_columns_of_a_dict():
    """By name."""
    stage = CutMix(classes=N, images="image", labels="label")
    batch = stage({"label": LABELS, "image": NUMBERS}, rng=draws(N))
    assert batch["image"].tolist() == other_pixels()[1].tolist()
    assert batch["label"].shape == (N, N)


def test_pictures_without_pixels():
    """They stay as they are, and so do their labels."""
    images, labels = CutMix(classes=N)(np.zeros((N, 0, 5, 3)), LABELS, rng=draws(N))
    assert images.shape == (N, 0, 5, 3)
    assert labels.tolist() == np.eye(N).tolist()


def test_pictures_of_different_sizes():
    """They have no places in common."""
    with pytest.raises(BatchError, match="CutMix needs one array; give ImageFiles a size="):
        CutMix(classes=6)([np.zeros((2, 2)), np.zeros((3, 2))], LABELS[:2], rng=draws(2))


def test_samples_without_height_and_width():
    """There is nowhere to cut."""
    with pytest.raises(BatchError, match="CutMix needs samples with at least 2 axes"):
        CutMix(classes=N)(np.zeros((N, 3)), LABELS, rng=draws(N))


@pytest.mark.parametrize("options", [{"alpha": -1}, {"classes": 0}, {"layout": "HWC"}])
def test_arguments_that_cannot_be_used(options):
    """They are refused at once."""
    with pytest.raises(ArgumentError):
        CutMix(**options)


def test_it_can_be_pickled():
    """Worker processes are sent it."""
    stage = CutMix(classes=6, layout="NCHW")
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_its_repr_shows_how_it_was_made():
    """As messages and reports do."""
    expected = "CutMix(alpha=1.0, classes=6, images=0, labels=1, layout='NHWC')"
    assert repr(CutMix(classes=6)) == expected
