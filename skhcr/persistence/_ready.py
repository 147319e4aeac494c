"""The prediction part of a saved pipeline: a member beside the estimator, without scikit-learn.

The network's weights and the parameters of the scores are those of the estimator in the archive;
nothing is stored twice.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from .._answering._convert import to_onnx
from .._answering._engine import Engine
from .._answering._graph import CannotConvert
from .._answers import check_adjustments
from .._calibration import with_temperature
from .._normality import (
    Normality,
    check_normality,
    in_double_precision,
    letter_features,
    normality,
    prototypes,
)
from ._archive import LoadError, archive_in, check_members, damaged
from ._arrays import array_from_json
from ._schema import arrays_in, check_array, networks_in

MEMBER = "answers.json"
ESTIMATOR = "estimator.skops"
_BATCH = 64
_LONGEST = 10_000_000


def ready_member(
    metadata: str,
    estimator: bytes,
    *,
    scaled: bool,
    shift: int,
    temperature: float,
    scores: Normality | None,
) -> dict[str, bytes]:
    """Return the member of an estimator with one network; empty if that is not supported.

    Parameters
    ----------
    metadata : str
        Labels and image reading settings, as JSON.
    estimator : bytes
        The estimator, as written by skops.
    scaled : bool
        Whether pixels are divided by 255 before the network.
    shift, temperature : int, float
        `test_time_shift` and `temperature_` of the classifier.
    scores : mapping of str to ndarray, or None
        The parameters of the classifier's scores.
    """
    networks = networks_in(estimator)
    if len(networks) != 1:
        return {}
    (network,) = networks
    if untranslated(estimator):
        return {}
    of_answers: dict[str, Any] = {
        "scaled": scaled,
        "test_time_shift": int(shift),
        "temperature": temperature,
    }
    if scores is not None:
        of_answers["normality"] = arrays_in(estimator, scores)
    return {MEMBER: json.dumps({**json.loads(metadata), **network, **of_answers}).encode()}


def untranslated(estimator: bytes) -> list[str]:
    """Return the parts of an estimator's networks that ONNX Runtime cannot run."""
    found = []
    for network in networks_in(estimator):
        try:
            to_onnx(network["config"], _weights(estimator, network["weights"]))
        except CannotConvert as error:
            found.append(str(error))
    return found


class SavedNetwork:
    """The network of a saved pipeline, with preprocessing and postprocessing.

    Parameters
    ----------
    data : bytes
        The contents of the file.

    Attributes
    ----------
    metadata : str
        Labels and image reading settings, as JSON.
    prototypes : ndarray of shape (n_classes, n_features), or None
        What the features are compared with; None without features.
    """

    def __init__(self, data: bytes) -> None:
        _, members = archive_in(data)
        if MEMBER not in members or ESTIMATOR not in members:
            raise LoadError("it contains an estimator that only skhcr.load supports")
        if len(members[MEMBER]) > _LONGEST:
            raise LoadError("its metadata are far too long")
        with damaged("its metadata are damaged"):
            self.metadata = members[MEMBER].decode()
            known = json.loads(self.metadata)
            self._scaled = bool(known["scaled"])
            self._shift, self._temperature = known["test_time_shift"], known["temperature"]
            weights = _weights(members[ESTIMATOR], known["weights"])
            self._engine = Engine(known["config"], weights)
            check_adjustments(self._temperature, self._shift, self._engine.image_shape)
            self._normality = _normality(known, members[ESTIMATOR], self._engine.n_features)
            self._n_classes = max(self._engine.n_outputs, 2)
            self.prototypes = prototypes(self._normality, self._n_classes)

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return the outputs of an exported network, for float32 images."""
        images = images / np.float32(255) if self._scaled else images
        answers = self._engine.predict(images, _BATCH, shift=self._shift)
        outputs = {"probabilities": with_temperature(answers, self._temperature)}
        if self._normality is not None:
            features = self._engine.features(images, _BATCH)
            outputs["score"] = normality(self._normality, features)
            letters = letter_features(self._normality, features, self._n_classes)
            if letters is not None:
                outputs["whitened_features"] = letters.letters
        return outputs


def _normality(known: dict[str, Any], estimator: bytes, n_features: int) -> Normality | None:
    """Return the parameters of the scores; None if the file has none."""
    if "normality" not in known:
        return None
    described = known["normality"]
    if all(isinstance(name, str) for name in described.values()):
        arrays = _weights(estimator, list(described.values()))
        kept = dict(zip(described, arrays, strict=True))
    else:  # of an earlier version
        kept = {name: array_from_json(array) for name, array in described.items()}
    check_normality(kept, known["offset"])
    if kept["mean"].size + 1 != n_features:
        raise LoadError(f"its scores do not match the {n_features} features of its network")
    return in_double_precision(kept)


def is_ready(file: IO[bytes]) -> bool:
    """Return whether there is such a member in a file, without reading it."""
    try:
        with zipfile.ZipFile(file) as archive:
            return MEMBER in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _weights(estimator: bytes, names: Any) -> list[np.ndarray]:
    """Return arrays written by skops."""
    with zipfile.ZipFile(io.BytesIO(estimator)) as archive:
        check_members(archive, len(estimator))
        contents: Mapping[str, bytes] = {name: archive.read(name) for name in set(names)}
    if len(contents) < len(names):
        raise LoadError("an array is used for the weights of several layers")
    for name, content in contents.items():
        check_array(name, content)
    return [np.load(io.BytesIO(contents[name]), allow_pickle=False) for name in names]
