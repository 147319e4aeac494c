"""Detection of augmentation that has no effect.

Training images carry a recipe. A pipeline step that makes a new array, or a classifier that does
not use recipes, drops it silently. Therefore fitting a pipeline checks the steps after an augmenter
and watches its images until their recipe is read.
"""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

# These methods return the transformed images to the caller; the others do not.
_PASSING_ON = ("fit_transform", "fit_resample")
_FITTING = (*_PASSING_ON, "fit", "fit_predict", "partial_fit")
# A pipeline's own methods, and scikit-learn's decorator of them.
_OF_PIPELINES = (*_FITTING, "_fit", "wrapper")
_SCIKIT_LEARN = ("imblearn", "joblib", "sklearn")


class AugmentationLostWarning(UserWarning):
    """Issued when training images should be augmented, but are not.

    :class:`skhcr.ImageAugmenter` adds a recipe to its images, and :class:`skhcr.CNNClassifier` uses
    it. The recipe is lost if a step between the two makes a new array of the images, or if the last
    step is another classifier. The warning names both steps.

    See Also
    --------
    skhcr.AugmentingSampler : Augments for classifiers that do not augment images.
    """


class Watch:
    """The state shared by all arrays derived from one augmented array; deleted with the last one.

    Parameters
    ----------
    step : str
        The name of the augmenter's step.
    pipelines : list of Pipeline
        The pipelines that the images go through.

    Attributes
    ----------
    step : str
    is_settled : bool
        Whether the recipe was read, or can no longer be watched.
    """

    def __init__(self, step: str, pipelines: list[Pipeline]) -> None:
        self.is_settled = False
        self.step = step
        self._pipelines = [weakref.ref(pipeline) for pipeline in pipelines]

    def __del__(self) -> None:
        # The images of a failed fit are deleted elsewhere, with the error.
        frame = sys._getframe().f_back
        if self.is_settled or frame is None or not _is_of(_SCIKIT_LEARN, frame):
            return
        pipelines = [pipeline() for pipeline in self._pipelines]
        for frame in _frames():
            if frame.f_code.co_name in _OF_PIPELINES:
                owner = _owner(frame)
                if isinstance(owner, Pipeline) and any(owner is one for one in pipelines):
                    _warn_of_step(self.step, *owner.steps[_place(frame)])
                    return


def watch() -> Watch | None:
    """Return a watch over the images of a pipeline's step; None where nothing can be lost.

    Where a step behind it is certain to lose them, it warns at once and returns None.
    """
    running = list(_running_pipelines())
    behind = [
        (name, step)
        for pipeline, place, _ in running
        for name, step in pipeline.steps[place + 1 :]
        if step is not None and step != "passthrough"
    ]
    if not behind:
        return None
    is_training = running[-1].method not in _PASSING_ON
    last = running[-1].pipeline.steps[-1][1]
    if is_training and (not hasattr(last, "predict") or isinstance(last, FrozenEstimator)):
        return None
    pipeline, place, _ = running[0]
    name_of_step = pipeline.steps[place][0]
    for name, step in behind:
        if _is_certain_to_lose(step, is_predictor=is_training and step is last):
            _warn_of_step(name_of_step, name, step)
            return None
    return Watch(name_of_step, [pipeline for pipeline, _, _ in running])


class _Running(NamedTuple):
    pipeline: Pipeline
    place: int  # of the step that runs
    method: str


def _running_pipelines() -> Iterator[_Running]:
    """Yield the pipelines that process the images of the running step, innermost first."""
    place = -1
    for frame in _frames():
        name = frame.f_code.co_name
        owner = _owner(frame) if name in (*_FITTING, "_fit") else None
        if isinstance(owner, Pipeline):
            if name == "_fit":
                place = _place(frame, place)
            else:
                yield _Running(owner, place % len(owner.steps), name)
                place = -1
        if name in _FITTING and name not in _PASSING_ON:
            return


def _is_certain_to_lose(step: Any, *, is_predictor: bool) -> bool:
    """Return whether a step is purely scikit-learn, which makes new arrays and does not augment."""
    from sklearn.compose import ColumnTransformer  # not worth the time where nothing is fitted

    may_pass_on = (ColumnTransformer, FeatureUnion, FrozenEstimator, FunctionTransformer, Pipeline)
    if not _of_scikit_learn(step) or (isinstance(step, may_pass_on) and not is_predictor):
        return False
    params = step.get_params()
    if any(name.rpartition("__")[2].startswith("param_") for name in params):
        return False  # a search, which may try other estimators
    return all(_of_scikit_learn(part) for part in params.values() if hasattr(part, "fit"))


def _of_scikit_learn(part: Any) -> bool:
    return type(part).__module__.startswith("sklearn.")


def _warn_of_step(augmenter: str, name: str, step: Any) -> None:
    warn_of_loss(
        f"The augmentation of the step {augmenter!r} is lost in the step {name!r} "
        f"({type(step).__name__}), which makes a new array of the images or does not augment "
        "them: training uses unaugmented images. Put ImageAugmenter directly before "
        "CNNClassifier. If you need steps between them, pass it to the classifier: "
        "CNNClassifier(augmenter=ImageAugmenter(...)). For classifiers that do not augment "
        "images, use AugmentingSampler in an imbalanced-learn pipeline."
    )


def warn_of_loss(message: str) -> None:
    """Warn with the location of the user's line that called the libraries."""
    level = 2
    for frame in _frames():
        if not _is_of((*_SCIKIT_LEARN, "numpy", "pickle", "skhcr"), frame):
            break
        level += 1
    warnings.warn(message, AugmentationLostWarning, stacklevel=level)


def arguments_of_cached_call() -> list[Any] | None:
    """Return the arguments of the call whose result joblib's cache stores or loads, if any."""
    for frame in _frames():
        if _is_of(("joblib",), frame) and frame.f_code.co_name == "_cached_call":
            return [*frame.f_locals["args"], *frame.f_locals["kwargs"].values()]
    return None


def _frames() -> Iterator[FrameType]:
    """Yield the frames above the iterating function, innermost first."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_of(packages: tuple[str, ...], frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in packages


def _owner(frame: FrameType) -> Any:
    """Return the first argument of a function, which is the object for a method."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


def _place(frame: FrameType, otherwise: int = -1) -> int:
    """Return the current step of a pipeline's method, if known."""
    return frame.f_locals.get("step_idx", otherwise)
