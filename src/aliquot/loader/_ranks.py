"""Which of several processes this one is."""

import os
import warnings
from operator import index
from typing import Any

from aliquot.errors import ArgumentError, ArgumentTypeError

# torchrun, Slurm, Open MPI.
_VARIABLES = (
    ("RANK", "WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
)
_warned = False


def find_rank(rank: Any, world_size: Any) -> tuple[int, int]:
    """Give rank and world size as numbers, from the environment for ``rank="env"``."""
    from_environment = rank == "env"
    if from_environment:
        rank, world_size = _from_environment() or (0, 1)
    try:
        number, size = index(rank), index(world_size)
    except TypeError:
        raise ArgumentTypeError(
            f'rank and world_size must be integers, or rank="env", not {rank!r} and {world_size!r}'
        ) from None
    if not 0 <= number < size:
        raise ArgumentError(
            f"rank must be 0 or more and less than world_size, not {number} of {size}"
        )
    if size == 1 and not from_environment:
        _warn_if_forgotten()
    return number, size


def _from_environment() -> tuple[int, int] | None:
    for rank, size in _VARIABLES:
        found = os.environ.get(rank, ""), os.environ.get(size, "")
        if found[0].isdecimal() and found[1].isdecimal():
            return int(found[0]), int(found[1])
    return None


def _warn_if_forgotten() -> None:
    global _warned
    found = _from_environment()
    if found is None or found[1] == 1 or _warned:
        return
    _warned = True
    warnings.warn(
        f"this is rank {found[0]} of {found[1]} processes, but the loader was given no rank: all "
        'of them would draw the same batches. Write rank="env", or rank= and world_size=',
        stacklevel=4,
    )
