"""One process pool for all, as starting one takes time; and scripts in a Python of their own."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aliquot.work_pool import WorkerProcessPool


@pytest.fixture(scope="session")
def processes():
    """Yield a pool of two processes."""
    with WorkerProcessPool(2) as pool:
        yield pool


@pytest.fixture
def new_threads():
    """Give a function that lists the worker threads which were not there before."""

    def workers():
        return {t for t in threading.enumerate() if t.name.startswith("aliquot worker")}

    before = workers()
    return lambda: workers() - before


@pytest.fixture
def run_script(tmp_path):
    """Give a function that runs a main file and returns its lines of output."""

    def run(text):
        path = tmp_path / "script.py"
        path.write_text(text)
        done = subprocess.run(
            [sys.executable, str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.fixture
def is_running():
    """Give a function that tells whether a process runs (one that waits to be reaped does not)."""

    def running(pid):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state not in "ZX"

    if not os.path.isdir("/proc/self"):  # noqa: PTH112
        pytest.skip("no /proc")
    return running
