"""Silence in one thread only."""

import threading
import warnings

import pytest

from aliquot.image._quiet import quiet


def test_warnings_inside_are_silent():
    """Even where they are errors, as in this test run."""
    with quiet():
        warnings.warn("inside", stacklevel=1)


def test_warnings_outside_are_what_they_were():
    """Before and after."""
    with quiet():
        pass
    with pytest.warns(UserWarning, match="outside"):
        warnings.warn("outside", stacklevel=1)


def test_another_thread_is_not_silenced():
    """Its warnings are its own."""
    caught = []

    def warn():
        try:
            warnings.warn("elsewhere", stacklevel=1)
        except UserWarning as warning:
            caught.append(str(warning))

    with quiet():
        thread = threading.Thread(target=warn)
        thread.start()
        thread.join()
    assert caught == ["elsewhere"]


def test_filters_set_later_are_overruled():
    """A filter put in front since the last time does not let warnings through."""
    with warnings.catch_warnings():
        with quiet():
            pass
        warnings.simplefilter("error")
        with quiet():
            warnings.warn("inside", stacklevel=1)


def test_the_filter_is_there_once():
    """However often it moved to the front."""
    with warnings.catch_warnings():
        for _ in range(3):
            warnings.simplefilter("error")
            with quiet():
                pass
        ours = [f for f in warnings.filters if type(f[1]).__name__ == "_Decoding"]
    assert len(ours) == 1


def test_silence_may_be_nested():
    """The inner one ends, the outer one lasts."""
    with quiet():
        with quiet():
            pass
        warnings.warn("still inside", stacklevel=1)
