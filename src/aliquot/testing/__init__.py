"""Contract suites for authors of array-likes and pools, and scripted fakes for tests."""

from aliquot.testing._array_like import ArrayLikeContract
from aliquot.testing._fakes import Gate, Scripted, VirtualArray
from aliquot.testing._pool import WorkerPoolContract
from aliquot.testing._scripted_pool import ScriptedPool

__all__ = [
    "ArrayLikeContract",
    "Gate",
    "Scripted",
    "ScriptedPool",
    "VirtualArray",
    "WorkerPoolContract",
]
