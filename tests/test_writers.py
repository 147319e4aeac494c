"""The letters of one writer, read together."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform
from sklearn import config_context
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import skhcr
from skhcr import InkNormalizer, WriterAdapter
from skhcr._one_writer import LetterFeatures, known_letters
from skhcr.writers import read_together

EXPECTED_FAILURES = {
    "check_methods_subset_invariance": "What a letter is read as depends on the writer's others."
}
# A writer whose letter 0 looks like 1, and a letter that may be either.
BENT, DOUBTFUL = [0.7, 0.2, 0.1], [0.45, 0.46, 0.09]


@parametrize_with_checks(
    [WriterAdapter(LogisticRegression())],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


class Answers:
    """A fitted model that answers what it is given."""

    classes_ = np.array(list("abc"))

    def predict_proba(self, X):
        return np.array(X, dtype=float)


@pytest.fixture(scope="module")
def answers():
    """Return what a classifier makes of digits, and the digits' labels."""
    X, y = load_digits(return_X_y=True)
    classifier = LogisticRegression(max_iter=300, C=1e-3).fit(X[:500], y[:500])
    return classifier.predict_proba(X[500:800]), y[500:800]


def by_hand(probabilities, strength, shrinkage):
    """Return the same, letter by letter and class by class."""

    def direction(row):
        root = np.sqrt(np.sqrt(row))
        root = root - np.mean(root)
        return root / np.sqrt(np.sum(root**2))

    n, n_classes = probabilities.shape
    letters = [direction(row) for row in probabilities]
    general = [direction(row) for row in np.eye(n_classes)]
    now = probabilities
    for _ in range(2):
        writers, numbers = [], []
        for c in range(n_classes):
            others = [sorted(now[i], reverse=True)[1] for i in range(n)]
            weights = [max(now[i, c] - others[i], 0) for i in range(n)]
            total = sum(w * f for w, f in zip(weights, letters, strict=True))
            total = total + shrinkage * general[c]
            writers.append(total / (sum(weights) + shrinkage))
            numbers.append(sum(weights))
        entropy = -sum(m / sum(numbers) * np.log(m / sum(numbers)) for m in numbers if m > 0)
        per_class = sum(numbers) / np.exp(entropy)
        odds = np.empty_like(probabilities)
        for i, letter in enumerate(letters):
            to_general = [np.sum((letter - prototype) ** 2) for prototype in general]
            second, first = np.argsort(probabilities[i])[-2:]
            factor = np.log(probabilities[i, first] / probabilities[i, second])
            factor = min(9, factor / ((to_general[second] - to_general[first]) / 2))
            for c in range(n_classes):
                to_writer = np.sum((letter - writers[c]) ** 2)
                nearer = strength * factor * (to_general[c] - to_writer) / 2
                nearer *= per_class**4 / (per_class**4 + 81)
                odds[i, c] = probabilities[i, c] * np.exp(nearer)
        now = odds / odds.sum(axis=1, keepdims=True)
    return now


def test_letters_are_compared_with_prototypes(answers):
    probabilities = answers[0][:40]
    for strength, shrinkage in ((1, 0.25), (0.5, 1)):
        np.testing.assert_allclose(
            read_together(probabilities, strength=strength, shrinkage=shrinkage),
            by_hand(probabilities, strength, shrinkage),
        )


