"""CNNClassifier by itself: what it learns, keeps, repeats and leaves alone."""

import copy
import pickle
import random
import threading
from functools import partial

import keras
import numpy as np
import pytest
from optuna.pruners import NopPruner
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skhcr import CNN, CNNClassifier, ImageAugmenter
from skhcr.model_selection import OptunaSearchCV


def dense_network(meta, units=8, outputs=None, activation="softmax"):
    """Build a small network in scikeras' convention."""
    return keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(outputs or meta["n_classes_"], activation=activation),
        ]
    )


@pytest.fixture(scope="module")
def fitted(digits):
    images, labels = digits
    network = CNN(filters=(8,), padding="same", batch_norm=False, dense=(16,), dropout=0.1)
    classifier = CNNClassifier(network, epochs=6, batch_size=32, learning_rate=1e-2, random_state=0)
    return classifier.fit(images[:200], labels[:200])


def test_learns_and_answers_with_labels_and_probabilities(fitted, digits):
    images, labels = digits
    probabilities = fitted.predict_proba(images)
    assert fitted.score(images[200:], labels[200:]) > 0.9
    assert probabilities.dtype == np.float64
    assert probabilities.shape == (250, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(fitted.classes_, list("ابتثج"))
    np.testing.assert_array_equal(
        fitted.predict(images), fitted.classes_[probabilities.argmax(axis=1)]
    )
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(images)), probabilities)
    assert is_classifier(fitted)


def test_history_has_an_entry_for_every_epoch(fitted):
    assert fitted.n_iter_ == 6
    assert {name: len(values) for name, values in fitted.history_.items()} == {
        "loss": 6,
        "accuracy": 6,
        "learning_rate": 6,
    }
    assert fitted.loss_curve_ == fitted.history_["loss"]
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]
    assert fitted.validation_scores_ is None


def test_one_image_is_answered_as_among_many(fitted, digits):
    images, _ = digits
    together = fitted.predict_proba(images)
    for size in (1, 2, 7, 33):
        parts = [fitted.predict_proba(images[i : i + size]) for i in range(0, 40, size)]
        np.testing.assert_array_equal(np.concatenate(parts)[:40], together[:40])


def test_image_layouts_are_the_same_images(fitted, digits):
    images, _ = digits
    expected = fitted.predict_proba(images)
    for layout in (images[..., None], images.reshape(-1, 64), images.astype(np.float64)):
        np.testing.assert_array_equal(fitted.predict_proba(layout), expected)
    assert fitted.image_shape_ == (8, 8, 1)
    assert fitted.n_features_in_ == 64


