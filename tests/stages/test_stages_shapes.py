"""Samples that differ in shape, in words."""

from aliquot.stages._shapes import few


def test_each_shape_is_shown_once():
    """In the order in which they come."""
    assert few([(3, 2), (5, 4), (3, 2)]) == "(3, 2), (5, 4)"


def test_not_too_many_are_shown():
    """A batch may have a thousand."""
    assert few(range(1000)) == "0, 1, 2, 3, ..."
