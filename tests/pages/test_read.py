"""Drawn pages, read by a model that measures: text, words, what is allowed, and what is drawn."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from skhcr.images import InkNormalizer, SeveralCharactersError
from skhcr.inspection import PageDisplay
from skhcr.pages import read_page

INK = 40
RING, STROKE, BAR = "o", "l", "-"


class Measuring:
    """A model that distinguishes rings, upright strokes and bars by their proportions."""

    def __init__(self, *labels):
        self.classes_ = np.array(labels)

    def predict_proba(self, images):
        rows = []
        for image in images:
            ink = image < 128
            height, width = (np.ptp(np.flatnonzero(ink.any(axis))) + 1 for axis in (1, 0))
            kind = 1 if height > 2 * width else 2 if width > 2 * height else 0
            row = np.full(len(self.classes_), 0.001)
            row[kind] = 0.6
            row[3:] = 0.3 / max(1, len(self.classes_) - 3)
            rows.append(row / row.sum())
        return np.array(rows)


def page_of(lines, boxes=False, pitch=60):
    """Draw lines of rings (o), strokes (l), bars (-) and spaces, in boxes or not."""
    page = Image.new("L", (600, 60 + 90 * len(lines)), 235)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        for place, kind in enumerate(line):
            x, y = 40 + pitch * place, 40 + 90 * number
            if boxes:
                pen.rectangle((x - 12, y - 12, x + pitch - 12, y + 48), outline=60, width=3)
            if kind == RING:
                pen.ellipse((x, y, x + 36, y + 36), outline=INK, width=6)
            if kind == STROKE:
                pen.rectangle((x + 15, y, x + 21, y + 36), fill=INK)
            if kind == BAR:
                pen.rectangle((x, y + 15, x + 36, y + 21), fill=INK)
    return page


MODEL = Measuring(RING, STROKE, BAR)


def test_the_text_has_the_lines_and_words_of_the_page():
    reading = read_page(MODEL, page_of(["olo-  oll", "lloo"]))
    assert reading.text == "olo- oll\nlloo"
    assert reading.lines == [["olo-", "oll"], ["lloo"]]
    first = reading.characters[0]
    assert first.label == RING
    assert first.probability == pytest.approx(0.6 / 0.602)
    assert first.alternatives[0] == (RING, first.probability)


def test_representations_contain_no_pixels():
    reading = read_page(MODEL, page_of(["ol"]))
    assert "label='o'" in repr(reading)
    assert "array" not in repr(reading)


def test_empty_boxes_are_spaces_and_no_characters():
    reading = read_page(MODEL, page_of(["ol o  ", "  l   "], boxes=True))
    assert reading.text == "ol o\n  l"
    assert len(reading.characters) == 4
    assert len(reading.cells) == 12
    assert len(json.loads(json.dumps(reading.to_dict()))["boxes"]) == 12


def test_lines_of_right_to_left_labels_are_read_from_the_right():
    model = Measuring("ه", "ا", "ب")
    assert read_page(model, page_of(["olo-"])).text == "به" + "اه"
    assert read_page(model, page_of(["olo-"]), direction="ltr").text == "هاهب"


def test_digits_are_written_forward_in_lines_from_the_right():
    model = Measuring("ب", "١", "٢", "ا", "ه")
    assert read_page(model, page_of(["ol-"])).text == "١٢ب"


def test_texts_take_the_place_of_labels():
    model = Measuring("ha", "alif", "ba")
    reading = read_page(model, page_of(["ol"]), texts={"ha": "ه", "alif": "ا"})
    assert reading.direction == "rtl"
    assert reading.text == "اه"
    assert [one.label for one in reading.characters] == ["alif", "ha"]


def test_only_allowed_labels_are_read():
    model = Measuring(RING, STROKE, BAR, "0", "1")
    page = page_of(["oo  oo", "oo"])
    assert read_page(model, page, allowed="0").text == "00 00\n00"
    reading = read_page(model, page, allowed={0: "01", (0, 1): [BAR]})
    assert reading.text == "00 --\noo"
    assert reading.characters[0].probability == pytest.approx(0.5)
    assert [label for label, _ in reading.characters[0].alternatives] == ["0", "1"]
    with pytest.raises(ValueError, match="'9' is allowed, but the model does not have this label"):
        read_page(model, page, allowed="09")
    with pytest.raises(ValueError, match="No label is allowed"):
        read_page(model, page, allowed="")
    for place in ("0", (0,), (0, 1, 2), (0, None)):
        with pytest.raises(TypeError, match="must be places: the number of a line, or"):
            read_page(model, page, allowed={place: "01"})
    assert read_page(model, page, allowed={np.int64(0): "0", 7: "1"}).text == "00 00\noo"


def test_words_that_are_expected_pick_among_the_alternatives():
    model = Measuring(RING, STROKE, BAR, "a", "b")
    page = page_of(["oll  olo"])
    assert read_page(model, page, words=["abba", "all", "x"]).text == "all olo"
    assert read_page(model, page, words=["olo", "oll"]).text == "oll olo"
    reading = read_page(model, page, words=["all"])
    assert reading.characters[0].label == "a"
    assert reading.characters[0].alternatives[0][0] == RING
    with pytest.raises(TypeError, match="words must be a list of words"):
        read_page(model, page, words="all")


def test_words_stand_for_their_capitalized_and_uppercase_forms():
    model = Measuring("a", "b", "-", "A", "B")
    page = page_of(["ol-  lo"])
    assert read_page(model, page, words=["ab-", "AB"], context=None).text == "ab- AB"
    model = Measuring("A", "B", "-", "C", "b")
    assert read_page(model, page, words=["bc", "cbb"], context=None).text == "Cbb BC"
    model = Measuring("A", "b", "-", "c")
    assert read_page(model, page_of(["olo"]), words=["abc"], context=None).text == "Abc"


def test_a_ring_as_high_as_l_is_a_capital_in_its_line():
    model = Measuring("o", "l", "-", "O")
    page = page_of(["lol  ol"])
    assert read_page(model, page, context=None).text == "lol ol"
    reading = read_page(model, page, context="line")
    assert [one.label for one in reading.characters] == list("lOlOl")
    with pytest.raises(ValueError, match="context must be"):
        read_page(model, page, context="lines")


def test_an_empty_page_has_no_text():
    reading = read_page(MODEL, Image.new("L", (300, 200), 235))
    assert (reading.text, reading.characters) == ("", [])


def test_models_that_cannot_read_images_are_refused_in_sentences():
    with pytest.raises(TypeError, match="must be fitted and have predict_proba and classes_"):
        read_page(DummyClassifier(), page_of(["ol"]))
    with pytest.raises(ValueError, match="There is no pretrained model 'digit'"):
        read_page("digit", page_of(["ol"]))

    class Rigid(Measuring):
        def predict_proba(self, images):
            return np.stack(images).mean(axis=(1, 2))

    page = page_of(["ol", "oo"])
    with pytest.raises(ValueError, match=r"must return an array of shape \(4, 2\)"):
        read_page(Rigid(RING, STROKE), page)
    ImageDraw.Draw(page).ellipse((300, 80, 400, 180), outline=INK, width=9)
    with pytest.raises(ValueError, match=r"different sizes.*InkNormalizer"):
        read_page(Rigid(RING, STROKE), page)


@pytest.mark.parametrize("wrong", [np.nan, 0.0, -1.0])
def test_answers_that_are_no_probabilities_are_refused(wrong):
    class Wrong(Measuring):
        def predict_proba(self, images):
            rows = super().predict_proba(images)
            rows[1] = wrong
            return rows

    with pytest.raises(ValueError, match="answer to image 1 is not a row of probabilities"):
        read_page(Wrong(RING, STROKE), page_of(["ol"]))


def test_other_errors_of_models_that_look_for_ink_are_not_about_sizes():
    class Refusing(BaseEstimator):
        def fit(self, images, labels):
            self.classes_ = np.unique(labels)
            return self

        def predict_proba(self, images):
            raise ValueError("The license has expired.")

    page = page_of(["ol"])
    ImageDraw.Draw(page).ellipse((300, 40, 380, 120), outline=INK, width=9)
    model = make_pipeline(InkNormalizer(8, on_several="ignore"), Refusing())
    model.fit([page, page], [RING, STROKE])
    with pytest.raises(ValueError, match=r"^The license has expired\.$"):
        read_page(model, page)


def test_characters_of_several_pieces_are_not_refused():
    class Strict(Measuring):
        def predict_proba(self, images):
            InkNormalizer(8, on_several="raise").transform([page_of(["ooo"])])
            return super().predict_proba(images)

    with pytest.raises(SeveralCharactersError):
        Strict(RING).predict_proba([])
    assert read_page(Strict(RING, STROKE), page_of(["ol"])).text == "ol"


def test_a_display_shows_boxes_and_labels():
    page = page_of(["ol", "o "], boxes=True)
    display = PageDisplay.from_estimator(MODEL, page, least=0.999)
    assert [text.get_text() for text in display.text_] == ["o", "l", "o"]
    (left, top), box = display.boxes_[0].get_xy(), display.reading.characters[0].box
    assert (left + 0.5, top + 0.5) == box[:2]
    assert display.text_[0].get_color() == "crimson"
    assert len(display.ax_.patches) == 3 + 4


class Doubting(Measuring):
    """A model that knows nothing as wide as two rings."""

    def predict_proba(self, images):
        probabilities = super().predict_proba(images)
        for row, image in zip(probabilities, images, strict=True):
            if np.ptp(np.flatnonzero((image < 128).any(axis=0))) > 50:
                row[:] = 1 / len(row)
        return probabilities


def test_touching_characters_are_split_if_the_model_recognizes_both():
    page = page_of(["olo l", "oolol"])
    pen = ImageDraw.Draw(page)
    pen.ellipse((340, 40, 376, 76), outline=INK, width=6)  # two rings that touch
    pen.ellipse((375, 40, 411, 76), outline=INK, width=6)
    reading = read_page(Doubting(RING, STROKE, BAR), page)
    assert reading.text == "olo loo\noolol"
    boxes = [one.box for one in reading.characters[4:6]]
    assert np.abs(np.array(boxes) - [(340, 40, 376, 77), (376, 40, 412, 77)]).max() <= 3
    assert len(read_page(MODEL, page).characters) == len(reading.characters) - 1
