"""Optional imports, with a refusal that names the extra to install."""

import importlib
from importlib.util import find_spec
from typing import Any

from aliquot.errors import MissingExtraError


def need(module: str, *, extra: str, purpose: str) -> Any:
    """Import and return `module`, or say which extra brings it.

    Parameters
    ----------
    module : str
        The module to import, such as ``"PIL.Image"``.
    extra : str
        The extra of this package that installs it.
    purpose : str
        What needs it, to begin the message with.

    Raises
    ------
    MissingExtraError
        If the module is not installed.

    Examples
    --------
    >>> need("json", extra="all", purpose="this example").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise  # the package is there, and something that it needs is not
        raise _missing(module, extra, purpose) from None


def check_there(module: str, *, extra: str, purpose: str) -> None:
    """Refuse like `need` if a package is not installed; it is not imported.

    Examples
    --------
    >>> check_there("json", extra="all", purpose="this example")
    """
    if find_spec(module) is None:
        raise _missing(module, extra, purpose)


def _missing(module: str, extra: str, purpose: str) -> MissingExtraError:
    package = module.split(".")[0]
    return MissingExtraError(
        f'{purpose} needs {package}: pip install "aliquot[{extra}]"', name=package
    )
