"""What belongs to a picture and moves with it: a mask, boxes, keypoints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot.errors import ArgumentError, ArgumentTypeError, ImageError
from aliquot.image import _paths
from aliquot.image._pillow import read_mask
from aliquot.image._resample import nearest
from aliquot.image._turns import TURNS, place, stored_part, upright
from aliquot.image._views import View
from aliquot.image._warp import Warp, warp_boxes, warp_mask, warp_points

FORMATS = ("xyxy", "xywh", "cxcywh")
_UPRIGHT = TURNS[1]
_LEAST = 1e-9
Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """What belongs to one picture, as it lies on its canvas; `None` for what there is not."""

    mask: Array | None = None
    """Integers, shape (height, width)."""
    boxes: Array | None = None
    """Left, top, right, bottom in pixels, float64, shape (k, 4): what is left of them."""
    box_labels: Array | None = None
    """Shape (k, ...)."""
    keypoints: Array | None = None
    """x and y in pixels, and what is given besides, float64, shape (m, 2 or more)."""
    whole: Array | None = None
    """The boxes as if nothing had been cut off, by which that is measured."""

    def seen(self, view: View, fill: int) -> "Target":
        """Move it as a view does, given on the picture that the view is of."""
        boxes, whole, points = self.boxes, self.whole, self.keypoints
        return replace(
            self,
            mask=None if self.mask is None else _seen_mask(self.mask, view, fill),
            boxes=None if boxes is None else np.clip(_seen_boxes(boxes, view), *_limits(view)),
            whole=None if whole is None else _seen_boxes(whole, view),
            keypoints=points if points is None else _with_points(points, _moved(points, view)),
        )

    def warped(self, warp: Warp, fill: int) -> "Target":
        """Move it as a warp does."""
        boxes, whole, points = self.boxes, self.whole, self.keypoints
        limits = np.array([warp.width, warp.height] * 2)
        return replace(
            self,
            mask=None if self.mask is None else warp_mask(self.mask, warp, fill),
            boxes=None if boxes is None else np.clip(warp_boxes(boxes, warp), 0, limits),
            whole=None if whole is None else warp_boxes(whole, warp),
            keypoints=points
            if points is None
            else _with_points(points, warp_points(points[:, :2], warp)),
        )


def _seen_mask(mask: Array, view: View, fill: int) -> Array:
    out = np.empty((view.height, view.width), mask.dtype)
    part = stored_part(view, _UPRIGHT, *mask.shape)
    if not (part.height and part.width):
        out[...] = fill
        return out
    left, top, right, bottom = part.box
    rows, columns = nearest(top, bottom, part.height), nearest(left, right, part.width)
    found = mask[
        np.minimum(rows, mask.shape[0] - 1)[:, None], np.minimum(columns, mask.shape[1] - 1)
    ]
    place(upright(found, _UPRIGHT, view), view, out, fill)
    return out


def _moved(points: Array, view: View) -> Array:
    """Move points (..., 2 or more), x first."""
    x = (points[..., 0] - view.left) / view.step_x
    y = (points[..., 1] - view.top) / view.step_y
    return np.stack(
        [view.width - x if view.flip_x else x, view.height - y if view.flip_y else y], axis=-1
    )


def _seen_boxes(boxes: Array, view: View) -> Array:
    corners = _moved(boxes.reshape(-1, 2, 2), view)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def _limits(view: View) -> tuple[Array, Array]:
    """Give what of a canvas shows the picture: left and top, right and bottom, each twice."""
    across, down = (view.x.first, view.x.stop), (view.y.first, view.y.stop)
    if view.flip_x:
        across = view.width - view.x.stop, view.width - view.x.first
    if view.flip_y:
        down = view.height - view.y.stop, view.height - view.y.first
    return np.array([across[0], down[0]] * 2), np.array([across[1], down[1]] * 2)


def _with_points(points: Array, moved: Array) -> Array:
    return np.concatenate([moved, points[:, 2:]], axis=1)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What belongs to each of many pictures, and how it is given and wanted."""

    masks: list[str] | None
    """Files."""
    boxes: list[Array] | None
    box_labels: list[Array] | None
    keypoints: list[Array] | None
    box_format: str
    min_visibility: float
    mask_fill: int

    @property
    def names(self) -> list[str]:
        """The columns beside that of the pictures."""
        given = {
            "mask": self.masks,
            "boxes": self.boxes,
            "box_labels": self.box_labels,
            "keypoints": self.keypoints,
        }
        return [name for name, own in given.items() if own is not None]

    def __bool__(self) -> bool:
        return bool(self.names)

    def of(self, index: int, height: int, width: int, path: str) -> Target:
        """Give what belongs to a picture of some height and width, upright."""
        mask = None
        if self.masks is not None:
            mask = read_mask(self.masks[index])
            limits = np.iinfo(mask.dtype)
            if not limits.min <= self.mask_fill <= limits.max:
                raise ArgumentError(
                    f"mask_fill={self.mask_fill} is no value of the mask {self.masks[index]}, of "
                    f"{mask.dtype}"
                )
            if mask.shape != (height, width):
                has = f"{mask.shape[0]} x {mask.shape[1]}"
                why = f"it has {has} pixels, and {path} has {height} x {width}"
                raise ImageError(
                    f"the mask {self.masks[index]} does not fit its picture: {why}",
                    path=self.masks[index],
                    reason=why,
                )
        boxes = None if self.boxes is None else _from_format(self.boxes[index], self.box_format)
        return Target(
            mask,
            boxes,
            None if self.box_labels is None else self.box_labels[index],
            None if self.keypoints is None else self.keypoints[index],
            boxes,
        )

    def finished(self, target: Target, height: int, width: int) -> dict[str, Array]:
        """Clip what belongs to a picture to it, and give it as it is wanted."""
        found: dict[str, Array] = {}
        if target.mask is not None:
            found["mask"] = target.mask
        if target.boxes is not None:
            limits = np.array([width, height, width, height])
            clipped = np.clip(target.boxes, 0, limits)
            area = _area(target.boxes if target.whole is None else target.whole)
            visible = _area(clipped)
            # What rounding takes from a box does not count.
            kept = (visible > _LEAST * area) & (visible >= (self.min_visibility - _LEAST) * area)
            found["boxes"] = _to_format(clipped[kept], self.box_format).astype(np.float32)
            if target.box_labels is not None:
                found["box_labels"] = target.box_labels[kept]
        if target.keypoints is not None:
            found["keypoints"] = target.keypoints.astype(np.float32)
        return found

    def subset(self, positions: list[int]) -> "Targets":
        """Keep what belongs to some pictures."""

        def some(given: list[Any] | None) -> list[Any] | None:
            return None if given is None else [given[i] for i in positions]

        return replace(
            self,
            masks=some(self.masks),
            boxes=some(self.boxes),
            box_labels=some(self.box_labels),
            keypoints=some(self.keypoints),
        )


