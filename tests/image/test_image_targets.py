"""Masks, boxes and keypoints, which move with their pictures."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from aliquot import Loader
from aliquot._random import Draws
from aliquot.data_source import ArrayDataSource, SingleDataSource
from aliquot.errors import ArgumentError, ArgumentTypeError, BatchError, ImageError
from aliquot.image import (
    CenterCrop,
    ColorJitter,
    ImageFiles,
    Pad,
    RandAugment,
    RandomAffine,
    RandomApply,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    TrivialAugmentWide,
)
from aliquot.image._views import Views
from aliquot.image._warp import warp_points

GREY, WHITE = 128, 255
FILL = 9
VALUES = {"palette": 3, "grey": 200, "uint16": 65535}
DTYPES = {"palette": np.uint8, "grey": np.uint8, "uint16": np.uint16}


def moderately(examples):
    return settings(derandomize=True, deadline=None, max_examples=examples)


# A painted rectangle


@dataclass(frozen=True)
class Scene:
    """A white rectangle on grey, and how its mask is stored."""

    height: int
    width: int
    box: tuple[int, int, int, int]
    kind: str = "grey"

    @property
    def corners(self):
        left, top, right, bottom = self.box
        return np.array([[left, top], [right, top], [left, bottom], [right, bottom]], float)

    def painted(self, value, background, dtype=np.uint8):
        found = np.full((self.height, self.width), background, dtype)
        left, top, right, bottom = self.box
        found[top:bottom, left:right] = value
        return found

    def mask(self):
        mask = self.painted(VALUES[self.kind], 0, DTYPES[self.kind])
        image = Image.fromarray(mask)
        if self.kind == "palette":
            # Two colours are one, and none is that of its number: only numbers tell them apart.
            image.putpalette([0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0])
            assert image.mode == "P"
        return image

    def photos(self, folder, transforms, **options):
        """Save it, and give it as one sample."""
        Image.fromarray(np.stack([self.painted(WHITE, GREY)] * 3, axis=2)).save(folder / "p.png")
        self.mask().save(folder / "m.png")
        return ImageFiles(
            [folder / "p.png"],
            masks=[folder / "m.png"],
            boxes=[[self.box]],
            keypoints=[self.corners],
            transforms=transforms,
            **{"mask_fill": FILL, **options},
        )


@st.composite
def scenes(draw, least=1):
    height, width = draw(st.integers(12, 48)), draw(st.integers(12, 48))
    left, top = draw(st.integers(0, width - least)), draw(st.integers(0, height - least))
    right, bottom = draw(st.integers(left + least, width)), draw(st.integers(top + least, height))
    return Scene(height, width, (left, top, right, bottom), draw(st.sampled_from([*VALUES])))


SIDES = st.integers(8, 40)
SIZES = st.tuples(SIDES, SIDES)
PADDING = st.one_of(st.integers(0, 9), st.tuples(*[st.integers(0, 9)] * 4))


def crops(**options):
    return st.builds(RandomCrop, SIZES, pad_if_needed=st.just(True), **options)


FLIPS = st.sampled_from([RandomHorizontalFlip(), RandomVerticalFlip(), RandomHorizontalFlip(1.0)])
SIMPLE = st.one_of(
    st.builds(Resize, SIZES),
    st.builds(Resize, SIDES),
    st.builds(CenterCrop, SIZES),
    crops(),
    crops(padding=PADDING),
    st.builds(RandomResizedCrop, SIZES, scale=st.just((0.3, 1.0))),
    st.builds(Pad, PADDING),
    FLIPS,
    FLIPS,
)
TURNS = st.one_of(
    st.builds(RandomRotation, st.sampled_from([20, 180, (90, 90)]), expand=st.booleans()),
    st.builds(
        RandomAffine,
        st.sampled_from([0, 30, 180]),
        st.sampled_from([None, (0.3, 0.3)]),
        st.sampled_from([None, (0.7, 1.4)]),
        st.sampled_from([None, 12, (-9, 9, -9, 9)]),
        interpolation=st.sampled_from(["nearest", "bilinear"]),
    ),
)
PLACES = st.integers(0, 10**6)


def untouched(image):
    """Stand between what is done before decoding and what is done after."""
    return image


def read(photos, place):
    """Read the only sample at a place of an epoch."""
    batch = photos.read(np.array([0]), rng=Draws(1, 0, 0, np.array([place])))
    return {name: column[0] for name, column in batch.items()}


def extent(rows, columns):
    """Give the box around pixels."""
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def grown(box, by):
    return np.asarray(box) + np.array([-by, -by, by, by])


def lies_within(inner, outer):
    return bool(np.all(inner[:2] >= outer[:2]) and np.all(inner[2:] <= outer[2:]))


# Before decoding, where all is one view of the file


@moderately(160)
@given(scenes(), st.lists(SIMPLE, max_size=5), PLACES)
def test_mask_and_box_stay_together(tmp_path_factory, scene, transforms, place):
    """Each is no further than a pixel from the other: as large as its own share of a pixel."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    mask = sample["mask"]
    rows, columns = np.nonzero(mask == VALUES[scene.kind])
    if not len(sample["boxes"]):  # a part of a pixel may be left of it
        assert not len(rows) or np.ptp(rows) * np.ptp(columns) == 0
        return
    (box,) = sample["boxes"]
    height, width = mask.shape
    assert lies_within(box, np.array([0, 0, width, height]))
    if len(rows):
        own = extent(rows, columns)
        assert lies_within(own, grown(box, 1))
        assert lies_within(box, grown(own, 1.5))
    else:
        assert min(box[2:] - box[:2]) <= 1.5


