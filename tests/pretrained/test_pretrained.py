"""The models in the package read what users have."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.pipeline import Pipeline

from skhcr import CNNClassifier, Transfer, datasets, load_pretrained
from skhcr.pretrained import list_pretrained, pretrained_card
from skhcr.pretrained._models import FOLDER, figures_of_card

CARDS = {name: pretrained_card(name) for name in list_pretrained()}

# Strokes on a field of 200 x 200, points being circles.
DOT = "dot"
BOWL = [(180, 80), (170, 120), (110, 135), (50, 125), (30, 85)]
RING = [(100, 30), (140, 60), (145, 120), (105, 170), (60, 140), (55, 75), (100, 30)]
STROKES = {
    "english": {
        "A": [[(50, 170), (100, 30), (150, 170)], [(70, 120), (130, 120)]],
        "E": [[(140, 35), (60, 35), (60, 165), (140, 165)], [(60, 100), (125, 100)]],
        "H": [[(60, 30), (60, 170)], [(140, 30), (140, 170)], [(60, 100), (140, 100)]],
        "4": [[(110, 30), (50, 120), (150, 120)], [(120, 80), (120, 175)]],
        "7": [[(55, 40), (145, 40), (95, 170)]],
    },
    "arabic-letters": {
        "أ": [[(100, 30), (102, 170)]],
        "ب": [BOWL, [DOT, (105, 170)]],
        "ت": [BOWL, [DOT, (80, 55)], [DOT, (135, 55)]],
        "ن": [[(50, 90), (55, 140), (90, 165), (130, 155), (155, 80)], [DOT, (103, 75)]],
        "ل": [[(130, 20), (132, 140), (105, 170), (70, 165), (55, 140)]],
    },
    "digits": {
        "0": [RING],
        "1": [[(100, 30), (100, 170)]],
        "3": [[(60, 45), (100, 30), (140, 60), (95, 95), (145, 130), (105, 170), (55, 155)]],
        "4": [[(80, 30), (55, 110), (150, 110)], [(130, 50), (120, 175)]],
        "7": [[(55, 40), (145, 40), (95, 170)]],
    },
    "russian-letters": {
        "о": [RING],
        "с": [[(145, 55), (105, 30), (65, 60), (55, 110), (80, 160), (120, 165), (150, 140)]],
        "т": [
            [(55, 170), (55, 60)],
            [(55, 80), (75, 50), (95, 70), (97, 170)],
            [(97, 80), (120, 50), (140, 70), (142, 165), (160, 170)],
        ],
        "г": [[(60, 70), (90, 40), (125, 55), (115, 90), (70, 130), (75, 165), (140, 145)]],
        "ш": [
            [(40, 50), (42, 140), (60, 160), (85, 140), (90, 50)],
            [(90, 50), (92, 140), (110, 160), (135, 140), (140, 50)],
            [(140, 50), (142, 140), (160, 160)],
        ],
    },
}


def drawn(strokes, *, size, place, paper, ink, pen):
    """Draw strokes into a field of a page."""
    page = Image.new("L", (3 * size, 2 * size), paper)
    draw = ImageDraw.Draw(page)
    scale = size / 200
    for first, *others in strokes:
        if first == DOT:
            ((x, y),) = others
            circles = [(x, y)]
        else:
            circles = [first, *others]
        points = [(place[0] + x * scale, place[1] + y * scale) for x, y in circles]
        draw.line(points, fill=ink, width=pen, joint="curve")
        radius = 0.7 * pen if first == DOT else pen / 2
        for x, y in points:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
    return page


PAGES = {
    "dark on light": {"size": 200, "place": (200, 100), "paper": 255, "ink": 20, "pen": 14},
    "light on dark": {"size": 200, "place": (100, 50), "paper": 15, "ink": 230, "pen": 14},
    "gray and small": {"size": 60, "place": (20, 30), "paper": 190, "ink": 80, "pen": 4},
    "large, in a corner": {"size": 800, "place": (1550, 780), "paper": 235, "ink": 60, "pen": 56},
    "a thin pen": {"size": 300, "place": (10, 10), "paper": 255, "ink": 0, "pen": 11},
}


@pytest.fixture(scope="module", params=CARDS)
def loaded(request):
    return request.param, load_pretrained(request.param)


def test_are_fitted_pipelines_with_their_cards_labels(loaded):
    name, pipeline = loaded
    assert isinstance(pipeline, Pipeline)
    assert [str(label) for label in pipeline.classes_] == CARDS[name]["labels"]
    for test in ("test images", "as scans"):
        assert 0.8 < CARDS[name]["accuracy"][test] <= 1


@pytest.mark.parametrize("page", PAGES)
def test_drawn_characters_are_classified(loaded, page):
    name, pipeline = loaded
    letters = list(STROKES[name])
    images = [drawn(strokes, **PAGES[page]) for strokes in STROKES[name].values()]
    assert pipeline.predict(images).astype(str).tolist() == letters


def test_the_exported_form_has_the_same_predictions(loaded):
    name, pipeline = loaded
    exported = load_pretrained(name, exported=True)
    pages = [
        drawn(strokes, **page) for strokes in STROKES["english"].values() for page in PAGES.values()
    ]
    np.testing.assert_array_equal(exported.classes_, pipeline.classes_)
    np.testing.assert_allclose(
        exported.predict_proba(pages), pipeline.predict_proba(pages), atol=5e-3
    )


def test_are_bases_of_other_networks(loaded):
    _, pipeline = loaded
    images, labels = datasets.load_digit_images(return_X_y=True)
    network = Transfer(pipeline, filters=(), dense=(16,))
    classifier = CNNClassifier(network, epochs=3, random_state=0).fit(images[:200], labels[:200])
    assert classifier.score(images[200:600], labels[200:600]) > 0.3


def test_are_small_and_all_there():
    files = {path.name for path in FOLDER.iterdir()}
    assert files == {f"{name}{end}" for name in CARDS for end in (".json", ".onnx", ".skhcr")}
    assert max(path.stat().st_size for path in FOLDER.iterdir()) < 2e6
    for name, card in CARDS.items():
        for end, size in card["bytes"].items():
            assert (FOLDER / f"{name}{end}").stat().st_size == size


def test_cards_begin_with_held_out_writers():
    for name in ("arabic-letters", "english"):
        assert next(iter(CARDS[name]["accuracy"])).startswith("other writers (")
    for card in CARDS.values():
        of_others = {test for test in card["accuracy"] if test.startswith("other writers (")}
        assert {test for test in of_others if "any case" not in test} == set(card["reliability"])
        for test, known in card["reliability"].items():
            assert 0 < known["worst_tenth"] < card["accuracy"][test] < 1
            assert f"{known['writers']} writers: " in figures_of_card(card)[test]
    english = CARDS["english"]["accuracy"]
    both = [test for test in english if f"{test}, any case" in english]
    assert "test images" in both
    assert all(english[test] <= english[f"{test}, any case"] for test in both)


def test_the_cards_figure_is_that_of_the_file(data_home):
    letters = datasets.fetch_ahcd(subset="test", data_home=data_home)
    model = load_pretrained("arabic-letters", exported=True)
    accuracy = np.mean(model.predict(letters.images) == letters.target)
    assert accuracy == pytest.approx(CARDS["arabic-letters"]["accuracy"]["test images"], abs=1e-3)


@pytest.mark.parametrize("function", [load_pretrained, pretrained_card])
def test_other_names_are_refused(function):
    with pytest.raises(ValueError, match=r"no pretrained model 'Arabic', only arabic-letters, d"):
        function("Arabic")
    with pytest.raises(ValueError, match=r"russian-letters\. Did you mean 'english'\?"):
        function("Englisch")


def test_names_are_sorted():
    assert list_pretrained() == ["arabic-letters", "digits", "english", "russian-letters"]
