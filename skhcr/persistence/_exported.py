"""``load_exported``: predictions of exported and saved networks, without TensorFlow.

Nothing here imports scikit-learn either, so that a cold start is fast.
"""

from __future__ import annotations

import json
import os
import reprlib
import threading
from pathlib import Path
from typing import Any

import numpy as np

from .._answers import check_probabilities
from .._normality import DIGITS
from .._one_writer import LetterFeatures
from .._outputs import Outputs
from ..images._flat import as_images
from ..images._ink_version import warn_of_earlier_version
from ._archive import LoadError, check_format, damaged, naming
from ._labels import read_labels
from ._reading import read_reading
from ._ready import is_ready
from ._runtimes import is_archive, open_network

FORMAT = 1
_BATCH = 256


def load_exported(path: str | os.PathLike[str]) -> ExportedClassifier:
    """Load an exported file, or the prediction part of a saved pipeline.

    Needs neither TensorFlow nor scikit-learn: ONNX files need onnxruntime, LiteRT files need
    ai-edge-litert, and reading images needs Pillow (also SciPy, if the pipeline has an
    :class:`skhcr.InkNormalizer`). onnxruntime is several times as fast as LiteRT.

    Parameters
    ----------
    path : path
        An ONNX or LiteRT file, or a :func:`save` file of a pipeline that can be exported; the
        format is detected from the contents.

    Returns
    -------
    ExportedClassifier
        With ``predict``, ``predict_proba`` and ``classes_``; and with ``score_samples`` and
        ``offset_`` if the classifier had them.

    Raises
    ------
    LoadError
        If it is not such a file, or damaged: its SHA-256 is checked.
    ImportError
        If the runtime is not installed.
    OSError
        If it cannot be read.

    See Also
    --------
    export : Write such a file.

    Notes
    -----
    The runtime parses the network of an ONNX or LiteRT file. A crafted ``.tflite`` file can abort
    the process: load untrusted ones in a process of their own.
    """
    path = Path(path).expanduser()
    data = path.read_bytes()
    with naming(path):
        return ExportedClassifier(data)


