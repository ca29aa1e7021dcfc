"""An array-like over pictures in files."""

import copy
import os
from collections.abc import Iterable, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from aliquot._indices import check_indices
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import _classes, _index_file, _listing, _paths, _pillow
from aliquot.image._options import checked

T = TypeVar("T")
Folder = str | os.PathLike[str]


class ImageFiles:
    """Pictures in files: ``photos[3]`` reads one, ``photos[[3, 1, 4]]`` reads many.

    Making it reads no file. It can be pickled, and read from several threads at once.

    Parameters
    ----------
    paths : iterable of str or os.PathLike
        The files, in order. JPEG, PNG, WebP, TIFF, GIF, BMP, AVIF and PNM, told by their content.
    size : tuple of int, optional
        Height and width that every picture is resized to, without keeping its proportions
        (antialiased bilinear). Without it each picture keeps its own size.
    mode : {"RGB", "L", "RGBA", None}, default "RGB"
        The colours. Alpha is dropped for RGB and L, not blended with a background. 16-bit grey is
        scaled to 8 bits; 32-bit integers are taken as 16 bits and clipped; floats are taken as
        0 to 1 where none exceeds 1, else as 0 to 255 and clipped. None keeps each file's channels
        and depth: uint16 for 16-bit grey, four channels for CMYK, int32, float32; a palette
        becomes its colours, RGBA if it has transparency; single bits become 0 and 255.
    output : {"array", "pil"}, default "array"
        NumPy arrays, or Pillow images.

    Raises
    ------
    ArgumentTypeError
        If `paths` is one str, or `size` is one number.
    ArgumentError
        If an option has an unknown value, or `size` and ``mode=None`` ask for arrays.
    MissingExtraError
        If Pillow is not installed.

    Notes
    -----
    One picture is an array (height, width, channels), grey ones with one channel. Many, by a 1-D
    integer array, a list or a slice, are one uint8 array (n, height, width, channels) where `size`
    is given, else a list. Of an animation the first frame is read. The EXIF orientation is applied.

    A broken file raises `ImageError`, with ``.path`` and ``.reason``; so does a picture beyond
    Pillow's pixel limit (178,956,970, twice its ``MAX_IMAGE_PIXELS``). A missing or unreadable file
    raises what opening it raises. An index out of range raises `IndexRangeError`.

    A JPEG is decoded at the smallest scale that is at least twice `size`, which differs from
    resizing the whole picture by less than 2 grey levels on average.

    Examples
    --------
    >>> photos = ImageFiles(["a.jpg", "b.png"], size=(64, 64))
    >>> photos
    ImageFiles(2 pictures, size=(64, 64), mode='RGB', output='array')
    >>> photos[[]].shape, photos[[]].dtype
    ((0, 64, 64, 3), dtype('uint8'))
    """

    def __init__(
        self,
        paths: Iterable[Folder],
        size: Sequence[int] | None = None,
        *,
        mode: str | None = "RGB",
        output: str = "array",
    ) -> None:
        _pillow.pil("Image")  # a missing Pillow is named now, not at the first picture
        self._options = checked(size=size, mode=mode, output=output)
        self._paths = _paths.texts(paths)
        self._labels: npt.NDArray[np.int64] | None = None
        self._classes: list[str] | None = None

    @classmethod
    def from_folder(
        cls,
        folder: Folder,
        *,
        labels_from: _classes.LabelsFrom | None = None,
        classes: Sequence[str] | None = None,
        size: Sequence[int] | None = None,
        mode: str | None = "RGB",
        output: str = "array",
    ) -> Self:
        r"""List the pictures of a folder and of all folders below it.

        Hidden files and folders are left out; the order is that of the relative paths.

        Parameters
        ----------
        folder : str or os.PathLike
            Where to look.
        labels_from : callable or str or re.Pattern, optional
            Gives the class: a function from the relative POSIX path to a name, or a regular
            expression searched in that path, whose first group (or whole match) is the name:
            ``r"^(cat|dog)\."`` for ``cat.1.jpg``.
        classes : sequence of str, optional
            The classes in the order of their numbers; the sorted names if not given.
        size, mode, output
            As for `ImageFiles`.

        Raises
        ------
        ArgumentError
            If there are no pictures, no name is found for one, or a name is not in `classes`.
        ArgumentTypeError
            If the function gives something that is no str.
        FileNotFoundError, NotADirectoryError
            If there is no such folder.

        Examples
        --------
        >>> from pathlib import Path; from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for name in ["cat.1.jpg", "dog.1.jpg", "cat.2.jpg"]:
        ...         Path(folder, name).touch()
        ...     photos = ImageFiles.from_folder(folder, labels_from=r"^(cat|dog)\.")
        >>> photos.labels, photos.classes
        (array([0, 0, 1]), ['cat', 'dog'])
        """
        if labels_from is None and classes is not None:
            raise ArgumentTypeError("classes= needs labels_from=, which says where a name is")
        relative = _listing.pictures(folder)
        photos = cls(_paths.below(folder, relative), size, mode=mode, output=output)
        if labels_from is None:
            return photos
        return photos._labelled(*_classes.by_rule(relative, labels_from, classes))

    @classmethod
    def from_class_folders(
        cls,
        folder: Folder,
        classes: Sequence[str] | None = None,
        allow_empty: bool = False,
        *,
        size: Sequence[int] | None = None,
        mode: str | None = "RGB",
        output: str = "array",
    ) -> Self:
        """List a folder of folders, one for each class, with pictures anywhere below.

        Parameters
        ----------
        folder : str or os.PathLike
            Where the class folders are. Pictures beside them belong to no class and are left out.
        classes : sequence of str, optional
            The classes in the order of their numbers, such as ``train.classes`` for a validation
            folder; the sorted names of the folders if not given.
        allow_empty : bool, default False
            Whether a class may have no pictures.
        size, mode, output
            As for `ImageFiles`.

        Raises
        ------
        ArgumentError
            If there are no pictures, a class has none, or a folder is not in `classes`.
        FileNotFoundError, NotADirectoryError
            If there is no such folder.

        Examples
        --------
        >>> from pathlib import Path; from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for name in ["cat", "dog"]:
        ...         Path(folder, name).mkdir()
        ...         Path(folder, name, "1.jpg").touch()
        ...     photos = ImageFiles.from_class_folders(folder)
        >>> photos.labels, photos.class_to_idx
        (array([0, 1]), {'cat': 0, 'dog': 1})
        """
        relative = _listing.pictures_in_subfolders(folder)
        named = _classes.by_folder(relative, folder, classes, allow_empty=allow_empty)
        photos = cls(_paths.below(folder, relative), size, mode=mode, output=output)
        return photos._labelled(*named)

    @classmethod
    def from_index(
        cls,
        path: Folder,
        *,
        size: Sequence[int] | None = None,
        mode: str | None = "RGB",
        output: str = "array",
    ) -> Self:
        """Read what `save_index` wrote, instead of listing the folder again.

        Parameters
        ----------
        path : str or os.PathLike
            The index file.
        size, mode, output
            As for `ImageFiles`; they are not in the file.

        Raises
        ------
        ArgumentError
            If the file is no such index.

        Examples
        --------
        >>> from pathlib import Path; from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     ImageFiles(["a.jpg"]).save_index(Path(folder, "photos.json"))
        ...     ImageFiles.from_index(Path(folder, "photos.json")).paths
        ['a.jpg']
        """
        paths, labels, classes = _index_file.load(path)
        return cls(paths, size, mode=mode, output=output)._labelled(labels, classes)

    def save_index(self, path: Folder) -> None:
        """Write paths, labels and classes to a JSON file, whole or not at all.

        Paths are written as they are: relative ones stay relative to the working folder.
        """
        _index_file.save(path, _index_file.Index(self._paths, self._labels, self._classes))

    def subset(self, indices: Any) -> Self:
        """Return the pictures at `indices`, with the same classes and options.

        Parameters
        ----------
        indices : 1-D array or list of int, or slice
            Which, in which order; negative ones count from the end.

        Examples
        --------
        >>> ImageFiles(["a.jpg", "b.jpg", "c.jpg"]).subset([2, 0]).paths
        ['c.jpg', 'a.jpg']
        """
        positions = check_indices(indices, len(self)).tolist()
        part = copy.copy(self)
        part._paths = [self._paths[i] for i in positions]
        labels = None if self._labels is None else self._labels[positions]
        return part._labelled(labels, self._classes)

    @property
    def paths(self) -> list[str]:
        """The files, in order; not to be changed."""
        return self._paths

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The class number of each picture, int64, shape (n,).

        Raises
        ------
        ArgumentError
            If the pictures have no labels.
        """
        return self._require_labels(self._labels)

    @property
    def classes(self) -> list[str]:
        """The name of each class number; raises as `labels` does."""
        return self._require_labels(self._classes)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class name; raises as `labels` does."""
        return {name: number for number, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        if np.ndim(index) == 0 and not isinstance(index, slice):
            return self._read(check_indices([index], len(self)))[0]
        return self._read(check_indices(index, len(self)))

    def describe(self, index: int) -> str:
        """Give the file of a picture, for messages."""
        return self._paths[index]

    def __repr__(self) -> str:
        parts = [_count(len(self), "picture", "pictures"), str(self._options)]
        if self._classes is not None:
            parts.append(_count(len(self._classes), "class", "classes"))
        return f"{type(self).__name__}({', '.join(parts)})"

    def _read(self, positions: npt.NDArray[np.int64]) -> Any:
        paths = [self._paths[i] for i in positions.tolist()]
        size, mode = self._options.size, self._options.mode
        if self._options.output == "pil":
            return _pillow.decode(paths, size=size, mode=mode)
        if size is None or mode is None:
            return [_pillow.pixels(image) for image in _pillow.decode(paths, size=None, mode=mode)]
        out = np.empty(self._options.batch_shape(len(paths)), np.uint8)
        _pillow.decode_into(paths, out, mode=mode)
        return out

    def _require_labels(self, found: T | None) -> T:
        if found is None:
            raise ArgumentError(
                f"{self!r} has no labels: make it with from_class_folders, or with "
                "from_folder(..., labels_from=...)"
            )
        return found

    def _labelled(self, labels: npt.NDArray[np.int64] | None, classes: list[str] | None) -> Self:
        self._labels, self._classes = labels, classes
        return self


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
