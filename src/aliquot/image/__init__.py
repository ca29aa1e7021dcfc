"""Pictures in files, read as arrays; the codec is Pillow (``pip install "aliquot[image]"``)."""

from aliquot.image._files import ImageFiles
from aliquot.image._sheet import contact_sheet

__all__ = ["ImageFiles", "contact_sheet"]
