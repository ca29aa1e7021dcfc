"""What a type checker knows of batches."""

from mypy import api

USED = """
import numpy as np
from typing import Any, assert_type
import aliquot as aq

X = np.arange(5)
assert_type(next(aq.data_source.ArrayDataSource([X]).batch_iterator(2)), tuple[Any, ...])
assert_type(next(aq.data_source.ArrayDataSource({"x": X}).batch_iterator(2)), dict[str, Any])

def stage(x: Any) -> tuple[int, str]:
    return 1, "a"

mapped = aq.data_source.ArrayDataSource([X]).map(stage)
assert_type(next(mapped.batch_iterator(2)), tuple[int, str])
assert_type(aq.Loader([X], batch_size=2).peek(), tuple[Any, ...])
assert_type(aq.Loader({"x": X}, batch_size=2).peek(), dict[str, Any])
assert_type(aq.Loader(mapped, batch_size=2, pool=2).peek(), tuple[int, str])
"""


def check(tmp_path, text):
    (tmp_path / "used.py").write_text(text)
    cache = str(tmp_path / "cache")
    return api.run(["--strict", "--cache-dir", cache, str(tmp_path / "used.py")])


def test_sources_and_loaders_are_generic_in_the_batch(tmp_path):
    """Tuples, dicts and what a function returns are told apart."""
    output, _, status = check(tmp_path, USED)
    assert status == 0, output


def test_an_unknown_option_is_an_error(tmp_path):
    """The loader's keywords are known to the checker."""
    output, _, status = check(tmp_path, USED + "aq.Loader([X], batch_size=2, num_workers=2)\n")
    assert status == 1
    assert 'Unexpected keyword argument "num_workers"' in output
