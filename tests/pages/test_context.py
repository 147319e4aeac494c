"""Characters of one shape, told apart by their line and word."""

from itertools import product

import numpy as np
import pytest

from skhcr.pages import Character
from skhcr.pages._baselines import ascents_and_descents
from skhcr.pages._context import _factors, in_context
from skhcr.pages._kinds import Case, Depth, Height, kinds_of
from skhcr.pages._line_sizes import likelihoods_of_sizes

NAMES = list("cChnpPgoO0lI1AT72")
CAPITAL, SMALL, DEEP = 60, 40, 20  # heights and depth in pixels
DEEP_LETTERS, SMALL_LETTERS = "pg", "cnopg"


def line_of(text, line=0, slope=0.0, cell=None):
    """Return characters as high and deep as their letters; a space begins a word."""
    characters = []
    for place, letter in enumerate(text):
        if letter == " ":
            continue
        base = 500 + round(slope * 50 * place)
        top = base - (SMALL if letter in SMALL_LETTERS else CAPITAL)
        bottom = base + (DEEP if letter in DEEP_LETTERS else 0)
        box = (50 * place, top, 50 * place + 40, bottom)
        word = text[:place].count(" ")
        characters.append(Character(box, line, word, np.empty((0, 0)), cell and box))
    return characters


def by_shape(*chances):
    """Return rows of probabilities; the rest of each is spread over all labels."""
    rows = np.full((len(chances), len(NAMES)), 0.001)
    for row, chance in zip(rows, chances, strict=True):
        for letter, probability in chance.items():
            row[NAMES.index(letter)] = probability
    return rows / rows.sum(axis=1, keepdims=True)


def best(probabilities):
    return "".join(NAMES[code] for code in probabilities.argmax(axis=1))


SURE = {letter: {letter: 1.0} for letter in NAMES}
C = {"c": 0.5, "C": 0.5}


def test_the_height_in_the_line_distinguishes_cases():
    shapes = by_shape(SURE["n"], C, SURE["h"], C, SURE["n"])
    for slope in (-0.1, 0.0, 0.1):
        found = in_context(shapes, NAMES, line_of("nchCn", slope=slope), "line")
        assert best(found) == "nchCn"
        assert found[[1, 3], [NAMES.index("c"), NAMES.index("C")]].min() > 0.9


def test_the_baseline_distinguishes_deep_letters():
    shapes = by_shape(SURE["n"], {"p": 0.4, "P": 0.6}, SURE["h"], {"p": 0.6, "P": 0.4}, SURE["T"])
    assert best(in_context(shapes, NAMES, line_of("nphPT"), "line")) == "nphPT"


def test_the_depth_below_the_baseline_distinguishes_letters_of_one_height():
    unsure = {"g": 0.5, "n": 0.5}
    shapes = by_shape(SURE["n"], unsure, SURE["h"], unsure, SURE["T"])
    assert best(in_context(shapes, NAMES, line_of("nghnT"), "line")) == "nghnT"


def test_one_height_alone_changes_little():
    shapes = by_shape({"c": 0.6, "C": 0.4})
    found = in_context(shapes, NAMES, line_of("C"), "line")
    assert found[0] == pytest.approx(shapes[0], abs=0.1)
    assert best(found) == "c"
    capitals = by_shape(*3 * [{"c": 0.4, "C": 0.6}])
    assert best(in_context(capitals, NAMES, line_of("ccc"), "line")) == "CCC"