def by_hand_with_features(probabilities, letters, prototypes, labeled, strength, shrinkage):
    """Return the result of the features, letter by letter and class by class.

    Labeled letters are pairs of features and a class. Also return the factor of the strength.
    """

    def unit(vector):
        return vector / np.sqrt(np.sum(vector**2))

    letters, prototypes = [unit(row) for row in letters], [unit(row) for row in prototypes]
    now, n_classes = probabilities, len(prototypes)
    for _ in range(2):
        known = [(1.0, unit(features), c) for features, c in labeled]
        for row, features in zip(now, letters, strict=True):
            second, first = sorted(row)[-2:]
            known.append((first - second, features, int(np.argmax(row))))
        weights = [weight for weight, _, _ in known]

        def deviations(known, weights=weights):
            cosines = [features @ prototypes[c] for _, features, c in known]
            cosine = np.average(cosines, weights=weights)
            return [features - cosine * prototypes[c] for _, features, c in known]

        offset = np.average(deviations(known), axis=0, weights=weights)
        known = [(weight, features - offset, c) for weight, features, c in known]
        of_letters = deviations(known)
        variance = np.average([row @ row for row in of_letters], weights=weights)
        covariance = pairs = 0.0
        for i, (weight, _, c) in enumerate(known):
            for j, (other_weight, _, other) in enumerate(known):
                if i != j and c == other:
                    pairs += weight * other_weight
                    covariance += weight * other_weight * of_letters[i] @ of_letters[j]
        correlation = (covariance / variance + 5 * 0.17) / (pairs + 5)
        factor = min(max((correlation - 0.12) / 0.1, 0), 1)
        odds = np.empty_like(probabilities)
        for i in range(len(letters)):
            letter = known[len(labeled) + i][1]
            others = [one for j, one in enumerate(known) if j != len(labeled) + i]
            for c in range(n_classes):
                of_class = [(w, features) for w, features, label in others if label == c]
                of_class.append((shrinkage, prototypes[c]))
                total = sum(w for w, _ in of_class)
                writers = sum(w * features for w, features in of_class) / total
                nearer = letter @ writers - letter @ prototypes[c]
                odds[i, c] = probabilities[i, c] * np.exp(5 * strength * factor * nearer)
        now = odds / odds.sum(axis=1, keepdims=True)
    return now, factor


N_CLASSES, N_FEATURES = 12, 40


def letters_with_features(per_class, habit):
    """Return labels, probabilities and features of a writer who deviates from the prototypes."""
    rng = np.random.default_rng(0)
    prototypes = 2 * rng.normal(size=(N_CLASSES, N_FEATURES))
    y = np.repeat(np.arange(N_CLASSES), per_class)
    letters = prototypes[y] + 1.2 * rng.normal(size=(len(y), N_FEATURES))
    letters += habit * rng.normal(size=(N_CLASSES, N_FEATURES))[y]
    distances = ((letters[:, None] - prototypes) ** 2).sum(axis=2)
    noise = 60 * rng.normal(size=distances.shape)
    powers = np.exp(-(distances + noise - distances.min(axis=1, keepdims=True)) / 60)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return y, probabilities, LetterFeatures(letters, prototypes)


@pytest.mark.parametrize("n_labeled", [0, 5])
def test_features_are_compared_with_prototypes(n_labeled):
    y, probabilities, features = letters_with_features(2, habit=1.5)
    some = np.arange(5, 24)
    known = None
    if n_labeled:
        known = known_letters(probabilities[:5], y[:5], features.take(np.arange(5)))
    labeled = list(zip(features.letters[:n_labeled], y[:n_labeled], strict=True))
    by_features, factor = by_hand_with_features(
        probabilities[some], features.letters[some], features.prototypes, labeled, 0.7, 0.25
    )
    assert factor > 0
    expected = read_together(by_features, strength=0.7 * factor, known=known)
    together = read_together(
        probabilities[some], strength=0.7, known=known, features=features.take(some)
    )
    np.testing.assert_allclose(together, expected)
    assert np.abs(together - probabilities[some]).max() > 0.05


def test_letters_without_habits_are_not_changed():
    _, probabilities, features = letters_with_features(9, habit=0.0)
    assert np.abs(read_together(probabilities) - probabilities).max() > 1e-3
    together = read_together(probabilities, features=features)
    np.testing.assert_allclose(together, probabilities)


def test_a_doubtful_letter_is_read_like_the_writers_others():
    alone = [*[BENT] * 9, DOUBTFUL]
    assert WriterAdapter(Answers()).predict(alone).tolist() == list("aaaaaaaaaa")
    assert WriterAdapter(Answers(), strength=0).predict(alone).tolist() == list("aaaaaaaaab")


