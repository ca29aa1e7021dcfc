"""Where the time went, in plain words."""

from dataclasses import dataclass
from typing import Any

from aliquot._ledger import Ledger

# Below this share of waiting a training loop does not notice its loader.
_HARDLY_WAITS = 0.1


@dataclass(frozen=True)
class Report:
    """What a loader did so far; printed, it tells in words.

    Examples
    --------
    >>> ledger = Ledger()
    >>> ledger.add(samples=64, wait_ns=2_000_000, work_ns=3_000_000, stages={"read": 2_500_000})
    >>> print(Report.of(ledger, recipe="seed 0", workers=1, elapsed=0.01, failures=()))
    1 batch, 64 samples; seed 0
    waited for batches    2.00 ms a batch (20 % of the time)
    made by 1 worker      3.00 ms a batch
      read                2.50 ms a batch
    no sample failed
    -> the loop waits for data: more workers, or less work a sample
    """

    batches: int
    """Batches delivered."""
    samples: int
    """Samples in them."""
    wait_ms: float
    """Milliseconds that the training loop waited, a batch."""
    wait_share: float
    """Share of the time since the first batch that the training loop waited."""
    work_ms: float
    """Milliseconds of work, a batch."""
    stage_ms: dict[str, float]
    """Milliseconds of work by stage, a batch."""
    failures: tuple[Any, ...]
    """The samples that failed, as events."""
    workers: int
    """Number of workers; 0 for inline."""
    recipe: str
    """What the batches are made of."""
    stuck: tuple[str, ...] = ()
    """Tasks that took longer than the timeout."""
    codecs: tuple[str, ...] = ()
    """What decodes the samples."""
    python_functions: tuple[str, ...] = ()
    """Functions among the transforms of pictures that are not of this package: they are called
    once a picture."""

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        *,
        recipe: str,
        workers: int,
        elapsed: float,
        failures: tuple[Any, ...],
        stuck: tuple[str, ...] = (),
        codecs: tuple[str, ...] = (),
        python_functions: tuple[str, ...] = (),
    ) -> "Report":
        """Make a report of counters; `elapsed` is the time since the first batch, in seconds."""
        n = max(ledger.batches, 1)
        return cls(
            batches=ledger.batches,
            samples=ledger.samples,
            wait_ms=ledger.wait_ns / n / 1e6,
            wait_share=ledger.wait_ns / 1e9 / elapsed if elapsed > 0 else 0.0,
            work_ms=ledger.work_ns / n / 1e6,
            stage_ms={name: ns / n / 1e6 for name, ns in ledger.stages.items()},
            failures=failures,
            workers=workers,
            recipe=recipe,
            stuck=stuck,
            codecs=codecs,
            python_functions=python_functions,
        )

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self._counts()}; {self.recipe}",
                *self._times(),
                *self._pictures(),
                *self._failures(),
                *[f"stuck: {task}" for task in self.stuck],
                *self._advice(),
            ]
        )

    def _counts(self) -> str:
        batches = _count(self.batches, "batch", "batches")
        return f"{batches}, {_count(self.samples, 'sample', 'samples')}"

    def _times(self) -> list[str]:
        share = f"({100 * self.wait_share:.0f} % of the time)"
        who = f"made by {self.workers} worker{'s' * (self.workers != 1)}"
        return [
            f"{'waited for batches':<20}{self.wait_ms:>6.2f} ms a batch {share}",
            f"{who if self.workers else 'made inline':<20}{self.work_ms:>6.2f} ms a batch",
            *[f"  {name:<18}{ms:>6.2f} ms a batch" for name, ms in self.stage_ms.items()],
        ]

    def _pictures(self) -> list[str]:
        foreign = ", ".join(f"{name} (runs in Python)" for name in self.python_functions)
        codecs = ", ".join(self.codecs)
        lines = {"decoded by": codecs, "transforms:": foreign}
        return [f"{what} {told}" for what, told in lines.items() if told]

    def _failures(self) -> list[str]:
        if not self.failures:
            return ["no sample failed"]
        return [f"{_count(len(self.failures), 'sample', 'samples')} failed:"] + [
            f"  epoch {f.epoch}, place {f.place}: {f.path or f'sample {f.index}'} {f.action}, "
            f"{f.reason}"
            for f in self.failures
        ]

    def _advice(self) -> list[str]:
        if not self.batches or self.wait_share < _HARDLY_WAITS:
            return []
        if not self.workers:
            return ["-> batches are made inline: pool=2 or more makes them ahead"]
        return ["-> the loop waits for data: more workers, or less work a sample"]


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
