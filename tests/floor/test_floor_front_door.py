"""The front door: what ``import aliquot`` gives and what it costs."""

import subprocess
import sys

import pytest

import aliquot


@pytest.mark.parametrize("name", aliquot.__all__)
def test_every_public_name_is_there(name):
    """What the front door lists can be had from it."""
    assert getattr(aliquot, name).__name__ in (name, f"aliquot.{name}")


def test_dir_lists_the_rooms():
    """Completion in a shell shows the rooms that are imported on demand too."""
    assert sorted(aliquot.__all__) == dir(aliquot)


def test_an_unknown_name_is_an_attribute_error():
    """The message is that of any module."""
    with pytest.raises(AttributeError, match="module 'aliquot' has no attribute 'lodaer'"):
        _ = aliquot.lodaer


@pytest.mark.parametrize("room", ["data_source", "sampling", "work_pool", "accessors"])
def test_a_room_has_all_that_it_lists(room):
    """A name in ``__all__`` that is missing would break ``import *``."""
    module = __import__(f"aliquot.{room}", fromlist=["*"])
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert missing == []


def test_importing_costs_numpy_only():
    """Optional packages, and the machinery of processes, stay out until they are used."""
    script = (
        "import sys, aliquot; heavy = {'PIL', 'cloudpickle', 'click', 'tqdm', 'h5py', 'zarr',"
        " 'multiprocessing', 'asyncio', 'skimage'}; print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "[]"


def test_numpys_global_generator_is_left_alone_by_importing():
    """Seeding is the user's business."""
    script = (
        "import numpy as np; np.random.seed(3); before = np.random.get_state()[1].tolist();"
        "import aliquot.image; print(before == np.random.get_state()[1].tolist())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "True"
