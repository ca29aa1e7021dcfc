"""The documentation builds without a warning, and its reference leaves out no public name."""

import importlib
import inspect
import subprocess
import sys
import warnings
from pathlib import Path
from typing import get_args

import pytest

import aliquot
from aliquot import errors, events

ROOT = Path(__file__).parents[2]
ROOMS = ("data_source", "sampling", "stages", "cache", "work_pool", "image", "testing")
PAGES = {"Loader": "loader", "locked": "accessors", "per_worker": "accessors"}


def test_site_builds_without_warnings(tmp_path):
    """Sphinx, told to take warnings as errors, builds every page."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"),
            *("-d", str(tmp_path / "doctrees"), str(ROOT / "docs"), str(tmp_path / "site")),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site/index.html").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_reference_has_every_public_name(room):
    """Each name in a module's ``__all__`` stands on the module's page of the reference."""
    page = (ROOT / f"docs/reference/{room}.md").read_text("utf-8")
    names = importlib.import_module(f"aliquot.{room}").__all__
    assert not [name for name in names if f"aliquot.{room}.{name}\n" not in page]


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_reference_has_what_is_imported_from_the_top(name, page):
    """The names of ``aliquot`` itself stand under these names."""
    assert name in aliquot.__all__
    assert f"aliquot.{name}\n" in (ROOT / f"docs/reference/{page}.md").read_text("utf-8")


def test_reference_has_every_event():
    """Each event class stands on the page of events."""
    page = (ROOT / "docs/reference/events.md").read_text("utf-8")
    names = [kind.__name__ for kind in get_args(events.Event)]
    assert not [name for name in names if f"aliquot.events.{name}\n" not in page]


def test_reference_has_every_error():
    """Each exception, ``Site`` and ``site`` stand on the page of errors."""
    page = (ROOT / "docs/reference/errors.md").read_text("utf-8")
    classes = [value for value in vars(errors).values() if inspect.isclass(value)]
    raised = [kind.__name__ for kind in classes if issubclass(kind, BaseException)]
    names = [*raised, "Site", "site"]
    assert not [name for name in names if f"aliquot.errors.{name}\n" not in page]


def names_of_batchup(room):
    """Give BatchUp's public functions, classes and methods in a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module(f"batchup.{room}")
    for name, value in vars(module).items():
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
            yield name
            if inspect.isclass(value) and not issubclass(value, tuple):
                yield from (f"{name}.{method}" for method in vars(value) if method[0] != "_")


@pytest.mark.parametrize("room", ["data_source", "sampling", "work_pool"])
def test_every_name_of_batchup_is_in_the_table(room):
    """The page on moving has a row for each public name of BatchUp, in its module's table."""
    page = (ROOT / "docs/how-to/moving-from-batchup.md").read_text("utf-8")
    _, table = page.split(f"### {room}\n")
    table, *_ = table.split("\n#")
    rows = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert set(names_of_batchup(room)) == rows
