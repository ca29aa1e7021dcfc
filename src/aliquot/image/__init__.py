"""Pictures in files, read as arrays, with transforms (``pip install "aliquot[image]"``)."""

from aliquot.image._files import ImageFiles
from aliquot.image._sheet import contact_sheet
from aliquot.image._transforms import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
)

__all__ = [
    "CenterCrop",
    "ImageFiles",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "Resize",
    "contact_sheet",
]
