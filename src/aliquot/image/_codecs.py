"""Which codecs are here."""

from importlib.metadata import version

from aliquot.image._kernel_files import kernel
from aliquot.image._options import KERNEL
from aliquot.image._resample import library


def codecs() -> dict[str, str]:
    """Tell what can decode JPEGs here, fastest first.

    Returns
    -------
    dict of str
        Names for the `codec` of `ImageFiles`, and for each what it is made of. The first is the one
        that is used if none is asked for.

    Examples
    --------
    >>> list(codecs())[-1]
    'pillow'
    """
    found = {}
    module = kernel()
    if module is not None:
        found[KERNEL] = f"the kernel, on {module.JPEG}, resampling by {module.RESAMPLER} code"
    if library() is not None:
        names = ("simplejpeg", "cykooz-resizer")
        found["simplejpeg"] = " and ".join(f"{name} {version(name)}" for name in names)
    return found | {"pillow": f"Pillow {version('pillow')}"}