def can_load_exported(path: str | os.PathLike[str]) -> bool:
    """Return whether :func:`load_exported` supports a file.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    bool
        False for a :func:`save` file of an estimator that cannot be exported, or of an earlier
        version. The file's integrity is not checked.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with Path(path).expanduser().open("rb") as file:
        return not is_archive(file.read(4)) or is_ready(file)


class ExportedClassifier:
    """A network in another runtime with the same predictions as the exported pipeline.

    Threads can share it, and it supports pickling.

    Parameters
    ----------
    data : bytes
        The contents of the file.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    image_shape_ : tuple of int
        Height, width and channels of the network's input.
    offset_ : float
        Images with a lower score are probably none of the letters. Not available for classifiers
        without scores.
    max_pixels : int or None
        Images with more pixels are refused without decoding. None, the initial value, stands for
        the limit of the pipeline, or for ``PIL.Image.MAX_IMAGE_PIXELS`` if the pipeline has none.
        You can set it.
    blank_ : ndarray of int
        Indices of the images in the latest call of this thread in which the pipeline's
        :class:`skhcr.InkNormalizer` found no ink. Their predictions are meaningless.
    several_ : ndarray of int
        Indices of the images in the latest call of this thread in which it probably found several
        characters. :func:`skhcr.pages.read_page` reads these.
    """

    def __init__(self, data: bytes) -> None:
        self._open(data)
        warn_of_earlier_version(self._reading.ink_version, stacklevel=3)

    def _open(self, data: bytes) -> None:
        self.max_pixels: int | None = None
        self._data = data
        self._latest = threading.local()
        self._run, text, self._prototypes, self._is_onnx = open_network(data)
        with damaged("its metadata are damaged"):
            metadata = json.loads(text)
            check_format(metadata["format"], FORMAT)
            self.classes_ = read_labels(metadata)
            self._reading = read_reading(metadata)
            self.image_shape_ = self._reading.image_shape
            offset = metadata.get("offset")
        if offset is not None:
            if not isinstance(offset, float) or not np.isfinite(offset):
                raise LoadError("its threshold of scores is not a number")
            self.offset_ = offset
        with damaged(f"its network does not accept images of shape {self.image_shape_}"):
            outputs = self._run(np.zeros((1, *self.image_shape_), np.float32))
            found = {name: values.shape for name, values in outputs.items()}
        expected = self._expected_shapes()
        if found != expected:
            raise LoadError(
                f"its network returns shapes {found}, but its metadata describe {expected}"
            )

    def _expected_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the outputs for one image, according to the metadata."""
        n_classes = len(self.classes_)
        shapes: dict[str, tuple[int, ...]] = {"probabilities": (1, n_classes)}
        if hasattr(self, "offset_"):
            shapes["score"] = (1,)
        if self._prototypes is not None:
            is_right = self._prototypes.ndim == 2 and len(self._prototypes) == n_classes
            if not is_right or not np.isfinite(self._prototypes).all():
                raise LoadError("its prototypes do not match its labels, or are not finite")
            shapes["whitened_features"] = (1, self._prototypes.shape[1])
        return shapes

    def __repr__(self) -> str:
        labels = reprlib.repr(self.classes_.tolist())
        return f"{type(self).__name__}(classes_={labels}, image_shape_={self.image_shape_})"

    def onnx_file(self) -> bytes:
        """Return the contents of the ONNX file from which this was loaded.

        Returns
        -------
        bytes
            The contents.

        Raises
        ------
        TypeError
            If it was loaded from a file of another format.
        """
        if not self._is_onnx:
            raise TypeError(
                "This model was not loaded from an ONNX file. Load the pipeline with skhcr.load "
                "instead, or export it to ONNX first."
            )
        return self._data

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._data,), {"max_pixels": self.max_pixels}

    @property
    def blank_(self) -> np.ndarray:
        return np.array(getattr(self._latest, "blank", []), dtype=np.intp)

    @property
    def several_(self) -> np.ndarray:
        return np.array(getattr(self._latest, "several", []), dtype=np.intp)

    @property
    def _looks_for_ink(self) -> bool:
        return any(reader.finds_ink for reader in self._reading.readers)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class.

        Parameters
        ----------
        X : sequence of images, or array
            Images of all kinds supported by the exported pipeline: files if it began with an
            :class:`skhcr.ImageLoader` or :class:`skhcr.InkNormalizer`, arrays otherwise.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Rows that sum to 1, columns in the order of ``classes_``.

        Raises
        ------
        skhcr.ImageLoadError
            If images cannot be read. The error lists them.
        ValueError
            If they do not have the shape of the network's input, or its output is not
            probabilities.
        """
        return self._outputs(X).probabilities

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the similarity of images to the training images.

        Parameters
        ----------
        X : sequence of images, or array
            Images, see :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n,), float64
            Higher is more normal, see :meth:`skhcr.CNNClassifier.score_samples`.

        Raises
        ------
        AttributeError
            If the file has no scores.
        """
        scores = self._outputs(X).scores if hasattr(self, "offset_") else None
        if scores is None:
            raise AttributeError(
                "This file has no normality scores: the classifier had none, or an earlier "
                "version of skhcr exported it."
            )
        return scores

    def _outputs(self, X: Any, with_features: bool = False) -> Outputs:
        return self._outputs_for(self.transform(X), with_features)

    def _outputs_for(self, images: np.ndarray, with_features: bool) -> Outputs:
        """Return the outputs for the network's inputs."""
        found = self._compute(images, with_features)
        probabilities = found["probabilities"]
        check_probabilities(probabilities)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        scores = np.round(found["score"], DIGITS) if "score" in found else None
        features = None
        if with_features and self._prototypes is not None:
            prototypes = self._prototypes.astype(np.float64)
            features = LetterFeatures(found["whitened_features"], prototypes)
        return Outputs(probabilities, scores, features)

    def _compute(self, images: np.ndarray, with_features: bool = False) -> dict[str, np.ndarray]:
        """Return the network's outputs for its inputs, in double precision."""
        parts = []
        for start in range(0, len(images), _BATCH):
            found = self._run(images[start : start + _BATCH].astype(np.float32))
            if not with_features:  # they would need the most memory
                found.pop("whitened_features", None)
            parts.append(found)
        names = parts[0].keys()
        return {
            name: np.concatenate([part[name] for part in parts]).astype(np.float64)
            for name in names
        }

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of every image.

        Parameters
        ----------
        X : sequence of images, or array
            Images.

        Returns
        -------
        ndarray of shape (n,)
            Labels, of the same type as in the pipeline's training.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def transform(self, X: Any) -> np.ndarray:
        """Return the network's input for images.

        Parameters
        ----------
        X : sequence of images, or array
            Images.

        Returns
        -------
        ndarray of shape (n, height, width, channels)
            Gray levels or colors.
        """
        self._latest.blank = self._latest.several = []
        if self._reading.readers:
            images = self._read(X)
        else:
            images = np.asarray(X)
            if images.dtype != np.uint8 and self._reading.takes_uint8_only:
                raise ValueError(f"X must be images of dtype uint8, got {images.dtype}.")
            if images.dtype.kind not in "buif" or not np.isfinite(images).all():
                raise ValueError(
                    "X must contain only finite numbers, but has NaN, infinity or other values."
                )
        height, width, channels = self.image_shape_
        if images.shape[1:] == (self._reading.n_features,):
            images = as_images(images, self.image_shape_)
        elif channels == 1 and images.shape[1:] == (height, width):
            images = images[..., np.newaxis]
        if images.shape[1:] != self.image_shape_ or not len(images):
            raise ValueError(
                f"X must contain images of shape {self.image_shape_} (height, width, channels), "
                f"got an array of shape {images.shape}."
            )
        return images

    def _read(self, X: Any) -> np.ndarray:
        from ..images._errors import ImageFailure, ImageLoadError
        from ..images._sources import as_items, describe

        items = as_items(X)
        images, failures, blank, several = [], [], set(), set()
        for index, item in enumerate(items):
            image = item
            try:
                for reader in self._reading.readers:
                    image, _, is_several = reader.read(image, self.max_pixels)
                    if reader.finds_ink and not image.any():
                        blank.add(index)
                    if is_several:
                        several.add(index)
            except Exception as error:
                cause = error.with_traceback(None)
                failures.append(ImageFailure(index, describe(item), cause))
            images.append(image)
        if failures:
            advice = "Remove these items: exported models have no on_error."
            raise ImageLoadError(failures, len(items), advice) from failures[0].cause
        self._latest.blank, self._latest.several = sorted(blank), sorted(several)
        pixels = np.stack(images)
        return pixels.reshape(len(pixels), -1) if self._reading.flat else pixels


def _unpickled(data: bytes) -> ExportedClassifier:
    """Return a copy, without repeating the warnings of its original."""
    exported = ExportedClassifier.__new__(ExportedClassifier)
    exported._open(data)
    return exported
