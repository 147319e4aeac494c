import io

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skhcr.inspection import ConfusedPairsDisplay

# Each picture shows the number of its row, so that examples can be told apart.
X = np.arange(20, dtype=float).reshape(-1, 1, 1).repeat(2, 1).repeat(3, 2)
TRUE = np.array(list("aaaaaaaabbbbbbccdddd"))
PREDICTED = np.array(list("aaaaabbcbbaaabdadddd"))
# Counts: b taken for a 3 of 6, a for b 2 of 8, c for a 1 of 2, c for d 1 of 2, a for c 1 of 8.


def shown(axes):
    """Return what the pictures of a row show, by their places from left to right."""
    images = sorted(axes.images, key=lambda image: image.get_extent()[0])
    return [int(image.get_array()[0, 0]) for image in images]


def texts(display):
    return [text.get_text() for text in display.text_]


def labels(display):
    return [
        text.get_text().replace("\N{LEFT-TO-RIGHT MARK}", "")
        for text in display.ax_.get_yticklabels()
    ]


def test_pairs_are_ranked_by_their_number_then_by_their_share():
    display = ConfusedPairsDisplay.from_predictions(TRUE, PREDICTED)
    assert labels(display) == ["b → a", "a → b", "c → a", "c → d", "a → c"]
    assert texts(display) == ["3 (50.0%)", "2 (25.0%)", "1 (50.0%)", "1 (50.0%)", "1 (12.5%)"]
    assert [bar.get_width() for bar in display.ax_.patches] == [3, 2, 1, 1, 1]
    assert display.ax_.get_xlabel() == "Images (8 of all 8 mistakes)"
    assert display.ax_.get_ylim() == (4.5, -0.5)  # the worst above
    assert len(display.example_axes_) == 0
    display.figure_.savefig(io.BytesIO())


def test_ranked_by_share():
    display = ConfusedPairsDisplay.from_predictions(TRUE, PREDICTED, rank_by="share", n_pairs=4)
    assert labels(display) == ["b → a", "c → a", "c → d", "a → b"]
    assert [bar.get_width() for bar in display.ax_.patches] == [0.5, 0.5, 0.5, 0.25]
    assert display.ax_.get_xlabel() == "Share of the true class (7 of all 8 mistakes)"


def test_both_directions_as_one_pair():
    display = ConfusedPairsDisplay.from_predictions(
        TRUE, PREDICTED, X=X, merge_directions=True, n_examples=9, random_state=0
    )
    # a and c: one of each direction, 2 of 10 images of these classes.
    assert labels(display) == ["b ↔ a", "a ↔ c", "c ↔ d"]
    assert texts(display) == ["3 + 2 (35.7%)", "1 + 1 (20.0%)", "1 + 0 (16.7%)"]
    np.testing.assert_array_equal(display.counts, [[3, 2], [1, 1], [1, 0]])
    first, second = display.ax_.containers
    assert [bar.get_width() for bar in first] == [3, 1, 1]
    assert [(bar.get_x(), bar.get_width()) for bar in second] == [(3, 2), (1, 1), (1, 0)]
    there_and_back = shown(display.example_axes_[0])
    assert set(there_and_back[:3]) == {10, 11, 12}
    assert set(there_and_back[3:]) == {5, 6}
    assert [shown(axes) for axes in display.example_axes_[1:]] == [[7, 15], [14]]
    heads = [text.get_text() for text in display.example_axes_[0].texts]
    assert heads == ["→", "←"]
    display.figure_.savefig(io.BytesIO())


