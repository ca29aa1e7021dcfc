"""The names that the examples in docstrings may use."""

from typing import Any

import numpy as np
import pytest

# They are plugins, not modules with examples, and share one name.
collect_ignore_glob = ["tests/*/conftest.py"]


@pytest.fixture(autouse=True)
def _names_for_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace["np"] = np
