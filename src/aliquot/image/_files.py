"""An array-like over pictures in files."""

import copy
import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Self, TypeVar, Unpack
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from aliquot._batch import map_leaves, stack
from aliquot._indices import check_indices
from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import _classes, _codec, _index_file, _listing, _paths, _pictures
from aliquot.image._options import Keywords, KeywordsAndSize, checked
from aliquot.image._pil import check_pil
from aliquot.image._spare import Spare
from aliquot.image._targets import Target, checked_targets
from aliquot.image._views import Views

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
        Height and width that every picture is resized to, without keeping its proportions: short
        for ``transforms=[Resize((height, width))]``. Without either each picture keeps its size.
    transforms : list, optional
        What is done to each picture, in order: transforms of this module, and functions of one
        array (height, width, channels), which may take ``rng``. Resizing, cropping, padding and
        flipping that stand first are made one, before anything is decoded.
    mode : {"RGB", "L", "RGBA", None}, default "RGB"
        The colours. Alpha is dropped for RGB and L, not blended with a background. 16-bit grey is
        scaled to 8 bits; 32-bit integers are taken as 16 bits and clipped; floats are taken as
        0 to 1 where none exceeds 1, else as 0 to 255 and clipped. None keeps each file's channels
        and depth: uint16 for 16-bit grey, four channels for CMYK, int32, float32; a palette
        becomes its colours, RGBA if it has transparency; single bits become 0 and 255.
    output : {"array", "pil"}, default "array"
        NumPy arrays, or Pillow images.
    layout : {"NHWC", "NCHW"}, default "NHWC"
        Whether channels come last or before height and width.
    interpolation : {"bilinear", "nearest", "box", "bicubic", "lanczos"}, default "bilinear"
        The filter that pictures are resampled with, antialiased.
    reducing_gap : float or None, default 2.0
        JPEGs are decoded at 1/2, 1/4 or 1/8 where that leaves this many times the pixels wanted,
        in each direction; None decodes all pixels.
    codec : {"libjpeg-turbo", "simplejpeg", "pillow"}, optional
        What decodes common JPEGs: the compiled kernel if it was built, else simplejpeg with
        cykooz-resizer if they are installed, else Pillow. Naming one pins it.
    pixel_limit : int, default 178,956,970
        Files with more pixels are refused, before they are decoded.
    strict : bool, default True
        Whether files that end early are refused. `False` gives what there is of them.
    masks : iterable of str or os.PathLike, optional
        A file for each picture with one number a pixel: a PNG with a palette, grey or 16 bits. They
        keep their numbers: nearest, never colours.
    boxes : sequence of arrays, shape (k, 4), optional
        The boxes of each picture, in pixels, as it stands upright.
    box_labels : sequence of arrays, shape (k, ...), optional
        What belongs to each box.
    keypoints : sequence of arrays, shape (m, 2 or more), optional
        Points of each picture, x first, in pixels; further numbers, such as a visibility, stay.
    box_format : {"xyxy", "xywh", "cxcywh"}, default "xyxy"
        How boxes are given and come out: corners, corner and size, or middle and size.
    min_visibility : float, default 0
        Boxes are clipped to the picture; those of which less than this share of their area is left,
        or nothing, are dropped with their labels.
    mask_fill : int, default 0
        What surrounds masks.
    same_geometry_as : ImageFiles, optional
        Transforms draw the same random numbers as those of these pictures, beside which they are
        read: a depth map beside its photograph. Give both the same transforms.

    Raises
    ------
    ArgumentTypeError
        If `paths` is one str, or `size` is one number.
    ArgumentError
        If an option has an unknown value, `size` and ``mode=None`` ask for arrays, or `size` comes
        with `transforms`.
    MissingExtraError
        If Pillow is not installed, or a `codec` that is asked for.

    Notes
    -----
    With masks, boxes or keypoints a sample is a dict of ``"image"``, ``"mask"``, ``"boxes"``
    (float32; a list in a batch), ``"box_labels"`` and ``"keypoints"``, which share one read and
    one geometry.

    One picture is an array (height, width, channels), grey ones with one channel. Many, by a 1-D
    integer array, a list or a slice, are one array (n, height, width, channels) where `size` or the
    transforms give all pictures one size, else a list. ``photos[i]`` has the random numbers of
    seed 0, epoch 0 and place `i`. Of an animation the first frame is read. The EXIF orientation is
    applied.

    A broken file raises `ImageError`, with ``.path`` and ``.reason``; so does a picture beyond
    `pixel_limit`, and a JPEG of more than 500 scans, which could take minutes. A missing or
    unreadable file raises what opening it raises. An index out of range raises `IndexRangeError`.

    What is decoded at a smaller scale differs from resizing the whole picture by less than 1 grey
    level on average.

    Examples
    --------
    >>> photos = ImageFiles(["a.jpg", "b.png"], size=(64, 64))
    >>> photos
    ImageFiles(2 pictures, size=(64, 64), mode='RGB', output='array', codec=...)
    >>> photos[[]].shape, photos[[]].dtype
    ((0, 64, 64, 3), dtype('uint8'))
    """

    def __init__(
        self,
        paths: Iterable[Folder],
        size: Sequence[int] | None = None,
        *,
        masks: Iterable[Folder] | None = None,
        boxes: Sequence[Any] | None = None,
        box_labels: Sequence[Any] | None = None,
        keypoints: Sequence[Any] | None = None,
        box_format: str = "xyxy",
        min_visibility: float = 0.0,
        mask_fill: int = 0,
        same_geometry_as: "ImageFiles | None" = None,
        **options: Unpack[Keywords],
    ) -> None:
        check_pil()  # a missing Pillow is named now, not at the first picture
        self._options, self._chain = checked(size, options)
        self._paths = _paths.texts(paths)
        self._targets = checked_targets(
            len(self._paths),
            masks=masks,
            boxes=boxes,
            box_labels=box_labels,
            keypoints=keypoints,
            box_format=box_format,
            min_visibility=min_visibility,
            mask_fill=mask_fill,
        )
        self._check_targets()
        self._spare = Spare()
        self.identity: str = uuid4().hex
        other = same_geometry_as
        if other is not None and not isinstance(other, ImageFiles):
            raise ArgumentTypeError(f"same_geometry_as must be ImageFiles, not {other!r:.60}")
        self.geometry: str | None = None if other is None else other.geometry or other.identity
        self._labels: npt.NDArray[np.int64] | None = None
        self._classes: list[str] | None = None

    @classmethod
    def from_folder(
        cls,
        folder: Folder,
        *,
        labels_from: _classes.LabelsFrom | None = None,
        classes: Sequence[str] | None = None,
        **options: Unpack[KeywordsAndSize],
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
        **options
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
        photos = cls(_paths.below(folder, relative), **options)
        if labels_from is None:
            return photos
        return photos._labelled(*_classes.by_rule(relative, labels_from, classes))

    @classmethod
    def from_class_folders(
        cls,
        folder: Folder,
        classes: Sequence[str] | None = None,
        allow_empty: bool = False,
        **options: Unpack[KeywordsAndSize],
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
        **options
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
        photos = cls(_paths.below(folder, relative), **options)
        return photos._labelled(*named)

    @classmethod
    def from_index(
        cls,
        path: Folder,
        **options: Unpack[KeywordsAndSize],
    ) -> Self:
        """Read what `save_index` wrote, instead of listing the folder again.

        Parameters
        ----------
        path : str or os.PathLike
            The index file.
        **options
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
        return cls(paths, **options)._labelled(labels, classes)

    def save_index(self, path: Folder) -> None:
        """Write paths, labels and classes to a JSON file, whole or not at all.

        Paths are written as they are: relative ones stay relative to the working folder.
        """
        _index_file.save(path, _index_file.Index(self._paths, self._labels, self._classes))

    def with_transforms(self, transforms: Sequence[Any]) -> Self:
        """Return the same pictures with other transforms.

        Parameters
        ----------
        transforms : list
            As for `ImageFiles`; they take the place of those before, and of `size`.

        Examples
        --------
        >>> from aliquot.image import RandomHorizontalFlip, RandomResizedCrop
        >>> photos = ImageFiles(["a.jpg", "b.png"])
        >>> train = photos.with_transforms([RandomResizedCrop(224), RandomHorizontalFlip()])
        >>> train[[]].shape
        (0, 224, 224, 3)
        """
        changed = copy.copy(self)
        changed._options, changed._chain = self._options.with_transforms(transforms)
        changed._check_targets()
        return changed

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
        part._targets = self._targets.subset(positions)
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
            return map_leaves(itemgetter(0), self._read(check_indices([index], len(self))))
        return self._read(check_indices(index, len(self)))

    def describe(self, index: int) -> str:
        """Give the file of a picture, for messages."""
        return self._paths[index]

    @property
    def made_of(self) -> list[Any]:
        """Everything that a sample depends on, besides what is in the files."""
        chain = self._chain
        given = {name: getattr(self._targets, name) for name in self._targets.__dataclass_fields__}
        return [self._paths, str(self._options), repr(chain.fused), list(chain.after), given]

    def will_need(self, indices: npt.NDArray[np.int64]) -> None:
        """Have the system read files ahead, where it can; a loader with a pool asks for it."""
        for paths in (self._paths, self._targets.masks or ()):
            _pictures.will_need(paths[i] for i in indices.tolist() if paths)

    def versions(self) -> npt.NDArray[np.uint64]:
        """Give a number for each file that changes with its size or time of change, shape (n,)."""
        found = np.fromiter(map(_version, self._paths), np.uint64, len(self))
        if self._targets.masks is not None:
            # Not a sum: a picture and its mask may change places.
            found *= np.uint64(3)
            found ^= np.fromiter(map(_version, self._targets.masks), np.uint64, len(self))
        return found

    def __repr__(self) -> str:
        parts = [_count(len(self), "picture", "pictures"), *self._told()]
        if self._classes is not None:
            parts.append(_count(len(self._classes), "class", "classes"))
        return f"{type(self).__name__}({', '.join(parts)})"

    def _told(self) -> list[str]:
        along = [name + "s" * (name == "mask") for name in self._targets.names]
        return [*along, str(self._chain), str(self._options)]

    def _check_targets(self) -> None:
        if self._targets:
            self._chain.check_targets()
            if self._options.output == "pil":
                raise ArgumentError("masks, boxes and keypoints come with output='array' only")

    @property
    def draws(self) -> bool:
        """Whether a transform takes random numbers."""
        return self._chain.draws

    @property
    def codec(self) -> str:
        """What decodes common JPEGs."""
        return str(self._options.codec)

    @property
    def python_functions(self) -> tuple[str, ...]:
        """Names of the functions among the transforms that are not of this package."""
        return self._chain.python_functions

    def read(self, indices: npt.NDArray[np.int64], *, rng: Draws) -> Any:
        """Read pictures with the random numbers of their places: what data sources ask for.

        Parameters
        ----------
        indices : int64 array, shape (n,)
            Which pictures; not checked.
        rng : Draws
            Random numbers, one row a picture.

        Returns
        -------
        array or list
            As ``photos[indices]``.
        """
        options, chain, targets = self._options, self._chain, self._targets
        pictures = _pictures.read([self._paths[i] for i in indices.tolist()], options)
        views = chain.views(pictures.views(), rng)
        seen = self._seen_targets(indices, pictures, views) if targets else []
        size, channels = chain.size, options.channels
        if size is None or channels is None or options.output == "pil":
            images: Any = _codec.decode(pictures, views, options)
        elif pictures.files is not None and (levels := chain.levels(channels, options.layout)):
            shape = (channels, *size) if levels.planes else (*size, channels)
            images = self._spare.empty((len(pictures), *shape), np.float32)
            _codec.decode_into(pictures, views, images, options, levels)
            return self._with_targets(images, seen) if targets else images
        else:
            images = self._spare.empty((len(pictures), *size, channels), np.uint8)
            _codec.decode_into(pictures, views, images, options)
        images = chain.finish(images, seen, targets.mask_fill, rng, options, self._spare.empty)
        return self._with_targets(images, seen) if targets else images

    def _seen_targets(
        self, indices: Any, pictures: _pictures.Pictures, views: Views
    ) -> list[Target]:
        """Give what belongs to each picture, as its view shows it."""
        found = []
        heights, widths = pictures.heights.tolist(), pictures.widths.tolist()
        for row, (index, view) in enumerate(zip(indices.tolist(), views.each(), strict=True)):
            own = self._targets.of(index, heights[row], widths[row], pictures.paths[row])
            found.append(own.seen(view, self._targets.mask_fill))
        return found

    def _with_targets(self, images: Any, targets: list[Target]) -> dict[str, Any]:
        height, width = (1, 2) if self._options.layout == "NHWC" else (2, 3)
        finished = [
            self._targets.finished(target, *_sides(image, height, width))
            for target, image in zip(targets, images, strict=True)
        ]
        found = {"image": images}
        for name in self._targets.names:
            column = [own[name] for own in finished]
            stackable = name == "mask" and isinstance(images, np.ndarray) and column
            found[name] = stack(column) if stackable else column
        return found

    def _read(self, positions: npt.NDArray[np.int64]) -> Any:
        return self.read(positions, rng=Draws(0, 0, 0, positions))

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


def _version(path: str) -> int:
    try:
        status = os.stat(path)  # noqa: PTH116 (many are asked for, and a Path each takes its time)
        told = f"{path}\0{status.st_size}\0{status.st_mtime_ns}"
    except OSError:  # reading it will say what is wrong
        told = path
    return int.from_bytes(blake2b(os.fsencode(told), digest_size=8).digest(), "little")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _sides(image: Any, height: int, width: int) -> tuple[int, int]:
    """Give height and width of one picture, whose axes are those of a batch less one."""
    return image.shape[height - 1], image.shape[width - 1]
