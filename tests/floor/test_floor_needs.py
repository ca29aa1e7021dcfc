"""Optional imports and their refusals."""

import importlib
import json

import pytest

from aliquot._needs import check_there, need
from aliquot.errors import MissingExtraError


def _fail_with(monkeypatch, name):
    def import_module(module):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", import_module)


def test_an_installed_module_is_given():
    """It is the module itself."""
    assert json is need("json", extra="all", purpose="this test")


def test_a_missing_package_names_purpose_package_and_extra():
    """The command can be copied: double quotes work in every shell."""
    with pytest.raises(MissingExtraError) as caught:
        need("no_such_package.part", extra="image", purpose="ImageFiles")
    expected = 'ImageFiles needs no_such_package: pip install "aliquot[image]"'
    assert (expected, "no_such_package") == (str(caught.value), caught.value.name)


def test_the_refusal_hides_the_import_error_beneath():
    """One message is enough."""
    with pytest.raises(MissingExtraError) as caught:
        need("no_such_package", extra="image", purpose="ImageFiles")
    assert caught.value.__suppress_context__


def test_a_missing_part_of_the_package_names_the_extra(monkeypatch):
    """Too old a package lacks a module: installing the extra brings it up to date."""
    _fail_with(monkeypatch, "cloudpickle.new_part")
    with pytest.raises(MissingExtraError, match=r"aliquot\[process\]"):
        need("cloudpickle.new_part", extra="process", purpose="WorkerProcessPool")


@pytest.mark.parametrize("name", ["something_else", None])
def test_a_dependency_that_the_package_lacks_is_not_blamed_on_it(monkeypatch, name):
    """Installing the extra again would not help, so the error is left as it is."""
    _fail_with(monkeypatch, name)
    with pytest.raises(ModuleNotFoundError, match="No module named") as caught:
        need("cloudpickle", extra="process", purpose="WorkerProcessPool")
    assert ModuleNotFoundError is type(caught.value)


def test_a_package_is_looked_for_without_importing_it():
    """The refusal is that of an import."""
    check_there("json", extra="all", purpose="this test")
    with pytest.raises(MissingExtraError) as caught:
        check_there("no_such_package", extra="image", purpose="this test")
    assert str(caught.value) == 'this test needs no_such_package: pip install "aliquot[image]"'
    assert caught.value.name == "no_such_package"
