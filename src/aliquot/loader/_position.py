"""Where a loader stands: what has been delivered, and where the next iteration begins."""

from bisect import bisect_right
from dataclasses import dataclass, field

from aliquot.errors import ArgumentError
from aliquot.loader._steps import Steps

_REMEMBERED = 16


@dataclass
class _Run:
    """Batches delivered one after the other."""

    epoch: int
    start: int
    """The place of the first."""
    step: int
    """The batches of the epoch before it."""
    delivered: int = 0
    empty: list[int] = field(default_factory=list)
    """For each step that gave no batch, as all its samples failed: the batches before it."""

    def steps(self, delivered: int) -> int:
        """Count the steps up to a number of batches."""
        return delivered + bisect_right(self.empty, delivered - 1)


@dataclass
class Position:
    """The place before which everything has been delivered, over all ranks."""

    epoch: int = 0
    place: int = 0
    step: int = 0
    """Batches delivered in this epoch, as far as this loader knows."""
    fresh: bool = True
    """Whether the next iteration begins here, rather than with the next epoch."""
    pinned: int | None = None
    """The epoch that ``epochs()`` is in."""
    runs: list[_Run] = field(default_factory=lambda: [_Run(0, 0, 0)])

    def go(self, epoch: int, place: int, step: int = 0) -> None:
        """Stand somewhere else; the next iteration begins there."""
        self.epoch, self.place, self.step, self.fresh = epoch, place, step, True
        self.runs = [*self.runs[-_REMEMBERED:], _Run(epoch, place, step)]

    def begin(self) -> None:
        """Begin an iteration: here, or with the next epoch, or with the pinned one anew."""
        if not self.fresh:
            latest = self.runs[-1]
            if self.pinned is None:
                self.go(self.epoch + 1, 0)
            else:  # the run that began this epoch, again
                self.go(latest.epoch, latest.start, latest.step)
        self.fresh = False

    def upcoming(self, *, iterating: bool) -> tuple[int, int]:
        """Give epoch and place of the next batch."""
        if iterating or self.fresh:
            return self.epoch, self.place
        if self.pinned is None:
            return self.epoch + 1, 0
        return self.runs[-1].epoch, self.runs[-1].start

    def deliver(self, size: int, *, empty: bool = False) -> None:
        """Note that one step of `size` places has been delivered, or passed over."""
        self.place += size
        self.step += 1
        latest = self.runs[-1]
        if empty:
            latest.empty.append(latest.delivered)
        else:
            latest.delivered += 1

    def ago(self, k: int, size: int) -> tuple[int, int, int]:
        """Give epoch, place and step before the last `k` batches."""
        if k == 0:
            return self.epoch, self.place, self.step
        wanted = k
        for run in reversed(self.runs):
            if run.delivered >= k:
                kept = run.steps(run.delivered - k)
                return run.epoch, run.start + kept * size, run.step + kept
            k -= run.delivered
        raise ArgumentError(
            f"there is no state {wanted} batches before the first that was delivered"
        )


def normal(steps: Steps, epoch: int, place: int, step: int) -> tuple[int, int, int]:
    """Turn the end of an epoch into the start of the next."""
    # An epoch without a step ends where it begins: it is not passed over by saving.
    return (epoch + 1, 0, 0) if place and steps.left(place) == 0 else (epoch, place, step)