def test_a_slanted_hand_is_read_better_together():
    def slanted(image, slant):
        matrix, center = np.array([[1, 0], [slant, 1]]), np.array([3.5, 3.5])
        return affine_transform(image, matrix, offset=center - matrix @ center, order=1)

    digits = load_digits()
    images, y = digits.images / 16, digits.target
    upright = [slanted(image, 0.3 * (-1) ** index) for index, image in enumerate(images[:900])]
    classifier = LogisticRegression(C=0.1, max_iter=500).fit(
        np.reshape(upright, (900, 64)), y[:900]
    )
    X = np.reshape([slanted(image, 0.6) for image in images[900:]], (897, 64))
    adapter = WriterAdapter(classifier)
    alone, together = (model.score(X[50:], y[950:]) for model in (classifier, adapter))
    assert together > alone + 0.05
    assert adapter.fit_writer(X[:50], y[900:950]).score(X[50:], y[950:]) > together


def test_few_letters_change_next_to_nothing(answers):
    probabilities, y = answers
    one_of_each = np.array([np.flatnonzero(y == digit)[0] for digit in range(10)])
    few = read_together(probabilities[one_of_each])
    many = read_together(probabilities)
    assert np.abs(few - probabilities[one_of_each]).max() < 0.01
    assert np.abs(many - probabilities).max() > 0.1


def test_many_uncertain_letters_are_not_drawn_to_the_class_that_comes_second():
    rows = np.array([[0.6, 0.3, 0.1]] * 30 + [[0.1, 0.85, 0.05]] * 30)
    assert read_together(rows).argmax(axis=1).tolist() == [0] * 30 + [1] * 30


def test_uninformative_probabilities_are_not_changed():
    adapter = WriterAdapter(Answers())
    np.testing.assert_array_equal(adapter.predict_proba([DOUBTFUL]), [DOUBTFUL])
    of_two_classes = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    np.testing.assert_array_equal(read_together(of_two_classes), of_two_classes)
    some = np.array([BENT, DOUBTFUL])
    np.testing.assert_allclose(read_together(some, strength=0), some)


def test_extreme_answers_give_probabilities():
    rows = np.vstack([np.eye(3), np.full((2, 3), 1 / 3), [[1 - 2e-300, 1e-300, 1e-300]]])
    together = read_together(rows, strength=9)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    assert (together[:3].argmax(axis=1) == [0, 1, 2]).all()


def test_writers_are_read_one_by_one(answers):
    probabilities, _ = answers
    writers = np.array(list("xyz"))[np.arange(len(probabilities)) % 3]
    together = read_together(probabilities, writers)
    for writer in "xyz":
        rows = writers == writer
        np.testing.assert_array_equal(together[rows], read_together(probabilities[rows]))
    assert np.abs(together - read_together(probabilities)).max() > 1e-3


def test_labeled_letters_of_the_writer_count(answers):
    adapter = WriterAdapter(Answers())
    assert adapter.predict([DOUBTFUL]).tolist() == ["b"]
    assert adapter.fit_writer([BENT] * 9, ["a"] * 9) is adapter
    assert adapter.predict([DOUBTFUL]).tolist() == ["a"]
    # Another writer, whose b is between both: the first one is forgotten.
    assert adapter.fit_writer([DOUBTFUL] * 9, ["b"] * 9).predict([DOUBTFUL]).tolist() == ["b"]
    assert adapter.writer_counts_.tolist() == [0, 9, 0]
    with pytest.raises(ValueError, match="remove groups"):
        adapter.predict([DOUBTFUL], groups=[1])


def test_rows_that_are_not_letters_contribute_nothing():
    rows = np.array([BENT, BENT, BENT, DOUBTFUL, [0.1, 0.9, 0.0], [0.1, 0.9, 0.0]])
    is_letter = np.array([True] * 4 + [False] * 2)
    together = read_together(rows, is_letter=is_letter)
    np.testing.assert_array_equal(together[:4], read_together(rows[:4]))
    np.testing.assert_array_equal(together[4:], rows[4:])


def test_blank_images_contribute_nothing(digits):
    images = np.kron(digits[0][:60], np.ones((1, 3, 3), np.uint8))
    images[7] = 0
    pipeline = make_pipeline(
        InkNormalizer(8, flatten=True, on_blank="ignore"), LogisticRegression(max_iter=300)
    )
    pipeline.fit(images, digits[1][:60])
    adapter = WriterAdapter(pipeline)
    alone, together = pipeline.predict_proba(images), adapter.predict_proba(images)
    np.testing.assert_array_equal(together[7], alone[7])
    others = np.arange(60) != 7
    np.testing.assert_allclose(together[others], adapter.predict_proba(images[others]))
    adapter.fit_writer(images, digits[1][:60])
    assert adapter.writer_counts_.sum() == 59


