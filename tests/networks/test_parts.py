"""What is written of a Keras network's configuration, and what is read."""

import inspect
import json

import keras
import pytest

from skhcr.networks import get_network, list_networks
from skhcr.networks._parts import essentials

# What layers have to be told, by the names of their arguments.
ARGUMENTS = {
    "activation": "relu",
    "axes": 1,
    "bin_boundaries": [0.5],
    "cell": keras.layers.GRUCell(2),
    "cells": [keras.layers.GRUCell(2), keras.layers.LSTMCell(2)],
    "dims": (2, 1),
    "equation": "ab,bc->ac",
    "factor": 0.5,
    "filters": 2,
    "head_dim": 2,
    "height": 4,
    "height_factor": 0.2,
    "input_dim": 3,
    "kernel_size": 3,
    "key_dim": 2,
    "layer": keras.layers.LSTM(2, return_sequences=True),
    "max_value": 2.0,
    "min_value": 1.0,
    "n": 2,
    "num_heads": 2,
    "num_key_value_heads": 1,
    "num_query_heads": 2,
    "num_bins": 4,
    "output_dim": 2,
    "output_shape": 2,
    "output_size": 2,
    "pool_size": 2,
    "rate": 0.3,
    "scale": 0.5,
    "stddev": 0.1,
    "target_shape": (2, 2),
    "units": 2,
    "value_range": (0, 1),
    "width": 4,
    "width_factor": 0.2,
}


def specimens():
    """Yield a layer or an initializer of every kind that can be made of ARGUMENTS."""
    for room in (keras.layers, keras.initializers):
        for name, kind in sorted(vars(room).items()):
            if not isinstance(kind, type) or name.startswith("_"):
                continue
            parameters = inspect.signature(kind.__init__).parameters.values()
            needed = [
                one.name
                for one in parameters
                if one.name != "self" and one.default is one.empty and one.kind not in (2, 4)
            ]
            if name[0].isupper() and set(needed) <= set(ARGUMENTS):
                try:
                    yield kind(**{name: ARGUMENTS[name] for name in needed})
                except (ImportError, NotImplementedError, ValueError):
                    continue  # abstract, of another backend, or one that wants more


SPECIMENS = list({type(one).__name__: one for one in specimens()}.values())


def test_most_layers_are_looked_at():
    assert len(SPECIMENS) > 100


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda one: type(one).__name__)
def test_layers_without_disabled_arguments_are_equal(specimen):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(specimen)))
    again = keras.saving.deserialize_keras_object(essentials(config), safe_mode=False)
    assert json.loads(json.dumps(keras.saving.serialize_keras_object(again))) == config


@pytest.mark.parametrize("name", list_networks())
def test_networks_without_disabled_arguments_are_equal(name):
    model = get_network(name).build((32, 32, 1), 10)
    short = essentials(json.loads(model.to_json()))
    assert len(json.dumps(short)) < 0.95 * len(model.to_json())
    again = keras.saving.deserialize_keras_object(short)
    assert json.loads(again.to_json()) == json.loads(model.to_json())


@pytest.mark.skipif(
    "renorm" not in inspect.signature(keras.layers.BatchNormalization.__init__).parameters,
    reason="this Keras has no batch renormalization",
)
def test_newer_arguments_are_written_only_if_used():
    image = keras.Input((4,))
    x = keras.layers.BatchNormalization(renorm=True, name="renormed")(image)
    x = keras.layers.BatchNormalization(name="plain")(x)
    model = keras.Model(image, keras.layers.Dense(2)(x))
    written = essentials(json.loads(model.to_json()))["config"]
    layers = {part["class_name"].lower(): part["config"] for part in written["layers"]}
    layers |= {part["name"]: part["config"] for part in written["layers"]}
    assert layers["renormed"]["renorm"] is True
    assert not {"renorm", "renorm_clipping"} & set(layers["plain"])
    # Not off, but a default: if it changed, the layer would be another.
    assert layers["plain"]["momentum"] == 0.99
    assert layers["dense"]["use_bias"] is True


def test_older_layers_get_no_unknown_disabled_arguments():
    def kept(**arguments):
        part = {"module": "keras.layers", "class_name": "Flatten", "registered_name": None}
        return essentials(part | {"config": arguments})["config"]

    # Flatten stands for an older BatchNormalization: it knows none of these.
    assert kept(name="x", renorm=False, renorm_clipping=None, renorm_momentum=0.99) == {"name": "x"}
    told = {"renorm": True, "renorm_momentum": 0.9, "others": None, "trainable": False}
    assert kept(**told) == told


def test_layers_of_others_keep_all_they_say():
    config = {"renorm": False, "momentum": None}
    for module, name in [
        ("my_layers", "BatchNormalization"),
        ("keras", "Unheard"),
        ("keras", "__path__"),
        (None, None),
    ]:
        part = {"module": module, "class_name": name, "config": dict(config)}
        assert essentials(part)["config"] == config
