"""Batches taken apart into samples, and put together again as the source would have given them.

Whether a column is an array or a list can depend on the batch: samples of one shape are stacked,
others are not (`_batch.stack`). Yet some columns are lists always, such as pictures of different
sizes. So a sample remembers which of the two its column is.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aliquot._batch import describe, is_column, leaves, stack
from aliquot.cache._codec import Cell, not_cacheable

_STACKED = (tuple, dict, np.ndarray, bool, int, float, complex, np.number, np.bool_)
"""The types of samples that `stack` makes an array or a container of, if all are such."""


class AmbiguousError(Exception):
    """How the source would give these samples together does not follow from what is kept."""


def learn(batch: Any, always: dict[str, bool]) -> int | None:
    """Note which columns are lists always, as far as a batch tells.

    Parameters
    ----------
    batch : nested batch
        What the source gave.
    always : dict of str to bool
        Whether a column is a list always, by its path; it is added to.

    Returns
    -------
    int or None
        A row that would tell more if it were read alone.

    Examples
    --------
    >>> always = {}
    >>> learn(([np.zeros(2), np.zeros(3)], [np.zeros(2), np.zeros(2)], np.zeros(2)), always)
    0
    >>> always
    {'[1]': True, '[2]': False}
    """
    tells_more = None
    for path, leaf in leaves(batch):
        if path in always:
            continue
        if not isinstance(leaf, list):
            always[path] = False
        elif leaf and _would_be_stacked(leaf):
            always[path] = True
        else:
            alone = [row for row, sample in enumerate(leaf) if isinstance(sample, _STACKED)]
            tells_more = alone[0] if alone and tells_more is None else tells_more
    return tells_more


def learn_alone(batch: Any, row: int, alone: Any, always: dict[str, bool]) -> None:
    """Note what a row told that was read alone; `learn` had asked for it."""
    learn(alone, always)
    for path, leaf in leaves(batch):
        if isinstance(leaf, list) and isinstance(leaf[row], _STACKED):
            always.setdefault(path, False)


def _would_be_stacked(samples: list[Any]) -> bool:
    try:
        return not isinstance(stack(samples), list)
    except Exception:  # noqa: BLE001 (what cannot be stacked was not made by stacking)
        return True


def split(batch: Any, n: int, always: dict[str, bool], path: str = "") -> list[Any]:
    """Give the samples of a batch: its containers, with a `Cell` for each column.

    Raises
    ------
    BatchError
        If a column is of a type that cannot be cached, or has another length.

    Examples
    --------
    >>> split({"x": np.array([1, 2]), "name": ["a", "b"]}, 2, {})[1]
    {'x': Cell(kind='A', value=array(2)), 'name': Cell(kind='L', value='b')}
    """
    if type(batch) is tuple:
        columns = [split(part, n, always, f"{path}[{i}]") for i, part in enumerate(batch)]
        return list(zip(*columns, strict=True)) if columns else [()] * n
    if type(batch) is dict:
        named = {key: split(part, n, always, f"{path}[{key!r}]") for key, part in batch.items()}
        return [{key: column[row] for key, column in named.items()} for row in range(n)]
    if isinstance(batch, (tuple, dict)):
        raise not_cacheable(path, f"a {type(batch).__qualname__}, and not a plain tuple or dict")
    if not is_column(batch) or len(batch) != n:
        raise not_cacheable(path, f"{describe(batch)}, not one entry for each of {n} samples")
    if type(batch) is list:
        return [Cell(_kind(sample, always.get(path)), sample) for sample in batch]
    if type(batch) not in (np.ndarray, np.memmap) or (batch.dtype == object and batch.ndim > 1):
        raise not_cacheable(path, f"{describe(batch)} ({type(batch).__module__})")
    if batch.dtype == object:
        return [Cell("O", sample) for sample in batch]
    return [Cell("A", batch[row, ...]) for row in range(n)]


def _kind(sample: Any, always: bool | None) -> str:
    # One that is never stacked makes a list of its column, whatever the column is else.
    return "L" if always or not isinstance(sample, _STACKED) else "A"


def join(samples: Sequence[Any]) -> Any:
    """Make the batch of samples from `split`; it shares no memory with them.

    Raises
    ------
    AmbiguousError
        If that depends on more than the samples: on numbers that were taken from arrays, and now
        stand beside texts or numbers of another type.

    Examples
    --------
    >>> join([(Cell("A", np.array(1)),), (Cell("A", np.array(2)),)])
    (array([1, 2]),)
    """
    first = samples[0]
    if isinstance(first, tuple):
        return tuple([join(column) for column in zip(*samples, strict=True)])
    if isinstance(first, dict):
        return {key: join([sample[key] for sample in samples]) for key in first}
    kinds = {cell.kind for cell in samples}
    values = [cell.value for cell in samples]
    if "O" in kinds:
        return _objects([_own(value) for value in values])
    if "L" in kinds:
        if any(cell.kind == "A" and _is_single(cell.value) for cell in samples):
            raise AmbiguousError
        return [_own(value) for value in values]
    return _stacked(values)


def _objects(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), object)
    for row, value in enumerate(values):  # an array would be taken apart if all were set at once
        column[row] = value
    return column


def _stacked(values: list[Any]) -> Any:
    if any(map(_is_single, values)):
        if len({v.dtype if _is_single(v) else None for v in values}) > 1:
            raise AmbiguousError
        return np.stack(values)  # also texts and times, scalars of which `stack` leaves in a list
    found = stack(values)
    return [_own(value) for value in found] if isinstance(found, list) else found


def _is_single(value: Any) -> bool:
    """Whether a value was taken from a 1-D array."""
    return isinstance(value, np.ndarray) and value.ndim == 0


def _own(value: Any) -> Any:
    """Copy the arrays, and the containers of them."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)([_own(part) for part in value])
    if isinstance(value, dict):
        return {key: _own(part) for key, part in value.items()}
    return value
