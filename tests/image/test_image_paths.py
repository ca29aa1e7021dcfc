"""Paths as texts."""

import tracemalloc
from pathlib import Path

import pytest

from aliquot.errors import ArgumentTypeError
from aliquot.image import ImageFiles
from aliquot.image._paths import below, texts


def test_paths_of_any_kind_become_str():
    """From any iterable, read once."""
    assert texts(iter([Path("a.jpg"), "b.jpg"])) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("paths", ["photos", b"photos", Path("photos")])
def test_one_path_is_refused_with_what_to_write(paths):
    """A str would be taken letter by letter."""
    with pytest.raises(ArgumentTypeError, match=r"write ImageFiles\(\[.*from_folder"):
        texts(paths)


@pytest.mark.parametrize("path", [b"a.jpg", 3, None])
def test_a_path_of_another_type_is_refused(path):
    """The message shows it."""
    with pytest.raises(ArgumentTypeError, match="a path must be a str"):
        texts(["a.jpg", path])


@pytest.mark.parametrize("folder", ["photos", "photos/", Path("photos")])
def test_full_paths_are_those_of_the_folder(folder):
    """One separator between."""
    assert [str(Path("photos", "a", "b.jpg"))] == below(folder, ["a/b.jpg"])


def test_a_path_costs_tens_of_bytes_beyond_its_text():
    """So a million pictures fit beside the data."""
    tracemalloc.start()
    photos = ImageFiles(f"photos/{i:010d}.jpg" for i in range(100_000))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    letters = sum(map(len, photos.paths))
    assert (held - letters) / len(photos) < 80
