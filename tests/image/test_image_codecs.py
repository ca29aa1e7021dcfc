"""Which codecs are here, and what the command line tells of them."""

import pytest
from click.testing import CliRunner

import aliquot
from aliquot.cli import cli
from aliquot.image import ImageFiles, _codecs, _kernel_files, _options, codecs


@pytest.fixture
def without_kernel(monkeypatch):
    for module in (_codecs, _kernel_files):
        monkeypatch.setattr(module, "kernel", lambda: None)


def without_wheels(monkeypatch):
    for module in (_codecs, _options):
        monkeypatch.setattr(module, "library", lambda: None)


def test_the_first_is_the_one_that_is_used():
    """If none is asked for."""
    assert f"codec={next(iter(codecs()))!r}" in repr(ImageFiles([]))


def test_each_can_be_asked_for():
    """By its name."""
    for name in codecs():
        assert f"codec={name!r}" in repr(ImageFiles([], codec=name))


@pytest.mark.usefixtures("without_kernel")
def test_wheels_come_second_and_pillow_last(monkeypatch):
    assert list(codecs()) == ["simplejpeg", "pillow"]
    without_wheels(monkeypatch)
    assert list(codecs()) == ["pillow"]
    assert "codec='pillow'" in repr(ImageFiles([]))


def test_info_names_versions_and_codecs():
    told = CliRunner().invoke(cli, ["info"])
    assert told.exit_code == 0
    assert told.output.startswith(f"aliquot {aliquot.__version__}, Python 3.")
    for name, what in codecs().items():
        assert f"{name:<14}{what}" in told.output
    assert ("The kernel was not built" in told.output) == ("libjpeg-turbo" not in codecs())


@pytest.mark.usefixtures("without_kernel")
def test_info_says_what_the_kernel_needs():
    assert "a compiler and libjpeg-turbo" in CliRunner().invoke(cli, ["info"]).output
