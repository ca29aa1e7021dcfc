"""The manifest of an entry."""

import json

import numpy as np
import pytest

from aliquot.cache import _manifest
from aliquot.cache._layout import layout_of
from aliquot.cache._manifest import KEY, Manifest, Recipe
from aliquot.errors import ArgumentError

RECIPE = Recipe("photos\nImageFiles ...", 10, versioned=True)


def test_a_manifest_comes_back(tmp_path):
    """And no other file is left beside it."""
    manifest = Manifest(RECIPE).with_layout(layout_of((np.zeros((2, 3)),)))
    _manifest.save(tmp_path, manifest)
    assert manifest == _manifest.load(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_an_entry_without_one_is_new(tmp_path):
    """There is nothing to load."""
    assert _manifest.load(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[1]", "holds a list"),
        (json.dumps({KEY: 99}), "its format is 99"),
        (json.dumps({KEY: 1, "layout": None}), "has not what it should have"),
        (json.dumps({KEY: 1, "layout": {"dtype": "?!", "shape": []}}), "should have"),
        (b"\xff\xfe", "unreadable"),
    ],
)
def test_a_damaged_one_is_refused_with_a_remedy(tmp_path, text, told):
    """The message names the folder and the command that removes it."""
    (tmp_path / "abc").mkdir()
    path = tmp_path / "abc" / "manifest.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ArgumentError, match=told) as caught:
        _manifest.load(tmp_path / "abc")
    assert f"aliquot cache rm {tmp_path} abc" in str(caught.value)


def test_what_is_cached_decides_the_digest():
    """Text, number of samples, and whether files tell their versions."""
    others = [Recipe("x", 10, True), Recipe(RECIPE.text, 11, True), Recipe(RECIPE.text, 10)]
    assert len({RECIPE.digest, *(recipe.digest for recipe in others)}) == 4


def test_a_write_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    """And nothing of the new."""
    _manifest.save(tmp_path, Manifest(RECIPE))

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        _manifest.save(tmp_path, Manifest(RECIPE).with_layout(None))
    assert Manifest(RECIPE) == _manifest.load(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
