"""Index files."""

import json

import numpy as np
import pytest

from aliquot.errors import ArgumentError
from aliquot.image._index_file import Index, load, save


def index_of(tmp_path, **changes):
    """Write a good index file with changes to its content; give its path."""
    path = tmp_path / "index.json"
    save(path, Index(["a.jpg", "b.jpg"], np.array([0, 1]), ["x", "y"]))
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


@pytest.mark.parametrize(
    "index",
    [
        Index(["a.jpg", "ü \udcff.jpg"], np.array([1, 0]), ["x", "y"]),
        Index(["a.jpg"], None, None),
        Index([], None, None),
    ],
)
def test_what_is_saved_is_loaded(tmp_path, index):
    """Names that are no valid Unicode survive too."""
    save(tmp_path / "index.json", index)
    paths, labels, classes = load(tmp_path / "index.json")
    expected = (index.paths, None if index.labels is None else index.labels.tolist(), index.classes)
    assert expected == (paths, None if labels is None else labels.tolist(), classes)


def test_loaded_labels_are_int64(tmp_path):
    """On every machine."""
    assert np.int64 == load(index_of(tmp_path)).labels.dtype


def test_saving_replaces_and_leaves_nothing_beside(tmp_path):
    """The temporary file is gone."""
    save(tmp_path / "index.json", Index(["a.jpg"], None, None))
    save(tmp_path / "index.json", Index(["b.jpg"], None, None))
    found = [path.name for path in tmp_path.iterdir()]
    assert (load(tmp_path / "index.json").paths, found) == (["b.jpg"], ["index.json"])


def test_a_failed_save_keeps_the_old_file(tmp_path):
    """What cannot be written is not half there."""
    path = index_of(tmp_path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(path, Index([object()], None, None))
    assert (before, 1) == (path.read_bytes(), len(list(tmp_path.iterdir())))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"3", b"\xff\xd8\xff", b"[" * 100_000, b"null", "é".encode()],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, content):
    """Not a bare JSON error."""
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match=r"other\.json is no index of pictures"):
        load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version is 2, not 1"),
        ({"paths": "ab"}, '"paths"'),
        ({"paths": ["a", 1]}, '"paths"'),
        ({"labels": [0]}, '"labels" is not a list of 2'),
        ({"labels": [0, 0.5]}, '"labels" is not a list of 2'),
        ({"labels": [0, True]}, '"labels" is not a list of 2'),
        ({"labels": None}, '"labels"'),
        ({"labels": [0, 2]}, "beyond the 2 classes"),
        ({"labels": [0, -1]}, "beyond the 2 classes"),
        ({"classes": None}, '"classes"'),
        ({"classes": ["x", "x"]}, '"classes"'),
    ],
)
def test_malformed_content_is_refused_with_what_is_wrong(tmp_path, changes, message):
    """The message has the file and the part."""
    with pytest.raises(ArgumentError, match=rf"index\.json is no index.*{message}"):
        load(index_of(tmp_path, **changes))


def test_a_missing_index_is_a_missing_file(tmp_path):
    """Python's own error says which."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere.json")
