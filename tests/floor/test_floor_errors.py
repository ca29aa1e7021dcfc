"""The error tree: each error is also the builtin that a caller would expect."""

import inspect
import pickle

import pytest

from aliquot import errors

BUILTINS = {
    "ArgumentError": ValueError,
    "ArgumentTypeError": TypeError,
    "IndexRangeError": IndexError,
    "BatchError": TypeError,
    "ExhaustedError": ValueError,
    "ImageError": OSError,
    "MissingExtraError": ImportError,
    "LoaderClosedError": RuntimeError,
    "StateError": ValueError,
    "TooManyFailuresError": RuntimeError,
    "TaskTimeoutError": TimeoutError,
    "PoolClosedError": RuntimeError,
    "WorkerLostError": RuntimeError,
    "SampleError": RuntimeError,
}


@pytest.mark.parametrize("name", BUILTINS)
def test_an_error_is_both_ours_and_a_builtin(name):
    """Either can be caught, so that old code which expects the builtin goes on working."""
    expected = (errors.AliquotError, BUILTINS[name])
    assert expected == getattr(errors, name).__bases__


def test_every_error_is_in_the_tree():
    """None is defined that this test, and the drawing in the module, do not know."""
    classes = inspect.getmembers(errors, inspect.isclass)
    found = {name for name, kind in classes if issubclass(kind, BaseException)}
    assert {*BUILTINS, "AliquotError"} == found


@pytest.mark.parametrize("name", BUILTINS)
def test_the_drawing_names_every_error(name):
    """The module's docstring shows each one beside its builtin."""
    assert f"{name} " in errors.__doc__
    assert f"({BUILTINS[name].__name__})" in errors.__doc__


@pytest.mark.parametrize("name", BUILTINS)
def test_an_error_can_be_pickled(name):
    """Worker processes send them."""
    error = getattr(errors, name)("what was wrong")
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error)) == (type(again), str(again))


def test_an_image_error_keeps_its_attributes_when_pickled():
    """A caller in another process learns the path and the reason too."""
    error = errors.ImageError("bad", path="a.jpg", reason="truncated")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.path, again.reason) == ("bad", "a.jpg", "truncated")