@moderately(100)
@given(scenes(), st.lists(SIMPLE, max_size=5), PLACES)
def test_a_picture_shows_the_rectangle_where_its_mask_does(
    tmp_path_factory, scene, transforms, place
):
    """But for pixels near its edge, of which the antialiased ones show a part."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    masked = sample["mask"] == VALUES[scene.kind]
    assert sample["image"].shape == (*masked.shape, 3)
    reach = 1 + int(np.ceil(0.3 * max(masked.shape) / 8))
    bright = sample["image"][..., 0] > (GREY + WHITE) // 2
    assert bright[_eroded(masked, reach)].all()
    assert not bright[_eroded(~masked, reach)].any()


def _eroded(flags, by):
    """Give where all pixels that are no further than `by`, in each direction, are set."""
    padded = np.pad(flags, by, constant_values=True)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * by + 1, 2 * by + 1))
    return windows.all(axis=(2, 3))


@moderately(60)
@given(scenes(), st.lists(SIMPLE, max_size=5), PLACES)
def test_what_was_filled_is_filled_in_the_mask(tmp_path_factory, scene, transforms, place):
    """Picture and mask have the same border, to the pixel; nothing else is in a mask."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    filled = sample["mask"] == FILL
    assert np.array_equal(filled, sample["image"][..., 0] == 0)
    assert {*np.unique(sample["mask"])} <= {0, FILL, VALUES[scene.kind]}


@moderately(60)
@given(scenes(), st.lists(SIMPLE, max_size=5), PLACES)
def test_corners_are_where_the_box_is(tmp_path_factory, scene, transforms, place):
    """Points are not cut off: those of a box that lies within are its corners."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    points = sample["keypoints"]
    found = np.concatenate([points.min(axis=0), points.max(axis=0)])
    assert (points.shape, points.dtype) == ((4, 2), np.float32)
    for box in sample["boxes"]:
        height, width = sample["mask"].shape
        inside = lies_within(box, np.array([0.6, 0.6, width - 0.6, height - 0.6]))
        cut = sample["mask"] == FILL  # where the canvas is larger, its picture may be cut within
        if inside and not cut.any():
            np.testing.assert_allclose(found, box, atol=1e-3)
        assert lies_within(box, grown(found, 1e-3))


# After a function, and when turned, where each transform has a picture of its own


@dataclass
class Step:
    """One transform of a picture: how points move by it, and how far a pixel may be off."""

    height: int
    width: int
    there: object
    """From points before to points after."""
    back: object
    reach: float
    """How many pixels before a pixel after is, at most."""
    growth: float
    """And the other way."""


def steps_of(transforms, height, width, place):
    """Follow a picture through transforms by arithmetic of our own."""
    rng = Draws(1, 0, 0, np.array([place]))
    for number, own in enumerate(transforms):
        if own is untouched:
            continue
        part = rng.part(number)
        step = _warped(own, height, width, part) or _viewed(own, height, width, part)
        yield step
        height, width = step.height, step.width


def _warped(own, height, width, rng):
    if not hasattr(own, "warp"):
        return None
    warp = own.warp(height, width, rng.sample(0))
    matrix = np.array(warp.matrix)
    scales = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return Step(
        warp.height,
        warp.width,
        lambda points: warp_points(points, warp),
        lambda points: points @ matrix[:, :2].T + matrix[:, 2],
        float(scales.max()),
        float(1 / scales.min()),
    )


def _viewed(own, height, width, rng):
    view = own.view(Views.of(np.array([height]), np.array([width])), rng).view(0)
    start, step = np.array([view.left, view.top]), np.array([view.step_x, view.step_y])
    size = np.array([view.width, view.height])
    flip = np.array([view.flip_x, view.flip_y])

    def there(points):
        moved = (points - start) / step
        return np.where(flip, size - moved, moved)

    def back(points):
        return start + step * np.where(flip, size - points, points)

    return Step(view.height, view.width, there, back, float(step.max()), float((1 / step).max()))


def depth_of(scene, steps, off):
    """Tell how far within the rectangle the middle of each pixel is, less what it may be off.

    Positive where it is surely within, also within all that was not cut off on the way; negative
    where it surely is not; 0 where nobody knows.
    """
    height, width = (steps[-1].height, steps[-1].width) if steps else (scene.height, scene.width)
    points = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    points = points.reshape(-1, 2)
    least = np.full(len(points), np.inf)
    doubt = 0.0
    for number in range(len(steps), -1, -1):
        sizes = [(scene.height, scene.width), *[(own.height, own.width) for own in steps]]
        tall, wide = sizes[number]
        limits = [(0, 0, wide, tall)] + [scene.box] * (number == 0)
        for left, top, right, bottom in limits:
            x, y = points.T
            margin = np.min([x - left, right - x, y - top, bottom - y], axis=0)
            # Half a unit at each resampling, in pixels of this canvas.
            sure = np.where(np.abs(margin) <= doubt, 0.0, np.sign(margin))
            least = np.minimum(least, sure)
        if number:
            points = steps[number - 1].back(points)
            doubt = (doubt + off) * steps[number - 1].reach
    return least.reshape(height, width)


def hull_of(scene, steps):
    """Give the upright box around a box after each step, cut to each canvas, and its doubt."""
    box = np.array(scene.box, float)
    doubt = 0.0
    for own in steps:
        left, top, right, bottom = box
        moved = own.there(np.array([[left, top], [right, top], [left, bottom], [right, bottom]]))
        box = np.concatenate([moved.min(axis=0), moved.max(axis=0)])
        box = np.clip(box, 0, [own.width, own.height] * 2)
        doubt = doubt * own.growth * 1.5 + 0.51
    return box, doubt


@st.composite
def long_chains(draw):
    """Draw transforms of which some come after the picture was decoded."""
    before = draw(st.lists(SIMPLE, max_size=3))
    after = draw(st.lists(st.one_of(SIMPLE, TURNS, TURNS), min_size=1, max_size=3))
    return [*before, *draw(st.sampled_from([[], [untouched]])), *after]


@moderately(160)
@given(scenes(), long_chains(), PLACES)
def test_a_mask_is_where_arithmetic_says(tmp_path_factory, scene, transforms, place):
    """Pixel by pixel, followed back to the rectangle through all that was cut off."""
    mask = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)["mask"]
    depth = depth_of(scene, list(steps_of(transforms, scene.height, scene.width, place)), 1.0)
    masked = mask == VALUES[scene.kind]
    assert (mask.dtype, masked.shape) == (DTYPES[scene.kind], depth.shape)
    assert masked[depth > 0].all()
    assert not masked[depth < 0].any()


@moderately(160)
@given(scenes(), long_chains(), PLACES)
def test_a_box_is_the_hull_that_arithmetic_gives(tmp_path_factory, scene, transforms, place):
    """Of its corners after each transform, without what each one cuts off; the mask is in it."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    steps = list(steps_of(transforms, scene.height, scene.width, place))
    hull, doubt = hull_of(scene, steps)
    rows, columns = np.nonzero(sample["mask"] == VALUES[scene.kind])
    if not len(sample["boxes"]):
        assert min(hull[2:] - hull[:2]) <= 2 * doubt
        return
    (box,) = sample["boxes"]
    np.testing.assert_allclose(box, hull, atol=doubt + 1e-3)
    if len(rows):
        assert lies_within(extent(rows, columns), grown(box, 1 + doubt))


