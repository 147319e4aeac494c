"""The report, as a reader of the HTML file finds it."""

import base64
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skhcr import ImageLoader
from skhcr._interval import accuracy_interval
from skhcr.datasets import load_digit_images
from skhcr.inspection import evaluation_report
from skhcr.inspection._report_rows import names_of

SECTIONS = [
    *("Classes", "Writers", "Images", "Confusion matrix", "Confused most", "Mistakes"),
    *("Probable label errors", "Confidence", "Saliency maps", "Training", "Parameters"),
]


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
        self.open, self.texts, self.addresses, self.hints = [], {}, [], []
        self.source = text
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        self.hints += [value for name, value in attributes if name == "title"]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if text.strip():
            self.texts.setdefault(self.open[-1], []).append(text.strip())

    def cells(self, title):
        """Return the cells of all rows of a section's table."""
        section = self.source.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]
        rows = re.findall(r"<tr>(.*?)</tr>", section.partition("<tbody>")[2], re.DOTALL)
        cells = [re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL) for row in rows]
        return [[html.unescape(re.sub("<.*?>", "", cell)).strip() for cell in row] for row in cells]

    def words(self, title):
        """Return the paragraph under a heading."""
        return self.source.partition(f"<h2>{title}</h2>\n<p>")[2].partition("</p>")[0]

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
    assert page.texts["h2"][: len(SECTIONS)] == SECTIONS
    recalls = recall_score(y[100:], predicted, average=None)
    *classes, averages = page.cells("Classes")
    for digit, recall in enumerate(recalls):
        assert classes[digit][::2][:2] == [str(digit), f"{recall:.4f}"]
    assert averages[::2][:2] == ["macro average", f"{recalls.mean():.4f}"]
    assert averages[-1] == "300"
    cells = page.texts["td"]
    assert cells[cells.index("C") + 1] == "0.001"
    matrix = [[int(cell or 0) for cell in row] for row in page.cells("Confusion matrix")]
    np.testing.assert_array_equal(matrix, confusion_matrix(y[100:], predicted))
    share = f"{100 * recalls[3]:.1f}"
    assert f"3, predicted as 3: {matrix[3][3]} ({share} %)" in page.hints


def test_mistakes_have_their_files_and_the_most_confident_come_first(digit_files, tmp_path):
    files, labels = digit_files
    model = make_pipeline(ImageLoader(8, flatten=True), LogisticRegression(C=1e-6))
    model.fit(files[:100], labels[:100])
    page = written(model, files[100:], labels[100:], tmp_path=tmp_path)
    probabilities = model.predict_proba(files[100:])
    predicted = model.classes_[probabilities.argmax(axis=1)]
    wrong = np.flatnonzero(predicted != labels[100:])
    wrong = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
    assert [row[1:4] for row in page.cells("Mistakes")] == [
        [Path(files[100 + row]).name, labels[100 + row], predicted[row]] for row in wrong
    ]
    assert f"The files are in {Path(files[0]).parent}." in page.words("Mistakes")
    confidence = float(page.cells("Mistakes")[0][4].split()[0])
    assert confidence == pytest.approx(100 * probabilities[wrong[0]].max(), abs=0.05)


def test_writers_are_listed_and_widen_the_interval(images, tmp_path):
    X, y = images
    classifier = LogisticRegression(C=1e-3).fit(X[:100], y[:100])
    is_right = classifier.predict(X[100:]) == y[100:]
    groups = np.where(np.arange(300) % 3 == 0, "<ada>", np.where(is_right, "ben", "cyd"))
    page = written(classifier, X[100:], y[100:], tmp_path=tmp_path, groups=groups)
    rows = {row[0]: row[1:4] for row in page.cells("Writers")}
    assert list(rows) == ["cyd", "<ada>", "ben"]  # the least accurate first
    ada = is_right[groups == "<ada>"]
    assert rows["<ada>"] == ["100", str(np.sum(~ada)), f"{ada.mean():.4f}"]
    interval = accuracy_interval(is_right, groups)
    low, high = f"{100 * interval.low:.1f}", f"{interval.high:.1%}"
    assert page.facts["95 % interval, new groups"] == f"{low} – {high}"
    assert page.facts["Groups"] == "3"
    with pytest.raises(ValueError, match="inconsistent numbers"):
        written(classifier, X[100:], y[100:], tmp_path=tmp_path, groups=groups[1:])


def test_one_writer_and_no_parameters(images, tmp_path):
    class Exported:
        """Stands for an exported model: no estimator, no parameters."""

        classes_ = np.arange(10)

        def predict_proba(self, X):
            return np.eye(10)[[0] * len(X)]

    X, y = images
    page = written(Exported(), X, y, tmp_path=tmp_path, groups=["ada"] * len(y))
    assert page.facts["95 % interval, new groups"] == "unknown"
    assert "A single group does not show" in page.words("Writers")
    assert page.words("Parameters") == "Not shown: exported models have no parameters."
    assert page.texts["h2"][: len(SECTIONS)] == SECTIONS


