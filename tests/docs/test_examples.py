"""Every Python example of the documentation runs, and prints what the page says it prints.

The blocks of one page share a namespace, in order. A block marked ``output`` is what the Python
block above it prints; ``...`` in it stands for anything.
"""

import contextlib
import doctest
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser

SIZES = [(120, 160), (96, 96), (150, 100), (90, 140), (128, 112), (72, 130)]
ROOT = Path(__file__).parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PRINTED = "__printed__"


def check_output(example):
    """Compare an ``output`` block with what the block before it printed."""
    printed = example.namespace.get(PRINTED, "")
    expected = doctest.Example("", example.parsed.text, lineno=example.line)
    checker = doctest.OutputChecker()
    if checker.check_output(expected.want, printed, FLAGS):
        return ""
    return checker.output_difference(expected, printed, FLAGS)


BOOK = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=FLAGS),
        CodeBlockParser(language="output", evaluator=check_output),
    ]
)
FILES = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in FILES if "```python" in path.read_text("utf-8")
)


def is_output(example):
    """Whether an example is a block that says what was printed."""
    return example.region.evaluator is check_output


def smooth(height, width, seed):
    """Draw waves in random directions, as a photograph changes slowly from pixel to pixel."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width] / 30
    slopes, phases = rng.uniform(-1, 1, (3, 2)), rng.uniform(0, 6, 3)
    waves = [np.sin(a * y + b * x + c) for (a, b), c in zip(slopes, phases, strict=True)]
    return (128 + 90 * np.stack(waves, axis=-1)).astype(np.uint8)


def save(path, seed):
    """Save one picture whose size depends on the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(smooth(*SIZES[seed % len(SIZES)], seed)).save(path)


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Work in a folder with photos/cat.1.jpg ... photos/dog.6.jpg and with classes/cat, /dog."""
    for n in range(1, 7):
        save(tmp_path / f"photos/cat.{n}.jpg", n)
        save(tmp_path / f"photos/dog.{n}.jpg", n + 50)
    for n in range(1, 5):
        save(tmp_path / f"classes/cat/{n}.jpg", n)
        save(tmp_path / f"classes/dog/{n}.jpg", n + 50)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def namespace(pictures, monkeypatch):
    """Give the names that a page may use without making them."""
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)  # its monitor thread would never end
    before = np.random.get_state()
    yield {
        "__name__": "__main__",
        "train_X": np.random.RandomState(0).randint(0, 256, (100, 32, 32, 3), np.uint8),
        "train_y": np.arange(100) % 10,
    }
    np.random.set_state(before)


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_and_print_what_the_page_says(page, namespace):
    """A page's examples, run from top to bottom, do what the page shows."""
    document = BOOK.parse(ROOT / page)
    document.namespace.update(namespace)
    examples = list(document.examples())
    assert examples, "the page has Python blocks, but none was found"
    for example in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            example.evaluate()
        if not is_output(example):
            document.namespace[PRINTED] = printed.getvalue()


def test_every_lesson_has_examples():
    """No page of the tutorial is without Python blocks."""
    lessons = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/tutorial").glob("*.md")]
    assert set(lessons) <= set(PAGES)