@moderately(100)
@given(scenes(least=6), long_chains(), PLACES)
def test_a_picture_is_where_its_mask_is(tmp_path_factory, scene, transforms, place):
    """But for the doubt of every resampling."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    steps = list(steps_of(transforms, scene.height, scene.width, place))
    depth = depth_of(scene, steps, 2.0)
    bright = sample["image"][..., 0] > (GREY + WHITE) // 2
    assert bright[depth > 0].all()
    assert not bright[depth < 0].any()


@moderately(60)
@given(scenes(), long_chains(), PLACES)
def test_points_go_where_arithmetic_says(tmp_path_factory, scene, transforms, place):
    """To a thousandth of a pixel: nothing is cut off or rounded."""
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), transforms), place)
    points = scene.corners
    for own in steps_of(transforms, scene.height, scene.width, place):
        points = own.there(points)
    np.testing.assert_allclose(sample["keypoints"], points, atol=1e-3)


@moderately(60)
@given(scenes(least=4), st.floats(-180, 180), st.booleans(), PLACES)
def test_a_turned_box_is_as_small_as_its_mask(tmp_path_factory, scene, angle, expand, place):
    """Around a rectangle that is turned once and stays whole there is no slack."""
    turn = RandomRotation((angle, angle), expand=expand)
    sample = read(scene.photos(tmp_path_factory.getbasetemp(), [turn]), place)
    points = sample["keypoints"]
    height, width = sample["mask"].shape
    if lies_within(np.concatenate([points.min(axis=0), points.max(axis=0)]), [0, 0, width, height]):
        own = extent(*np.nonzero(sample["mask"] == VALUES[scene.kind]))
        (box,) = sample["boxes"]
        assert lies_within(box, grown(own, 1.5))
        assert lies_within(own, grown(box, 1))


def test_a_quarter_turn_by_hand(tmp_path):
    """Counter-clockwise: right becomes up."""
    scene = Scene(10, 20, (15, 2, 18, 6))
    sample = scene.photos(tmp_path, [RandomRotation((90, 90), expand=True)])[0]
    assert sample["boxes"].tolist() == [[2, 2, 6, 5]]
    assert extent(*np.nonzero(sample["mask"] == 200)) == [2, 2, 6, 5]
    assert sample["keypoints"].tolist() == [[2, 5], [2, 2], [6, 5], [6, 2]]


def test_what_is_cut_off_stays_off(tmp_path):
    """A border that is added later is no part of the picture."""
    scene = Scene(20, 20, (2, 2, 18, 10))
    for transforms in ([CenterCrop(8), Pad(4)], [untouched, CenterCrop(8), Pad(4)]):
        sample = scene.photos(tmp_path, transforms)[0]
        assert sample["boxes"].tolist() == [[4, 4, 12, 8]]
        assert extent(*np.nonzero(sample["mask"] == 200)) == [4, 4, 12, 8]


def test_what_is_turned_off_stays_off(tmp_path):
    """Turning back does not bring it back."""
    turns = [RandomRotation((angle, angle), center=(8, 4)) for angle in (90, -90)]
    sample = Scene(20, 20, (4, 2, 16, 6)).photos(tmp_path, turns)[0]
    assert sample["boxes"].tolist() == [[4, 2, 12, 6]]
    assert extent(*np.nonzero(sample["mask"] == 200)) == [4, 2, 12, 6]
    assert sample["keypoints"].tolist() == [[4, 2], [16, 2], [4, 6], [16, 6]]


@pytest.mark.parametrize("before", [[], [untouched]])
def test_a_crop_beside_the_picture_shows_none_of_it(tmp_path, before):
    """Nothing but fill, and no box."""
    photos = Scene(8, 8, (0, 0, 8, 8)).photos(tmp_path, [*before, RandomCrop(9, padding=30)])
    samples = [read(photos, place) for place in range(60)]
    beside = [own for own in samples if not len(own["boxes"])]
    assert len(beside) > 5
    assert {*np.unique([own["mask"] for own in beside])} == {FILL}
    assert {*np.unique([own["image"] for own in beside])} == {0}


# How a picture is stored

_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned_jpeg(scene, path, orientation):
    """Save a scene as a JPEG that is stored turned."""
    image = Image.fromarray(np.stack([scene.painted(WHITE, GREY)] * 3, axis=2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = image.transpose(_STORED[orientation]) if orientation > 1 else image
    stored.save(path, quality=97, subsampling=0, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("codec", ["simplejpeg", "pillow"])
def test_boxes_are_those_of_the_upright_picture(tmp_path, orientation, codec):
    """Whichever way it is stored; so are masks."""
    if codec == "simplejpeg":
        pytest.importorskip("simplejpeg")
        pytest.importorskip("cykooz_resizer")
    scene = Scene(64, 96, (16, 8, 56, 32))
    turned_jpeg(scene, tmp_path / "p.jpg", orientation)
    scene.mask().save(tmp_path / "m.png")
    photos = ImageFiles(
        [tmp_path / "p.jpg"],
        masks=[tmp_path / "m.png"],
        boxes=[[scene.box]],
        transforms=[RandomResizedCrop((40, 50), (0.4, 1.0)), RandomHorizontalFlip()],
        codec=codec,
    )
    for place in range(8):
        sample = read(photos, place)
        bright = sample["image"][..., 0] > (GREY + WHITE) // 2
        (box,) = sample["boxes"]
        for shown in (bright, sample["mask"] == 200):
            np.testing.assert_allclose(extent(*np.nonzero(shown)), box, atol=1.5)


# Numbers of masks


def test_a_mask_keeps_its_numbers(tmp_path, three, saved):
    """Those of a palette, grey levels, 16 bits, single bits."""
    numbers = np.arange(24).reshape(4, 6)
    bits = numbers % 3 == 0
    palette = Image.fromarray(numbers.astype(np.uint8))
    palette.putpalette([7] * 768)
    wide = (numbers + 65512).astype(np.uint16)
    masks = [
        saved("palette.png", palette),
        saved("grey.png", (numbers + 232).astype(np.uint8)),
        saved("wide.png", wide),
        saved("bits.png", Image.fromarray(bits)),
    ]
    photos = ImageFiles([*three, three[0]], masks=masks)
    found = photos[:]["mask"]
    assert [own.dtype for own in found] == [np.uint8, np.uint8, np.uint16, np.uint8]
    assert [own.tolist() for own in found] == [
        numbers.tolist(),
        (numbers + 232).tolist(),
        wide.tolist(),
        bits.astype(int).tolist(),
    ]


def test_masks_of_one_size_and_dtype_are_one_array(three, saved):
    """With a first axis of samples, as their pictures are."""
    mask = saved("m.png", np.full((4, 6), 65535, np.uint16))
    batch = ImageFiles(three, size=(2, 3), masks=[mask] * 3)[[0, 2]]
    assert (type(batch["mask"]), batch["mask"].dtype) == (np.ndarray, np.uint16)
    assert batch["mask"].tolist() == np.full((2, 2, 3), 65535).tolist()


def test_masks_of_pictures_of_their_own_size_are_a_list(three, saved):
    """As the pictures are."""
    batch = ImageFiles(three, masks=[saved("m.png", np.ones((4, 6), np.uint8))] * 3)[:]
    assert [type(batch[name]) for name in ("image", "mask")] == [list, list]


@pytest.mark.parametrize("interpolation", ["lanczos", "bicubic", "bilinear", "box", "nearest"])
def test_no_filter_is_for_masks(three, saved, interpolation):
    """Numbers between two are not made."""
    mask = saved("m.png", np.array([[0, 200] * 3] * 4, np.uint8))
    transforms = [Resize((9, 15), interpolation), untouched, Resize((7, 7), interpolation)]
    found = ImageFiles(three, masks=[mask] * 3, transforms=transforms)[0]["mask"]
    assert {*np.unique(found)} == {0, 200}


@pytest.mark.parametrize("before", [[], [untouched]])
@pytest.mark.parametrize("size", [(13, 17), (5, 8), (7, 60), (40, 1), (26, 31)])
def test_a_mask_is_resized_as_pillow_does(saved, before, size):
    """To the pixel that the middle of each is in: with odd sides, none lies between two."""
    numbers = np.arange(221, dtype=np.uint8).reshape(13, 17)
    path = saved("m.png", numbers)
    expected = Image.fromarray(numbers).resize(size[::-1], Image.Resampling.NEAREST)
    photos = ImageFiles([path], masks=[path], transforms=[*before, Resize(size)])
    assert photos[0]["mask"].tolist() == np.asarray(expected).tolist()


@pytest.mark.parametrize("transform", [Pad(1), RandomRotation((45, 45))])
def test_what_surrounds_a_mask(three, saved, transform):
    """`mask_fill`, which is 0 if it is not given."""
    mask = saved("m.png", np.ones((4, 6), np.uint16))
    corners = [
        ImageFiles(three, masks=[mask] * 3, transforms=[transform], **options)[0]["mask"][0, 0]
        for options in ({}, {"mask_fill": 65535})
    ]
    assert corners == [0, 65535]


@pytest.mark.parametrize("transforms", [[], [Pad(1)], [RandomRotation(10)]])
@pytest.mark.parametrize("fill", [256, -1])
def test_a_fill_that_a_mask_cannot_hold_is_an_error(three, saved, transforms, fill):
    """Which names the mask."""
    mask = saved("m.png", np.ones((4, 6), np.uint8))
    photos = ImageFiles(three, masks=[mask] * 3, mask_fill=fill, transforms=transforms)
    with pytest.raises(ArgumentError, match=rf"mask_fill={fill} .*m\.png, of uint8"):
        photos[0]


# Boxes, labels and points as they are given


FORMATS = {
    "xyxy": [[1, 2, 4, 4], [0, 0, 6, 1]],
    "xywh": [[1, 2, 3, 2], [0, 0, 6, 1]],
    "cxcywh": [[2.5, 3, 3, 2], [3, 0.5, 6, 1]],
}


@pytest.mark.parametrize("box_format", FORMATS)
def test_boxes_come_out_as_they_are_given(three, box_format):
    """float32, whichever way they are written."""
    boxes = FORMATS[box_format]
    found = ImageFiles(three, boxes=[boxes] * 3, box_format=box_format)[0]["boxes"]
    assert (found.dtype, found.tolist()) == (np.float32, boxes)


@pytest.mark.parametrize("box_format", FORMATS)
def test_boxes_of_every_format_move_alike(three, box_format):
    """Here to twice the size, mirrored."""
    expected = {
        "xyxy": [[4, 4, 10, 8], [0, 0, 12, 2]],
        "xywh": [[4, 4, 6, 4], [0, 0, 12, 2]],
        "cxcywh": [[7, 6, 6, 4], [6, 1, 12, 2]],
    }
    transforms = [Resize((8, 12)), RandomHorizontalFlip(1.0)]
    photos = ImageFiles(
        three, boxes=[FORMATS[box_format]] * 3, box_format=box_format, transforms=transforms
    )
    assert photos[0]["boxes"].tolist() == expected[box_format]


def test_each_picture_has_boxes_of_its_own_number(three):
    """None, one and two: a list, in a batch."""
    boxes = [[], [[0, 0, 1, 1]], np.array([[1, 1, 2, 2], [2, 2, 4, 4]], np.int16)]
    found = ImageFiles(three, boxes=boxes, size=(4, 6))[:]["boxes"]
    assert type(found) is list
    assert [own.tolist() for own in found] == [[], [[0, 0, 1, 1]], [[1, 1, 2, 2], [2, 2, 4, 4]]]
    assert [own.shape for own in found] == [(0, 4), (1, 4), (2, 4)]


@pytest.mark.parametrize("transforms", [[CenterCrop(2)], [RandomRotation(30)], [untouched, Pad(1)]])
@pytest.mark.parametrize("empty", [[], np.zeros((0, 4)), np.zeros((0, 4), np.float32)])
def test_a_picture_without_boxes_and_points_is_fine(three, transforms, empty):
    """Their arrays have no rows."""
    photos = ImageFiles(
        three,
        boxes=[empty] * 3,
        box_labels=[[]] * 3,
        keypoints=[np.zeros((0, 3))] * 3,
        transforms=transforms,
    )
    sample = photos[0]
    shapes = [sample[name].shape for name in ("boxes", "box_labels", "keypoints")]
    assert shapes == [(0, 4), (0,), (0, 3)]


def test_a_box_that_is_not_seen_is_dropped_with_its_label(three):
    """One beside the picture, one beside what is cut out, one without area."""
    boxes = [[-9, 0, -1, 4], [0, 0, 2, 4], [3, 1, 3, 4], [1, 0, 5, 4], [7, 5, 9, 9]]
    photos = ImageFiles(
        three, boxes=[boxes] * 3, box_labels=[list("abcde")] * 3, transforms=[CenterCrop(2)]
    )
    sample = photos[0]
    assert (sample["boxes"].tolist(), sample["box_labels"].tolist()) == ([[0, 0, 2, 2]], ["d"])


@pytest.mark.parametrize(
    ("least", "expected"), [(0, [1, 2, 3, 4]), (0.25, [2, 3, 4]), (0.5, [3, 4]), (1, [4])]
)
@pytest.mark.parametrize(
    "before", [[], [Resize((8, 12))], [untouched], [Pad(3), CenterCrop((4, 6))]]
)
def test_a_box_of_which_little_is_left_is_dropped(three, least, expected, before):
    """As much of its area as is asked for has to be seen: from nothing to all of it."""
    given = [[-3, 0, 0, 4], [-4, 0, 1, 4], [-3, 0, 1, 4], [-1, 0, 1, 4], [0, 0, 1, 4]]
    photos = ImageFiles(
        three,
        boxes=[given] * 3,
        box_labels=[range(5)] * 3,
        min_visibility=least,
        transforms=before,
    )
    assert photos[0]["box_labels"].tolist() == expected


def test_what_is_left_of_a_box_is_measured_through_all_cuts(three):
    """A half of a half is a quarter."""
    transforms = [CenterCrop((4, 2)), untouched, CenterCrop((2, 2)), Pad(1)]
    boxes = [[[2, 0, 4, 4]], [[0, 0, 6, 4]], [[2, 0, 4, 4]]]
    photos = ImageFiles(three, boxes=boxes, transforms=transforms, min_visibility=0.4)
    assert [len(own) for own in photos[:]["boxes"]] == [1, 0, 1]


@moderately(60)
@given(st.integers(3, 60), st.integers(3, 60), st.floats(0, 1))
@example(49, 3, 1.0)
def test_rounding_drops_no_box(tmp_path_factory, n, k, least):
    """One that is whole stays, whatever the sizes."""
    path = tmp_path_factory.getbasetemp() / f"{n}.png"
    Image.fromarray(np.zeros((n, n), np.uint8)).save(path)
    photos = ImageFiles(
        [path],
        boxes=[[[0, 0, n, n]]],
        min_visibility=least,
        transforms=[Resize((k, k)), RandomHorizontalFlip(1.0), RandomVerticalFlip(1.0)],
    )
    np.testing.assert_allclose(photos[0]["boxes"], [[0, 0, k, k]], atol=1e-5)


def test_labels_may_have_any_shape(three):
    """Rows of them go with their boxes."""
    boxes = [[[0, 0, 1, 1], [2, 1, 4, 3]]] * 3
    labels = [np.array([[1, 2, 3], [4, 5, 6]], np.int16)] * 3
    found = ImageFiles(three, boxes=boxes, box_labels=labels, transforms=[CenterCrop(2)])[0]
    assert (found["box_labels"].dtype, found["box_labels"].tolist()) == (np.int16, [[4, 5, 6]])


@pytest.mark.parametrize("turn", [[], [untouched, RandomRotation((90, 90), expand=True)]])
def test_keypoints_keep_what_is_given_besides(three, turn):
    """A visibility, and more; also of those that are not seen any more."""
    points = [[[1, 1, 2, 0.5], [5.5, 3, 0, 0.25], [-1, 9, 1, 7]]] * 3
    found = ImageFiles(three, keypoints=points, transforms=[CenterCrop(2), *turn])[0]["keypoints"]
    assert (found.shape, found.dtype) == ((3, 4), np.float32)
    assert found[:, 2:].tolist() == [[2, 0.5], [0, 0.25], [1, 7]]


def test_keypoints_go_along(three):
    """By hand: cut out, enlarged, mirrored."""
    transforms = [CenterCrop((2, 4)), Resize((4, 8)), RandomHorizontalFlip(1.0)]
    found = ImageFiles(three, keypoints=[[[1, 1, 7], [2, 2.5, 7]]] * 3, transforms=transforms)[0]
    assert found["keypoints"].tolist() == [[8, 0, 7], [6, 3, 7]]


def test_what_is_given_is_not_changed(three):
    """What is read is the caller's own."""
    boxes, points = np.array([[1.0, 1, 3, 3]]), np.array([[1.0, 2, 3]])
    labels = np.array([5])
    photos = ImageFiles(
        three, boxes=[boxes] * 3, keypoints=[points] * 3, box_labels=[labels] * 3, min_visibility=1
    )
    for own in [photos[0], photos[0]]:
        assert own["boxes"].tolist() == [[1, 1, 3, 3]]
        assert own["box_labels"].tolist() == [5]
        for array in own.values():
            array[:] = 0
    assert (boxes.tolist(), points.tolist(), labels.tolist()) == ([[1, 1, 3, 3]], [[1, 2, 3]], [5])


