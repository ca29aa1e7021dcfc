"""The changes that RandAugment and TrivialAugment choose from, on Pillow images L and RGB."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from aliquot.image._matrix import affine_matrix
from aliquot.image._pillow import pil
from aliquot.image._warp import Warp, transformed

# Of (image, magnitude, interpolation, fill); the image is left as it is.
Operation = Callable[[Any, float, str, Sequence[float]], Any]


def _shear_x(image: Any, magnitude: float, interpolation: str, fill: Sequence[float]) -> Any:
    # The magnitude is the tangent. The upper left corner stays.
    degrees = math.degrees(math.atan(magnitude))
    return _warped(image, interpolation, fill, centre=(0.0, 0.0), shear=(degrees, 0.0))


def _shear_y(image: Any, magnitude: float, interpolation: str, fill: Sequence[float]) -> Any:
    degrees = math.degrees(math.atan(magnitude))
    return _warped(image, interpolation, fill, centre=(0.0, 0.0), shear=(0.0, degrees))


def _translate_x(image: Any, magnitude: float, interpolation: str, fill: Sequence[float]) -> Any:
    return _warped(image, interpolation, fill, translate=(int(magnitude), 0))


def _translate_y(image: Any, magnitude: float, interpolation: str, fill: Sequence[float]) -> Any:
    return _warped(image, interpolation, fill, translate=(0, int(magnitude)))


def _rotate(image: Any, magnitude: float, interpolation: str, fill: Sequence[float]) -> Any:
    return _warped(image, interpolation, fill, angle=-magnitude)


def _warped(
    image: Any,
    interpolation: str,
    fill: Sequence[float],
    *,
    centre: tuple[float, float] | None = None,
    angle: float = 0.0,
    translate: tuple[float, float] = (0.0, 0.0),
    shear: tuple[float, float] = (0.0, 0.0),
) -> Any:
    width, height = image.size
    middle = (width / 2, height / 2) if centre is None else centre
    matrix = affine_matrix(middle, angle, translate, shear=shear)
    return transformed(image, Warp(matrix, height, width), interpolation, fill)


def _enhance(kind: str) -> Operation:
    return lambda image, magnitude, *_: getattr(pil("ImageEnhance"), kind)(image).enhance(
        1.0 + magnitude
    )


def _equalize(image: Any, *_: Any) -> Any:
    return pil("ImageOps").equalize(image)


def _autocontrast(image: Any, *_: Any) -> Any:
    return pil("ImageOps").autocontrast(image)


def _posterize(image: Any, magnitude: float, *_: Any) -> Any:
    return pil("ImageOps").posterize(image, int(magnitude))


def _solarize(image: Any, magnitude: float, *_: Any) -> Any:
    return pil("ImageOps").solarize(image, 255.0 * magnitude)


def _identity(image: Any, *_: Any) -> Any:
    return image


OPERATIONS: dict[str, Operation] = {
    "Identity": _identity,
    "ShearX": _shear_x,
    "ShearY": _shear_y,
    "TranslateX": _translate_x,
    "TranslateY": _translate_y,
    "Rotate": _rotate,
    "Brightness": _enhance("Brightness"),
    "Color": _enhance("Color"),
    "Contrast": _enhance("Contrast"),
    "Sharpness": _enhance("Sharpness"),
    "Posterize": _posterize,
    "Solarize": _solarize,
    "AutoContrast": _autocontrast,
    "Equalize": _equalize,
}
