"""What array-likes and functions in a tree of sources tell of themselves."""

from collections.abc import Mapping
from typing import Any

from aliquot.data_source._array import ArrayDataSource
from aliquot.data_source._mapped import MappedDataSource
from aliquot.data_source._source import AbstractDataSource
from aliquot.data_source._stage import name_of


def of_the_batch(source: AbstractDataSource[Any]) -> str | None:
    """Name a function in a source whose result depends on the whole batch, if it says so."""
    fn = source.fn if isinstance(source, MappedDataSource) else None
    if getattr(fn, "of_the_batch", False) is True:
        return plain_name(fn)
    found = [of_the_batch(part) for _, part in sources_in(source)]
    return next((name for name in found if name is not None), None)


def python_functions(source: AbstractDataSource[Any]) -> tuple[str, ...]:
    """Name the functions that array-likes in a source call in Python, once a sample.

    Parameters
    ----------
    source : AbstractDataSource
        Any; those that it is made of are looked through, too.

    Returns
    -------
    tuple of str
        What array-likes tell by an attribute ``python_functions``, each name once.

    Examples
    --------
    >>> from aliquot.data_source import SingleDataSource
    >>> from aliquot.image import ImageFiles
    >>> def invert(image):
    ...     return 255 - image
    >>> python_functions(SingleDataSource(ImageFiles(["a.jpg"], transforms=[invert])))
    ('invert',)
    """
    return _told_by_columns(source, "python_functions")


def codecs(source: AbstractDataSource[Any]) -> tuple[str, ...]:
    """Name what decodes the samples of a source, on which their last bits depend.

    Parameters
    ----------
    source : AbstractDataSource
        Any; those that it is made of are looked through, too.

    Returns
    -------
    tuple of str
        What array-likes tell by an attribute ``codec``, each name once.

    Examples
    --------
    >>> from aliquot.data_source import SingleDataSource
    >>> from aliquot.image import ImageFiles
    >>> codecs(SingleDataSource(ImageFiles(["a.jpg"], codec="pillow")))
    ('pillow',)
    """
    return _told_by_columns(source, "codec")


def _told_by_columns(source: AbstractDataSource[Any], name: str) -> tuple[str, ...]:
    """Give what columns tell by an attribute, a str or several, each once."""
    found: list[str] = []
    if isinstance(source, ArrayDataSource):
        for _, column in items(source.data):
            told = getattr(column, name, ())
            found.extend([told] if isinstance(told, str) else told)
    for _, part in sources_in(source):
        found.extend(_told_by_columns(part, name))
    return tuple(dict.fromkeys(found))


def sources_in(source: AbstractDataSource[Any]) -> list[tuple[str, AbstractDataSource[Any]]]:
    """Give the sources that a source is made of, with the attributes that hold them."""
    found = []
    for name, value in vars(source).items():
        parts = value if isinstance(value, (list, tuple)) else [value]
        found += [(name, part) for part in parts if isinstance(part, AbstractDataSource)]
    return found


def items(data: Any) -> list[tuple[Any, Any]]:
    """Give columns with their names or numbers."""
    return list(data.items() if isinstance(data, Mapping) else enumerate(data))


def plain_name(fn: Any) -> str:
    """Name a function, without the line on which it stands."""
    name = name_of(fn).partition(" (")[0]
    return type(fn).__qualname__ if " at 0x" in name else name
