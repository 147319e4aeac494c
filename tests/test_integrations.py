"""Other packages that take a classifier of skhcr; those that are not installed are skipped."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

import skhcr
from skhcr import ImageAugmenter
from skhcr.persistence import trusted_types

# Warnings of other packages are theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

INSTALL = "not installed: pip install '.[integrations]'"


@pytest.fixture
def model(tiny):
    return make_pipeline(ImageAugmenter(translation=0.05), tiny(label_smoothing=0))


@pytest.fixture
def numbered(digits):
    images, labels = digits
    return images, np.unique(labels, return_inverse=True)[1]


def test_cleanlab_finds_planted_labels(tiny, numbered):
    cleanlab = pytest.importorskip("cleanlab.filter", reason=INSTALL)
    images, labels = numbered
    planted = np.arange(0, 250, 25)
    given = labels.copy()
    given[planted] = (given[planted] + 1) % 5
    model = tiny(label_smoothing=0)
    probabilities = cross_val_predict(model, images, given, cv=3, method="predict_proba")
    suspects = cleanlab.find_label_issues(
        given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    assert np.isin(planted, suspects).sum() >= 8
    assert np.isin(suspects, planted).mean() > 0.5


def test_mapie_sets_of_a_pipeline(model, digits):
    mapie = pytest.importorskip("mapie.classification", reason=INSTALL)
    images, labels = digits
    model.fit(images[:120], labels[:120])
    sets = mapie.SplitConformalClassifier(model, confidence_level=0.9, prefit=True)
    sets.conformalize(images[120:180], labels[120:180])
    predicted, contains = sets.predict_set(images[180:])
    np.testing.assert_array_equal(predicted, model.predict(images[180:]))
    rows = np.searchsorted(model.classes_, labels[180:])
    assert contains[np.arange(70), rows, 0].mean() > 0.75


def test_mapie_sets_of_a_bare_classifier_on_flat_rows(tiny, digits):
    mapie = pytest.importorskip("mapie.classification", reason=INSTALL)
    images, labels = digits
    rows = images.reshape(len(images), -1)
    classifier = tiny(label_smoothing=0).fit(rows[:120], labels[:120])
    sets = mapie.SplitConformalClassifier(classifier, confidence_level=0.9, prefit=True)
    predicted, contains = sets.conformalize(rows[120:180], labels[120:180]).predict_set(rows[180:])
    assert contains.shape == (70, 5, 1)
    assert (predicted == labels[180:]).mean() > 0.8


def test_activeml_asks_for_the_least_certain_images(model, numbered):
    wrapper = pytest.importorskip("skactiveml.classifier", reason=INSTALL)
    pool = pytest.importorskip("skactiveml.pool", reason=INSTALL)
    images, labels = numbered
    known = np.full(len(images), np.nan)
    known[:60] = labels[:60]
    learner = wrapper.SklearnClassifier(model, classes=range(5), random_state=0).fit(images, known)
    sampling = pool.UncertaintySampling(random_state=0)
    asked = sampling.query(X=images, y=known, clf=learner, fit_clf=False, batch_size=5)
    confidence = learner.predict_proba(images[60:]).max(axis=1)
    assert set(asked) == set(60 + np.argsort(confidence)[:5])


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason=INSTALL)
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("digits")
    yield mlflow
    mlflow.sklearn.autolog(disable=True)


def test_mlflow_logs_pipelines_and_searches(mlflow, model, numbered):
    mlflow.sklearn.autolog(log_models=False)
    with mlflow.start_run() as run:
        model.fit(*numbered)
    logged = mlflow.get_run(run.info.run_id).data
    assert logged.params["cnnclassifier__epochs"] == "6"
    assert logged.metrics["training_accuracy_score"] > 0.8
    search = GridSearchCV(model, {"cnnclassifier__epochs": [1, 6]}, cv=2)
    with mlflow.start_run() as run:
        search.fit(*numbered)
    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'", output_format="list"
    )
    assert {child.data.params["cnnclassifier__epochs"] for child in children} == {"1", "6"}


def test_mlflow_callback_logs_epochs(mlflow, tiny, digits):
    callback = pytest.importorskip("mlflow.keras").MlflowCallback()
    with mlflow.start_run() as run:
        classifier = tiny(callbacks=[callback], epochs=2).fit(*digits)
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
    np.testing.assert_allclose([m.value for m in history], classifier.loss_curve_, rtol=1e-5)


def test_mlflow_keeps_models_without_pickle(mlflow, model, digits):
    model.fit(*digits)
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            model,
            name="digits",
            serialization_format="skops",
            skops_trusted_types=trusted_types(),
            pip_requirements=["skhcr"],
        )
        skhcr.save(model, "digits.skhcr")
        mlflow.log_artifact("digits.skhcr")
    loaded = mlflow.sklearn.load_model(logged.model_uri)
    np.testing.assert_array_equal(loaded.predict(digits[0]), model.predict(digits[0]))


def test_lime_marks_pieces_of_the_image(model, digits):
    lime = pytest.importorskip("lime.lime_image", reason=INSTALL)
    images, labels = digits
    model.fit(images, labels)
    explanation = lime.LimeImageExplainer(random_state=0).explain_instance(
        np.repeat(images[0][..., np.newaxis], 3, axis=2),
        lambda colors: model.predict_proba(colors[..., 0].astype(np.uint8)),
        hide_color=0,
        num_samples=100,
        segmentation_fn=lambda image: np.arange(64).reshape(8, 8),
    )
    first = explanation.top_labels[0]
    assert model.classes_[first] == model.predict(images[:1])[0]
    mask = explanation.get_image_and_mask(first, num_features=10)[1]
    assert 0 < mask.sum() <= 10


def test_fairlearn_accuracy_by_writer(model, digits):
    metrics = pytest.importorskip("fairlearn.metrics", reason=INSTALL)
    images, labels = digits
    writers = np.arange(len(images)) % 3
    predicted = model.fit(images, labels).predict(images)
    frame = metrics.MetricFrame(
        metrics=accuracy_score, y_true=labels, y_pred=predicted, sensitive_features=writers
    )
    for writer in range(3):
        rows = writers == writer
        assert frame.by_group[writer] == (predicted[rows] == labels[rows]).mean()
