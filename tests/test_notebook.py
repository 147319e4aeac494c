"""Progress in a notebook: one line of text, which stays when the notebook is saved."""

import inspect
import sys
import types

import optuna
import pytest
from sklearn.base import BaseEstimator

import skhcr
from skhcr._keras._callbacks import ProgressBar
from skhcr.model_selection._progress import Progress


@pytest.fixture
def cell(monkeypatch):
    """What a notebook shows below a cell, without IPython or ipywidgets."""
    outputs, changes = [], []

    class Handle:
        def __init__(self, place):
            self.place = place

        def update(self, data, *, raw):
            assert raw
            outputs[self.place] = data
            changes.append(data["text/plain"])

    def display(data, *, raw, display_id):
        assert raw
        assert display_id
        outputs.append(data)
        changes.append(data["text/plain"])
        return Handle(len(outputs) - 1)

    module = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    return types.SimpleNamespace(outputs=outputs, changes=changes)


def test_a_fit_is_one_line_with_the_final_result(cell, capsys):
    bar = ProgressBar(epochs=2, n_batches=4)
    bar.on_train_begin()
    for epoch in range(2):
        for batch in range(4):
            bar.on_train_batch_end(batch)
        bar.on_epoch_end(epoch, {"loss": 0.5, "accuracy": 0.25 + epoch / 2})
    bar.on_train_end()
    assert cell.changes[0].startswith("epoch 0/2 ██░░░")  # an eighth
    assert " left" in cell.changes[0]
    (last,) = cell.outputs
    assert last["text/plain"].startswith("epoch 2/2 " + "█" * 20 + " ")
    assert last["text/plain"].endswith("loss 0.5000  accuracy 0.7500")
    assert " left" not in last["text/plain"]
    assert capsys.readouterr() == ("", "")


def test_a_fit_that_resumes_begins_where_it_was(cell):
    bar = ProgressBar(epochs=4, n_batches=1, done=2)
    bar.on_train_begin()
    bar.on_epoch_end(2, {"loss": 0.5})
    assert cell.outputs[0]["text/plain"].startswith("epoch 3/4 " + "█" * 15 + "░" * 5)


def test_a_search_is_one_line_too(cell, capsys):
    study = optuna.create_study(direction="maximize")
    with Progress(study, 2, shown=True):
        study.add_trial(optuna.create_trial(value=0.5))
        study.add_trial(optuna.create_trial(value=0.75))
    (last,) = cell.outputs
    assert last["text/plain"].startswith("trials 2/2  best 0.7500  0 pruned")
    assert capsys.readouterr().out == ""


def public_estimators():
    found = (getattr(skhcr, name) for name in skhcr.__all__)
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseEstimator)]


@pytest.mark.parametrize("public", public_estimators())
def test_estimators_link_to_no_page_that_is_not_there(public):
    first = next(iter(inspect.signature(public).parameters), None)
    needed = {"estimator": [skhcr.CNNClassifier()], "base": ["VGG16"]}
    html = public(*needed.get(first, ()))._repr_html_()
    assert public.__name__ in html
    assert "href=" not in html
