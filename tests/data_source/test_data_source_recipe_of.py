"""What a cached sample depends on, in words and digests."""

import functools

import h5py
import numpy as np
import pytest
import zarr
from PIL import Image

from aliquot import locked, per_worker
from aliquot.data_source import (
    ArrayDataSource,
    ConcatDataSource,
    RandomAccessDataSource,
    SingleDataSource,
)
from aliquot.data_source._recipe_of import (
    is_versioned,
    recipe_of,
    versions_of,
)
from aliquot.image import Grayscale, ImageFiles, Normalize, Resize

X = np.arange(10)


class Own:
    """An array-like without a `repr`."""

    def __init__(self, k):
        self.k = k

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return np.asarray(index) * self.k


class Squares(RandomAccessDataSource):
    def __init__(self, k):
        super().__init__(10)
        self.k = k

    def samples_by_indices_nomapping(self, indices):
        return (indices**2 * self.k,)


def scaled(x, k):
    return x * k


VARIED = {
    "array": lambda k: ArrayDataSource([np.full(5, k)]),
    "dtype": lambda k: ArrayDataSource([np.zeros(5, [np.int8, np.int16, np.int32][k])]),
    "name": lambda k: ArrayDataSource({f"x{k}": X}),
    "kind of batch": lambda k: ArrayDataSource([X] if k == 1 else {0: X}),
    "indices": lambda k: ArrayDataSource([X], include_indices=k == 1),
    "list": lambda k: ArrayDataSource([[f"a{k}", "b"]]),
    "size": lambda k: SingleDataSource(ImageFiles(["a.jpg"], size=(k, 4))),
    "path": lambda k: SingleDataSource(ImageFiles([f"{k}.jpg"])),
    "own array-like": lambda k: ArrayDataSource([Own(k)]),
    "locked": lambda k: ArrayDataSource([locked(Own(k))]),
    "per_worker": lambda k: ArrayDataSource([per_worker(functools.partial(Own, k))]),
    "own source": Squares,
    "function": lambda k: ArrayDataSource([X]).map(lambda x: x + k),
    "partial": lambda k: ArrayDataSource([X]).map(functools.partial(scaled, k=k)),
    "map_samples": lambda k: ArrayDataSource([X]).map_samples(lambda x: x + k),
    "deeper": lambda k: ArrayDataSource([X]).map(lambda x: x + k).map(np.negative),
    "member": lambda k: ConcatDataSource([ArrayDataSource([X]), ArrayDataSource([X + k])]),
}


@pytest.mark.parametrize("name", VARIED)
def test_what_samples_are_made_of_counts(name):
    """And the same gives the same."""
    one, same, other = (recipe_of(VARIED[name](k)) for k in (1, 1, 2))
    assert one == same
    assert one != other
    assert " at 0x" not in one


@pytest.mark.parametrize(
    "chosen",
    [
        ArrayDataSource([X], indices=[3, 1]),
        ArrayDataSource([X], repeats=3),
        ArrayDataSource([X]).take(3),
        ArrayDataSource([X]).filter(lambda x: x > 3),
    ],
)
def test_which_samples_are_drawn_does_not(chosen):
    """An index stands for the same sample."""
    assert recipe_of(ArrayDataSource([X])) == recipe_of(chosen)


def test_reading_does_not_change_it():
    """Readers and the like are no part of it."""
    for name, make in VARIED.items():
        if name not in ("size", "path"):
            source = make(1)
            before = recipe_of(source)
            source[[0, 1]]
            assert before == recipe_of(source), name


def test_the_first_line_is_short():
    """For people."""
    files = ImageFiles(["a.jpg"], size=(2, 2))
    source = ArrayDataSource([files, X[:1]]).map(scaled)
    first = recipe_of(source).splitlines()[0]
    assert first == f"ArrayDataSource(0: {files!r}, 1: int64 (1,)).map(scaled)"


