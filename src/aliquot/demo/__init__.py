"""The main job at a glance: one epoch of augmented, labelled photographs."""

from aliquot.demo._photographs import labelled_photographs, shipped_photographs
from aliquot.demo._run import Outcome, Speed, run

__all__ = ["Outcome", "Speed", "labelled_photographs", "run", "shipped_photographs"]
