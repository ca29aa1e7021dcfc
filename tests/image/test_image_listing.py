"""The one listing rule."""

import pytest

from aliquot.errors import ArgumentError
from aliquot.image._listing import EXTENSIONS, pictures, subfolders


def test_every_known_extension_counts_in_any_case(tree):
    """Cameras write .JPG."""
    names = sorted([f"a{e}" for e in EXTENSIONS] + [f"b{e.upper()}" for e in EXTENSIONS])
    assert names == pictures(tree(*names))


def test_other_files_are_left_out(tree):
    """Notes and archives lie beside pictures."""
    assert pictures(tree("a.jpg", "a.txt", "jpg", "a.jpg.part", "b.svg")) == ["a.jpg"]


def test_hidden_files_and_folders_are_left_out(tree):
    """So are the shadows that archives made on a Mac carry."""
    folder = tree("a.jpg", ".b.jpg", ".c/d.jpg", "__MACOSX/a.jpg", "e/.f/g.jpg", "e/._h.jpg")
    assert pictures(folder) == ["a.jpg"]


def test_the_order_is_that_of_relative_paths_by_code_point(tree):
    """A folder's separator takes part in it, capitals come first, ten before two."""
    names = ["B.jpg", "a 1/x.jpg", "a-b/x.jpg", "a.jpg", "a/10.jpg", "a/2.jpg", "é.jpg"]
    assert names == pictures(tree(*reversed(names)))


def test_a_folder_named_like_a_picture_is_a_folder(tree):
    """What counts is what it is."""
    assert pictures(tree("a.jpg/b.png")) == ["a.jpg/b.png"]


def test_links_to_folders_and_files_are_followed(tree, tmp_path):
    """Data sets are often assembled from links."""
    folder = tree("a.jpg")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.jpg").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "c.jpg").symlink_to(folder / "a.jpg")
    assert pictures(folder) == ["a.jpg", "c.jpg", "linked/b.jpg"]


def test_a_loop_of_links_ends(tree):
    """A folder is not entered again beneath itself."""
    folder = tree("a/1.jpg", "b/2.jpg")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "a" / "to_b").symlink_to(folder / "b")
    (folder / "b" / "to_a").symlink_to(folder / "a")
    expected = ["a/1.jpg", "a/to_b/2.jpg", "b/2.jpg", "b/to_a/1.jpg"]
    assert expected == pictures(folder)


def test_a_broken_link_is_listed(tree):
    """Leaving it out would hide that data is missing."""
    folder = tree("a.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nowhere")
    assert pictures(folder) == ["a.jpg", "gone.jpg"]


def test_a_folder_without_pictures_says_what_was_looked_for(tree):
    """The message has the folder and the extensions."""
    folder = tree("a.txt")
    with pytest.raises(ArgumentError, match=r"no pictures in .*tree: .*\.jpg .*\.avif"):
        pictures(folder)


def test_a_missing_folder_is_named(tmp_path):
    """Python's own error says which."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        pictures(tmp_path / "nowhere")


def test_a_file_is_no_folder(tree):
    """Python's own error says which."""
    with pytest.raises(NotADirectoryError, match=r"a\.jpg"):
        pictures(tree("a.jpg") / "a.jpg")


def test_subfolders_are_the_direct_visible_ones(tree):
    """Empty ones too, since a class may be empty."""
    folder = tree("b/x/1.jpg", "a/1.jpg", ".git/1.jpg", "__MACOSX/1.jpg", "1.jpg")
    (folder / "C").mkdir()
    assert subfolders(folder) == ["C", "a", "b"]