def test_planted_label_errors_are_found(images, tmp_path):
    X, y = images
    classifier = LogisticRegression().fit(X, y)
    planted = classifier.predict_proba(X).max(axis=1).argsort()[-3:]  # all doubt is excluded
    labels = y.copy()
    labels[planted] = (labels[planted] + 5) % 10
    page = written(classifier, X, labels, tmp_path=tmp_path)
    named = {row[1] for row in page.cells("Probable label errors")}
    assert named == {f"image {row}" for row in planted}


def test_the_file_needs_no_other(images, tmp_path):
    X, y = images
    page = written(DummyClassifier().fit(X, y), X, y, tmp_path=tmp_path)
    assert len(page.addresses) > 100
    for address in page.addresses:
        kind, _, data = address.partition(",")
        picture = base64.b64decode(data)
        if kind == "data:image/png;base64":
            assert picture.startswith(b"\x89PNG")
            continue
        assert kind == "data:image/svg+xml;base64"
        assert picture.startswith(b"<?xml")
        assert not re.search(r'href="(?!#|data:)', picture.decode())
    assert not re.search("https?://", page.source)


def test_a_network_and_a_search_and_files(digit_files, tiny, tmp_path):
    files, labels = digit_files
    search = GridSearchCV(make_pipeline(ImageLoader(8), tiny()), {"cnnclassifier__epochs": [3]})
    search.set_params(cv=2).fit(files[:120], labels[:120])
    page = written(search, files[120:], labels[120:], tmp_path=tmp_path)
    for title in ("Saliency maps", "Training"):
        assert "Not shown" not in page.words(title)
    assert page.texts["h3"] == ["ImageLoader", "CNNClassifier"]
    assert page.facts["Accuracy"] == f"{search.score(files[120:], labels[120:]):.2%}"
    assert [row[0] for row in page.cells("Classes")[:-1]] == ["ا", "ب", "ت", "ث", "ج"]


def test_nothing_wrong_and_no_probabilities(images, tmp_path):
    X, y = images
    classifier = RidgeClassifier(alpha=1e-6).fit(X[:50], y[:50])
    page = written(classifier, X[:50], classifier.predict(X[:50]), tmp_path=tmp_path)
    assert page.facts["Mistakes"] == "0"
    assert page.facts["Accuracy"] == "100.00%"
    assert page.texts["h2"][: len(SECTIONS)] == SECTIONS
    for title in ("Confused most", "Mistakes"):
        assert page.words(title) == "None: all images were classified correctly."
    for title in ("Probable label errors", "Confidence"):
        assert "the classifier has no probabilities" in page.words(title)
    assert "has no training history" in page.words("Training")
    assert "need a CNNClassifier" in page.words("Saliency maps")
    assert page.words("Writers").startswith("Not shown: the groups of the images")


def test_labels_are_text_not_markup(images, tmp_path):
    X, y = images
    labels = np.where(y < 5, "<b>bold", "& all")
    page = written(LogisticRegression().fit(X, labels), X, labels, tmp_path=tmp_path, title="<i>")
    assert [row[0] for row in page.cells("Classes")] == ["& all", "<b>bold", "macro average"]
    assert any(hint.startswith("<b>bold, predicted as & all") for hint in page.hints)
    assert page.texts["h1"] == ["<i>"]


def test_labels_that_the_classifier_does_not_know(images, tmp_path):
    X, y = images
    classifier = LogisticRegression().fit(X[y < 5], y[y < 5])
    page = written(classifier, X, y, tmp_path=tmp_path)
    assert "Log loss" not in page.facts
    assert page.facts["Classes"] == "10"
    assert "does not have some of the labels" in page.words("Probable label errors")
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


def test_many_classes_and_mistakes_are_not_all_shown(tmp_path):
    y = np.repeat(np.arange(70), 4)
    X = np.random.default_rng(0).random((280, 16))
    page = written(DummyClassifier().fit(X, y), X, y, tmp_path=tmp_path)
    assert page.words("Confusion matrix").startswith("Not shown: with 70 classes")
    assert "200 of 276 are shown." in page.words("Mistakes")
    assert len(page.cells("Mistakes")) == 200


@pytest.mark.parametrize(
    ("X", "folder", "names"),
    [
        (np.array(["a/b/1.png", "a/c/2.png"]), "a", ["b/1.png", "c/2.png"]),
        (["/a/1.png", "b/2.png"], "", ["/a/1.png", "b/2.png"]),
        ([Path("1\n.png"), "2.png"], "", ["1\\n.png", "2.png"]),
        ([b"1", "2.png"], "", ["image 0", "image 1"]),
        (np.zeros((1, 4)), "", ["image 0"]),
    ],
)
def test_images_are_named_by_their_files(X, folder, names):
    assert names_of(X) == (folder, names)
