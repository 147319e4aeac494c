"""Private names of other libraries are there, and still do what skhcr relies on."""

from numbers import Integral

import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from tensorflow.python.eager import context

from skhcr import CNN, _compat
from skhcr._keras import Recipe


def small_model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])


def test_every_search_of_scikit_learn_has_the_base_class():
    assert issubclass(GridSearchCV, _compat.BaseSearchCV)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=["accuracy", "f1_macro"])
    scorer, refit = search.set_params(refit="accuracy")._get_scorers()
    assert (sorted(scorer._scorers), refit) == (["accuracy", "f1_macro"], "accuracy")
    routed = search._get_routed_params_for_fit({"sample_weight": [1]})
    assert routed.estimator.fit == {"sample_weight": [1]}
    assert routed.splitter.split == {"groups": None}


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_networks_of_scikit_learn_hold_these_optimizers(solver):
    X, y = load_iris(return_X_y=True)
    network = MLPClassifier((2,), solver=solver, max_iter=1000, tol=1.0, random_state=0).fit(X, y)
    kind = {"adam": _compat.AdamOptimizer, "sgd": _compat.SGDOptimizer}[solver]
    assert type(network._optimizer) is kind


def test_rows_are_split_together():
    X, y = load_iris(return_X_y=True)
    train, test = next(StratifiedKFold().split(X, y))
    X_test, y_test = _compat.safe_split(LogisticRegression(), X, y, test, train)
    np.testing.assert_array_equal(X_test, X[test])
    np.testing.assert_array_equal(y_test, y[test])
    params = _compat.check_method_params(X, {"sample_weight": np.arange(150), "other": 3}, test)
    np.testing.assert_array_equal(params["sample_weight"], test)
    assert params["other"] == 3


def test_rows_are_scored_and_fits_are_counted():
    X, y = load_iris(return_X_y=True)
    classifier = LogisticRegression(max_iter=500).fit(X, y)

    def scorer(estimator, X, y, unit):
        return estimator.score(X, y) / unit

    score = _compat.score_rows(classifier, X, y, scorer, {"unit": 2}, 0.0)
    assert score == classifier.score(X, y) / 2
    with pytest.warns(UserWarning, match=r"Scoring failed(.|\n)*unit"):
        assert _compat.score_rows(classifier, X, y, scorer, {}, 0.25) == 0.25
    with pytest.warns(FitFailedWarning, match="1 fits failed out of a total of 2"):
        _compat.check_fits([{"fit_error": None}, {"fit_error": "why"}], 0.0)
    with pytest.raises(ValueError, match=r"All the 1 fits failed(.|\n)*why"):
        _compat.check_fits([{"fit_error": "why"}], 0.0)


def test_sample_weights_are_checked():
    X = np.zeros((3, 2))
    np.testing.assert_array_equal(_compat.check_sample_weight(None, X), [1, 1, 1])
    with pytest.raises(ValueError, match="shape"):
        _compat.check_sample_weight([1, 2], X)


def test_parameters_are_validated_by_their_constraints():
    constraints = {"epochs": [_compat.Interval(Integral, 1, None, closed="left")]}
    _compat.validate_parameter_constraints(constraints, {"epochs": 1}, "Kind")
    with pytest.raises(_compat.InvalidParameterError, match="'epochs' parameter of Kind"):
        _compat.validate_parameter_constraints(constraints, {"epochs": 0}, "Kind")


def test_the_kernels_of_a_context_are_cleared(monkeypatch):
    calls = []
    monkeypatch.setattr(context.Context, "clear_kernel_cache", lambda self: calls.append(self))
    _compat.clear_kernel_cache()
    assert calls == [context.context()]


def test_a_compiled_model_applies_gradients_without_reducing_them(monkeypatch):
    reduced = []

    def reduce(optimizer, gradients):
        reduced.append(optimizer)
        return gradients

    monkeypatch.setattr(keras.optimizers.AdamW, "_all_reduce_sum_gradients", reduce)
    X, y = np.zeros((4, 2), np.float32), np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    usual, ours = small_model(), small_model()
    usual.compile("adamw", "categorical_crossentropy")
    usual.fit(X, y, verbose=0)
    assert reduced
    assert all(optimizer is usual.optimizer for optimizer in reduced)
    recipe = Recipe(
        optimizer="adamw",
        learning_rate=1e-3,
        weight_decay=None,
        label_smoothing=0.0,
        schedule="constant",
        epochs=1,
    )
    recipe.compile(ours)
    ours.fit(X, y, verbose=0)
    assert not any(optimizer is ours.optimizer for optimizer in reduced)


def test_variables_without_values_have_shapes_only():
    with _compat.variables_without_values() as made:
        model = CNN(filters=(2,), dense=()).build((8, 8, 1), 3)
    assert {id(variable) for variable in model.weights} <= {id(variable) for variable in made}
    assert all(variable._value is None for variable in model.weights)
    assert tuple(model.weights[0].shape) == (3, 3, 1, 2)
    assert CNN(filters=(2,), dense=()).build((8, 8, 1), 3).weights[0]._value is not None


def test_rows_come_in_the_container_that_is_asked_for():
    pd = pytest.importorskip("pandas")
    rows, original = np.eye(2), pd.Series(["a", "b"], index=[5, 7])
    transformer = StandardScaler()
    assert _compat.in_container(rows, original, transformer, lambda: ["p", "q"]) is rows
    transformer.set_output(transform="pandas")
    framed = _compat.in_container(rows, original, transformer, lambda: ["p", "q"])
    pd.testing.assert_frame_equal(framed, pd.DataFrame(rows, index=[5, 7], columns=["p", "q"]))


def test_operations_that_call_functions_are_in_this_module():
    for name in ("Cond", "Map", "Scan", "VectorizedMap", "WhileLoop"):
        found = [kind for kind in _subclasses(keras.Operation) if kind.__name__ == name]
        assert [kind.__module__ for kind in found] == [_compat.KERAS_CONTROL_FLOW]


def _subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)
