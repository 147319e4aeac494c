"""Predefined spaces to search."""

from __future__ import annotations

from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ..classifier import CNNClassifier
from ..images import ImageAugmenter
from ..networks import CNN, ResNet

# The estimator that each space tunes, and its parameters.
_SPACES: dict[str, tuple[type, dict[str, Any]]] = {
    "resnet": (
        CNNClassifier,
        {
            "model": [ResNet()],
            "model__width": IntDistribution(8, 32, step=4),
            "model__depth": [(0, 0, 1), (0, 1, 1), (1, 1, 1), (0, 1, 2)],
            "model__stem_stride": CategoricalDistribution([1, 2]),
            "model__head": CategoricalDistribution(["flatten", "average"]),
            "model__dropout": FloatDistribution(0.0, 0.4),
        },
    ),
    "cnn": (
        CNNClassifier,
        {
            "model": [CNN(padding="same")],
            "model__filters": [(16, 32, 64), (32, 64), (32, 64, 128), ((32, 32), (64, 64))],
            "model__kernel_size": CategoricalDistribution([3, 5]),
            "model__batch_norm": CategoricalDistribution([True, False]),
            "model__dense": [(), (128,), (256,)],
            "model__dropout": FloatDistribution(0.0, 0.6),
        },
    ),
    "recipe": (
        CNNClassifier,
        {
            "learning_rate": FloatDistribution(1e-3, 3e-2, log=True),
            "weight_decay": FloatDistribution(1e-3, 0.2, log=True),
            "label_smoothing": FloatDistribution(0.0, 0.2),
            "batch_size": CategoricalDistribution(["auto", 32, 128]),
        },
    ),
    "augmentation": (
        ImageAugmenter,
        {
            "rotation": FloatDistribution(0.0, 30.0),
            "translation": FloatDistribution(0.0, 0.2),
            "zoom": FloatDistribution(0.0, 0.3),
            "shear": FloatDistribution(0.0, 0.4),
            "elastic": FloatDistribution(0.0, 1.0),
        },
    ),
}


def search_space(*names: str, estimator: Any = None) -> dict[str, BaseDistribution | list[Any]]:
    """Return predefined ``param_distributions`` for :class:`OptunaSearchCV`.

    Parameters
    ----------
    *names : {"resnet", "cnn", "recipe", "augmentation"}
        The spaces: width, depth and head of a residual network; blocks and layers of a plain one;
        learning rate, weight decay, label smoothing and batch size; the amounts of augmentation. At
        most one network.
    estimator : estimator, default=None
        The classifier or pipeline to tune; its step names are the prefixes of the parameters. None
        stands for ``make_pipeline(..., ImageAugmenter(), CNNClassifier())``.

    Returns
    -------
    dict
        Distributions by parameter name. You can change and merge them.

    Raises
    ------
    ValueError
        If a name is unknown, or the estimator has no step that the space tunes.

    Examples
    --------
    >>> from skhcr import CNNClassifier
    >>> from skhcr.model_selection import search_space
    >>> list(search_space("recipe", estimator=CNNClassifier()))
    ['learning_rate', 'weight_decay', 'label_smoothing', 'batch_size']
    >>> space = search_space("resnet", "augmentation") | {"imageloader__size": [(28, 28), (32, 32)]}
    >>> sorted(space)[:3]
    ['cnnclassifier__model', 'cnnclassifier__model__depth', 'cnnclassifier__model__dropout']
    """
    space: dict[str, BaseDistribution | list[Any]] = {}
    for name in names:
        if name not in _SPACES:
            raise ValueError(f"There is no space {name!r}, only {', '.join(sorted(_SPACES))}.")
        kind, parameters = _SPACES[name]
        prefix = _prefix(kind, name, estimator)
        space |= {f"{prefix}{parameter}": choice for parameter, choice in parameters.items()}
    return space


def _prefix(kind: type, space: str, estimator: Any) -> str:
    if estimator is None:
        return f"{kind.__name__.lower()}__"
    if isinstance(estimator, kind):
        return ""
    for name, part in estimator.get_params().items():
        if isinstance(part, kind):
            return f"{name}__"
    raise ValueError(f"The space {space!r} tunes {kind.__name__}; {estimator!r} has none.")
