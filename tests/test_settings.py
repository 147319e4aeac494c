"""Settings that contradict each other, or of which one would do nothing."""

import re
import warnings

import keras
import pytest

from skhcr._conflicts import check_settings
from skhcr._keras._schedules import callbacks_for

DECAY = keras.optimizers.schedules.ExponentialDecay(1e-3, decay_steps=8, decay_rate=0.5)


def adam(**params):
    return keras.optimizers.Adam(**{"learning_rate": 1e-4, **params})


def constant(rate):
    return keras.callbacks.LearningRateScheduler(lambda epoch: rate)


@pytest.fixture(scope="module")
def auto(tiny):
    """Return a function that makes classifiers with the default learning rate; 8 steps an epoch."""

    def make(**params):
        return tiny(**{"learning_rate": "auto", "epochs": 2, **params})

    return make


def test_the_default_is_a_cycle_of_a_hundredth(auto, tiny, digits):
    explicit = {"learning_rate": 1e-2, "weight_decay": 0.05, "schedule": "onecycle"}
    by_default, spelled_out = auto().fit(*digits), tiny(epochs=2, **explicit).fit(*digits)
    assert by_default.history_ == spelled_out.history_


@pytest.mark.parametrize(
    ("params", "rates"),
    [
        ({"optimizer": adam()}, [1e-4, 1e-4]),
        ({"optimizer": adam(learning_rate=DECAY)}, [5e-4, 2.5e-4]),
        ({"callbacks": [constant(2e-3)]}, [2e-3, 2e-3]),
        ({"callbacks": lambda: constant(3e-3)}, [3e-3, 3e-3]),
    ],
)
def test_a_given_learning_rate_is_used(auto, digits, params, rates):
    assert auto(**params).fit(*digits).history_["learning_rate"] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("optimizer", "given", "rate", "is_cycle"),
    [
        ("adam", {}, 1e-2, True),
        (keras.optimizers.Adam, {}, 1e-2, True),
        ("adam", {"learning_rate": None}, 1e-3, False),
        (adam(), {}, 1e-4, False),
        (adam(), {"learning_rate": None}, 1e-4, False),
        (adam(), {"learning_rate": 3e-4}, 3e-4, True),
        (adam(), {"schedule": "onecycle"}, 1e-4, True),
        ("adam", {"learning_rate": 0.03, "schedule": "constant"}, 0.03, False),
        (keras.optimizers.LossScaleOptimizer(adam()), {}, 1e-4, False),
    ],
)
def test_the_learning_rate_is_the_more_explicit_one_and_the_peak_of_a_cycle(
    tiny, optimizer, given, rate, is_cycle
):
    recipe, model = compiled(tiny, optimizer, **{"learning_rate": "auto", **given})
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    callbacks = callbacks_for(
        recipe.schedule,
        optimizer=model.optimizer,
        set_rate=recipe.set_learning_rate,
        n_steps=40,
        validated=False,
        users=[],
    )
    assert [type(callback).__name__ for callback in callbacks] == ["OneCycle"] * is_cycle
    if is_cycle:
        callbacks[0].set_model(model)
        rates = []
        for batch in range(1, 41):
            callbacks[0].on_train_batch_begin(batch)
            rates.append(float(model.optimizer.learning_rate))
        assert max(rates) == rates[10] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("optimizer", "given", "decay"),
    [
        ("adam", "auto", 0.05),
        ("adam", None, None),
        (adam(), "auto", None),
        (adam(weight_decay=0.2), "auto", 0.2),
        (adam(weight_decay=0.2), None, 0.2),
        (adam(weight_decay=0.2), 0, None),
        (adam(), 0.1, 0.1),
    ],
)
def test_the_weight_decay_is_the_more_explicit_one(tiny, optimizer, given, decay):
    _, model = compiled(tiny, optimizer, weight_decay=given)
    assert model.optimizer.weight_decay == decay


