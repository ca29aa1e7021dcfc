"""``aliquot demo`` as a user runs it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import aliquot
from aliquot.cli import cli
from aliquot.demo import labelled_photographs, shipped_photographs


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def make_pictures(folder, names):
    rng = np.random.RandomState(0)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = rng.randint(100, 200, size=2)
        Image.fromarray(rng.randint(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return folder


def run(*arguments):
    return CliRunner().invoke(cli, ["demo", *map(str, arguments)])


def test_labels_come_from_file_names(tmp_path):
    """cat.N.jpg and dog.N.jpg are two classes, and the sheet is written where it is said."""
    folder = make_pictures(
        tmp_path / "pets", [f"{c}.{i}.jpg" for c in ("cat", "dog") for i in (1, 2)]
    )
    result = run(folder, "--output", tmp_path / "sheet.png")
    assert result.exit_code == 0
    assert "4 photographs, 2 classes: cat, dog" in result.output
    assert "images/s" in result.output
    assert str(tmp_path / "sheet.png") in result.output
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[0] == 4 * 132 + 4


def test_labels_come_from_folders(tmp_path):
    """One folder a class."""
    folder = make_pictures(tmp_path / "classes", ["a/1.jpg", "b/1.jpg", "b/sub/2.png"])
    photos = labelled_photographs(folder, size=(8, 8))
    assert photos.classes == ["a", "b"]
    assert photos.labels.tolist() == [0, 1, 1]


def test_names_that_tell_no_classes_apart_give_one_class(tmp_path):
    """Hashes for names are not a class each."""
    folder = make_pictures(tmp_path / "x", ["0a1f.jpg", "9be2.jpg", "c77d.jpg"])
    result = run(folder, "--output", tmp_path / "s.png")
    assert "3 photographs, 1 class: photograph" in result.output


def test_a_broken_photograph_is_named(tmp_path):
    """The demo ends with the file's name and the reason, without a traceback."""
    folder = make_pictures(tmp_path / "broken", ["cat.1.jpg", "cat.2.jpg"])
    (folder / "cat.3.jpg").write_bytes(b"no picture")
    result = run(folder)
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "cat.3.jpg" in result.output


def test_an_empty_folder_is_refused(tmp_path):
    """The message says what was looked for."""
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty")
    assert result.exit_code == 1
    assert "no pictures in" in result.output


def test_the_shipped_photographs_are_made_once_and_vary():
    """At least 300 JPEGs of varying size, in the cache folder."""
    folder = shipped_photographs()
    files = sorted(folder.rglob("*.jpg"))
    assert len(files) >= 300
    sizes = set()
    for path in files[::10]:
        with Image.open(path) as picture:
            sizes.add(picture.size)
    assert len(sizes) > 20
    before = files[0].stat().st_mtime_ns
    assert shipped_photographs() == folder
    assert files[0].stat().st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_demo_draws_the_same_first_batch_every_time(tmp_path):
    """Two runs write the same sheet: workers and time change nothing."""
    folder = make_pictures(tmp_path / "pets", [f"cat.{i}.png" for i in range(70)])
    run(folder, "--output", tmp_path / "1.png")
    run(folder, "--output", tmp_path / "2.png")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


def python(*arguments, hide=()):
    """Run Python with some packages hidden."""
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in hide)
    code = (
        f"import sys; {hidden}sys.argv[1:] = {list(arguments)!r}; "
        "import runpy; runpy.run_module('aliquot', run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_help_works_as_a_module():
    """``python -m aliquot --help`` lists the commands."""
    result = subprocess.run(
        [sys.executable, "-m", "aliquot", "--help"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert "demo" in result.stdout


def test_help_works_without_the_extra():
    """Without click, --help still answers, and says what to install."""
    result = python("--help", hide=["click"])
    assert result.returncode == 0
    assert 'pip install "aliquot[cli,demo]"' in result.stdout


def test_a_command_without_the_extra_says_what_to_install():
    """On stderr, with a status that says so."""
    result = python("demo", hide=["click"])
    assert result.returncode == 2
    assert 'pip install "aliquot[cli,demo]"' in result.stderr


def test_the_version_is_told():
    """``aliquot --version`` gives that of the package."""
    assert aliquot.__version__ in CliRunner().invoke(cli, ["--version"]).output


SHARED = Path(__file__).parents[3] / "shared" / "data" / "pets" / "train"


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs beside the repository")
def test_real_photographs(tmp_path):
    """370 photographs of pets, labelled from their names."""
    result = run(SHARED, "--output", tmp_path / "sheet.png")
    assert "370 photographs, 2 classes: cat, dog" in result.output