def test_every_line_has_its_own_height():
    shapes = by_shape(*2 * [SURE["h"], C, C])
    large, small = line_of("hCc"), line_of("hCc", line=1)
    halved = [
        Character(tuple(side // 2 for side in one.box), 1, 0, one.image, None) for one in small
    ]
    assert best(in_context(shapes, NAMES, [*large, *halved], "line")) == "hCchCc"


def test_other_characters_of_the_word_distinguish_letters_and_digits():
    ring = {"0": 0.5, "O": 0.25, "o": 0.25}
    stroke = {"1": 0.4, "I": 0.3, "l": 0.3}
    shapes = by_shape(SURE["h"], ring, stroke, SURE["7"], ring, stroke, SURE["A"], ring, stroke)
    characters = line_of("hol 701 AOI")
    assert best(in_context(shapes, NAMES, characters, "word")) == "hol701AOI"
    assert best(in_context(shapes, NAMES, characters, "line")) == "ho1701A01"


def test_a_confident_digit_stays_in_a_word():
    shapes = by_shape(SURE["h"], SURE["2"], SURE["n"])
    found = in_context(shapes, NAMES, line_of("h2n"), "word")
    assert best(found) == "h2n"
    assert found.max(axis=1).min() > 0.9


def test_heights_do_not_count_in_boxes_of_a_form():
    shapes = by_shape(SURE["n"], {"c": 0.6, "C": 0.4}, SURE["h"])
    on_form = in_context(shapes, NAMES, line_of("nCh", cell=True), "line")
    assert on_form == pytest.approx(shapes)
    assert best(in_context(shapes, NAMES, line_of("nCh"), "line")) == "nCh"


@pytest.mark.parametrize(
    "names", [list("0123456789"), list("абвгд"), list("ابتثج"), ["yes", "YES"]]
)
def test_labels_without_two_cases_are_not_affected(names):
    shapes = np.random.default_rng(0).dirichlet(np.ones(len(names)), size=3)
    assert in_context(shapes, names, line_of("nCh"), "word") is shapes


def test_impossible_labels_stay_impossible():
    shapes = by_shape(SURE["n"], {"C": 1.0}, SURE["h"])
    shapes[:, NAMES.index("c")] = 0
    for context in ("word", "line"):
        found = in_context(shapes, NAMES, line_of("nch"), context)
        assert (found[:, NAMES.index("c")] == 0).all()
        assert found.sum(axis=1) == pytest.approx(np.ones(3))
    assert in_context(shapes, NAMES, line_of("nch"), None) is shapes
    assert len(in_context(shapes[:0], NAMES, [], "word")) == 0
    with pytest.raises(ValueError, match='context must be "word", "line" or None, got \'page\''):
        in_context(shapes, NAMES, line_of("nch"), "page")


def test_factors_are_those_of_the_sum_over_all_assumptions():
    rng = np.random.default_rng(0)
    n_assumptions, n_types, n_kinds = 2, 3, 2
    words = np.array([0, 0, 1])
    of_kinds = rng.dirichlet(np.ones(n_kinds), size=3)
    of_sizes = rng.normal(size=(3, n_assumptions, n_kinds))
    types = rng.uniform(size=(n_types, 2, n_kinds))
    expected = np.zeros_like(of_kinds)
    is_later = [0, 1, 0]
    for kinds in product(range(n_kinds), repeat=3):
        for assumption in range(n_assumptions):
            for of_words in product(range(n_types), repeat=2):
                chance = 1.0
                for place, kind in enumerate(kinds):
                    chance *= of_kinds[place, kind] * np.exp(of_sizes[place, assumption, kind])
                    chance *= types[of_words[words[place]], is_later[place], kind]
                for place, kind in enumerate(kinds):
                    expected[place, kind] += chance
    expected /= expected.sum(axis=1, keepdims=True)
    assert of_kinds * _factors(of_kinds, of_sizes, types, words) == pytest.approx(expected)


def test_kinds_of_letters():
    kinds = kinds_of(["a", "A", "b", "é", "p", "7", "!", "ы", "Ы", "ب", "alif", "j", "Q", "ç"])
    found = [
        (Case(kinds.cases[kind]), Height(kinds.heights[kind]), Depth(kinds.depths[kind]))
        for kind in kinds.of_labels
    ]
    nothing = (Case.NONE, Height.ANY, Depth.ANY)
    assert found == [
        (Case.LOWER, Height.SMALL, Depth.NONE),
        (Case.UPPER, Height.HIGH, Depth.NONE),
        (Case.LOWER, Height.HIGH, Depth.NONE),
        (Case.LOWER, Height.HIGH, Depth.NONE),
        (Case.LOWER, Height.SMALL, Depth.DEEP),
        (Case.DIGIT, Height.HIGH, Depth.NONE),
        nothing,
        (Case.LOWER, Height.SMALL, Depth.NONE),
        (Case.UPPER, Height.HIGH, Depth.NONE),
        nothing,
        nothing,
        (Case.LOWER, Height.HIGH, Depth.DEEP),
        (Case.UPPER, Height.HIGH, Depth.ANY),
        (Case.LOWER, Height.SMALL, Depth.ANY),
    ]
    assert kinds_of(["a", "b", "7"]) is None


def test_ascents_and_descents_are_from_the_line_of_what_is_not_deep():
    rng = np.random.default_rng(0)
    x = np.arange(0, 900, 60)
    is_deep = np.arange(len(x)) % 4 == 0
    lines = np.repeat([0, 1], len(x))
    base = np.concatenate([300 + 0.11 * x, 500 + 0.09 * x])
    deep = np.tile(is_deep, 2)
    high = rng.choice([40, 60], len(base))
    left = np.tile(x, 2)
    boxes = np.stack([left - 20, base - high, left + 20, base + 20 * deep], axis=1)
    ascents, descents = ascents_and_descents(boxes, lines, deep.astype(float))
    assert ascents == pytest.approx(high, abs=2)
    assert descents == pytest.approx(20 * deep, abs=2)


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_quotation_marks_do_not_raise_the_baseline(slope):
    x = np.arange(0, 480, 60)
    is_mark = np.arange(len(x)) % 3 == 1
    base = 300 + slope * x
    boxes = np.stack([x - 20, base - 60, x + 20, base - 35 * is_mark], axis=1).round()
    ascents, _ = ascents_and_descents(boxes, np.zeros(len(x), int), np.zeros(len(x)))
    assert ascents == pytest.approx(60, abs=4)


def test_small_letters_vary_among_writers_as_measured():
    names = [*NAMES, "!"]  # whose height may be any: it depends only on the capitals of the line
    kinds = kinds_of(names)
    of_kinds = np.full((3, len(kinds.heights)), 1 / len(kinds.heights))
    ((_, logarithms),) = likelihoods_of_sizes(of_kinds, kinds, line_of("nCh"))
    of_any = logarithms[:, :, kinds.of_labels[-1]].sum(axis=0).reshape(7, -1)
    # From two standard deviations below the mean to two above, in a normal distribution.
    expected = [-2, -8 / 9, -2 / 9, 0, -2 / 9, -8 / 9, -2]
    np.testing.assert_allclose(of_any.T - of_any[3, :, np.newaxis], [expected] * of_any.shape[1])