def test_files_of_arrays_count(tmp_path):
    """By place, size and time of change."""

    def hdf5(name):
        with h5py.File(tmp_path / name, "w") as file:
            file["x"] = X
        with h5py.File(tmp_path / name) as file:
            return recipe_of(ArrayDataSource([file["x"]]))

    def stored(name):
        array = zarr.create_array(store=str(tmp_path / name), data=X)
        return recipe_of(ArrayDataSource([array]))

    def mapped(name):
        return recipe_of(ArrayDataSource([np.memmap(tmp_path / name, "i8", "w+", shape=10)]))

    for make in (hdf5, stored, mapped):
        assert make(f"{make.__name__}1") != make(f"{make.__name__}2")


def test_versions_of_files(tmp_path):
    """One for each sample, of all columns that have files."""
    paths = [tmp_path / f"{i}.jpg" for i in range(3)]
    for path in paths:
        path.touch()
    files = ImageFiles(paths)
    two = ArrayDataSource([files, files, np.arange(3)])
    before = versions_of(two)
    assert versions_of(SingleDataSource(files)).tolist() == files.versions().tolist()
    assert len(set(before.tolist())) == 3
    paths[1].write_text("longer")
    changed = versions_of(two.map(lambda a, b, c: a)) != before
    assert changed.tolist() == [False, True, False]
    joined = ConcatDataSource([ArrayDataSource([X]), ArrayDataSource([files])])
    assert versions_of(joined).tolist() == [0] * 10 + files.versions().tolist()


@pytest.mark.parametrize("name", VARIED)
def test_whether_there_are_versions_is_told_without_looking(name):
    """As no files may be there."""
    source = VARIED[name](1)
    assert is_versioned(source) == (versions_of(source) is not None) == (name in ("size", "path"))


def test_versions_of_pictures(tmp_path):
    """A missing file has one too."""
    path = tmp_path / "a.jpg"
    files = ImageFiles([path, tmp_path / "none.jpg"])
    without = files.versions()
    path.touch()
    there = files.versions()
    assert (there.dtype, there.shape) == (np.uint64, (2,))
    assert (there != without).tolist() == [True, False]


def pictures(tmp_path, **options):
    """Give one picture with what belongs to it."""
    for name in ("a.png", "m.png", "n.png"):
        Image.new("L", (6, 4)).save(tmp_path / name)
    given = {"masks": [tmp_path / "m.png"], "boxes": [[[0, 0, 2, 2]]], "box_labels": [[1]]}
    return ImageFiles([tmp_path / "a.png"], **{**given, **options})


def upside_down(image):
    return image[::-1]


def backwards(image):
    return image[:, ::-1]


def test_what_belongs_to_pictures_is_in_the_recipe(tmp_path):
    """And so are their transforms, also functions of one name."""
    variants = [
        {},
        {"masks": [tmp_path / "n.png"]},
        {"boxes": [[[0, 0, 2, 3]]]},
        {"box_labels": [[2]]},
        {"box_format": "xywh"},
        {"min_visibility": 0.5},
        {"mask_fill": 1},
        {"keypoints": [[[1, 1]]]},
        {"mode": "L"},
        {"transforms": [Resize(3)]},
        {"transforms": [Resize((2, 3))]},
        {"transforms": [upside_down]},
        {"transforms": [backwards]},
        {"transforms": [lambda image: image[::-1]]},
        {"transforms": [lambda image: image[::-2]]},
        {"transforms": [Grayscale(3)]},
        {"transforms": [Normalize((0.5,), (0.5,))]},
        {"transforms": [Normalize((0.5,), (0.25,))]},
    ]
    recipes = [recipe_of(ArrayDataSource([pictures(tmp_path, **own)])) for own in variants]
    assert len(set(map(str, recipes))) == len(variants)
    assert str(recipe_of(ArrayDataSource([pictures(tmp_path)]))) == str(recipes[0])


def test_a_changed_mask_is_another_version(tmp_path):
    """As a changed picture is."""
    photos = pictures(tmp_path)
    before = photos.versions()
    Image.new("L", (6, 4), 9).resize((6, 4)).save(tmp_path / "m.png", compress_level=0)
    assert (photos.versions() != before).all()
