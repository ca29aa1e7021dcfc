"""Arguments that are numbers or ranges of numbers: checked, and made immutable."""

import math
from numbers import Integral, Real
from typing import Any

from aliquot.errors import ArgumentError, ArgumentTypeError

Amount = float | tuple[float, ...]


def check_number(name: str, value: Any) -> None:
    """Refuse what is no finite number."""
    if not _is_number(value):
        raise ArgumentTypeError(f"{name} must be a number, not {value!r}")
    if not math.isfinite(value):
        raise ArgumentError(f"{name} must be finite, not {value!r}")


def check_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is no integer of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentTypeError(f"{name} must be an integer, not {value!r}")
    if value < least:
        raise ArgumentError(f"{name} must be {least} or more, not {value!r}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ArgumentError(f"{name} must be one of {listed}, not {value!r}")


def numbers(name: str, value: Any, *lengths: int) -> tuple[float, ...]:
    """Give a sequence of finite numbers as a tuple; of one of `lengths`, of any if none is given.

    >>> numbers("scale", [0.1, 1], 2)
    (0.1, 1)
    """
    given = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(given, list | tuple) or not all(map(_is_number, given)):
        raise ArgumentTypeError(f"{name} must be {_many(lengths)}, not {value!r}")
    if (lengths and len(given) not in lengths) or not given:
        raise ArgumentError(f"{name} must be {_many(lengths)}, not {value!r}")
    if not all(map(math.isfinite, given)):
        raise ArgumentError(f"{name} must be finite, not {value!r}")
    return tuple(given)


def amount(name: str, value: Any, *lengths: int) -> Amount:
    """Give one finite number as it is, several as a tuple of one of `lengths`.

    >>> amount("value", 3), amount("value", [1, 2])
    (3, (1, 2))
    """
    if isinstance(value, Real):
        check_number(name, value)
        return value  # type: ignore[return-value]
    if not isinstance(value, list | tuple) and not hasattr(value, "tolist"):
        raise ArgumentTypeError(f"{name} must be a number or {_many(lengths)}, not {value!r}")
    return numbers(name, value, *lengths)


def around(name: str, value: Any, centre: float, *lengths: int) -> Amount:
    """Give `amount`, where one number is a distance from `centre`: 0 or more."""
    given = amount(name, value, *lengths)
    if not isinstance(given, tuple) and given < 0:
        raise ArgumentError(
            f"{name} must be 0 or more if it is one number, the distance from {centre:g}, "
            f"not {value!r}"
        )
    return given


def ends(given: Amount, centre: float, least: float = -math.inf) -> tuple[float, float]:
    """Give the least and the most that `around` stands for.

    >>> ends(0.25, 1), ends((0.5, 2), 1), ends(3, 1, least=0)
    ((0.75, 1.25), (0.5, 2.0), (0.0, 4.0))
    """
    if isinstance(given, tuple):
        return float(given[0]), float(given[1])
    return float(max(centre - given, least)), float(centre + given)


def check_ends(
    name: str, given: tuple[float, ...], low: float = -math.inf, high: float = math.inf
) -> None:
    """Refuse a range that is not ascending, or that leaves ``[low, high]``."""
    if not low <= given[0] <= given[1] <= high:
        within = "" if math.isinf(low) else f" of {low:g} or more"
        within = within if math.isinf(high) else f" from {low:g} to {high:g}"
        raise ArgumentError(f"{name} must be (least, most){within}, not {given!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _many(lengths: tuple[int, ...]) -> str:
    return f"{' or '.join(map(str, lengths)) or 'several'} numbers"
