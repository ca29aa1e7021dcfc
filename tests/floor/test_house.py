"""The rules of the house that import-linter cannot check."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import aliquot

SOURCE = Path(aliquot.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 2 else None


def imported(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rooms_are_entered_by_their_door(path):
    """No file imports another room's underscored file."""
    own = path.relative_to(SOURCE).parts[0]
    entered = [
        module
        for module in imported(path)
        if module.startswith("aliquot.")
        and room_of(module) not in (None, own)
        and any(part.startswith("_") for part in module.split(".")[2:])
    ]
    assert entered == []


@pytest.mark.parametrize("door", sorted(SOURCE.glob("*/__init__.py")), ids=lambda p: p.parent.name)
def test_doors_hold_no_logic(door):
    """A room's door has a docstring, imports and __all__, and nothing else."""
    nodes = ast.parse(door.read_text()).body
    for_types = [node for node in nodes if isinstance(node, ast.If)]
    for node in for_types:  # those of `on_demand`, again for type checkers
        assert ast.unparse(node.test) == "TYPE_CHECKING"
        assert not node.orelse
    inner = [inside for node in for_types for inside in node.body]
    kinds = {type(node).__name__ for node in [*nodes, *inner] if node not in for_types}
    assert kinds <= {"Expr", "ImportFrom", "Assign"}


@pytest.mark.parametrize(
    "package", ["aliquot", "aliquot.data_source", "aliquot.image"], ids=lambda name: name
)
def test_every_name_of_a_door_is_there(package):
    """Also those that are imported when they are asked for."""
    door = importlib.import_module(package)
    assert [name for name in door.__all__ if not hasattr(door, name)] == []
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        door.nothing  # noqa: B018


def test_importing_the_front_door_costs_numpy_only():
    """No optional package is imported along with aliquot."""
    code = (
        "import sys; import aliquot; "
        "print([m for m in ('PIL', 'cloudpickle', 'click', 'tqdm', 'h5py', 'zarr', 'skimage') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_the_front_door_names_its_rooms():
    """Rooms that are imported on demand can be listed and used."""
    assert "image" in dir(aliquot)
    assert aliquot.image.ImageFiles.__name__ == "ImageFiles"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = aliquot.nothing


def test_no_module_imports_what_only_posix_has():
    """Modules that exist on POSIX only are not imported at module level."""
    posix_only = {"fcntl", "grp", "pwd", "resource", "termios", "posix"}
    top_level = {
        name.name.split(".")[0]
        for path in FILES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert top_level & posix_only == set()
