"""Names of class folders, and the labels that they stand for."""

import pytest
from PIL import Image

from skhcr._folder_names import folder_name, label_of_folder
from skhcr.datasets import load_image_folder


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("أ", "أ"),
        ("A", "A"),
        ("lam alif", "lam alif"),
        ("/", "%2F"),
        ("\\", "%5C"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("etc.", "etc%2E"),
        ("a/../b", "a%2F..%2Fb"),
        ("?", "%3F"),
        ("%", "%25"),
        ("%41", "%2541"),
        ("con", "%63on"),
        ("LPT1.png", "%4CPT1.png"),
        ("e\u0301", "é"),
        ("~", "%7E"),
    ],
)
def test_every_label_has_a_name_that_stands_for_it(label, name):
    assert folder_name(label) == name
    assert label_of_folder(name) == ("é" if label == "e\u0301" else label)


@pytest.mark.parametrize("name", ["100%", "%4", "%GG", "%ff", "%FF", "50%41b%"])
def test_names_without_numbers_are_not_changed(name):
    assert label_of_folder(name) == name


def test_names_differ_in_more_than_being_capital():
    assert folder_name("a", ["A"]) == "%61"
    assert folder_name("Ab1", ["ab1", "c"]) == "%41%621"
    assert folder_name("ß", ["SS"]) == "%C3%9F"
    # A folder that is there is the one to be used.
    assert folder_name("a", ["A", "%61"]) == "%61"
    assert folder_name("A", ["A", "%61"]) == "A"


def test_image_folders_have_the_labels_as_classes(tmp_path):
    for name in ("%2F", "A", "%61", "100%"):
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2)).save(tmp_path / name / "1.png")
    _, labels = load_image_folder(tmp_path, return_X_y=True)
    assert sorted(labels.tolist()) == ["/", "100%", "A", "a"]