# What is refused

ONE_BOX = {"boxes": [[[0, 0, 1, 1]]] * 3}
REFUSED = {
    "masks: too few": ({"masks": ["m.png"]}, "masks must be one a picture: 3 of them, not 1"),
    "boxes: too many": ({"boxes": [[]] * 4}, "boxes must be one a picture: 3 of them, not 4"),
    "keypoints: none": ({"keypoints": []}, "keypoints must be one a picture: 3 of them, not 0"),
    "box_labels: too few": ({**ONE_BOX, "box_labels": [[1]]}, "box_labels must be one a picture"),
    "box_labels: not one a box": (
        {**ONE_BOX, "box_labels": [[1], [1, 2], [1]]},
        "box_labels must be one a box: picture 1 has 1 boxes",
    ),
    "box_labels: a number": (
        {**ONE_BOX, "box_labels": [[1], [1], 5]},
        "box_labels must be one a box: picture 2 has 1 boxes",
    ),
    "boxes of three": ({"boxes": [[], [[1, 2, 3]], []]}, r"picture 1 has \(1, 3\)"),
    "boxes of five": ({"boxes": [[], [[1, 2, 3, 4, 5]], []]}, r"shape \(k, 4\).*has \(1, 5\)"),
    "one box": ({"boxes": [[1, 2, 3, 4]] * 3}, r"picture 0 has \(4,\)"),
    "boxes that are numbers": ({"boxes": [1, 2, 3]}, r"picture 0 has \(\)"),
    "keypoints of one": ({"keypoints": [[[1]]] * 3}, r"shape \(k, 2 or more\).*has \(1, 1\)"),
    "NaN in boxes": ({"boxes": [[], [], [[0, 0, 1, np.nan]]]}, "finite: those of picture 2"),
    "infinite keypoints": ({"keypoints": [[[np.inf, 0]], [], []]}, "finite: those of picture 0"),
    "unknown format": ({**ONE_BOX, "box_format": "yxyx"}, "one of 'xyxy'.*not 'yxyx'"),
    "visibility above 1": ({**ONE_BOX, "min_visibility": 1.1}, "from 0 to 1, not 1.1"),
    "visibility below 0": ({**ONE_BOX, "min_visibility": -0.1}, "from 0 to 1, not -0.1"),
    "Pillow images": ({**ONE_BOX, "output": "pil"}, "output='array' only"),
    "Pillow images of masks": ({"masks": ["m"] * 3, "output": "pil"}, "output='array' only"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused_when_it_is_made(name):
    """The message says what is wrong, and of which picture."""
    options, text = REFUSED[name]
    with pytest.raises(ArgumentError, match=text):
        ImageFiles(["a.png", "b.png", "c.png"], **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"box_labels": [[1]]}, "box_labels= needs boxes="),
        ({"masks": "m.png"}, "list of paths"),
        ({"masks": ["m.png"], "mask_fill": 1.5}, "mask_fill must be an integer, not 1.5"),
    ],
    ids=["labels alone", "one str", "part of a number"],
)
def test_what_is_of_another_kind_is_refused_when_it_is_made(options, text):
    """A `TypeError`."""
    with pytest.raises(ArgumentTypeError, match=text):
        ImageFiles(["a.png"], **options)


