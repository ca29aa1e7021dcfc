"""How many cores this process may use."""

import math
import os
from operator import index
from pathlib import Path

from aliquot.errors import ArgumentError, ArgumentTypeError


def usable_cores() -> int:
    """Count the cores that this process may use, 1 or more.

    The affinity and the quota of the control group are respected, and where several processes
    share the machine (``LOCAL_WORLD_SIZE``, as torchrun sets it), each gets its share.
    """
    processes = os.environ.get("LOCAL_WORLD_SIZE", "")
    share = max(int(processes), 1) if processes.isdecimal() else 1
    return max(int(min(_affinity(), _quota()) / share), 1)


def check_workers(processes: int | None) -> int:
    """Give a number of workers: all usable cores for `None`."""
    if processes is None:
        return usable_cores()
    try:
        n = index(processes)
    except TypeError:
        raise ArgumentTypeError(
            f"processes must be an integer of 1 or more, or None for one a core, not {processes!r}"
        ) from None
    if n < 1:
        raise ArgumentError(
            f"processes must be an integer of 1 or more, or None for one a core, not {n}"
        )
    return n


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota(cgroup: Path = Path("/sys/fs/cgroup")) -> float:
    """Read the processor quota of a Linux control group, version 2 or 1; infinite elsewhere."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroup / "cpu/cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return math.inf
    try:
        cores = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return math.inf
    return cores if cores > 0 else math.inf
