import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skhcr import ImageLoader, ImageLoadError
from skhcr.inspection import PredictionGalleryDisplay

# Four pictures of 2x2, each told by its brightest corner.
CORNERS = np.array([[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 0, 9]], dtype=float)
LABELS = np.array(["nw", "ne", "sw", "se"])


def texts(display):
    return [text.get_text() for text in display.text_]


def shown(display):
    return np.stack([ax.images[0].get_array() for ax in display.axes_])


def test_text_and_color_mark_mistakes():
    display = PredictionGalleryDisplay(
        images=CORNERS,
        y_true=LABELS,
        y_pred=["nw", "ne", "nw", "se"],
        probability=[1, 0.5, 0.404, 0],
    )
    assert display.plot(n_columns=3) is display
    assert texts(display) == [
        "true nw\npredicted nw\n100%",
        "true ne\npredicted ne\n50%",
        "✗ true sw\npredicted nw\n40%",
        "true se\npredicted se\n0%",
    ]
    assert [text.get_color() for text in display.text_] == ["black", "black", "crimson", "black"]
    frames = [ax.spines["left"].get_linewidth() for ax in display.axes_]
    assert frames[2] > frames[0] == frames[1] == frames[3]
    np.testing.assert_array_equal(shown(display), CORNERS.reshape(-1, 2, 2))
    assert len(display.figure_.axes) == 6
    assert [ax.axison for ax in display.figure_.axes] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (CORNERS, CORNERS.reshape(-1, 2, 2)),
        (CORNERS.reshape(-1, 2, 2), CORNERS.reshape(-1, 2, 2)),
        (CORNERS.reshape(-1, 2, 2, 1), CORNERS.reshape(-1, 2, 2)),
        (CORNERS.tolist(), CORNERS.reshape(-1, 2, 2)),
        (pd.DataFrame(CORNERS), CORNERS.reshape(-1, 2, 2)),
        (CORNERS > 0, CORNERS.reshape(-1, 2, 2) > 0),
        (np.full((4, 2, 3, 3), 51, dtype=np.uint8), np.full((4, 2, 3, 3), 0.2)),
        (
            np.array([-1.0, 1.0]).reshape(1, 1, 2, 1).repeat(4, 0).repeat(3, 3),
            [[[[0] * 3, [1] * 3]]] * 4,
        ),
    ],
    ids=[
        "flat",
        "gray",
        "one channel",
        "lists",
        "data frame",
        "bool",
        "color bytes",
        "color floats",
    ],
)
def test_arrays(images, expected):
    display = PredictionGalleryDisplay.from_predictions(LABELS, LABELS, images, select="first")
    np.testing.assert_allclose(shown(display), expected)
    display.figure_.savefig(io.BytesIO())


def test_bytes_are_shown_from_black_to_white_and_other_numbers_over_their_range():
    def limits(images):
        display = PredictionGalleryDisplay.from_predictions(LABELS, LABELS, images)
        return display.axes_[0].images[0].get_clim()

    assert limits(CORNERS.astype(np.uint8)) == (0, 255)
    assert limits(CORNERS - 1) == (-1, 8)


def test_files_are_shown_unchanged(tmp_path):
    gray, color = tmp_path / "gray.png", tmp_path / "color.png"
    Image.fromarray(np.array([[0, 51, 255]], dtype=np.uint8)).save(gray)
    Image.new("RGB", (4, 2), (255, 0, 51)).save(color)
    display = PredictionGalleryDisplay.from_predictions(
        ["a", "b"], ["a", "b"], [str(gray), color], select="first"
    )
    first, second = (ax.images[0].get_array() for ax in display.axes_)
    np.testing.assert_array_equal(first, [[0, 51, 255]])
    np.testing.assert_allclose(second, np.broadcast_to([1, 0, 0.2], (2, 4, 3)))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ImageLoadError, match=r"nowhere\.png"):
        PredictionGalleryDisplay.from_predictions(["a"], ["a"], [tmp_path / "nowhere.png"])


@pytest.mark.parametrize("as_type", [list, np.array, pd.Series], ids=["list", "array", "series"])
def test_a_pipeline_that_reads_files(digit_files, as_type):
    paths, labels = digit_files
    pipeline = make_pipeline(ImageLoader((8, 8), flatten=True), KNeighborsClassifier(1))
    pipeline.fit(paths[:100], labels[:100])
    display = PredictionGalleryDisplay.from_estimator(
        pipeline, as_type(paths[:100]), labels[:100], n_samples=5, random_state=0
    )
    rows = np.random.RandomState(0).permutation(100)[:5]
    assert texts(display) == [f"true {label}\npredicted {label}\n100%" for label in labels[rows]]
    expected = [np.asarray(Image.open(path)) for path in paths[rows]]
    np.testing.assert_array_equal(shown(display), expected)
    # The letters are Arabic, and drawing warns of missing glyphs, which would be an error here.
    display.figure_.savefig(io.BytesIO())


