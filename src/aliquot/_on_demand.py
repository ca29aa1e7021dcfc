"""Names of a door that few programs need, imported when they are asked for."""

import importlib
from collections.abc import Callable
from typing import Any


def on_demand(package: str, **where: str) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    **where : str
        For each name the module of the package that has it; its own name for a module itself.

    Examples
    --------
    >>> get = on_demand("json", JSONDecoder="decoder", scanner="scanner")
    >>> get("JSONDecoder").__name__, get("scanner").__name__
    ('JSONDecoder', 'json.scanner')
    """

    def get(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"{package}.{where[name]}")
        return module if where[name] == name else getattr(module, name)

    return get
