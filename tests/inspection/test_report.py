"""The report, as a reader of the HTML file finds it."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, recall_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import ImageLoader
from skhcr.datasets import load_digit_images
from skhcr.inspection import evaluation_report

HEAD = "<h2>{}</h2>"
ALL = ("Images", "Confusion matrix", "Confused most", "Mistakes", "Confidence")


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.get_fignums()
    yield
    assert plt.get_fignums() == before


class Page(HTMLParser):
    """Cells of tables, facts, headings and addresses of a page, whose tags must be closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.addresses = [], {}, []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if text.strip():
            self.texts.setdefault(self.open[-1], []).append(text.strip())

    @property
    def facts(self):
        return dict(zip(self.texts["dt"], self.texts["dd"], strict=True))


def written(*arguments, tmp_path, **options):
    path = tmp_path / "report.html"
    assert evaluation_report(*arguments, path, **options) == path
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def images():
    digits = load_digit_images()
    return digits.data[:400] / 255, digits.target[:400]


def test_all_that_there_is_to_say(images, tmp_path):
    X, y = images
    classifier = LogisticRegression(C=1e-3).fit(X[:100], y[:100])
    page = written(classifier, X[100:], y[100:], tmp_path=tmp_path, title="Digits")
    predicted = classifier.predict(X[100:])
    accuracy = accuracy_score(y[100:], predicted)
    assert page.texts["h1"] == ["Digits"]
    assert page.facts["Accuracy"] == f"{accuracy:.2%}"
    assert page.facts["Images"] == "300"
    assert page.facts["Mistakes"] == str(np.sum(predicted != y[100:]))
    low, high = re.findall(r"[\d.]+", page.facts["95 % interval"])
    assert float(low) < 100 * accuracy < float(high)
    assert [name for name in page.texts["h2"] if name in ALL] == list(ALL)
    recalls = recall_score(y[100:], predicted, average=None)
    cells = page.texts["td"]
    for digit, recall in enumerate(recalls):
        assert cells[5 * digit] == str(digit)
        assert cells[5 * digit + 2] == f"{recall:.4f}"
    assert cells[cells.index("C") + 1] == "0.001"


def test_the_file_needs_no_other(images, tmp_path):
    X, y = images
    page = written(DummyClassifier().fit(X, y), X, y, tmp_path=tmp_path)
    assert len(page.addresses) == len(ALL)
    for address in page.addresses:
        kind, _, data = address.partition(",")
        assert kind == "data:image/svg+xml;base64"
        picture = base64.b64decode(data).decode()
        assert picture.startswith("<?xml")
        assert not re.search(r'href="(?!#|data:)', picture)


def test_a_network_and_a_search_and_files(digit_files, tiny, tmp_path):
    files, labels = digit_files
    search = GridSearchCV(make_pipeline(ImageLoader(8), tiny()), {"cnnclassifier__epochs": [3]})
    search.set_params(cv=2).fit(files[:120], labels[:120])
    page = written(search, files[120:], labels[120:], tmp_path=tmp_path)
    assert {"What the network looks at", "Training"} < set(page.texts["h2"])
    assert page.texts["h3"] == ["ImageLoader", "CNNClassifier"]
    assert page.facts["Accuracy"] == f"{search.score(files[120:], labels[120:]):.2%}"
    assert {"ا", "ب", "ت", "ث", "ج"} <= set(page.texts["td"])


def test_nothing_wrong_and_no_probabilities(images, tmp_path):
    X, y = images
    classifier = RidgeClassifier(alpha=1e-6).fit(X[:50], y[:50])
    page = written(classifier, X[:50], classifier.predict(X[:50]), tmp_path=tmp_path)
    assert page.facts["Mistakes"] == "0"
    assert page.facts["Accuracy"] == "100.00%"
    assert [name for name in page.texts["h2"] if name in ALL] == ["Images", "Confusion matrix"]


def test_labels_are_text_not_markup(images, tmp_path):
    X, y = images
    labels = np.where(y < 5, "<b>bold", "& all")
    page = written(LogisticRegression().fit(X, labels), X, labels, tmp_path=tmp_path, title="<i>")
    assert {"<b>bold", "& all"} <= set(page.texts["td"])
    assert page.texts["h1"] == ["<i>"]


def test_labels_that_the_classifier_does_not_know(images, tmp_path):
    X, y = images
    classifier = LogisticRegression().fit(X[y < 5], y[y < 5])
    page = written(classifier, X, y, tmp_path=tmp_path)
    assert "Log loss" not in page.facts
    assert page.facts["Classes"] == "10"
    as_texts = written(classifier, X, y.astype(str), tmp_path=tmp_path)
    assert as_texts.facts["Accuracy"] == page.facts["Accuracy"]


def test_well_calibrated_or_not(images, tmp_path):
    X, y = images
    sure = DummyClassifier(strategy="constant", constant=3).fit(X, y)
    page = written(sure, X, y, tmp_path=tmp_path)
    assert page.facts["Calibration error"] == f"{np.mean(y != 3):.2%}"
    shares = DummyClassifier(strategy="prior").fit(X, y)
    assert written(shares, X, y, tmp_path=tmp_path).facts["Calibration error"] == "0.00%"


def test_an_older_report_stays_where_a_new_one_fails(images, tmp_path):
    X, y = images
    (tmp_path / "report.html").write_text("old")
    classifier = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        written(classifier, X, y[1:], tmp_path=tmp_path)
    with pytest.raises(ValueError, match="no images"):
        written(classifier, X[:0], y[:0], tmp_path=tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
