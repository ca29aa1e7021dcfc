"""Pictures in files, read as arrays, with transforms (``pip install "aliquot[image]"``)."""

from typing import TYPE_CHECKING

from aliquot._on_demand import on_demand
from aliquot.image._files import ImageFiles
from aliquot.image._floats import Normalize, ToDtype, ToFloat
from aliquot.image._transforms import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
)
from aliquot.image._wrap import Wrap

if TYPE_CHECKING:
    from aliquot.image._affine import RandomAffine, RandomRotation
    from aliquot.image._apply import RandomApply
    from aliquot.image._autoaugment import RandAugment, TrivialAugmentWide
    from aliquot.image._blur import GaussianBlur
    from aliquot.image._codecs import codecs
    from aliquot.image._colour import ColorJitter, Grayscale, RandomGrayscale
    from aliquot.image._erase import RandomErasing
    from aliquot.image._sheet import contact_sheet
    from aliquot.image._show import show

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "GaussianBlur",
    "Grayscale",
    "ImageFiles",
    "Normalize",
    "Pad",
    "RandAugment",
    "RandomAffine",
    "RandomApply",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToDtype",
    "ToFloat",
    "TrivialAugmentWide",
    "Wrap",
    "codecs",
    "contact_sheet",
    "show",
]

__getattr__ = on_demand(
    __name__,
    ColorJitter="_colour",
    GaussianBlur="_blur",
    Grayscale="_colour",
    RandAugment="_autoaugment",
    RandomAffine="_affine",
    RandomApply="_apply",
    RandomErasing="_erase",
    RandomGrayscale="_colour",
    RandomRotation="_affine",
    TrivialAugmentWide="_autoaugment",
    codecs="_codecs",
    contact_sheet="_sheet",
    show="_show",
)
