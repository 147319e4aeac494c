"""Batch normalization in one kernel."""

from __future__ import annotations

from functools import partial
from types import MethodType
from typing import Any

import keras
import tensorflow as tf

_OF_THE_KERNEL = ("float32", "bfloat16", "float16")


def fuse_batch_norms(model: keras.Model) -> None:
    """Compute the model's batch normalizations by TensorFlow's fused kernel.

    Keras computes means, variances, scaling and their gradients by some thirty separate operations,
    each of which reads the whole map. The results are the same up to rounding. The layers are still
    Keras layers: saved models do not change.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            fuse_batch_norms(layer)
        elif _can_be_fused(layer):
            layer.call = MethodType(_fused_call, layer)


def unfuse_batch_norms(model: keras.Model) -> None:
    """Undo :func:`fuse_batch_norms`."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            unfuse_batch_norms(layer)
        elif getattr(vars(layer).get("call"), "__func__", None) is _fused_call:
            del layer.call


def _can_be_fused(layer: keras.Layer) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.compute_dtype in _OF_THE_KERNEL
        and layer.axis in (-1, 3)
        and layer.scale
        and layer.center
        and not layer.synchronized
        and not getattr(layer, "renorm", False)  # unknown to older versions of Keras
    )


def _fused_call(self: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    if len(inputs.shape) != 4:
        return type(self).call(self, inputs, training=training, mask=mask)
    scale, offset = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
    normalize = partial(
        tf.compat.v1.nn.fused_batch_norm, inputs, scale, offset, epsilon=self.epsilon
    )
    if not (training and self.trainable):
        known = map(tf.convert_to_tensor, (self.moving_mean, self.moving_variance))
        return normalize(*known, is_training=False)[0]
    outputs, mean, variance = normalize(is_training=True)
    # The kernel returns the sample variance; Keras keeps the population variance.
    n_values = tf.cast(tf.size(inputs) / tf.size(mean), variance.dtype)
    variance *= (n_values - 1) / n_values
    for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
        moving.assign(moving * self.momentum + now * (1 - self.momentum))
    return outputs