@pytest.mark.parametrize(
    "transform",
    [
        RandAugment(),
        TrivialAugmentWide(),
        RandomApply([RandomRotation(10)]),
        RandomApply([ColorJitter(0.1), RandomAffine(5)]),
    ],
    ids=lambda own: type(own).__name__,
)
@pytest.mark.parametrize("along", [{"boxes": [[]]}, {"masks": ["m.png"]}, {"keypoints": [[]]}])
def test_transforms_that_do_not_tell_where_they_move_are_refused(transform, along):
    """The message says what to use instead; also for other transforms of the same pictures."""
    text = f"{type(transform).__name__} does not tell where it moves pixels.*use RandomAffine"
    with pytest.raises(ArgumentError, match=text):
        ImageFiles(["a.png"], transforms=[transform], **along)
    with pytest.raises(ArgumentError, match=text):
        ImageFiles(["a.png"], **along).with_transforms([untouched, transform])


@pytest.mark.parametrize(
    "transform",
    [
        RandAugment(),
        TrivialAugmentWide(),
        RandomApply([RandomRotation(10)]),
    ],
    ids=lambda own: type(own).__name__,
)
def test_they_are_fine_for_pictures_alone(three, transform):
    """Nothing has to go along."""
    assert ImageFiles(three, transforms=[transform])[0].shape == (4, 6, 3)