def test_saved_and_exported_models_are_read_alike(digits, tiny, tmp_path):
    images, labels = digits
    adapter = WriterAdapter(tiny(epochs=10)).fit(images, labels)
    _, first = np.unique(labels, return_index=True)
    rows = np.repeat(first, 4)  # a writer with habits
    images, labels = images[rows], labels[rows]
    expected = adapter.predict_proba(images)
    assert np.abs(expected - adapter.estimator_.predict_proba(images)).max() > 1e-3
    adapter.fit_writer(images[:20], labels[:20])
    with_sheet = adapter.predict_proba(images)
    assert np.abs(with_sheet - expected).max() > 1e-3
    again = skhcr.load(skhcr.save(adapter, tmp_path / "writer.skhcr"))
    np.testing.assert_allclose(again.predict_proba(images), with_sheet, atol=1e-6)
    of_probabilities = read_together(adapter.estimator_.predict_proba(images))
    assert np.abs(expected - of_probabilities).max() > 1e-2
    for write, name, atol in [
        (skhcr.save, "letters.skhcr", 1e-5),
        (skhcr.export, "letters.onnx", 1e-3),
        (skhcr.export, "letters.tflite", 1e-3),
    ]:
        exported = WriterAdapter(skhcr.load_exported(write(adapter.estimator_, tmp_path / name)))
        np.testing.assert_allclose(exported.predict_proba(images), expected, atol=atol)
        exported.fit_writer(images[:20], labels[:20])
        np.testing.assert_allclose(exported.predict_proba(images), with_sheet, atol=atol)
    with pytest.raises(TypeError, match="already fitted, so call predict or fit_writer"):
        exported.fit(images, labels)


def test_fitting_forgets_the_writer(digits):
    flat, labels = digits[0].reshape(250, -1), digits[1]
    classifier = LogisticRegression(max_iter=300)
    adapter = WriterAdapter(classifier)
    with pytest.raises(NotFittedError, match="nor is its estimator"):
        adapter.predict(flat)
    with pytest.raises(NotFittedError):
        adapter.fit_writer(flat, labels)
    adapter.fit(flat, labels).fit_writer(flat[:99], labels[:99])
    assert not hasattr(classifier, "classes_")
    adapter.fit(flat, labels)
    assert not any(name.startswith("writer_") for name in vars(adapter))
    never_had_one = WriterAdapter(classifier).fit(flat, labels)
    np.testing.assert_array_equal(adapter.predict_proba(flat), never_had_one.predict_proba(flat))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda adapter: adapter.fit_writer([BENT, BENT], ["a", "d"]), r"y\[1\] is 'd'"),
        (lambda adapter: adapter.fit_writer([BENT, BENT], ["a"]), "2 letters in X and 1 labels"),
        (lambda adapter: adapter.predict([BENT, BENT], groups=[1]), "each of the 2 letters"),
        (lambda adapter: adapter.set_params(strength=-1).predict([BENT]), "'strength' parameter"),
        (lambda adapter: adapter.set_params(shrinkage=0).predict([BENT]), "'shrinkage' param"),
        (lambda adapter: adapter.set_params(estimator="svc").fit([BENT], "a"), "'estimator'"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(WriterAdapter(Answers()))


def test_writers_are_routed_to_the_score(digits):
    flat, labels = digits[0].reshape(250, -1), digits[1]
    writers = np.arange(250) % 5
    seen = []

    class Adapter(WriterAdapter):
        def predict_proba(self, X, groups=None):
            seen.append(groups)
            return super().predict_proba(X, groups)

    with config_context(enable_metadata_routing=True):
        classifier = LogisticRegression(max_iter=300).set_fit_request(sample_weight=True)
        adapter = Adapter(classifier).set_score_request(groups=True, sample_weight=True)
        params = {"groups": writers, "sample_weight": np.ones(250)}
        scores = cross_validate(adapter, flat, labels, cv=GroupKFold(2), params=params)
    assert (scores["test_score"] > 0.8).all()
    assert sorted(set(np.concatenate(seen).tolist())) == [0, 1, 2, 3, 4]
