"""The states of the random generators that a whole program shares."""

# ruff: noqa: NPY002 (NumPy's global generator is what this is about)

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def global_states() -> dict[str, Any]:
    """Give the states of Python's and NumPy's global generators, by module.

    >>> list(global_states())
    ['random', 'numpy.random']
    """
    return {"random": random.getstate(), "numpy.random": np.random.get_state()}


@contextmanager
def unlikely_states() -> Iterator[None]:
    """Put the generators into states that no fixed seed leads to; afterwards put them back.

    >>> before = global_states()["random"]
    >>> with unlikely_states():
    ...     global_states()["random"] == before
    False
    >>> global_states()["random"] == before
    True
    """
    python, numpy = random.getstate(), np.random.get_state()
    random.seed()
    np.random.seed(None)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