def test_examples_stand_beside_their_pair(plt):
    display = ConfusedPairsDisplay.from_predictions(
        TRUE, PREDICTED, X=X, n_examples=2, random_state=0
    )
    rows = [shown(axes) for axes in display.example_axes_]
    assert [len(row) for row in rows] == [2, 2, 1, 1, 1]
    assert set(rows[0]) < {10, 11, 12}
    assert set(rows[1]) == {5, 6}
    assert rows[2:] == [[15], [14], [7]]
    # Three wide, two high: as in the picture.
    left, right, bottom, top = display.example_axes_[0].images[0].get_extent()
    assert (right - left) / (top - bottom) == pytest.approx(3 / 2)

    display.figure_.savefig(io.BytesIO())
    renderer = display.figure_.canvas.get_renderer()
    bars = display.ax_.get_window_extent(renderer)
    for row, axes in enumerate(display.example_axes_):
        box = axes.get_window_extent(renderer)
        _, middle = display.ax_.transData.transform((0, row))
        assert (box.y0 + box.y1) / 2 == pytest.approx(middle)
        assert box.x0 >= bars.x1
        assert box.x1 <= display.figure_.bbox.x1


def test_the_draw_of_examples_is_seeded():
    def rows(seed):
        display = ConfusedPairsDisplay.from_predictions(
            ["a"] * 20, ["b"] * 20, X=X, random_state=seed
        )
        return shown(display.example_axes_[0])

    assert rows(1) == rows(1) == np.random.RandomState(1).permutation(20)[:5].tolist()
    assert rows(1) != rows(2)


def test_from_estimator_predicts(digits):
    images, y = digits
    X = images.reshape(len(images), -1)
    classifier = KNeighborsClassifier(1).fit(X[:20], y[:20])
    predicted = classifier.predict(X)
    display = ConfusedPairsDisplay.from_estimator(classifier, X, y, n_pairs=3, n_examples=4)
    assert display.n_samples == 250
    assert display.n_mistakes == np.sum(predicted != y) > 3
    true, taken_for = display.pairs[0]
    assert display.counts[0, 0] == np.sum((y == true) & (predicted == taken_for))
    # Arabic letters, in order and without a warning that a glyph is missing.
    mark = "\N{LEFT-TO-RIGHT MARK}"
    text = display.ax_.get_yticklabels()[0].get_text()
    assert text == f"{mark}{true}{mark} →{mark} {taken_for}"
    display.figure_.savefig(io.BytesIO())


@pytest.mark.parametrize("images", [None, X])
def test_without_a_mistake_the_picture_has_a_note(images):
    display = ConfusedPairsDisplay.from_predictions(TRUE, TRUE, X=images)
    assert [text.get_text() for text in display.ax_.texts] == [
        "No class was confused with another:\nall 20 predictions are correct."
    ]
    assert display.pairs.shape == (0, 2)
    assert not display.ax_.axison
    display.figure_.savefig(io.BytesIO())


def test_a_single_class_does_not_warn():
    display = ConfusedPairsDisplay.from_predictions(["a", "a"], ["a", "a"])
    assert "all 2 predictions are correct" in display.ax_.texts[0].get_text()


def test_given_axes_and_styles(plt):
    figure, axes = plt.subplots(1, 2)
    display = ConfusedPairsDisplay.from_predictions(
        TRUE,
        PREDICTED,
        X,
        ax=axes[1],
        bar_kw={"color": "green"},
        im_kw={"cmap": "viridis"},
        text_kw={"color": "blue", "size": 7, "verticalalignment": "top"},
    )
    assert display.figure_ is figure
    assert display.ax_ is axes[1]
    assert display.ax_.patches[0].get_facecolor() == (0, 128 / 255, 0, 1)
    assert display.example_axes_[0].images[0].get_cmap().name == "viridis"
    assert display.text_[0].get_color() == "blue"
    assert display.text_[0].get_fontsize() == 7
    assert display.plot() is display
    assert display.figure_ is not figure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_pairs": 0}, "n_pairs must be at least 1, got 0"),
        ({"n_examples": -1}, "n_examples must be at least 0, got -1"),
        ({"rank_by": "size"}, "rank_by must be 'count' or 'share', got 'size'"),
        ({"X": X[:3]}, "inconsistent numbers of samples"),
        ({"y_pred": PREDICTED[:3]}, "inconsistent numbers of samples"),
        ({"y_pred": np.arange(20)}, "Mix of label input types"),
    ],
)
def test_errors(options, message):
    arguments = {"y_true": TRUE, "y_pred": PREDICTED, **options}
    with pytest.raises(ValueError, match=message):
        ConfusedPairsDisplay.from_predictions(**arguments)
