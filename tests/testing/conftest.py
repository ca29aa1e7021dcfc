"""What a contract finds."""

import pytest


@pytest.fixture
def failing():
    """Give a function that runs a contract and names the tests that fail."""

    def run(contract):
        failed = set()
        for name in dir(contract):
            if name.startswith("test_"):
                try:
                    getattr(contract(), name)()
                except Exception:
                    failed.add(name.removeprefix("test_"))
        return failed

    return run