@pytest.fixture(scope="module")
def skewed():
    """A classifier of corners, and 40 noisy corners with a fifth of the labels wrong."""
    rng = np.random.default_rng(0)
    classifier = LogisticRegression().fit(CORNERS, LABELS)
    rows = rng.integers(4, size=40)
    X = CORNERS[rows] + rng.normal(scale=1.0, size=(40, 4))
    y = LABELS[rows]
    y[:8] = LABELS[(rows[:8] + 1) % 4]
    return classifier, X, y


@pytest.mark.parametrize("from_estimator", [True, False])
def test_select_wrong_shows_errors_the_surest_first(skewed, from_estimator):
    classifier, X, y = skewed
    proba, y_pred = classifier.predict_proba(X), classifier.predict(X)
    wrong = np.flatnonzero(y != y_pred)
    assert 3 < len(wrong) < 40
    options = {"select": "wrong", "n_samples": 3}
    if from_estimator:
        display = PredictionGalleryDisplay.from_estimator(classifier, X, y, **options)
    else:
        display = PredictionGalleryDisplay.from_predictions(
            y, y_pred, X, probability=proba.max(axis=1), **options
        )
    expected = wrong[np.argsort(-proba[wrong].max(axis=1))][:3]
    np.testing.assert_array_equal(display.images, X[expected])
    np.testing.assert_allclose(display.probability, proba[expected].max(axis=1))
    np.testing.assert_array_equal(display.y_pred, y_pred[expected])
    assert all(text.startswith("✗ true") for text in texts(display))


def test_select_first_and_random(skewed):
    classifier, X, y = skewed

    def images(**options):
        return PredictionGalleryDisplay.from_estimator(classifier, X, y, **options).images

    np.testing.assert_array_equal(images(select="first", n_samples=2), X[:2])
    np.testing.assert_array_equal(images(random_state=3), images(random_state=3))
    assert len(images(n_samples=1000)) == 40
    assert not np.array_equal(images(random_state=3), images(random_state=4))


@pytest.mark.parametrize("from_estimator", [True, False])
def test_select_per_class_shows_rows_by_class(skewed, from_estimator):
    classifier, X, y = skewed
    keep = np.concatenate([np.flatnonzero(y != "sw"), np.flatnonzero(y == "sw")[:2]])
    X, y = X[keep], y[keep]
    options = {"select": "per_class", "n_columns": 3, "random_state": 0}
    if from_estimator:
        display = PredictionGalleryDisplay.from_estimator(classifier, X, y, **options)
    else:
        y_pred = classifier.predict(X)
        display = PredictionGalleryDisplay.from_predictions(y, y_pred, X, **options)
    assert display.y_true.tolist() == ["ne"] * 3 + ["nw"] * 3 + ["se"] * 3 + ["sw"] * 2
    rows = np.random.RandomState(0).permutation(len(y))
    expected = [rows[y[rows] == label][:3] for label in ["ne", "nw", "se", "sw"]]
    np.testing.assert_array_equal(display.images, X[np.concatenate(expected)])
    axes = np.array(display.figure_.axes).reshape(4, 3)
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["ne", "nw", "se", "sw"]
    assert not any(ax.get_ylabel() for ax in axes[:, 1:].ravel())
    assert [ax.axison for ax in axes.ravel()] == [True] * 11 + [False]
    # The label before the row is not repeated above every image.
    mistakes = [text.startswith("✗ predicted") for text in texts(display)]
    assert mistakes == (display.y_true != display.y_pred).tolist()
    assert not any("true" in text for text in texts(display))
    display.figure_.savefig(io.BytesIO())


def test_a_class_with_more_images_than_columns_takes_more_rows():
    display = PredictionGalleryDisplay.from_predictions(
        np.repeat(LABELS, 3),
        np.repeat(LABELS, 3),
        np.repeat(CORNERS, 3, axis=0),
        select="per_class",
        n_samples=3,
        n_columns=2,
    )
    axes = np.array(display.figure_.axes).reshape(8, 2)
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["ne", "", "nw", "", "se", "", "sw", ""]
    assert [ax.axison for ax in axes[:, 1]] == [True, False] * 4


def test_a_classifier_without_probabilities():
    classifier = LinearSVC().fit(CORNERS, LABELS)
    display = PredictionGalleryDisplay.from_estimator(classifier, CORNERS, LABELS, select="first")
    assert display.probability is None
    assert texts(display)[0] == "true nw\npredicted nw"


def test_all_right_leaves_no_errors_to_show():
    with pytest.raises(ValueError, match="No mistake in 4 images: there is nothing"):
        PredictionGalleryDisplay.from_predictions(LABELS, LABELS, CORNERS, select="wrong")


@pytest.mark.parametrize("labels", [["$", "$x$"], ["日", "a\nb"], ["أ", "كتاب"], ["\\frac", "_^"]])
def test_labels_of_any_script_are_drawn_without_a_warning(labels):
    display = PredictionGalleryDisplay.from_predictions(
        labels, labels[::-1], CORNERS[:2], probability=[0.5, 0.5], select="first"
    )
    display.figure_.savefig(io.BytesIO())


