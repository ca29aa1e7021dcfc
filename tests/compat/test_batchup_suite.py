"""BatchUp's own tests pass with one import changed."""

import os
import subprocess
import sys
from importlib import resources
from xml.etree import ElementTree as ET

import pytest

# How many tests each file of batchup 0.2.3 holds: written down, so that finding none is a failure.
COLLECTED = {"test_data_source.py": 43, "test_sampling.py": 10, "test_work_pool.py": 6}

# These test underscored helpers, which BatchUp promised to nobody.
LEFT_OUT = {
    "test_data_source.py": (
        "test_length_of_batch",
        "test_trim_batch",
        "test_ChoiceDataSource_ds_indices_stratified",
        "test_ChoiceDataSource_ds_iterator_not_stratified",
        "test_ChoiceDataSource_ds_iterator_stratified",
    ),
    "test_sampling.py": (),
    "test_work_pool.py": (),
}


# The one change of behaviour: what BatchUp did for shuffle=True is asked for by shuffle=np.random.
GLOBAL_STATE = ("batch_size=15, shuffle=True)", "batch_size=15, shuffle=np.random)")


def with_our_import(file_name):
    """Give the text of one of BatchUp's installed test files, importing Aliquot instead."""
    text = resources.files("batchup").joinpath("tests", file_name).read_text(encoding="utf-8")
    return text.replace("from batchup import", "from aliquot import").replace(*GLOBAL_STATE)


def test_one_old_test_asks_for_the_global_state():
    """The replacement that is made besides the import is made in one place only."""
    files = resources.files("batchup").joinpath("tests")
    text = "".join(files.joinpath(name).read_text(encoding="utf-8") for name in COLLECTED)
    assert text.count(GLOBAL_STATE[0]) == 1


def run_pytest(folder, *arguments):
    """Run pytest in a process of its own that knows neither our settings nor our warnings."""
    folder.joinpath("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    ours = ("PYTEST_", "PYTHONWARNINGS")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "pytest.ini"),
            *("--rootdir", str(folder), "--junitxml", "report.xml", *arguments),
        ],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


def count_passed(report):
    """Count the tests in a JUnit report that neither failed nor were skipped."""
    cases = ET.parse(report).getroot().iter("testcase")
    return sum(all(child.tag in {"system-out", "system-err"} for child in case) for case in cases)


@pytest.mark.parametrize("file_name", COLLECTED)
def test_the_old_tests_pass_with_one_import_changed(tmp_path, file_name):
    """Every test of BatchUp that keeps to public names passes here."""
    tmp_path.joinpath(file_name).write_text(with_our_import(file_name), encoding="utf-8")
    left_out = [f"--deselect={file_name}::{name}" for name in LEFT_OUT[file_name]]
    done = run_pytest(tmp_path, *left_out, file_name)
    assert done.returncode == 0, done.stdout
    expected = COLLECTED[file_name] - len(left_out)
    assert expected == count_passed(tmp_path / "report.xml"), done.stdout


@pytest.mark.parametrize("file_name", COLLECTED)
def test_the_changed_files_never_import_batchup(file_name):
    """Replacing one import leaves no other way back to BatchUp."""
    assert "batchup" not in with_our_import(file_name).lower()