def compiled(tiny, optimizer, **params):
    """Return a recipe, and a model that was compiled by it."""
    recipe = tiny(optimizer=optimizer, **params)._recipe(partial=False)
    image = keras.Input((2,))
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(image))
    recipe.compile(model)
    return recipe, model


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"optimizer": adam(learning_rate=DECAY), "learning_rate": 1e-2},
            r"learning_rate=0.01 contradicts optimizer, a Adam .*\(ExponentialDecay\): keep "
            "learning_rate='auto'",
        ),
        (
            {"optimizer": adam(learning_rate=DECAY), "schedule": "plateau"},
            "schedule='plateau' and the ExponentialDecay in optimizer would both change",
        ),
        (
            {"callbacks": [constant(1e-3)], "schedule": "onecycle"},
            "schedule='onecycle' and the LearningRateScheduler in callbacks would both change the "
            "learning rate: set schedule='auto' or 'constant'",
        ),
        (
            {"callbacks": keras.callbacks.ReduceLROnPlateau, "schedule": "onecycle"},
            "schedule='onecycle' and the ReduceLROnPlateau in callbacks",
        ),
        ({"image_shape": (4, 16)}, r"image_shape=\(4, 16\) is not the shape of the images"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(auto, digits, params, message):
    classifier = auto(**params)
    with pytest.raises(ValueError, match=message):
        classifier.fit(*digits)
    assert not hasattr(classifier, "model_")


class OwnSchedule(keras.callbacks.Callback):
    """Nobody can tell from its class that it moves the learning rate."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 1e-5


def test_a_callback_that_is_overruled_is_named(auto, digits):
    with pytest.warns(UserWarning, match="callbacks has set the learning rate to 1e-05") as caught:
        auto(callbacks=OwnSchedule).fit(*digits)
    assert len(caught) == 1


NOTHING = {"partial": False, "has_validation_rows": False, "has_groups": False}
VALIDATION = {"has_validation_rows": True}
GROUPS = {"has_groups": True}
PARTIAL = {"partial": True}


@pytest.mark.parametrize(
    ("params", "fit", "message"),
    [
        ({"optimizer": adam(), "learning_rate": 1e-2}, {}, "learning_rate=0.01 replaces .* 0.0001"),
        (
            {"optimizer": adam(weight_decay=0.2), "weight_decay": 0.1},
            PARTIAL,
            "weight_decay=0.1 replaces the weight_decay of optimizer, a Adam with 0.2",
        ),
        ({"patience": 3}, {}, "patience=3 has no effect without early_stopping=True"),
        ({"restore_best_weights": False}, {}, "restore_best_weights=False has no effect"),
        ({"patience": 3, "calibrate": True}, GROUPS, "patience=3 has no effect"),
        ({"validation_fraction": 0.3}, {}, "validation_fraction=0.3 has no effect without early"),
        (
            {"validation_fraction": 0.3, "early_stopping": True},
            VALIDATION,
            "validation_fraction=0.3 has no effect where X_val is given",
        ),
        ({}, GROUPS, "groups has no effect without early_stopping"),
        ({"early_stopping": True}, GROUPS | VALIDATION, "groups has no effect where X_val"),
        ({"calibrate": True}, PARTIAL, "calibrate=True has no effect on partial_fit"),
        # What goes together is taken in silence.
        ({"patience": 3, "restore_best_weights": False, "early_stopping": True}, GROUPS, None),
        ({"validation_fraction": 0.3, "calibrate": True}, GROUPS, None),
        ({"patience": 3, "early_stopping": True}, PARTIAL, None),
        ({"optimizer": keras.optimizers.SGD(), "learning_rate": 0.05}, {}, None),
        ({"optimizer": adam(), "learning_rate": 1e-4, "weight_decay": 0.1}, {}, None),
        ({"optimizer": keras.optimizers.AdamW, "learning_rate": 0.05}, {}, None),
    ],
)
def test_a_setting_that_does_nothing_is_named(tiny, params, fit, message):
    classifier = tiny(**{"learning_rate": "auto", **params})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_settings(classifier, **(NOTHING | fit))
    assert len(caught) == (message is not None)
    if message:
        assert re.search(message, str(caught[0].message))
