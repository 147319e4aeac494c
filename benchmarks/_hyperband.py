"""KerasTuner's Hyperband: what the searches tune, in bare Keras."""

import tempfile
from contextlib import suppress

import keras
import keras_tuner
import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold

from skhcr.networks import ResNet


class Recipe(keras_tuner.HyperModel):
    """The network and how it is trained, by hyperparameters with the names of the space."""

    def __init__(self, space, n_classes, epochs):
        super().__init__()
        self.space, self._n_classes, self._epochs = space, n_classes, epochs

    def build(self, hp):
        """Return a compiled model."""
        for name, values in self.space.items():
            if hasattr(values, "choices"):
                hp.Choice(name, list(values.choices))
            else:
                sampling = "log" if values.log else "linear"
                hp.Float(name, values.low, values.high, sampling=sampling)
        return self.compiled(hp.values)

    def compiled(self, params):
        """Return a compiled model for parameters by name."""
        value = {name.rpartition("__")[2]: params[name] for name in self.space}
        network = ResNet(stem_stride=2, stem_kernel_size=5, dropout=value["dropout"])
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input((32, 32, 1)),
                layers.Rescaling(1 / 255),
                layers.RandomRotation(value["rotation"] / 360, fill_mode="constant"),
                layers.RandomTranslation(*[value["translation"]] * 2, fill_mode="constant"),
                layers.RandomZoom((-0.15, 0.15), (-0.15, 0.15), fill_mode="constant"),
                layers.RandomShear(value["shear"], 0.0, fill_mode="constant"),
                network.build((32, 32, 1), self._n_classes),
            ]
        )
        model.compile(
            keras.optimizers.AdamW(value["learning_rate"], weight_decay=value["weight_decay"]),
            keras.losses.CategoricalCrossentropy(label_smoothing=value["label_smoothing"]),
            metrics=["accuracy"],
        )
        return model

    def fit(self, hp, model, images, targets, **kwargs):
        """Train with the batch size that is tried."""
        batch_size = hp.get("cnnclassifier__batch_size")
        return model.fit(images, targets, batch_size=batch_size, **kwargs)

    def trained(self, params, images, codes, seed):
        """Return a model that was trained with these parameters."""
        keras.utils.set_random_seed(seed)
        model = self.compiled(params)
        targets = np.eye(self._n_classes)[codes]
        batch_size = params["cnnclassifier__batch_size"]
        model.fit(images, targets, batch_size=batch_size, epochs=self._epochs, verbose=0)
        return model


class Deadline(keras.callbacks.Callback):
    """Ends the search, with what the log raises, when the time is up."""

    def __init__(self, log):
        super().__init__()
        self._log = log

    def on_epoch_end(self, epoch, logs=None):
        """Look at the time."""
        self._log.seconds()

    def __deepcopy__(self, memo):
        return self  # the tuner copies callbacks for every trial


def best_by_hyperband(log, time_up, recipe, letters, *, epochs, folds, seed):
    """Search on the first fold; return the best so far, each with its scores on all folds."""
    images, codes, writers = letters
    splits = list(GroupKFold(folds).split(images, codes, writers))
    train, test = splits[0]
    targets = np.eye(codes.max() + 1)[codes]
    found, space = [], recipe.space

    class Tuner(keras_tuner.Hyperband):
        def on_trial_end(self, trial):
            super().on_trial_end(trial)
            params = {name: trial.hyperparameters.get(name) for name in space}
            score = self.oracle.get_trial(trial.trial_id).score
            if score is not None and (not found or score > found[-1]["score"]):
                found.append({"seconds": log.seconds(), "params": params, "score": score})

    with tempfile.TemporaryDirectory() as folder:
        tuner = Tuner(
            recipe,
            objective="val_accuracy",
            max_epochs=epochs,
            hyperband_iterations=1000,
            directory=folder,
            seed=seed,
        )
        with suppress(time_up):
            tuner.search(
                images[train],
                targets[train],
                validation_data=(images[test], targets[test]),
                callbacks=[Deadline(log)],
                verbose=0,
            )
    entries = []
    for best in found:
        for train, test in splits:
            model = recipe.trained(best["params"], images[train], codes[train], seed)
            score = accuracy_score(codes[test], model.predict(images[test], verbose=0).argmax(1))
            entries.append({**best, "score": score, "rows": len(test)})
    return entries