@pytest.mark.parametrize("way", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_copies_predict_the_same(fitted, digits, way):
    images, _ = digits
    copied = way(fitted)
    np.testing.assert_array_equal(copied.predict_proba(images), fitted.predict_proba(images))
    assert copied.history_ == fitted.history_
    assert not set(map(id, copied.model_.variables)) & set(map(id, fitted.model_.variables))


def test_pickle_travels_to_another_process(fitted, digits, tmp_path, run_in_new_process):
    images, _ = digits
    program = """
        import pickle
        import numpy as np

        np.save(answers, pickle.loads(pickled).predict_proba(images))
    """
    answers = tmp_path / "answers.npy"
    names = {"pickled": pickle.dumps(fitted), "images": images, "answers": answers}
    assert run_in_new_process(program, **names) == 0
    np.testing.assert_allclose(np.load(answers), fitted.predict_proba(images), atol=1e-6)


def test_same_seed_same_network_and_another_seed_another(tiny, digits):
    images, labels = digits
    augmented = ImageAugmenter(rotation=10, translation=0.1).fit_transform(images)
    answers = [
        tiny(epochs=2, random_state=seed).fit(augmented, labels).predict_proba(images)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert np.abs(answers[0] - answers[2]).max() > 0.01


def test_random_numbers_of_other_threads_change_nothing(tiny, digits):
    is_over = threading.Event()

    def draw():
        while not is_over.is_set():
            random.random()

    alone = tiny(epochs=1).fit(*digits)
    thread = threading.Thread(target=draw)
    thread.start()
    try:
        beside = tiny(epochs=1).fit(*digits)
    finally:
        is_over.set()
        thread.join()
    np.testing.assert_array_equal(beside.predict_proba(digits[0]), alone.predict_proba(digits[0]))
    assert random.randint == random._inst.randint


def test_global_random_states_and_settings_are_left_alone(tiny, digits):
    images, labels = digits
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    pickled_as_keras_does = keras.Model.__reduce__
    tiny(epochs=1, mixed_precision=True).fit(images, labels)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002
    assert keras.config.dtype_policy().name == "float32"
    assert keras.Model.__reduce__ is pickled_as_keras_does
    assert "scikeras" not in keras.Model.__reduce__.__module__


def test_augmentation_changes_training_and_is_drawn_anew(tiny, digits):
    images, labels = digits
    plain = tiny(epochs=2).fit(images, labels)
    augmenter = ImageAugmenter(rotation=30, translation=0.2)
    varied = tiny(epochs=2).fit(augmenter.fit_transform(images), labels)
    assert varied.loss_curve_ != plain.loss_curve_

    from skhcr._keras import Batches

    class Shift:
        """Adds a random number to every image."""

        def draw(self, images, rng):
            return images + rng.integers(1, 200, size=(len(images), 1, 1, 1), dtype=np.uint8)

    from skhcr._validation import LabeledImages

    labeled = LabeledImages(images[..., None] * 0, np.zeros(250, int), None, np.arange(250))
    batches = Batches(labeled, 5, batch_size=64, seed=(0,), augmentation=Shift())
    first, again = batches[0][0], batches[0][0]
    np.testing.assert_array_equal(first, again)
    batches.begin_epoch(2)
    assert not np.array_equal(first, batches[0][0])
    assert not np.array_equal(batches[0][0], batches[1][0])


def test_an_augmenter_of_the_classifier_varies_as_the_step_before_it_does(tiny, digits):
    images, labels = digits
    augmenter = ImageAugmenter(rotation=30, random_state=3)
    by_step = tiny(epochs=2).fit(augmenter.fit_transform(images), labels)
    by_parameter = tiny(epochs=2, augmenter=augmenter).fit(images, labels)
    assert by_parameter.loss_curve_ == by_step.loss_curve_
    flat = images.reshape(len(images), -1) / 255
    scaled = make_pipeline(MinMaxScaler(), tiny(epochs=2, augmenter=augmenter)).fit(flat, labels)
    plain = make_pipeline(MinMaxScaler(), tiny(epochs=2)).fit(flat, labels)
    assert scaled[-1].loss_curve_ != plain[-1].loss_curve_
    classifier = clone(by_parameter).set_params(augmenter__rotation=5)
    assert classifier.get_params()["augmenter__rotation"] == 5
    assert augmenter.rotation == 30


def test_parameters_of_a_network_that_has_a_name_can_be_set(tiny, digits):
    classifier = CNNClassifier().set_params(model__width=8)
    assert classifier.get_params()["model__width"] == 8
    assert CNNClassifier().set_params(model__filters=(4,), model="lenet").model.filters == (4,)
    images, labels = digits[0][:60], digits[1][:60]
    space = {"model__filters": [(4,)], "model": ["simple_cnn"], "model__dense": [()]}
    pipeline = make_pipeline(tiny(model="resnet", epochs=1))
    space = {f"cnnclassifier__{name}": values for name, values in space.items()}
    for search in (
        GridSearchCV(pipeline, space, cv=2),
        OptunaSearchCV(pipeline, space, cv=2, n_trials=1, pruner=NopPruner()),
    ):
        search.fit(images, labels)
        assert search.best_params_["cnnclassifier__model"] == "simple_cnn"
        assert search.best_estimator_[0].model.filters == (4,)


def test_parameters_of_other_objects_are_refused(tiny):
    for holder, message in [
        ({"model": print}, r"'model__width' .* has no parameter 'width'.*model=ResNet\(\)"),
        ({"augmenter": None}, r"augmenter=None has no parameter .*augmenter=ImageAugmenter\(\)"),
        ({"optimizer": "sgd"}, r"optimizer='sgd' has no parameter 'width'"),
    ]:
        name = f"{next(iter(holder))}__width"
        with pytest.raises(ValueError, match=message):
            CNNClassifier(**holder).set_params(**{name: 3})
    with pytest.raises(ValueError, match="Invalid parameter 'filters' for estimator ResNet"):
        CNNClassifier().set_params(model__filters=(8,))
    with pytest.raises(ValueError, match=r"no network named 'resnett'.*'resnet'"):
        CNNClassifier("resnett").set_params(model__width=8)
    with pytest.raises(ValueError, match="Invalid parameter 'modell' for estimator CNNClassifier"):
        CNNClassifier().set_params(modell__width=8)


@pytest.mark.parametrize("where", ["in the step before", "in the classifier"])
def test_rows_held_out_are_never_augmented(tiny, digits, monkeypatch, where):
    from skhcr._keras import TrainedNetwork

    images, labels = digits
    seen = {}

    def draw(self, batches, validation_batches, recipe, **options):
        for name, drawn in (("train", batches), ("held out", validation_batches)):
            seen[name] = np.concatenate([drawn[batch][0] for batch in range(len(drawn))])
        raise InterruptedError("the batches are all that is wanted")

    monkeypatch.setattr(TrainedNetwork, "train", draw)
    augmenter = ImageAugmenter(translation=0.3)
    classifier = tiny(early_stopping=True)
    if where == "in the classifier":
        classifier.set_params(augmenter=augmenter)
    else:
        images = augmenter.fit_transform(images)
    with pytest.raises(InterruptedError):
        classifier.fit(images, labels)
    known = {image.tobytes() for image in digits[0]}
    as_they_were = {
        name: np.mean([image.tobytes() in known for image in drawn]) for name, drawn in seen.items()
    }
    assert {name: len(drawn) for name, drawn in seen.items()} == {"train": 225, "held out": 25}
    assert as_they_were["held out"] == 1
    assert as_they_were["train"] < 0.2


def test_threads_that_predict_at_the_same_time_do_not_share_answers(fitted, digits, monkeypatch):
    from skhcr._answering import _session

    images, others = digits[0][:96], digits[0][96:192]
    alone = fitted.predict_proba(images), fitted.predict_proba(others)
    moved, beside = _session.moved, []

    def while_another_thread_predicts(batch, shift):
        if np.array_equal(batch[..., 0], images[32:64]):  # the first thread is half done
            thread = threading.Thread(target=lambda: beside.append(fitted.predict_proba(others)))
            thread.start()
            thread.join()
        return moved(batch, shift)

    monkeypatch.setattr(_session, "_n_cores", lambda: 1)
    monkeypatch.setattr(_session, "moved", while_another_thread_predicts)
    found = fitted.predict_proba(images)
    np.testing.assert_array_equal(found, alone[0])
    np.testing.assert_array_equal(beside, [alone[1]])


def test_images_are_not_augmented_twice(tiny, digits):
    images, labels = digits
    augmenter = ImageAugmenter()
    with pytest.raises(ValueError, match="also has an augmenter: set augmenter=None"):
        tiny(augmenter=augmenter).fit(augmenter.fit_transform(images), labels)


def test_batches_hold_every_row_once_and_are_of_even_size():
    from skhcr._keras import Batches
    from skhcr._validation import LabeledImages

    images = np.arange(65, dtype=np.uint8).reshape(65, 1, 1, 1)
    batches = Batches(
        LabeledImages(images, np.zeros(65, int), None, np.arange(65)), 2, batch_size=64, seed=(0,)
    )
    sizes = [len(batches[batch][0]) for batch in range(len(batches))]
    assert sizes == [32, 33]
    seen = np.concatenate([batches[batch][0].ravel() for batch in range(len(batches))])
    assert sorted(seen) == list(range(65))
    assert list(seen) != list(range(65))
    dataset = batches.dataset()
    for epoch in (1, 2):
        batches.begin_epoch(epoch)
        drawn = [images.ravel() for images, _ in dataset.as_numpy_iterator()]
        assert [len(batch) for batch in drawn] == [32, 33]
        assert (list(np.concatenate(drawn)) == list(seen)) == (epoch == 1)
    assert len(dataset) == 2
    assert dataset.options().autotune.enabled is False  # or fits sleep at their end


def test_early_stopping_holds_out_whole_groups_and_restores_the_best(tiny, digits):
    images, labels = digits
    groups = np.arange(250) // 25
    classifier = tiny(
        epochs=40, learning_rate=3e-2, early_stopping=True, patience=2, validation_fraction=0.2
    )
    classifier.fit(images, labels, groups=groups)
    assert classifier.n_iter_ < 40
    assert len(classifier.validation_scores_) == classifier.n_iter_
    best = int(np.argmin(classifier.history_["val_loss"]))
    assert classifier.n_iter_ == best + 1 + 2

    from skhcr._validation import LabeledImages, split_images

    codes = np.searchsorted(classifier.classes_, labels)
    everything = LabeledImages(images, codes, None, np.arange(250))
    seed = np.random.SeedSequence(0).generate_state(2).tolist()[1]
    train, held_out = split_images(everything, groups, fraction=0.2, seed=seed)
    assert not set(groups[train.rows]) & set(groups[held_out.rows])
    assert len(held_out.rows) == 50
    score = np.mean(classifier.predict(images[held_out.rows]) == labels[held_out.rows])
    assert score == pytest.approx(classifier.validation_scores_[best])


@pytest.mark.parametrize(
    ("sizes", "fraction", "expected"),
    [
        ([540, 60], 0.1, 60),
        ([500, 50, 50], 0.1, 50),
        ([10] * 60, 0.1, 60),
        ([10] * 60, 0.4, 240),
        ([10] * 60, 0.6, 360),
        ([30] * 3, 0.1, 30),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_groups_are_held_out_near_the_fraction(sizes, fraction, expected, seed):
    from skhcr._validation import LabeledImages, split_images

    groups = np.repeat(np.arange(len(sizes)), sizes)
    codes = np.arange(len(groups)) % 2
    rows = np.arange(len(groups))
    everything = LabeledImages(rows, codes, None, rows)
    train, held_out = split_images(everything, groups, fraction=fraction, seed=seed)
    assert len(held_out.rows) == expected
    np.testing.assert_array_equal(np.sort(np.r_[train.rows, held_out.rows]), rows)
    assert not np.intersect1d(groups[train.rows], groups[held_out.rows]).size


def test_a_class_of_a_single_writer_is_always_trained_on():
    from skhcr._validation import LabeledImages, split_images

    groups = np.repeat(np.arange(10), 10)
    codes = np.where(groups == 3, 2, np.arange(100) % 2)
    everything = LabeledImages(np.arange(100), codes, None, np.arange(100))
    for seed in range(5):
        train, _ = split_images(everything, groups, fraction=0.4, seed=seed)
        assert set(codes[train.rows]) == {0, 1, 2}
    with pytest.raises(ValueError, match=r"validation_fraction=0.4 of 100 rows in 2 groups"):
        split_images(everything, codes == 2, fraction=0.4, seed=0)


def test_plateau_halves_the_learning_rate(tiny, digits):
    images, labels = digits
    stuck = tiny(epochs=9, schedule="plateau", learning_rate=1e-7).fit(
        images, labels, X_val=images[:20], y_val=np.roll(labels[:20], 3)
    )
    rates = np.array(stuck.history_["learning_rate"])
    assert rates[0] == pytest.approx(1e-7)
    halvings = np.flatnonzero(np.diff(rates)) + 1
    assert len(halvings)
    np.testing.assert_allclose(rates[halvings] / rates[halvings - 1], 0.5)
    assert min(halvings) >= 3  # not before the loss has stood still for three epochs
    assert len(stuck.validation_scores_) == 9


def test_onecycle_rises_and_falls(fitted):
    rates = fitted.history_["learning_rate"]
    assert np.argmax(rates) == 1
    assert rates[-1] < 1e-4 < max(rates) <= 1e-2


def test_warm_start_continues_and_a_plain_fit_starts_anew(tiny, digits):
    images, labels = digits
    classifier = tiny(epochs=2).fit(images, labels)
    first = classifier.loss_curve_
    classifier.fit(images, labels)
    assert classifier.loss_curve_ == first
    classifier.set_params(warm_start=True).fit(images, labels)
    assert classifier.n_iter_ == 4
    assert classifier.loss_curve_[:2] == first
    assert classifier.loss_curve_[2] < first[0]


def test_partial_fit_learns_from_parts(tiny, digits):
    images, labels = digits
    classifier = tiny()
    for _ in range(6):
        for start in (0, 100):
            part = slice(start, start + 100)
            classifier.partial_fit(images[part], labels[part], classes=np.unique(labels))
    assert classifier.n_iter_ == 12
    assert classifier.score(images[200:], labels[200:]) > 0.85
    with pytest.raises(ValueError, match="not one of"):
        classifier.partial_fit(images[:3], ["x", "ب", "ت"])


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yes"]), np.array([False, True]), np.array([-1, 7]), np.array([2.0, 3.0])],
)
def test_labels_of_every_kind_come_back(labels, digits):
    images, letters = digits
    y = labels[(letters == "ا").astype(int)]
    classifier = CNNClassifier(
        dense_network, epochs=5, learning_rate=1e-2, batch_size=32, random_state=0
    ).fit(images, y)
    assert classifier.predict(images).dtype == y.dtype
    assert classifier.score(images, y) > 0.9


def test_network_functions_and_a_single_sigmoid(digits):
    images, letters = digits
    y = letters == "ا"
    network = partial(dense_network, units=6, outputs=1, activation="sigmoid")
    classifier = CNNClassifier(network, epochs=8, learning_rate=2e-2, batch_size=32, random_state=0)
    classifier.fit(images, y)
    assert classifier.model_.output_shape == (None, 1)
    assert classifier.predict_proba(images).shape == (250, 2)
    assert classifier.score(images, y) > 0.9


def test_weights_count(tiny, digits):
    images, labels = digits
    ignored = labels == "ا"
    by_rows = tiny().fit(images, labels, sample_weight=np.where(ignored, 0.0, 2.0))
    assert not (by_rows.predict(images) == "ا").any()
    by_class = tiny(class_weight={"ا": 1e-6}).fit(images, labels)
    assert (by_class.predict(images[ignored]) == "ا").mean() < 0.2
    weights = np.full(250, 3.0)
    tiny(epochs=1).fit(images, labels, sample_weight=weights)
    np.testing.assert_array_equal(weights, 3.0)


def test_callbacks_are_new_for_every_fit(tiny, digits):
    images, labels = digits

    class Counter(keras.callbacks.Callback):
        made = 0

        def __init__(self):
            super().__init__()
            self.epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

    recorder = Counter()
    classifier = tiny(epochs=2, callbacks=[recorder, Counter]).fit(images, labels)
    assert recorder.epochs == 0
    classifier.set_params(callbacks=[lambda: recorder]).fit(images, labels)
    assert recorder.epochs == 2


def test_optimizers_by_name_class_and_instance(tiny, digits):
    images, labels = digits
    sgd = keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    for optimizer in ("rmsprop", keras.optimizers.Nadam, sgd):
        classifier = tiny(epochs=1, optimizer=optimizer, learning_rate=None, weight_decay=None)
        classifier.fit(images, labels)
    assert classifier.history_["learning_rate"] == [pytest.approx(0.05)]
    assert not sgd.built


def test_wide_images_and_channels(tiny):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    images = rng.integers(0, 60, size=(60, 4, 10, 3), dtype=np.uint8)
    images[np.arange(60), :, y * 3, y] = 255
    flat = images.reshape(60, -1)
    classifier = tiny(image_shape=(4, 10, 3), epochs=15, batch_size=16).fit(flat, y)
    assert classifier.image_shape_ == (4, 10, 3)
    assert classifier.score(images, y) > 0.9
    with pytest.warns(UserWarning, match="image_shape="):
        tiny(epochs=1).fit(flat, y)


def test_progress_is_a_few_lines_in_a_log(tiny, digits, capsys):
    tiny(epochs=12, verbose=1).fit(*digits)
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("epoch 12/12")


def test_unfitted_predicts_nothing(tiny):
    with pytest.raises(NotFittedError):
        tiny().predict(np.zeros((1, 8, 8)))


def test_clone_keeps_every_parameter_and_nothing_else(fitted):
    fresh = clone(fitted)
    ours, theirs = fitted.get_params(), fresh.get_params()
    assert {k: repr(v) for k, v in ours.items()} == {k: repr(v) for k, v in theirs.items()}
    assert not hasattr(fresh, "model_")
    assert fresh.model is not fitted.model


def test_scikit_learn_callbacks_hear_every_epoch(tiny, digits):
    callback = pytest.importorskip("sklearn.callback", reason="needs scikit-learn >= 1.9")
    images, labels = digits

    class Recorder:
        """Scores after every epoch and stops the third one."""

        def __init__(self):
            self.begun, self.scores, self.torn_down = 0, [], 0
            self.metadata = None

        def setup(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            self.begun += context.task_name == "epoch"

        def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
            self.metadata = metadata
            if context.task_name == "epoch":
                self.scores.append(fitted_estimator.score(images, labels))
                return len(self.scores) == 3
            return False

        def teardown(self, estimator, context):
            self.torn_down += 1

    recorder = Recorder()
    assert isinstance(recorder, callback.FitCallback)
    weights = np.ones(250)
    classifier = tiny(epochs=6).set_callbacks(recorder).fit(images, labels, sample_weight=weights)
    assert recorder.begun == classifier.n_iter_ == len(recorder.scores) == 3
    assert recorder.scores[-1] == classifier.score(images, labels)
    assert recorder.torn_down == 1
    assert recorder.metadata["sample_weight"] is weights


def test_flat_digits_as_scikit_learn_has_them(tiny):
    X, y = load_digits(return_X_y=True)
    assert tiny(epochs=10).fit(X[:600], y[:600]).score(X[600:], y[600:]) > 0.8
