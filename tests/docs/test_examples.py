"""Every Python example of the documentation runs, and prints what the page says it prints.

The blocks of one page share a namespace, in order. A block marked ``output`` is what the Python
block above it prints; ``...`` in it stands for anything.
"""

import contextlib
import doctest
import io
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser

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
    assert set(lessons) - {"docs/tutorial/index.md"} <= set(PAGES)
