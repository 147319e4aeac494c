"""The contents of the page: an image's labels, the network's input, and its saliency."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .._one_writer import LetterFeatures
from .._unknown import proba_and_unknown
from .._unwrap import fitted_steps, transformed
from ..classifier import CNNClassifier
from ..images import ImageLoader, InkNormalizer
from ..images._known_count import known_count
from ..merging import MergedLabels
from ..pages import PageReading, read_page
from ..persistence import ExportedClassifier
from ..writers import read_together

_N_LABELS = 5
_READERS = (ImageLoader, InkNormalizer)


class Reading(NamedTuple):
    """The result for an image.

    Attributes
    ----------
    labels : dict of str to float
        The most probable labels, each with its text if there is one, and their probabilities. Empty
        if no ink was found.
    seen : ndarray of shape (height, width) or (height, width, 3), uint8
        The input of the network.
    probabilities : ndarray of shape (n_classes,) or None
        Those of all labels; None if no ink was found.
    unknown : bool
        Whether it looks like none of the model's letters, so that labels are guesses.
    several : bool
        Whether it probably shows several characters.
    """

    labels: dict[str, float]
    seen: np.ndarray
    probabilities: np.ndarray | None
    unknown: bool = False
    several: bool = False


class Reader:
    """A model that classifies images of any kind, one by one.

    Parameters
    ----------
    model : Pipeline, search, ExportedClassifier or MergedLabels
        A fitted pipeline that begins with an :class:`skhcr.InkNormalizer` or
        :class:`skhcr.ImageLoader` and ends in a :class:`skhcr.CNNClassifier`, a search over one, an
        exported one, or one of these in :class:`skhcr.MergedLabels`. With an InkNormalizer, it
        accepts both dark and light ink.
    texts : mapping of str to str, default=None
        Texts to show beside labels.
    mark_unknown : bool, default=True
        Whether to mark images that look like none of the letters, if the model supports it.

    Raises
    ------
    TypeError
        If the model is none of these.
    """

    def __init__(
        self, model: Any, texts: Mapping[str, str] | None = None, *, mark_unknown: bool = True
    ) -> None:
        self._answers = model
        self._mark_unknown = mark_unknown
        if isinstance(model, MergedLabels):
            model = getattr(model, "estimator_", model.estimator)
        self._steps = fitted_steps(model)
        first, last = self._steps[0], self._steps[-1]
        is_pipeline = isinstance(first, _READERS) and isinstance(last, CNNClassifier)
        if not is_pipeline and not isinstance(model, ExportedClassifier):
            raise TypeError(
                "The page needs a pipeline that begins with an InkNormalizer or ImageLoader and "
                f"ends in a CNNClassifier, or an exported one; got {model!r}."
            )
        self.model = model
        self.has_network = is_pipeline
        self.texts = dict(texts or {})

    def read(self, image: Any) -> Reading:
        """Classify one image: a path, a PIL image, or any other input of the model.

        Raises
        ------
        skhcr.ImageLoadError
            If it cannot be read.
        """
        if self.has_network:
            seen, is_blank, is_several = self._seen(image)
        else:
            seen = self.model.transform([image])
            is_blank, is_several = len(self.model.blank_) > 0, len(self.model.several_) > 0
        pixels = np.clip(seen[0], 0, 255).astype(np.uint8)
        shown = pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels
        if is_blank:
            return Reading({}, shown, None)
        with known_count():
            (probabilities,), is_unknown = proba_and_unknown(self._answers, [image])
        unknown = self._mark_unknown and is_unknown is not None and bool(is_unknown[0])
        return Reading(self._labels(probabilities), shown, probabilities, unknown, is_several)

    @property
    def labels(self) -> list[str]:
        """All labels that the model knows."""
        return [str(label) for label in self._answers.classes_]

    def best(self, reading: Reading) -> tuple[str, float | None]:
        """Return the label of a result, and its probability; None if no ink was found."""
        if reading.probabilities is None:
            return "", None
        code = int(reading.probabilities.argmax())
        return self.labels[code], float(reading.probabilities[code])

    def read_together(self, readings: Sequence[Reading]) -> list[Reading]:
        """Return the results for one writer's letters, classified together."""
        alone = [one.probabilities for one in readings if one.probabilities is not None]
        if not alone:
            return list(readings)
        seen = [one.seen for one in readings if one.probabilities is not None]
        features = self._features(np.stack(seen))
        together = iter(read_together(np.stack(alone), features=features))
        return [
            reading
            if reading.probabilities is None
            else reading._replace(
                labels=self._labels(probabilities := next(together)), probabilities=probabilities
            )
            for reading in readings
        ]

    def read_page(
        self, image: Any, direction: Literal["ltr", "rtl"] | None, allowed: Sequence[str] | None
    ) -> tuple[PageReading, np.ndarray]:
        """Read a whole page; return the result, and the upright pixels in RGB.

        Raises
        ------
        skhcr.ImageLoadError
            If it cannot be read.
        ValueError
            If the model does not have an allowed label.
        """
        limit = getattr(self._steps[0], "max_pixels", None)
        reading = read_page(
            self._answers, image, direction=direction, allowed=allowed, max_pixels=limit
        )
        pixels = ImageLoader(None, mode="RGB", max_pixels=limit).transform([image])[0]
        return reading, pixels

    def saliency(self, image: Any) -> np.ndarray:
        """Return the saliency map of the predicted label, as an RGB picture."""
        import io

        from matplotlib.figure import Figure
        from PIL import Image

        from ..inspection import SaliencyDisplay

        figure = Figure(figsize=(3, 3))
        axes = figure.add_axes((0, 0, 1, 1))  # without a frame, which the page may have in black
        SaliencyDisplay.from_estimator(self.model, [image], ax=axes, text_kw={"visible": False})
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=120)
        return np.asarray(Image.open(file).convert("RGB"))

    def _labels(self, probabilities: np.ndarray) -> dict[str, float]:
        best = np.argsort(-probabilities, kind="stable")[:_N_LABELS]
        return {self._name(code): float(probabilities[code]) for code in best}

    def _seen(self, image: Any) -> tuple[np.ndarray, bool, bool]:
        """Return the network's input, whether no ink was found in it, and whether several were."""
        images: Any = [image]
        is_blank = is_several = False
        for step in self._steps:
            if isinstance(step, InkNormalizer):
                # Other threads may use it at the same time, and it records blank images.
                step = copy.copy(step).set_params(on_blank="ignore", on_several="ignore")
                images = step.transform(images)
                is_blank |= len(step.blank_) > 0
                is_several |= len(step.several_) > 0
            elif isinstance(step, ImageLoader):  # other steps may scale the image
                images = step.transform(images)
        return images.reshape(1, *self._steps[-1].image_shape_), is_blank, is_several

    def _features(self, seen: np.ndarray) -> LetterFeatures | None:
        """Return the features of network inputs; None if they do not fit the probabilities."""
        if isinstance(self._answers, MergedLabels):
            return None
        if not self.has_network:
            seen = seen.reshape(-1, *self.model.image_shape_)
            return self.model._outputs_for(seen, with_features=True).features
        *before, last = self._steps
        after_readers = [step for step in before if not isinstance(step, _READERS)]
        return last._outputs(transformed(after_readers, seen), True).features

    def _name(self, code: int) -> str:
        label = str(self._answers.classes_[code])
        return f"{label} – {self.texts[label]}" if label in self.texts else label
