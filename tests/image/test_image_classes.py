"""Class names from file names and folders."""

import re

import pytest

from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.image import ImageFiles
from aliquot.image._classes import by_rule

PATHS = ["cat.1.jpg", "cat.2.jpg", "dog.1.jpg"]


@pytest.mark.parametrize(
    "rule",
    [r"^(cat|dog)\.", "cat|dog", re.compile(r"^([a-z]+)\.\d"), lambda path: path.split(".")[0]],
)
def test_a_rule_names_each_picture(rule):
    """An expression's first group, its whole match without one, or a function."""
    labels, classes = by_rule(PATHS, rule, None)
    assert (labels.tolist(), classes) == ([0, 0, 1], ["cat", "dog"])


def test_given_classes_set_the_numbers():
    """They need not be sorted, and some may not occur."""
    labels, classes = by_rule(PATHS, "cat|dog", ("dog", "emu", "cat"))
    assert (labels.tolist(), classes) == ([2, 2, 0], ["dog", "emu", "cat"])


def test_a_name_beyond_the_given_classes_is_refused():
    """The message has the name and the file."""
    with pytest.raises(ArgumentError, match=r"'dog', the class of 'dog\.1\.jpg'"):
        by_rule(PATHS, "cat|dog", ["cat"])


@pytest.mark.parametrize("rule", ["^cat", "^(cat)|dog"])
def test_a_path_without_a_name_is_refused(rule):
    """No match, or a match without the group."""
    with pytest.raises(ArgumentError, match=r"finds no class name in 'dog\.1\.jpg'"):
        by_rule(PATHS, rule, None)


def test_a_function_that_gives_no_str_is_refused():
    """The message has what it gave and the file."""
    with pytest.raises(ArgumentTypeError, match=r"gave None for 'cat\.1\.jpg'"):
        by_rule(PATHS, lambda path: None, None)


def test_what_a_function_raises_stays_itself():
    """A note says for which picture."""
    with pytest.raises(ZeroDivisionError) as caught:
        by_rule(PATHS, lambda path: str(1 / 0), None)
    assert caught.value.__notes__ == ["raised by labels_from for the picture 'cat.1.jpg'"]


@pytest.mark.parametrize("rule", [3, re.compile(rb"cat")])
def test_a_rule_of_another_type_is_refused(rule):
    """Paths are texts."""
    with pytest.raises(ArgumentTypeError, match="labels_from must be"):
        by_rule(PATHS, rule, None)


def test_a_broken_expression_is_refused():
    """The message has it."""
    with pytest.raises(ArgumentError, match=r"not a regular expression: .*\(cat"):
        by_rule(PATHS, "(cat", None)


@pytest.mark.parametrize("classes", ["cat", ["cat", 1]])
def test_classes_that_are_no_list_of_names_are_refused(classes):
    """One text would be taken letter by letter."""
    with pytest.raises(ArgumentTypeError, match="classes must be a list of names"):
        by_rule(PATHS, "cat|dog", classes)


def test_a_class_given_twice_is_refused():
    """It would have two numbers."""
    with pytest.raises(ArgumentError, match="classes has 'cat' more than once"):
        by_rule(PATHS, "cat|dog", ["cat", "dog", "cat"])


def test_class_folders_are_numbered_in_sorted_order(tree):
    """Pictures may lie anywhere below; those beside the folders have no class."""
    photos = ImageFiles.from_class_folders(tree("dog/x/y/1.jpg", "Cat/1.jpg", "1.jpg", "dog/2.jpg"))
    assert (photos.labels.tolist(), photos.class_to_idx) == ([0, 1, 1], {"Cat": 0, "dog": 1})


def test_labels_belong_to_their_paths_where_names_share_a_beginning(tree):
    """Files are ordered by path, so the folder a-b comes before a."""
    photos = ImageFiles.from_class_folders(tree("a/1.jpg", "a-b/1.jpg"))
    names = [photos.classes[label] for label in photos.labels]
    assert names == [path.split("/")[-2] for path in photos.paths]


def test_validation_folders_take_the_numbers_of_training(tree):
    """A class keeps its number whichever folders are there."""
    folder = tree("b/1.jpg", "c/1.jpg")
    photos = ImageFiles.from_class_folders(folder, ["a", "b", "c"], allow_empty=True)
    assert photos.labels.tolist() == [1, 2]


def test_an_unknown_class_folder_is_refused_even_when_empty(tree):
    """The message has its name."""
    folder = tree("a/1.jpg")
    (folder / "new").mkdir()
    with pytest.raises(ArgumentError, match=r"the folder 'new' in .* none of the 1 classes: 'a'"):
        ImageFiles.from_class_folders(folder, ["a"])


def test_a_class_without_pictures_is_refused_by_name(tree):
    """Whether its folder is empty or missing."""
    with pytest.raises(ArgumentError, match="no pictures of the class 'b', 'c'"):
        ImageFiles.from_class_folders(tree("a/1.jpg", "b/1.txt"), ["a", "b", "c"])


def test_an_empty_class_can_be_allowed(tree):
    """It keeps its number."""
    photos = ImageFiles.from_class_folders(tree("a/1.txt", "b/1.jpg"), allow_empty=True)
    assert (photos.labels.tolist(), photos.classes) == ([1], ["a", "b"])


@pytest.mark.parametrize("names", [("1.jpg",), ("a/1.txt",)])
def test_a_folder_without_classed_pictures_is_refused(tree, names):
    """The message says where pictures were looked for."""
    with pytest.raises(ArgumentError, match=r"no pictures in .*: looked in its folders"):
        ImageFiles.from_class_folders(tree(*names), allow_empty=True)