def test_transforms_that_move_nothing_are_fine(three):
    """Colours, in a `RandomApply` too, and what is erased."""
    transforms = [ColorJitter(0.5), RandomApply([ColorJitter(0.5)]), RandomErasing()]
    found = ImageFiles(three, boxes=[[[1, 1, 3, 3]]] * 3, transforms=transforms)[0]
    assert found["boxes"].tolist() == [[1, 1, 3, 3]]


def test_a_mask_of_another_size_is_an_error_that_names_both_files(three, saved):
    """And both sizes."""
    mask = saved("other.png", np.zeros((6, 4), np.uint8))
    photos = ImageFiles(three, masks=[mask] * 3, size=(2, 2))
    with pytest.raises(ImageError) as caught:
        photos[1]
    for part in ("other.png", "20.png", "6 x 4", "4 x 6"):
        assert part in str(caught.value)
    assert caught.value.path == mask


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "CMYK"])
def test_a_mask_of_colours_is_refused(three, saved, mode):
    """It has no one number a pixel; the message says what it has."""
    name = "colours.tif" if mode == "CMYK" else "colours.png"
    mask = saved(name, Image.new(mode, (6, 4)))
    with pytest.raises(ImageError, match=rf"{name}: .*one number a pixel.*mode {mode}") as caught:
        ImageFiles(three, masks=[mask] * 3)[0]
    assert caught.value.path == mask


