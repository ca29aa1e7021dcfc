"""`ImageFiles` as an array-like."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError, ImageError, IndexRangeError
from aliquot.image import ImageFiles
from aliquot.image._kernel_files import kernel

WITHOUT_PILLOW = """
import sys
sys.modules["PIL"] = None
import aliquot.image
from aliquot.errors import MissingExtraError
try:
    aliquot.image.ImageFiles([])
except MissingExtraError as error:
    print(error)
"""

CODEC = f"codec={'simplejpeg' if kernel() is None else 'libjpeg-turbo'!r}"


def test_making_it_reads_no_file():
    """Files may be written later."""
    assert len(ImageFiles(["nowhere.jpg", "neither.jpg"])) == 2


def test_without_pillow_the_extra_is_named_when_it_is_made():
    """Importing the room is free."""
    command = [sys.executable, "-c", WITHOUT_PILLOW]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == 'aliquot.image needs PIL: pip install "aliquot[image]"\n'


@pytest.mark.parametrize("indices", [[2, 0], np.array([2, 0]), slice(None, None, -2), (-1, 0)])
def test_many_pictures_of_one_size_are_one_array(three, indices):
    """uint8, in the order asked for."""
    batch = ImageFiles(three, (2, 3))[indices]
    assert (batch.shape, batch.dtype, batch[:, 0, 0, 0].tolist()) == (
        (2, 2, 3, 3),
        np.uint8,
        [30, 10],
    )


@pytest.mark.parametrize("index", [1, -2, np.int16(1)])
def test_one_picture_is_one_array(three, index):
    """Height, width, channels."""
    picture = ImageFiles(three)[index]
    assert (picture.shape, picture[0, 0].tolist()) == ((4, 6, 3), [20, 20, 20])


def test_pictures_of_their_own_sizes_are_a_list(three):
    """They may differ."""
    pictures = ImageFiles(three)[[0, 1]]
    assert (type(pictures), [p.shape for p in pictures]) == (list, [(4, 6, 3)] * 2)


@pytest.mark.parametrize("size", [None, (2, 5)])
def test_grey_has_one_channel(three, size):
    """The channel axis is always there."""
    assert ImageFiles(three, size, mode="L")[0].shape == (*(size or (4, 6)), 1)


@pytest.mark.parametrize(("size", "expected"), [(None, (6, 4)), ((2, 5), (5, 2))])
def test_pillow_images_can_be_had(three, size, expected):
    """One, or a list."""
    photos = ImageFiles(three, size, output="pil")
    assert [photos[0].size, *(image.size for image in photos[:2])] == [expected] * 3


def test_no_indices_are_an_empty_batch(three):
    """With the shape of the others."""
    batch = ImageFiles(three, (2, 3), mode="RGBA")[[]]
    assert (batch.shape, batch.dtype) == ((0, 2, 3, 4), np.uint8)


def test_no_indices_are_an_empty_list_without_a_size(three):
    """There is no shape."""
    assert ImageFiles(three)[np.array([], int)] == []


def test_a_batch_is_yours(three):
    """Writable, and not shared with the next one."""
    photos = ImageFiles(three, (2, 3))
    photos[[0]][:] = 0
    photos[0][:] = 0
    assert photos[0].min() == 10


@pytest.mark.parametrize("index", [3, -4, [0, 3]])
def test_an_index_out_of_range_is_refused(three, index):
    """Before any file is read."""
    with pytest.raises(IndexRangeError, match="for 3 samples"):
        ImageFiles(three)[index]


@pytest.mark.parametrize("index", [1.0, "1", None, [True]])
def test_an_index_of_another_type_is_refused(three, index):
    """Nothing is rounded or converted."""
    with pytest.raises((ArgumentTypeError, ValueError)):
        ImageFiles(three)[index]


def test_it_can_be_iterated(three):
    """As any sequence."""
    assert [picture[0, 0, 0] for picture in ImageFiles(three)] == [10, 20, 30]


@pytest.mark.parametrize("name", ["labels", "classes", "class_to_idx"])
def test_a_list_has_no_labels(name):
    """Nobody said what is on the pictures: the error says how one does."""
    with pytest.raises(ArgumentError, match=r"has no labels.*labels_from="):
        getattr(ImageFiles(["a.jpg"]), name)


def test_a_folder_is_listed_below_too(tree):
    """Paths are full ones, in the order of the listing."""
    folder = tree("b.jpg", "a/1.jpg")
    photos = ImageFiles.from_folder(str(folder))
    assert photos.paths == [str(folder / "a/1.jpg"), str(folder / "b.jpg")]


def test_classes_without_a_rule_are_refused(tree):
    """They would do nothing."""
    with pytest.raises(ArgumentTypeError, match="labels_from"):
        ImageFiles.from_folder(tree("a.jpg"), classes=["a"])


def test_a_subset_keeps_classes_and_options(tree):
    """Also a class that has no pictures left."""
    photos = ImageFiles.from_class_folders(tree("a/1.jpg", "b/1.jpg", "b/2.jpg"), size=(8, 9))
    part = photos.subset([2, -2])
    assert (part.paths, part.labels.tolist(), repr(part)) == (
        [photos.paths[2], photos.paths[1]],
        [1, 1],
        f"ImageFiles(2 pictures, size=(8, 9), mode='RGB', output='array', {CODEC}, 2 classes)",
    )


def test_a_subset_leaves_the_whole_as_it_was(tree):
    """Also when its labels are changed."""
    photos = ImageFiles.from_class_folders(tree("a/1.jpg", "b/1.jpg"))
    photos.subset(slice(None)).labels[:] = 7
    assert (len(photos), photos.labels.tolist()) == (2, [0, 1])


def test_labels_are_int64(tree):
    """As losses want them."""
    folder = tree("a/1.jpg")
    made = [
        ImageFiles.from_class_folders(folder),
        ImageFiles.from_folder(folder, labels_from="a"),
        ImageFiles.from_folder(folder, labels_from="a").subset([]),
    ]
    assert [photos.labels.dtype for photos in made] == [np.int64] * 3


def test_an_index_file_brings_paths_labels_and_classes_back(tree, tmp_path):
    """Options are given anew."""
    photos = ImageFiles.from_class_folders(tree("a/1.jpg", "b/1.jpg"), size=(8, 8))
    photos.save_index(tmp_path / "index.json")
    again = ImageFiles.from_index(tmp_path / "index.json", size=(4, 4), mode="L")
    assert (again.paths, again.labels.tolist(), again.class_to_idx, repr(again)) == (
        photos.paths,
        [0, 1],
        {"a": 0, "b": 1},
        f"ImageFiles(2 pictures, size=(4, 4), mode='L', output='array', {CODEC}, 2 classes)",
    )


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        (ImageFiles([]), f"ImageFiles(0 pictures, size=None, mode='RGB', output='array', {CODEC})"),
        (
            ImageFiles(["a"], [2, 3], mode=None, output="pil"),
            f"ImageFiles(1 picture, size=(2, 3), mode=None, output='pil', {CODEC})",
        ),
    ],
)
def test_it_shows_how_many_and_how(photos, expected):
    """Counts and options, no paths."""
    assert repr(photos) == expected


def test_it_can_be_pickled(three):
    """Worker processes get a copy."""
    photos = ImageFiles(three, (2, 3), mode="L")
    again = pickle.loads(pickle.dumps(photos))
    assert (repr(again), again[:].tolist()) == (repr(photos), photos[:].tolist())


def test_its_error_can_be_pickled(tmp_path):
    """It comes back from worker processes whole."""
    (tmp_path / "a.jpg").write_bytes(b"hello")
    with pytest.raises(ImageError) as caught:
        ImageFiles([tmp_path / "a.jpg"])[0]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.path) == (str(caught.value), caught.value.path)


def test_several_threads_read_what_one_reads(three):
    """At the same time, from one object."""
    photos = ImageFiles(three, (2, 3))
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda i: photos[[i % 3, (i + 1) % 3]], range(60)))
    expected = [photos[[i % 3, (i + 1) % 3]] for i in range(60)]
    assert np.array_equal(batches, expected)


def test_an_unknown_option_is_refused():
    """Nothing is swallowed."""
    with pytest.raises(TypeError, match="transform"):
        ImageFiles([], transform=None)
