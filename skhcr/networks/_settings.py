"""Keras' global settings while networks are built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ._seeds import BUILDING


@contextmanager
def usual_settings() -> Iterator[None]:
    """Use 32 bits and channels last as defaults of layers, losses and inputs.

    Users may have changed these Keras settings for other networks of their process.
    """
    import keras

    config = keras.config
    with BUILDING:
        floatx, data_format = config.floatx(), config.image_data_format()
        config.set_floatx("float32")
        config.set_image_data_format("channels_last")
        try:
            yield
        finally:
            config.set_floatx(floatx)
            config.set_image_data_format(data_format)