def test_a_mask_that_is_no_picture_is_an_error(three, tmp_path):
    """With its path and why."""
    (tmp_path / "m.png").write_bytes(b"no picture")
    photos = ImageFiles(three, masks=[tmp_path / "m.png"] * 3)
    with pytest.raises(ImageError, match=r"cannot read the mask .*m\.png: it begins like none"):
        photos[0]


def test_a_mask_that_is_missing_raises_what_opening_it_raises(three):
    """As a picture does."""
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        ImageFiles(three, masks=["nowhere.png"] * 3)[0]


def smaller(image):
    return image[1:]


@pytest.mark.parametrize("along", [{"boxes": [[]] * 3}, {"keypoints": [[]] * 3}])
@pytest.mark.parametrize("size", [None, (4, 6)])
def test_a_function_that_changes_the_size_is_an_error_that_says_so(three, along, size):
    """What belongs to the picture could not follow."""
    first = [] if size is None else [Resize(size)]
    photos = ImageFiles(three, transforms=[*first, smaller], **along)
    with pytest.raises(BatchError, match=r"smaller.* changed the size of a picture.*resize and cr"):
        photos[[0, 1]]


def test_a_function_may_change_the_size_of_pictures_alone(three):
    """There is nothing to follow."""
    assert ImageFiles(three, transforms=[smaller])[0].shape == (3, 6, 3)


# As an array-like


@pytest.fixture
def photos(saved, smooth):
    """Give seven pictures with all that can belong to them, and random crops."""
    pictures = [saved(f"p{i}.png", smooth(30 + i, 40 - i)) for i in range(7)]
    masks = [saved(f"m{i}.png", np.full((30 + i, 40 - i), 60_000 + i, np.uint16)) for i in range(7)]
    rng = np.random.RandomState(0)
    starts = [rng.randint(0, 15, size=(i % 3, 2)) for i in range(7)]
    return ImageFiles(
        pictures,
        masks=masks,
        boxes=[np.concatenate([own, own + 12], axis=1) for own in starts],
        box_labels=[np.arange(i % 3) + 10 * i for i in range(7)],
        keypoints=[[[i, i, 1]] for i in range(7)],
        min_visibility=0.2,
        transforms=[
            RandomResizedCrop((16, 20)),
            RandomHorizontalFlip(),
            RandomAffine(20, (0.1, 0.1)),
            ColorJitter(0.2),
            RandomVerticalFlip(),
        ],
    )


NAMES = ["image", "mask", "boxes", "box_labels", "keypoints"]


def plain(value):
    """Give a value that is equal for what is bit-identical, and for nothing else."""
    if isinstance(value, dict):
        return [(name, plain(part)) for name, part in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(part) for part in value]
    return value.dtype.str, value.shape, value.tobytes()


def test_a_sample_is_a_dict(photos):
    """With what was given, in this order."""
    sample = photos[4]
    assert [*sample] == NAMES
    shapes = [sample["image"].shape, sample["mask"].shape, sample["keypoints"].shape]
    assert shapes == [(16, 20, 3), (16, 20), (1, 3)]


@pytest.mark.parametrize("name", ["mask", "boxes", "keypoints"])
def test_what_was_not_given_is_not_there(photos, name):
    """Each may come alone."""
    options = {
        "mask": {"masks": photos._targets.masks},
        "boxes": {"boxes": photos._targets.boxes},
        "keypoints": {"keypoints": photos._targets.keypoints},
    }
    assert [*ImageFiles(photos.paths, **options[name])[0]] == ["image", name]


def test_one_sample_is_a_row_of_a_batch(photos):
    """The same to the bit."""
    batch = photos[:]
    rows = [{name: column[i] for name, column in batch.items()} for i in range(7)]
    assert [plain(photos[i]) for i in range(7)] == [plain(row) for row in rows]


def test_a_batch_is_columns(photos):
    """Arrays where all have one shape, lists of what differs."""
    batch = photos[[4, 2, 0]]
    kinds = [type(batch[name]).__name__ for name in NAMES]
    assert kinds == ["ndarray", "ndarray", "list", "list", "list"]
    assert [len(column) for column in batch.values()] == [3] * 5


