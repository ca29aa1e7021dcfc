"""Installations: with no compiler, and from the wheel that brings libjpeg-turbo along."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "build", "dist", "_build", "*.so", "*.egg-info"
)

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="wheels are for Linux"),
]


def run(*command, **options):
    """Run a command; what it has to say is the message of the failure."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    environment.pop("ALIQUOT_KERNEL", None)
    environment |= options.pop("environment", {})
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture
def tree(tmp_path):
    """Copy the project, without what was built, beside its own environment."""
    copy = tmp_path / "tree"
    shutil.copytree(HERE, copy, ignore=NOT_COPIED)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


@pytest.fixture
def fresh(tmp_path):
    """Give a function that installs a wheel alone; it gives the Python that has it.

    NumPy and Pillow are those of the tests.
    """

    def install(wheel):
        run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "fresh")
        python = tmp_path / "fresh" / "bin" / "python"
        run(
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--no-index",
            "--no-deps",
            wheel,
        )
        packages = run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        ).strip()
        others = {str(Path(module.__file__).parents[1]) for module in (np, Image)}
        Path(packages, "others.pth").write_text("\n".join(sorted(others)))
        return python

    return install


@pytest.fixture
def photograph(tmp_path):
    """Save a JPEG; give its path."""
    path = tmp_path / "photograph.jpg"
    Image.fromarray(np.full((40, 60, 3), 99, np.uint8)).save(path)
    return path


def built(folder):
    """Give the one wheel in a folder."""
    (wheel,) = folder.glob("*.whl")
    return wheel


READ = """
import sys
from aliquot.image import ImageFiles
from aliquot.image import _kernel_files

photos = ImageFiles([sys.argv[1]], size=(20, 30))
assert (photos[0] == 99).all()
print(repr(photos).partition("codec=")[2], _kernel_files.kernel() is not None)
"""


def test_without_a_compiler_the_rest_is_installed(tree, fresh, photograph, tmp_path):
    """Photographs are decoded by another package then."""
    options = ["--no-deps", "--wheel-dir", tmp_path / "wheels"]
    nothing = {"CC": "/bin/false", "CXX": "/bin/false"}
    run(sys.executable, "-m", "pip", "wheel", *options, tree, environment=nothing, cwd=tmp_path)
    wheel = built(tmp_path / "wheels")
    names = zipfile.ZipFile(wheel).namelist()
    assert "aliquot/image/_kernel_files.py" in names
    assert not [name for name in names if name.endswith(".so")]
    told = run(fresh(wheel), "-c", READ, photograph, cwd=tmp_path)
    assert told.split()[-1] == "False"
    assert "libjpeg-turbo" not in told


def test_a_build_that_needs_the_kernel_fails_without_a_compiler(tree, tmp_path):
    """So nobody publishes a wheel without it."""
    options = ["--no-deps", "--wheel-dir", tmp_path / "wheels"]
    wish = {"CC": "/bin/false", "ALIQUOT_KERNEL": "required"}
    command = [sys.executable, "-m", "pip", "wheel", *options, tree]
    with pytest.raises(AssertionError, match="/bin/false"):
        run(*command, environment=wish, cwd=tmp_path)


MAPPED = """
import sys
from pathlib import Path

import numpy as np
from aliquot.image import _kernel

files = _kernel.Files([sys.argv[1].encode()])
canvas = np.zeros((20, 30, 3), np.uint8)
box, place = np.array([[0.0, 0, 60, 40]]), np.array([[0, 0, 20, 30, 0, 0, 0]])
files.plan([0], box, place, [canvas], 2, 2.0, bytes(4))
files.decode()
assert not files.failed()
assert (canvas == 99).all()
for line in Path("/proc/self/maps").read_text().splitlines():
    path = Path(line.split()[-1])
    if path.name.startswith("libjpeg"):
        print(path)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Make the wheel as it is published."""
    if shutil.which("make") is None:
        pytest.skip("no make")
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(HERE, folder / "tree", ignore=NOT_COPIED)
    (folder / "tree" / ".venv").symlink_to(sys.prefix)
    run("make", "wheel", f"DIST={folder / 'wheels'}", cwd=folder / "tree")
    return built(folder / "wheels")


def test_the_wheel_brings_libjpeg_turbo_along(wheel, fresh, photograph, tmp_path):
    """It is for any Linux, and decodes with its own."""
    assert "-cp311-abi3-manylinux" in wheel.name
    python = fresh(wheel)
    mapped = set(run(python, "-c", MAPPED, photograph, cwd=tmp_path).split())
    assert mapped
    assert {Path(path).parent.name for path in mapped} == {"aliquot.libs"}
    told = run(python, "-c", READ, photograph, cwd=tmp_path)
    assert "'libjpeg-turbo'" in told


def test_the_wheel_tells_the_licence_of_what_it_brings(wheel):
    """That of libjpeg-turbo asks for it."""
    with zipfile.ZipFile(wheel) as archive:
        notices = [name for name in archive.namelist() if ".dist-info/licenses/" in name]
        texts = [archive.read(name).decode() for name in notices if "libjpeg" in name]
    assert any("Independent JPEG Group" in text for text in texts)
