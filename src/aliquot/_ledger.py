"""Plain counters of what a loader did."""

from typing import Any


class Ledger:
    """Counts batches and the time that they took; adding one costs about a microsecond."""

    def __init__(self) -> None:
        self.batches = 0
        self.samples = 0
        self.wait_ns = 0
        """How long the training loop waited for batches."""
        self.work_ns = 0
        """How long workers (or the loop itself, inline) made them."""
        self.stages: dict[str, int] = {}
        """Nanoseconds of work by stage."""
        self.failures: list[Any] = []
        """The events of samples that failed."""

    def add(self, samples: int, wait_ns: int, work_ns: int, stages: dict[str, int]) -> None:
        """Count one delivered batch."""
        self.batches += 1
        self.samples += samples
        self.wait_ns += wait_ns
        self.work_ns += work_ns
        for name, ns in stages.items():
            self.stages[name] = self.stages.get(name, 0) + ns