def test_no_indices_are_an_empty_batch(photos):
    """Of the same columns."""
    batch = photos[[]]
    assert ([*batch], [len(column) for column in batch.values()]) == (NAMES, [0] * 5)


def test_channels_first_are_those_of_the_picture_only(photos):
    """Boxes and masks are as they were."""
    options = {
        "boxes": photos._targets.boxes,
        "masks": photos._targets.masks,
        "min_visibility": 0.2,
    }
    transforms = [RandomResizedCrop((16, 20)), RandomHorizontalFlip()]
    last = ImageFiles(photos.paths, transforms=transforms, **options)[:]
    first = ImageFiles(photos.paths, transforms=transforms, layout="NCHW", **options)[:]
    assert first["image"].shape == (7, 3, 16, 20)
    assert plain(np.ascontiguousarray(first["image"].transpose(0, 2, 3, 1))) == plain(last["image"])
    for name in ("mask", "boxes"):
        assert plain(first[name]) == plain(last[name])


def test_channels_first_of_pictures_of_any_size(photos):
    """In a list, too, boxes are cut to height and width."""
    found = ImageFiles(photos.paths, boxes=[[[-5, -5, 99, 99]]] * 7, layout="NCHW")[[0, 3]]
    assert [own.tolist() for own in found["boxes"]] == [[[0, 0, 40, 30]], [[0, 0, 37, 33]]]


def test_a_subset_keeps_what_belongs_to_its_pictures(photos):
    """In the order asked for."""
    part = photos.with_transforms([]).subset([5, -3, 0])
    expected = [photos.with_transforms([])[i] for i in (5, 4, 0)]
    assert [plain(part[i]) for i in range(3)] == [plain(own) for own in expected]


def test_other_transforms_keep_it_too(photos):
    """Boxes as they are given, then."""
    sample = photos.with_transforms([])[4]
    assert (sample["boxes"].shape, sample["box_labels"].tolist()) == ((1, 4), [40])
    assert {*np.unique(sample["mask"])} == {60_004}


def test_it_can_be_pickled(photos):
    """And reads the same."""
    copy = pickle.loads(pickle.dumps(photos))
    assert plain(copy[[1, 4]]) == plain(photos[[1, 4]])


def test_its_repr_tells_what_belongs_to_them(photos):
    """Not how much."""
    text = "ImageFiles(7 pictures, masks, boxes, box_labels, keypoints, transforms="
    assert repr(photos)[: len(text)] == text


# In a loader


def test_batches_are_dicts(photos):
    """With the numbers of their places: those of photos[i] if the seed is 0 and none is moved."""
    batches = list(Loader(photos, batch_size=3, seed=0))
    assert [[*batch] for batch in batches] == [NAMES] * 3
    assert plain(batches[1]) == plain(photos[[3, 4, 5]])


@pytest.mark.parametrize("wrap", ["bare", "dict", "tuple"])
def test_threads_give_what_inline_gives(photos, wrap):
    """Shuffled, two epochs long."""
    source = {"bare": photos, "dict": {"photo": photos, "n": range(7)}, "tuple": [photos, photos]}
    options = {"batch_size": 3, "shuffle": True, "seed": 5}
    inline = Loader(source[wrap], **options)
    expected = [[plain(batch) for batch in inline] for _ in range(2)]
    with Loader(source[wrap], pool=3, **options) as loader:
        assert [[plain(batch) for batch in loader] for _ in range(2)] == expected


def test_resuming_goes_on_where_it_stopped(photos):
    """With the same crops."""
    options = {"batch_size": 2, "shuffle": True, "seed": 5}
    first = Loader(photos, **options)
    batches = iter(first)
    next(batches)
    state = first.state_dict()
    rest = [plain(batch) for batch in batches]
    resumed = Loader(photos, **options)
    resumed.load_state_dict(state)
    assert [plain(batch) for batch in resumed] == rest


def test_each_epoch_has_crops_of_its_own(photos):
    """Of the same pictures."""
    loader = Loader(photos, batch_size=7, seed=5)
    (first,), (second,) = list(loader), list(loader)
    assert plain(first["image"]) != plain(second["image"])


def test_columns_are_nested_in_those_of_a_source(photos):
    """Under the name that the pictures have there."""
    source = ArrayDataSource({"photo": photos, "label": np.arange(7)}, include_indices=True)
    batch = next(iter(Loader(source, batch_size=3, seed=0)))
    assert ([*batch], [*batch["photo"]]) == (["index", "photo", "label"], NAMES)
    assert plain(batch["photo"]) == plain(photos[[0, 1, 2]])


def test_a_function_is_given_the_dict(photos):
    """And what it draws is not what was drawn for crops."""

    def counted(sample, rng):
        return {"n": len(sample["boxes"]), "drawn": rng.random()}

    batch = next(iter(Loader(SingleDataSource(photos).map_samples(counted), batch_size=7, seed=1)))
    expected = Draws(1, 0, 1, np.arange(7)).random().tolist()
    assert batch["drawn"].tolist() == expected


@pytest.mark.parametrize("on_error", ["skip", "substitute"])
def test_a_mask_that_fails_is_a_sample_that_fails(photos, saved, on_error):
    """It is passed over as a broken picture is."""
    masks = [*photos._targets.masks]
    masks[2] = saved("broken.png", np.zeros((1, 1), np.uint8))
    broken = ImageFiles(photos.paths, masks=masks, size=(8, 8))
    loader = Loader(broken, batch_size=7, seed=1, on_error=on_error)
    (batch,) = loader
    expected = {"skip": 6, "substitute": 7}[on_error]
    assert (len(batch["mask"]), {own.index for own in loader.report().failures}) == (expected, {2})
