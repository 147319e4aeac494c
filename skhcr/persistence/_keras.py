"""``to_keras`` and ``from_keras``: networks in Keras files."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._answers import check_adjustments
from .._atomic import replacing
from ..classifier import CNNClassifier
from ..networks import KerasNetwork
from ..networks._parts import custom_objects_in, essentials
from ._archive import LoadError, damaged, naming
from ._labels import KEY, MEMBER, as_json, read_labels

if TYPE_CHECKING:
    import keras
    from numpy.typing import ArrayLike

_HDF5 = (".h5", ".hdf5")
_LONGEST = 50_000_000  # bytes of a configuration
_ROOM = 2**22  # for everything except weights in a file


def to_keras(classifier: CNNClassifier, path: str | os.PathLike[str]) -> Path:
    """Write the network of a fitted classifier to a Keras file.

    ``keras.saving.load_model`` reads it like any other. The model maps the classifier's input
    pixels to probabilities. The file also contains the labels, for :func:`from_keras`.

    Parameters
    ----------
    classifier : CNNClassifier
        Fitted. For a pipeline, pass the last step; such a file cannot contain the others.
    path : path
        Output path, ending with ``.keras``, or ``.h5`` for the older Keras format. The file is
        written completely or not at all.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    TypeError
        If it is not a CNNClassifier.
    ValueError
        If the path has another extension.
    OSError
        If the file cannot be written.

    See Also
    --------
    from_keras : Read it.
    save : Keep a whole pipeline.
    """
    path = Path(path).expanduser()
    _check_ending(path)
    if not isinstance(classifier, CNNClassifier):
        raise TypeError(
            f"Only a CNNClassifier has a network for Keras, got {type(classifier).__name__}. For "
            "a pipeline, pass the last step, pipeline[-1]."
        )
    check_is_fitted(classifier)
    from .._keras import model_from_state, model_to_state

    options = {name: getattr(classifier, name) for name in ("temperature_", "test_time_shift")}
    metadata = as_json(classifier.classes_, options)
    model = model_from_state(model_to_state(classifier.model_))  # without its optimizer
    with replacing(path) as part:
        if path.suffix in _HDF5:
            _check_room(part.parent, 4 * model.count_params())
        model.save(part)
        if path.suffix in _HDF5:
            import h5py

            with h5py.File(part, "a") as file:
                file.attrs[KEY] = metadata
        else:
            with zipfile.ZipFile(part, "a") as archive:
                archive.writestr(MEMBER, metadata)
    return path


def from_keras(
    source: str | os.PathLike[str] | keras.Model, *, classes: ArrayLike | None = None
) -> CNNClassifier:
    """Make a fitted classifier from a Keras model.

    It has the same predictions as the model, can be trained further (``warm_start``,
    ``partial_fit``), and clones to an unfitted classifier with a network of the same layers.

    Parameters
    ----------
    source : path or keras.Model
        A file written by Keras or :func:`to_keras` (``.keras``, ``.h5``), or a model. It must map
        images to probabilities.
    classes : array-like of shape (n_classes,), default=None
        The labels, in the order of the model's outputs. By default those in the file, or 0, 1, ...
        if there are none.

    Returns
    -------
    CNNClassifier
        Fitted, but without a history. It expects the same pixel values as the model: put a
        :class:`skhcr.PixelScaler` before it if the model was trained on pixels divided by 255.

    Raises
    ------
    LoadError
        If the file cannot be loaded, or has layers that are not Keras' own: load those yourself,
        ``keras.saving.load_model(path, custom_objects=...)``, and pass the model.
    ValueError
        If the model is not an image classifier, or `classes` do not match it.
    OSError
        If the file cannot be read.

    See Also
    --------
    to_keras : Write such a file.
    skhcr.Transfer : New last layers on the features of a model.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_digits
    >>> from skhcr import CNN, CNNClassifier, from_keras, to_keras
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(CNN(filters=(8,), dense=()), epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = from_keras(to_keras(classifier, os.path.join(folder, "digits.keras")))
    >>> bool((again.predict(X) == classifier.predict(X)).all())
    True
    """
    from .. import _keras  # before Keras: it imports TensorFlow without its log lines

    import keras  # isort: skip

    metadata: dict[str, Any] = {}
    model: Any = source
    if not isinstance(source, keras.Model):
        model, metadata = _read(Path(source).expanduser())
    if not model.built:
        raise ValueError("The model is not built: its input shape is not known yet.")
    core, standardize = _keras.core_of(model)
    image_shape = tuple(core.input_shape[1:])
    if len(image_shape) != 3 or None in image_shape or len(core.output_shape) != 2:
        raise ValueError(
            f"The model has inputs of shape {image_shape} and outputs of shape "
            f"{core.output_shape[1:]}; it must map images of a fixed (height, width, channels) to "
            "a probability for each class."
        )
    n_outputs = core.output_shape[-1]
    n_classes = max(n_outputs, 2)
    labels = np.asarray(metadata.get("labels", range(n_classes)) if classes is None else classes)
    if labels.shape != (n_classes,) or len(np.unique(labels)) != n_classes:
        raise ValueError(f"The model has {n_classes} classes, but classes is {labels.tolist()}.")
    _keras.check_answers(model, image_shape, n_classes, "The model")
    temperature, shift = metadata.get("temperature_", 1.0), metadata.get("test_time_shift", 0)
    if metadata:
        with naming(Path(source)), damaged("its metadata are damaged"):
            check_adjustments(temperature, shift, image_shape)
    classifier = CNNClassifier(
        KerasNetwork(json.dumps(essentials(json.loads(core.to_json())))),
        standardize=standardize,
        test_time_shift=shift,
    )
    classifier.n_features_in_ = int(np.prod(image_shape))
    classifier._set_fitted(
        _keras.TrainedNetwork.from_model(model, np.argsort(labels)),
        np.sort(labels),
        image_shape,
        history={"loss": []},
        temperature=temperature,
        seed_entropy=0,
    )
    return classifier


def _check_ending(path: Path) -> None:
    if path.suffix not in (".keras", *_HDF5):
        raise ValueError(f"The path must end with .keras or .h5, got {str(path)!r}.")


def _check_room(folder: Path, n_bytes: int) -> None:
    """Raise an error for an almost full disk, because the HDF5 library would end the process."""
    if shutil.disk_usage(folder).free < n_bytes + _ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """Return the model in a file, and the metadata from :func:`to_keras`."""
    _check_ending(path)
    import keras

    path.open("rb").close()  # or a descriptive OSError
    with naming(path), damaged("not a whole Keras model, or a damaged one"):
        config, metadata = (_texts_in_hdf5 if path.suffix in _HDF5 else _texts_in_zip)(path)
        foreign = custom_objects_in(json.loads(config))
        known = {} if metadata is None else _known(json.loads(metadata))
    if foreign:
        raise LoadError(
            f"{str(path)!r} has layers that are not Keras' own: {', '.join(foreign)}. If you trust "
            "it, load it with keras.saving.load_model and pass the model."
        )
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True), known
    except Exception as error:
        raise LoadError(f"{str(path)!r} cannot be loaded: {error}") from error


def _known(metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "labels": read_labels(metadata),
        "temperature_": float(metadata["temperature_"]),
        "test_time_shift": int(metadata["test_time_shift"]),
    }


def _texts_in_zip(path: Path) -> tuple[str, str | None]:
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        for name in ("config.json", MEMBER):
            if name in infos and infos[name].file_size > _LONGEST:
                raise ValueError(f"its {name!r} is far too long")
        metadata = archive.read(MEMBER).decode() if MEMBER in infos else None
        return archive.read("config.json").decode(), metadata


def _texts_in_hdf5(path: Path) -> tuple[str, str | None]:
    import h5py

    with h5py.File(path) as file:
        return file.attrs["model_config"], file.attrs.get(KEY)
