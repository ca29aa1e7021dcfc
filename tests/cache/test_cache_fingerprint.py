"""Digests of functions and array-likes."""

import functools
import subprocess
import sys

import numpy as np
import pytest

from aliquot.cache import fingerprint, stable_repr
from aliquot.cache._fingerprint import evenly


def module(text, name="m"):
    """Give what is defined by the text of a module; functions know its globals."""
    names = {"__name__": name, "np": np, "functools": functools}
    exec(compile(text, "file.py", "exec"), names)
    return names


def made(text):
    return fingerprint(module(text)["f"])


BASE = "SIZE = 3\ndef helper(x): return x + 1\ndef f(x, y=2): return helper(x) * SIZE + y + 10\n"
EDITS = {
    "body": BASE.replace("* SIZE", "- SIZE"),
    "constant": BASE.replace("10", "11"),
    "default": BASE.replace("y=2", "y=3"),
    "name of what is called": BASE.replace("helper(x)", "abs(x)"),
    "global constant": BASE.replace("SIZE = 3", "SIZE = 4"),
    "function it calls": BASE.replace("x + 1", "x + 2"),
    "type of a constant": BASE.replace("10", "10.0"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_noticed(edit):
    """In the function, or in what it uses of its module."""
    assert made(BASE) != made(EDITS[edit])


@pytest.mark.parametrize(
    "text",
    [
        BASE,
        "# a comment\n\n\n" + BASE,
        BASE.replace("return helper", "\n    return helper"),
        BASE + "def other(): return 5\n",
    ],
)
def test_what_does_nothing_is_not(text):
    """Comments, lines, and functions that are not called."""
    assert made(BASE) == made(text)


SHAPES = {
    "nested function": "def f(x):\n    def g(y): return y + {}\n    return g(x)",
    "lambda in a default": "def f(x, g=lambda y: y + {}): return g(x)",
    "closure": "def make(k):\n    def f(x): return x + k\n    return f\nf = make({})",
    "array in a closure": "def make(k):\n    return lambda x: x + k\nf = make(np.full(3, {}))",
    "partial": "def g(x, k): return x + k\nf = functools.partial(g, k={})",
    "function in a partial": "f = functools.partial(lambda x: x + {})",
    "callable object": "class A:\n    def __init__(self, k): self.k = k\n"
    "    def __call__(self, x): return x\nf = A({})",
    "code of a callable": "class A:\n    def __call__(self, x): return x + {}\nf = A()",
    "code of a base": "class B:\n    def g(self): return {}\nclass A(B): pass\nf = A()",
    "bound method": "class A:\n    def __init__(self, k): self.k = k\n"
    "    def g(self, x): return x\nf = A({}).g",
    "static method": "class A:\n    @staticmethod\n    def g(x): return {}\nf = A.g",
    "class attribute": "class A:\n    k = {}\n    def __call__(self, x): return x\nf = A()",
    "wrapped": "@functools.lru_cache\ndef f(x): return {}",
    "set": "def f(x): return x in {{'a', 'b', {}}}",
    "keyword default": "def f(x, *, k={}): return x",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_that_a_function_is_made_of_counts(shape):
    """Whatever kind of function it is."""
    one, same, other = (made(SHAPES[shape].format(k)) for k in (1, 1, 2))
    assert one == same
    assert one != other


def test_functions_that_call_themselves_and_each_other():
    """Are gone through once."""
    text = "def f(x): return g(x) if x else f(1)\ndef g(x): return f(x) + {}"
    assert made(text.format(1)) == made(text.format(1)) != made(text.format(2))


def test_a_list_that_contains_itself():
    """Has an end."""
    loop = [1]
    loop.append(loop)
    assert fingerprint(loop) == fingerprint(loop)


def test_the_same_in_another_process():
    """Whatever the order of its sets is."""
    code = (
        "from aliquot.cache import fingerprint\n"
        "print(fingerprint(lambda x: x in {'a', 'b', 'c', 'd'}, {'x', 'y', 'z'}, print, len))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.zeros(3), np.zeros(4)),
        (np.zeros(3), np.zeros(3, np.float32)),
        (np.zeros(3), np.ones(3)),
        (np.zeros((4, 4)).T[::2], np.ones((4, 4)).T[::2]),
        (np.array(["a", None], object), np.array(["a", 1], object)),
        ([1, "a"], [1, "b"]),
        ([1], (1,)),
        ({"a": 1}, {"a": 2}),
        (np.arange(10**6), np.arange(10**6) + 1),
        (1, True),
    ],
)
def test_values_are_told_apart(one, other):
    """By type, shape and contents."""
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one) != fingerprint(other)


def test_a_memory_map_is_told_by_its_file(tmp_path):
    """Also through a view of it."""
    array = np.memmap(tmp_path / "a", np.uint8, "w+", shape=10)
    copied = np.memmap(tmp_path / "b", np.uint8, "w+", shape=10)
    assert fingerprint(array) != fingerprint(copied)
    assert fingerprint(np.asarray(array)) != fingerprint(np.asarray(copied))


def test_a_repr_without_addresses_is_stable():
    """Others tell nothing."""
    assert stable_repr(np.dtype("f4")) == "dtype('float32')"
    assert [stable_repr(object()), stable_repr([object()])] == [None, None]


def test_evenly():
    """With both ends."""
    assert list(evenly(3, 5)) == [0, 1, 2]
    assert [evenly(100, 7)[0], evenly(100, 7)[-1]] == [0, 99]
