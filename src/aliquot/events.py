"""Rare facts that a loader tells its listeners."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SampleFailed:
    """A sample could not be read or mapped, and was skipped or substituted."""

    epoch: int
    """The epoch in which it failed."""
    place: int
    """Its rank in the epoch's order."""
    index: int | None
    """Its index in the data."""
    path: str | None
    """Its file or key, if its array-like tells."""
    reason: str
    """The type and message of the exception."""
    action: str
    """``"skipped"`` or ``"substituted"``."""


@dataclass(frozen=True, kw_only=True)
class EpochEnded:
    """All batches of an epoch have been delivered."""

    epoch: int
    """Which epoch."""


Event = SampleFailed | EpochEnded