def _area(boxes: Array) -> Array:
    sides = boxes[:, 2:] - boxes[:, :2]
    area: Array = sides[:, 0] * sides[:, 1]
    return area


def _from_format(boxes: Array, kind: str) -> Array:
    first, second = boxes[:, :2], boxes[:, 2:]
    if kind == "xywh":
        return np.concatenate([first, first + second], axis=1)
    if kind == "cxcywh":
        return np.concatenate([first - second / 2, first + second / 2], axis=1)
    return boxes


def _to_format(boxes: Array, kind: str) -> Array:
    first, second = boxes[:, :2], boxes[:, 2:]
    if kind == "xywh":
        return np.concatenate([first, second - first], axis=1)
    if kind == "cxcywh":
        return np.concatenate([(first + second) / 2, second - first], axis=1)
    return boxes


def checked_targets(
    n: int,
    *,
    masks: Any = None,
    boxes: Any = None,
    box_labels: Any = None,
    keypoints: Any = None,
    box_format: str = "xyxy",
    min_visibility: float = 0.0,
    mask_fill: Any = 0,
) -> Targets:
    """Check what is given for `n` pictures."""
    if box_format not in FORMATS:
        raise ArgumentError(
            f"box_format must be one of {', '.join(map(repr, FORMATS))}, not {box_format!r}"
        )
    if not 0 <= min_visibility <= 1:
        raise ArgumentError(f"min_visibility must be from 0 to 1, not {min_visibility!r}")
    if not isinstance(mask_fill, Integral):
        raise ArgumentTypeError(f"mask_fill must be an integer, not {mask_fill!r}")
    if box_labels is not None and boxes is None:
        raise ArgumentTypeError("box_labels= needs boxes=")
    found = Targets(
        masks=None if masks is None else _paths.texts(masks),
        boxes=_arrays(boxes, "boxes", 4, 4),
        box_labels=None if box_labels is None else [np.asarray(own) for own in box_labels],
        keypoints=_arrays(keypoints, "keypoints", 2, None),
        box_format=box_format,
        min_visibility=float(min_visibility),
        mask_fill=int(mask_fill),
    )
    for name in ("masks", "boxes", "box_labels", "keypoints"):
        given = getattr(found, name)
        if given is not None and len(given) != n:
            raise ArgumentError(f"{name} must be one a picture: {n} of them, not {len(given)}")
    for i, (own, labels) in enumerate(zip(found.boxes or [], found.box_labels or [], strict=False)):
        if np.shape(labels)[:1] != (len(own),):
            raise ArgumentError(
                f"box_labels must be one a box: picture {i} has {len(own)} boxes and labels of "
                f"shape {labels.shape}"
            )
    return found


def _arrays(given: Sequence[Any] | None, name: str, least: int, most: int | None) -> Any:
    """Give float64 arrays of shape (k, least to most)."""
    if given is None:
        return None
    found = []
    for i, own in enumerate(given):
        array = np.asarray(own, dtype=np.float64)
        array = array.reshape(0, least) if array.shape in ((0,), (1, 0)) else array
        if array.ndim != 2 or array.shape[1] < least or (most and array.shape[1] > most):
            wanted = f"(k, {least})" if most else f"(k, {least} or more)"
            raise ArgumentError(
                f"{name} must be arrays of shape {wanted}, one a picture: that of picture {i} has "
                f"{array.shape}"
            )
        if not np.isfinite(array).all():
            raise ArgumentError(f"{name} must be finite: those of picture {i} are not")
        found.append(array)
    return found
