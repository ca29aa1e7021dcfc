"""Every array-like that we have keeps the contract."""

import h5py
import numpy as np
import pytest
import zarr
from PIL import Image

import aliquot as aq
from aliquot.testing import ArrayLikeContract, Scripted, VirtualArray

ROWS = np.arange(60).reshape(20, 3)


class InFolder(ArrayLikeContract):
    """For what lies on disk."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path


class TestArray(ArrayLikeContract):
    """In memory, with one axis more."""

    def make_array_like(self):
        return ROWS.copy()

    def expected(self):
        return list(ROWS)


class TestArrayOfFloats(ArrayLikeContract):
    """NaN is the same as NaN."""

    def make_array_like(self):
        return np.array([0.0, np.nan, np.inf, -0.0])


class TestArrayOfTexts(ArrayLikeContract):
    """Of fixed width."""

    def make_array_like(self):
        return np.array(["a", "bc", "def"])

    def expected(self):
        return ["a", "bc", "def"]


class TestArrayOfObjects(ArrayLikeContract):
    """Of any kind."""

    def make_array_like(self):
        return np.array([None, "a", 3], object)


class TestStructuredArray(ArrayLikeContract):
    """With fields."""

    def make_array_like(self):
        return np.array([(1, 0.5), (2, 1.5)], [("n", np.int32), ("x", np.float64)])


class TestFlagArray(ArrayLikeContract):
    """Of booleans."""

    def make_array_like(self):
        return np.array([True, False, False])


class TestMemmap(InFolder):
    """Opened to be read only."""

    def make_array_like(self):
        np.save(self.folder / "rows.npy", ROWS)
        return np.load(self.folder / "rows.npy", mmap_mode="r")

    def expected(self):
        return list(ROWS)


class TestList(ArrayLikeContract):
    """Takes single indices only."""

    takes_arrays = False

    def make_array_like(self):
        return list("abcdefghijklmnop")

    def expected(self):
        return "abcdefghijklmnop"


class TestTuple(ArrayLikeContract):
    """As a list does."""

    takes_arrays = False

    def make_array_like(self):
        return (1.5, 2.5, 3.5)


class TestRange(ArrayLikeContract):
    """As a list does."""

    takes_arrays = False

    def make_array_like(self):
        return range(5, 50, 3)

    def expected(self):
        return range(5, 50, 3)


class TestZarr(InFolder):
    """Has a shape, and no length."""

    def make_array_like(self):
        path = str(self.folder / "rows.zarr")
        return zarr.create_array(path, data=ROWS, chunks=(4, 3), overwrite=True)

    def expected(self):
        return list(ROWS)


class TestHdf5PerWorker(InFolder):
    """Each thread, and each copy, opens the file."""

    def make_array_like(self):
        path = self.folder / "rows.h5"
        with h5py.File(path, "w") as file:
            file["rows"] = ROWS
        return aq.per_worker(lambda: h5py.File(path)["rows"])

    def expected(self):
        return list(ROWS)


class TestZarrPerWorker(TestZarr):
    """Has a length."""

    def make_array_like(self):
        array = super().make_array_like()
        return aq.per_worker(lambda: array)


class TestLockedZarr(TestZarr):
    """Likewise."""

    def make_array_like(self):
        return aq.locked(super().make_array_like())


class TestPerWorker(ArrayLikeContract):
    """Over an array."""

    def make_array_like(self):
        return aq.per_worker(lambda: ROWS)

    def expected(self):
        return list(ROWS)


class TestPerWorkerOfList(ArrayLikeContract):
    """Takes arrays, which the list does not."""

    def make_array_like(self):
        return aq.per_worker(lambda: ["a", "b", "c"])

    def expected(self):
        return ["a", "b", "c"]


class TestLockedList(ArrayLikeContract):
    """Likewise; of arrays that differ in shape, which are copied."""

    def make_array_like(self):
        return aq.locked([np.zeros(i) for i in range(5)])


class NotThreadSafe:
    """Keeps what it was asked for in one place."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, index):
        self._asked = index
        rows = np.arange(3) + 0
        return ROWS[self._asked] + 0 * rows


class TestLocked(ArrayLikeContract):
    """Over one that several threads must not read."""

    def make_array_like(self):
        return aq.locked(NotThreadSafe())

    def expected(self):
        return list(ROWS)


class Pictures(InFolder):
    """Pictures made here, of several shapes."""

    options = {}

    def make_array_like(self):
        rng = np.random.default_rng(0)
        paths = [self.folder / f"{i}.png" for i in range(5)]
        for i, path in enumerate(paths):
            Image.fromarray(rng.integers(0, 256, (8 + i, 9, 3), np.uint8)).save(path)
        return aq.image.ImageFiles(paths, **self.options)


class TestImageFilesOfOneSize(Pictures):
    """In one array."""

    options = {"size": (6, 7)}


class TestImageFiles(Pictures):
    """In a list of arrays."""


class TestImageFilesForPillow(Pictures):
    """In a list of Pillow images."""

    options = {"output": "pil"}


class TestSubsetOfImageFiles(Pictures):
    """Out of order, one of them twice."""

    def make_array_like(self):
        return super().make_array_like().subset([4, 0, 2, 4])


class TestScripted(ArrayLikeContract):
    """Our own fake."""

    def make_array_like(self):
        return Scripted(30)

    def expected(self):
        return range(30)


class TestVirtualArray(ArrayLikeContract):
    """A billion samples."""

    def make_array_like(self):
        return VirtualArray(shape=(2, 2), dtype=np.float32)


class TestVirtualArrayOfNumbers(ArrayLikeContract):
    """Which are their own indices."""

    def make_array_like(self):
        return VirtualArray()

    def expected(self):
        return range(10**9)


class Columns:
    """A dict of columns that share one read, one of them ragged."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        if np.ndim(index) == 0:
            return {"x": index * 0.5, "points": np.zeros(index)}
        return {"x": index * 0.5, "points": [np.zeros(i) for i in index]}


class TestColumns(ArrayLikeContract):
    """What one read gives may be a dict."""

    def make_array_like(self):
        return Columns()

    def expected(self):
        return [{"x": i * 0.5, "points": np.zeros(i)} for i in range(10)]
