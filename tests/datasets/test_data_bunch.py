"""What notebooks show of a data set."""

import base64
import io
import pickle
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.utils import Bunch

from skhcr.datasets import load_digit_images
from skhcr.datasets._bunch import file_bunch


def test_images_are_shown_with_an_example_of_each_class():
    digits = load_digit_images()
    shown = digits._repr_html_()
    assert "1,797 images of 10 classes" in shown
    assert "<li><code>images</code>: ndarray of shape (1797, 8, 8), uint8</li>" in shown
    assert "<li><code>groups</code>: None</li>" in shown
    assert "Optical recognition" in shown
    pictures = re.findall(r'src="data:image/png;base64,(.*?)"', shown)
    assert len(pictures) == 10
    image = Image.open(io.BytesIO(base64.b64decode(pictures[7])))
    first = digits.images[digits.target == 7][0]
    np.testing.assert_array_equal(np.asarray(image), first)


def test_files_are_named_and_not_opened():
    names = np.array([f"letters/{label}/<1>.png" for label in range(20)])
    target, groups = np.arange(20).astype(str), np.repeat(["ada", "ben"], 10)
    shown = file_bunch(names, target, groups, "in <letters>")._repr_html_()
    assert "20 images of 20 classes, 2 groups" in shown
    assert "letters/0/&lt;1&gt;.png" in shown
    assert "and 8 more" in shown
    assert "in &lt;letters&gt;" in shown
    assert "<1>" not in shown
    shown = file_bunch(names[:1], target[:1], groups[:1], "in letters")._repr_html_()
    assert "<b>1 image of 1 class, 1 group</b>" in shown


@pytest.mark.parametrize("name", ["target", "images", "DESCR"])
def test_a_bunch_without_an_entry_is_shown_all_the_same(name):
    digits = load_digit_images()
    del digits[name]
    assert f"<code>{name}</code>" not in digits._repr_html_()


def test_it_is_a_bunch_of_scikit_learn():
    digits = load_digit_images()
    again = pickle.loads(pickle.dumps(digits))
    assert isinstance(again, Bunch)
    np.testing.assert_array_equal(again.target, digits["target"])