def test_characters_that_no_font_holds_are_written_by_number():
    # Private use: no font on any machine should claim it.
    display = PredictionGalleryDisplay.from_predictions(["\U0010fffd"], ["b"], CORNERS[:1])
    assert texts(display) == ["✗ true <U+10FFFD>\npredicted b"]


def test_given_axes_and_styles(plt):
    figure, axes = plt.subplots(2, 3)
    display = PredictionGalleryDisplay.from_predictions(
        LABELS, LABELS, CORNERS, ax=axes, im_kw={"cmap": "viridis"}, text_kw={"color": "blue"}
    )
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes.ravel()[:4])
    assert display.axes_[0].images[0].get_cmap().name == "viridis"
    assert display.text_[0].get_color() == "blue"
    assert not axes[1, 2].axison


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((LABELS, LABELS, CORNERS), {"select": "worst"}, "select must be .* got 'worst'"),
        ((LABELS, LABELS, CORNERS), {"n_samples": 0}, "n_samples must be at least 1, got 0"),
        ((LABELS, LABELS, CORNERS), {"n_columns": 0}, "n_columns must be at least 1, got 0"),
        ((LABELS, LABELS, CORNERS[:3]), {}, "inconsistent numbers of samples"),
        ((LABELS, LABELS[:3], CORNERS), {}, "inconsistent numbers of samples"),
        ((LABELS, LABELS, CORNERS[:, :3]), {}, r"Rows of 3 values.* Reshape X to \(n, height"),
        (
            (LABELS, LABELS, np.zeros((4, 2, 2, 2))),
            {},
            r"shape \(4, 2, 2, 2\) is not an array of images",
        ),
        (([], [], []), {}, "There are no images to show"),
    ],
)
def test_errors(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        PredictionGalleryDisplay.from_predictions(*arguments, **options)


def test_too_few_axes(plt):
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match=r"an Axes for each of the 4 images; .* \(3,\)"):
        PredictionGalleryDisplay.from_predictions(LABELS, LABELS, CORNERS, ax=axes)
    _, axes = plt.subplots(3, 2)
    labels = ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match=r"in 4 rows of up to 1; its shape is \(3, 2\)"):
        PredictionGalleryDisplay.from_predictions(
            labels, labels, CORNERS, select="per_class", ax=axes
        )


def test_rows_of_given_axes_hold_one_class_each(plt):
    _, axes = plt.subplots(2, 3)
    labels = np.array(["a", "a", "b", "b", "b"])
    display = PredictionGalleryDisplay.from_predictions(
        labels, labels, np.repeat(CORNERS[:1], 5, axis=0), select="per_class", ax=axes
    )
    assert list(display.axes_) == [*axes[0, :2], *axes[1]]
    assert not axes[0, 2].axison
    assert [axes[0, 0].get_ylabel(), axes[1, 0].get_ylabel()] == ["a", "b"]


@pytest.mark.parametrize("in_a_grid", [True, False])
def test_the_place_of_single_axes_is_divided(plt, in_a_grid):
    if in_a_grid:
        _, (_, ax) = plt.subplots(1, 2)
    else:
        ax = plt.figure().add_axes((0.5, 0.25, 0.4, 0.5))
    room = ax.get_position()
    display = PredictionGalleryDisplay.from_predictions(LABELS, LABELS, CORNERS, ax=ax, n_columns=2)
    assert not ax.axison
    assert len(set(display.axes_)) == 4
    for image_ax in display.axes_:
        corners = image_ax.get_position(original=True).corners()
        assert all(room.x0 - 1e-9 <= x <= room.x1 + 1e-9 for x, _ in corners)
        assert all(room.y0 - 1e-9 <= y <= room.y1 + 1e-9 for _, y in corners)


def test_other_names_of_a_style_are_understood():
    display = PredictionGalleryDisplay.from_predictions(
        LABELS,
        LABELS,
        CORNERS,
        text_kw={"size": 7, "c": "blue"},
        im_kw={"norm": "symlog"},
    )
    assert display.text_[0].get_fontsize() == 7
    assert display.text_[0].get_color() == "blue"
    display.figure_.savefig(io.BytesIO())


@pytest.mark.parametrize("shape", [(4, 9), (9, 4)])
def test_flat_rows_are_shown_as_the_classifier_takes_them(shape):
    images = np.random.default_rng(0).integers(0, 256, (20, *shape), dtype=np.uint8)
    y = np.arange(20) % 2
    classifier = KNeighborsClassifier().fit(images.reshape(20, 36), y)
    classifier.image_shape_ = (*shape, 1)  # as a CNNClassifier(image_shape=shape) has it
    for X in (images.reshape(20, 36), images.reshape(20, 36).tolist()):
        display = PredictionGalleryDisplay.from_estimator(
            make_pipeline(classifier), X, y, select="first", n_samples=3
        )
        np.testing.assert_array_equal(shown(display), images[:3])
