"""``aliquot cache`` as a user runs it."""

import numpy as np
import pytest
from cache_cases import squares
from click.testing import CliRunner

from aliquot.cache import FolderCache, Recipe
from aliquot.cli import cli

PHOTOS = Recipe("photos " + 20 * "long " + "\ndetails", 100)
FLOWERS = Recipe("flowers", 50)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "cache"
    FolderCache(str(path), PHOTOS).store(np.arange(7), squares(range(7)), {})
    FolderCache(str(path), FLOWERS)
    (path / "mine").mkdir()
    return path


def run(*arguments):
    return CliRunner().invoke(cli, ["cache", *map(str, arguments)])


def test_a_folder_is_listed(folder):
    """A line an entry."""
    result = run("ls", folder)
    head, *lines = result.output.splitlines()
    assert result.exit_code == 0
    assert head.split() == ["entry", "samples", "on", "disk", "last", "change", "source"]
    (photos,) = [line for line in lines if PHOTOS.digest in line]
    assert "7 / 100" in photos
    assert "kB" in photos
    assert photos.endswith("...")
    assert len(lines) == 2
    assert max(map(len, lines)) < 130


def test_entries_are_removed(folder):
    """Those that are named, and nothing else."""
    result = run("rm", folder, PHOTOS.digest[:5])
    assert (0, f"removed {folder / PHOTOS.digest}\n") == (result.exit_code, result.output)
    assert {path.name for path in folder.iterdir()} == {FLOWERS.digest, "mine"}


def test_all_entries_are_removed(folder):
    """The folder stays, with what else is in it."""
    result = run("rm", folder, "--all")
    assert result.exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["mine"]
    for command in (["rm", folder, "--all"], ["ls", folder]):
        result = run(*command)
        assert (0, f"there is no entry in {folder}\n") == (result.exit_code, result.output)


def test_an_unknown_digest_is_an_error(folder):
    """That tells what there is."""
    result = run("rm", folder, "nothing")
    assert result.exit_code == 1
    assert "'nothing' cannot be removed" in result.output
    assert FLOWERS.digest in result.output


@pytest.mark.parametrize("arguments", [[], ["abc", "--all"]])
def test_digests_or_all(folder, arguments):
    """Not both, and not neither."""
    assert run("rm", folder, *arguments).exit_code == 2
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("command", ["ls", "rm"])
def test_a_folder_that_is_not_there_is_an_error(tmp_path, command):
    """In words."""
    result = run(command, tmp_path / "none", *(["--all"] if command == "rm" else []))
    assert result.exit_code == 1
    assert f"there is no folder {tmp_path / 'none'}" in result.output


def test_a_damaged_entry_is_told(folder):
    """And can be removed."""
    (folder / PHOTOS.digest / "manifest.json").write_text("{")
    assert "damaged" in run("ls", folder).output
    assert run("rm", folder, PHOTOS.digest).exit_code == 0
