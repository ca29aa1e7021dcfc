"""Pictures and labels, blended in pairs."""

import pickle

import numpy as np
import pytest
from stages_cases import draws

from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError
from aliquot.stages import MixUp
from aliquot.stages._mixing import partners, shares

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 0])


def drawn(n, alpha):
    """Draw what a stage draws."""
    rng = draws(n)
    return partners(rng), shares(rng, alpha)


def test_images_are_blended_with_their_partner_s():
    """As the formula says."""
    images, _ = MixUp(0.7, classes=6)(IMAGES, LABELS, rng=draws(6))
    partner, share = drawn(6, 0.7)
    share = share[:, None, None, None]
    expected = share * IMAGES + (1 - share) * IMAGES[partner]
    assert images.dtype == np.float32
    assert np.allclose(images, expected, rtol=1e-6)


def test_labels_are_blended_likewise():
    """With the same share, and into float32 that adds up to 1."""
    _, labels = MixUp(0.7, classes=6)(IMAGES, LABELS, rng=draws(6))
    partner, share = drawn(6, 0.7)
    one_hot = np.eye(6)[LABELS]
    expected = share[:, None] * one_hot + (1 - share[:, None]) * one_hot[partner]
    assert labels.dtype == np.float32
    assert np.allclose(labels, expected, rtol=1e-6)
    assert np.allclose(labels.sum(axis=1), 1, rtol=1e-6)


def test_a_share_of_1_leaves_images_as_they_are():
    """As most shares are for a tiny alpha."""
    images, labels = MixUp(1e-9, classes=6)(IMAGES, LABELS, rng=draws(6))
    partner, share = drawn(6, 1e-9)
    kept = np.where(share == 1, np.arange(6), partner)
    assert set(share.tolist()) == {0, 1}
    assert images.tolist() == IMAGES[kept].tolist()
    assert labels.argmax(axis=1).tolist() == LABELS[kept].tolist()


@pytest.mark.parametrize(
    ("given", "expected"), [("?", "f4"), ("i8", "f4"), ("f2", "f4"), ("f4", "f4"), ("f8", "f8")]
)
def test_dtypes_of_images(given, expected):
    """float64 stays."""
    images, _ = MixUp(classes=6)(IMAGES.astype(given), LABELS, rng=draws(6))
    assert images.dtype == expected


def test_samples_may_have_one_axis():
    """They need not be pictures."""
    x, _ = MixUp(classes=6)(np.ones((6, 2)), LABELS, rng=draws(6))
    assert np.allclose(x, 1)


def test_probabilities_are_taken_as_labels():
    """Such as those of another stage."""
    one_hot = np.eye(6, dtype=np.float32)[LABELS]
    found = MixUp()(IMAGES, one_hot, rng=draws(6))
    expected = MixUp(classes=6)(IMAGES, LABELS, rng=draws(6))
    assert [column.tolist() for column in found] == [column.tolist() for column in expected]


def test_columns_of_a_dict():
    """By name; others stay as they are."""
    stage = MixUp(classes=6, images="image", labels="label")
    path = ["a"] * 6
    batch = stage({"path": path, "label": LABELS, "image": IMAGES}, rng=draws(6))
    expected = MixUp(classes=6)(IMAGES, LABELS, rng=draws(6))
    assert list(batch) == ["path", "label", "image"]
    assert batch["path"] is path
    assert batch["image"].tolist() == expected[0].tolist()
    assert batch["label"].tolist() == expected[1].tolist()


def test_columns_of_a_tuple():
    """By position."""
    batch = MixUp(classes=6, images=2, labels=0)(LABELS, "a", IMAGES, rng=draws(6))
    assert [np.shape(column) for column in batch] == [(6, 6), (), (6, 5, 4, 3)]


@pytest.mark.parametrize("n", [0, 1])
def test_batches_without_pairs(n):
    """A sample alone is blended with itself."""
    images, labels = MixUp(classes=6)(IMAGES[:n], LABELS[:n], rng=draws(n))
    assert np.allclose(images, IMAGES[:n], rtol=1e-6)
    assert labels.shape == (n, 6)


def test_what_is_given_is_not_written_into():
    """Neither images nor labels."""
    images, labels = IMAGES.astype(np.float32), np.eye(6, dtype=np.float32)[LABELS]
    before = images.tobytes(), labels.tobytes()
    MixUp()(images, labels, rng=draws(6))
    assert (images.tobytes(), labels.tobytes()) == before


def test_pictures_of_different_sizes():
    """They cannot be blended."""
    with pytest.raises(BatchError, match=r"shapes \(2, 2\), \(3, 2\): MixUp .* ImageFiles a size="):
        MixUp(classes=6)([np.zeros((2, 2)), np.zeros((3, 2))], LABELS[:2], rng=draws(2))


@pytest.mark.parametrize("images", [np.zeros(6), np.zeros((6, 2), complex)])
def test_images_that_cannot_be_blended(images):
    """Without an axis, or of another dtype."""
    with pytest.raises(BatchError, match=r"column 0 .* MixUp"):
        MixUp(classes=6)(images, LABELS, rng=draws(6))


def test_columns_of_different_lengths():
    """Each has as many samples as are drawn for."""
    with pytest.raises(BatchError, match="column 0 has 6 samples, column 1 has 5"):
        MixUp(classes=6)(IMAGES, LABELS[:5], rng=draws(6))


def test_class_numbers_need_the_number_of_classes():
    """It says how to give it."""
    with pytest.raises(ArgumentError, match=r"MixUp\(classes=10\)"):
        MixUp()(IMAGES, LABELS, rng=draws(6))


def test_classes_come_by_keyword():
    """Only alpha may be given without its name."""
    with pytest.raises(TypeError):
        MixUp(0.2, 10)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"alpha": 0}, ArgumentError), ({"classes": 1.5}, ArgumentTypeError)],
)
def test_arguments_that_cannot_be_used(options, error):
    """They are refused at once."""
    with pytest.raises(error):
        MixUp(**options)


def test_it_can_be_pickled():
    """Worker processes are sent it."""
    stage = MixUp(classes=np.int64(6))
    assert pickle.loads(pickle.dumps(stage)) == stage


def test_its_repr_shows_how_it_was_made():
    """As messages and reports do."""
    assert repr(MixUp(classes=6)) == "MixUp(alpha=0.2, classes=6, images=0, labels=1)"
