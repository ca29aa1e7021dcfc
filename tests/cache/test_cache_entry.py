"""An entry, open: what processes that write it at once leave behind, also if they are killed."""

import random
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from cache_cases import plain

from aliquot.cache import FolderCache, Recipe

WRITER = textwrap.dedent(
    """
    import sys
    import numpy as np
    from cache_cases import ragged, squares
    from aliquot.cache import FolderCache, Recipe

    folder, name, seed = sys.argv[1:]
    cache = FolderCache(folder, Recipe(name, 500))
    make = {"squares": squares, "ragged": ragged}[name]
    rng = np.random.default_rng(int(seed))
    print("ready", flush=True)
    while True:
        indices = rng.integers(0, 500, 8)
        cache.store(indices, make(indices), {})
        found = cache.fetch(rng.integers(0, 500, 8))
    """
)


@pytest.mark.parametrize("name", ["squares", "ragged"])
def test_writers_that_are_killed_leave_right_samples(tmp_path, name):
    """Several at once, each killed at a random moment, again and again."""
    import cache_cases

    make = getattr(cache_cases, name)
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    chance = random.Random(0)
    environment = {"PYTHONPATH": str(__import__("pathlib").Path(__file__).parent)}
    folder = str(tmp_path / "cache")
    for round_ in range(3):
        writers = [
            subprocess.Popen(
                [sys.executable, str(script), folder, name, str(10 * round_ + number)],
                stdout=subprocess.PIPE,
                env={**__import__("os").environ, **environment},
            )
            for number in range(3)
        ]
        assert all(writer.stdout.readline() == b"ready\n" for writer in writers)
        for writer in writers:
            time.sleep(chance.random() * 0.1)  # a random moment is what is tested
            writer.kill()
        for writer in writers:
            writer.communicate()
        cache = FolderCache(folder, Recipe(name, 500))
        indices = np.arange(500)
        found = cache.fetch(indices)
        here = np.setdiff1d(indices, found.missing())
        assert len(here)
        assert plain(make(here)) == plain(cache.fetch(here).complete())
