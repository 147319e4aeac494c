"""The classifier: scikit-learn outside, Keras inside."""

from __future__ import annotations

import os
import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ._calibration import best_temperature, with_temperature
from ._compat import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    with_callbacks,
)
from ._epoch_report import epoch_report
from ._examples import Examples, check_labels, encode, row_weights, split_examples
from ._images_in import check_images, images_of_shape, infer_image_shape
from ._rollback import all_or_nothing
from .images import AugmentedImages
from .networks import get_network

if TYPE_CHECKING:
    import keras

    from . import _keras


class CNNClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Convolutional network that classifies images of characters.

    A scikit-learn classifier: it clones, searches, cross-validates and pickles like any other,
    while a Keras network does the seeing. Images are taken as scikit-learn users have them: uint8
    or float, of any scale, as ``(n, height, width)``, ``(n, height, width, channels)`` or flat
    ``(n, n_pixels)``.

    Parameters
    ----------
    model : str, network object or callable, default="resnet"
        The network: the name of a preset (see :func:`skhcr.networks.list_networks`), a parameter
        object such as :class:`skhcr.networks.CNN`, :class:`skhcr.networks.ResNet` or
        :class:`skhcr.networks.Transfer`, whose parameters can be searched as ``model__filters`` and
        the like, or a function ``f(meta, ...)`` that returns a Keras model for
        ``meta["image_shape_"]`` and ``meta["n_classes_"]``, in scikeras' convention. Bind further
        arguments of a function with :func:`functools.partial`.
    optimizer : str, keras.optimizers.Optimizer or class, default="adamw"
        What updates the weights. An instance is copied for every fit.
    learning_rate : float or None, default=1e-2
        The learning rate; with ``schedule="onecycle"`` its peak. None keeps the optimizer's own.
    weight_decay : float or None, default=0.05
        Decoupled weight decay of all weights but biases and batch normalization. None keeps the
        optimizer's own, 0 turns it off.
    schedule : {"onecycle", "plateau", "constant"}, default="onecycle"
        How the learning rate moves. "onecycle" rises over a quarter of the steps and falls along a
        cosine [1]_. "plateau" halves the rate after 3 epochs in which the validation loss (the
        training loss without validation rows) did not improve.
    epochs : int, default=30
        Passes over the training rows.
    batch_size : int, default=64
        Largest number of rows in an update, and in a step of ``predict``.
    label_smoothing : float, default=0.1
        Share of a label's weight that is spread over all classes [2]_.
    calibrate : bool, default=False
        Whether to hold rows out, as early stopping does, and to divide the logarithms of all
        probabilities by the temperature that makes them fit those rows, by their weights, best
        [3]_. This changes no label, only how certain the network says it is.
    test_time_shift : int, default=0
        Largest shift, in pixels, in test-time augmentation: probabilities are the average over the
        image and its copies moved by up to so many pixels in both directions, (2 * shift + 1)**2
        views in all. 1 makes prediction nine times as expensive and usually a little better.
    early_stopping : bool, default=False
        Whether to stop after `patience` epochs without a better validation loss. By default all
        rows are trained on and none is held out.
    validation_fraction : float, default=0.1
        Share of the rows that early stopping and calibration hold out, stratified, and by whole
        `groups` where they are given. Not used where ``X_val`` is passed to ``fit``.
    patience : int, default=5
        Epochs without a better validation loss after which early stopping stops.
    restore_best_weights : bool, default=True
        Whether early stopping returns to the weights of the best epoch; in a fit that goes on, to
        those that it began with, where no epoch is better.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with ``sample_weight``.
    standardize : bool, default=True
        Whether to subtract the training images' mean and divide by their standard deviation,
        channel by channel. The values become part of the network.
    image_shape : tuple of int or None, default=None
        Shape (height, width) or (height, width, channels) of the images in flat rows. By default
        rows are taken as square gray images; rows that are no square are padded with zeros to
        one.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the network and weights of the last fit, with a new optimizer
        and schedule. Of a change of `model` only what is trained counts at once (`trainable` of
        :class:`skhcr.networks.Transfer`), all else from the next fit that starts anew.
    checkpoint : path or None, default=None
        Folder in which to keep the state of training after every epoch. A fit that did not return,
        because its process was killed or interrupted, goes on after its last whole epoch when it
        is asked for again: the same data, parameters and seed, an int as `random_state`, which is
        needed. It arrives at the weights of a fit that was not broken off. Many fits, of a search
        say, may share a folder; each deletes its file when it returns. Of `callbacks` the
        numbers and texts that changed, and lists of arrays, are kept. None keeps nothing.
    on_interrupt : {"raise", "keep"}, default="raise"
        What Ctrl-C does to ``fit``. "raise" leaves the estimator as it was before; "keep" warns and
        keeps what was learned so far, where one epoch is done at least: the best weights with
        `early_stopping` and `restore_best_weights`, else the latest.
    callbacks : list of Keras callbacks or None, default=None
        Further callbacks: instances, which are copied for every fit, or classes or functions that
        make one. For scikit-learn's own callbacks use ``set_callbacks``.
    mixed_precision : bool or {"bfloat16", "float16"}, default=False
        Whether to compute in 16 bits, where the hardware is faster for it: many graphics cards, and
        processors that have AVX-512 BF16 or AMX. True means "bfloat16".
    random_state : int, RandomState or None, default=None
        Seeds initial weights, dropout, shuffling, the validation split and augmentation. An int
        gives the same predictions again on the same machine. Global random states are left alone.
    verbose : int, default=0
        1 shows one progress bar for the whole fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of values in an image.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X was a data frame.
    image_shape_ : tuple of int
        Height, width and channels of the images that the network sees.
    model_ : keras.Model
        The trained network, its normalization included.
    history_ : dict of str to list of float
        Loss, accuracy, learning rate and, with validation rows, ``val_loss`` and ``val_accuracy``
        of every epoch. Losses are weighted, accuracies are not.
    loss_curve_ : list of float
        Training loss of every epoch.
    validation_scores_ : list of float or None
        Accuracy on the validation rows after every epoch (NaN where a fit that went on had no such
        rows); None where there never were any.
    temperature_ : float
        What the logarithms of probabilities are divided by: above 1 the network was too certain.
        1.0 without `calibrate`.
    n_iter_ : int
        Number of epochs trained, those of earlier fits included with `warm_start`.

    See Also
    --------
    skhcr.ImageLoader : Reads image files.
    skhcr.ImageAugmenter : Varies training images, as a step before this one.

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
       using large learning rates", 2019.
    .. [2] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016.
    .. [3] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhcr import CNN, CNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> network = CNN(filters=(16,), dense=(32,))
    >>> classifier = CNNClassifier(network, epochs=10, random_state=0).fit(X[:1000], y[:1000])
    >>> classifier.score(X[1000:], y[1000:]) > 0.85
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "model": [str, HasMethods("build"), callable],
        "optimizer": [str, HasMethods("get_config"), type],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "weight_decay": [Interval(Real, 0, None, closed="left"), None],
        "schedule": [StrOptions({"onecycle", "plateau", "constant"})],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "calibrate": ["boolean"],
        "test_time_shift": [Interval(Integral, 0, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "restore_best_weights": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "standardize": ["boolean"],
        "image_shape": [tuple, list, None],
        "warm_start": ["boolean"],
        "checkpoint": [str, os.PathLike, None],
        "on_interrupt": [StrOptions({"raise", "keep"})],
        "callbacks": [list, tuple, callable, HasMethods("on_epoch_end"), None],
        "mixed_precision": ["boolean", StrOptions({"bfloat16", "float16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    classes_: np.ndarray
    image_shape_: tuple[int, int, int]
    history_: dict[str, list[float]]
    n_iter_: int
    temperature_: float
    _loan: _keras.Loan
    _seed_entropy: int

    def __init__(
        self,
        model: Any = "resnet",
        *,
        optimizer: Any = "adamw",
        learning_rate: float | None = 1e-2,
        weight_decay: float | None = 0.05,
        schedule: str = "onecycle",
        epochs: int = 30,
        batch_size: int = 64,
        label_smoothing: float = 0.1,
        calibrate: bool = False,
        test_time_shift: int = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 5,
        restore_best_weights: bool = True,
        class_weight: Any = None,
        standardize: bool = True,
        image_shape: tuple[int, ...] | None = None,
        warm_start: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        on_interrupt: str = "raise",
        callbacks: Any = None,
        mixed_precision: bool | str = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.label_smoothing = label_smoothing
        self.calibrate = calibrate
        self.test_time_shift = test_time_shift
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.standardize = standardize
        self.image_shape = image_shape
        self.warm_start = warm_start
        self.checkpoint = checkpoint
        self.on_interrupt = on_interrupt
        self.callbacks = callbacks
        self.mixed_precision = mixed_precision
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    @all_or_nothing
    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> CNNClassifier:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Training images, of any numeric dtype. Images that come from
            :class:`skhcr.ImageAugmenter` are varied anew in every epoch.
        y : array-like of shape (n,)
            Labels: strings, numbers or booleans, of at least two classes.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows; only their ratios count. Rows of weight 0 are left out.
        X_val, y_val : array-like, default=None
            Validation images and labels: they are scored after every epoch, and early stopping,
            the "plateau" schedule and calibration look at them.
        groups : array-like of shape (n,), default=None
            Groups of rows, such as writers, that are not torn apart when validation rows are held
            out.

        Returns
        -------
        CNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data cannot be used, or the training diverges. The estimator is
            then as it was before.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, groups)

    @all_or_nothing
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> CNNClassifier:
        """Train one more epoch, on these rows, at a constant learning rate.

        The optimizer's state is kept from call to call; in pickles it is not, in files of
        :func:`skhcr.save` by ``include_optimizer=True``. The normalization is
        learned on the rows of the first call.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Training images.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All the labels that will ever come. Needed at the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.

        Returns
        -------
        CNNClassifier
            The estimator.

        Raises
        ------
        ValueError
            If `classes` is missing at the first call or differs later, or y holds an unknown label.
        """
        if classes is None and not hasattr(self, "_loan"):
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return self._fit(X, y, sample_weight, classes=classes, partial=True)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        groups: Any = None,
        *,
        classes: Any = None,
        partial: bool = False,
    ) -> CNNClassifier:
        self._validate_params()
        goes_on = hasattr(self, "_loan") and (partial or self.warm_start)
        entropy = self._entropy(goes_on)
        init_seed, split_seed = np.random.SeedSequence(entropy).generate_state(2).tolist()

        images, y = check_images(self, X, y, reset=not goes_on)
        check_classification_targets(y)
        labels = check_labels(
            np.unique(y if classes is None else column_or_1d(classes)),
            self.classes_ if goes_on else None,
        )
        image_shape = self.image_shape_ if goes_on else infer_image_shape(images, self.image_shape)
        images = images_of_shape(images, image_shape)
        weights = row_weights(sample_weight, self.class_weight, images, y)
        rows = np.arange(len(images)) if weights is None else np.flatnonzero(weights)
        train = Examples(images, encode(y, labels, "y"), weights, rows)
        held_out = self._validation_examples(X_val, y_val, labels, image_shape)
        if held_out is None and (self.early_stopping or self.calibrate) and not partial:
            train, held_out = split_examples(
                train, groups, fraction=self.validation_fraction, seed=split_seed
            )

        from . import _keras

        loan = self._loan if goes_on else self._borrow(train, labels, init_seed)
        model = loan.model
        recipe = X.augmentation if isinstance(X, AugmentedImages) else None
        epochs_before = self.n_iter_ if goes_on else 0
        feed = _keras.Batches(
            train,
            model.output_shape[-1],
            batch_size=self.batch_size,
            seed=(entropy, epochs_before, 0 if recipe is None else recipe.seed or 0),
            augmentation=recipe,
        )
        validation_batches = None
        if held_out is not None:
            validation_batches = _keras.Batches(
                held_out, model.output_shape[-1], batch_size=self.batch_size
            )
        epochs = 1 if partial else self.epochs
        schedule = "constant" if partial else self.schedule
        if goes_on:
            refrozen = _keras.set_trainable(model, self.model)
            if refrozen or not (partial and self._keeps_optimizer()):
                self._compile(loan.hand_out())
        checkpoint = report = None
        if not partial:
            checkpoint = self._checkpoint(model, feed, validation_batches)
            report = epoch_report(
                self,
                X,
                y,
                sample_weight,
                lambda: {
                    "classes_": labels,
                    "image_shape_": image_shape,
                    "_loan": loan,
                    "temperature_": 1.0,
                },
            )
        history = _keras.train(
            loan,
            feed,
            validation_batches,
            epochs=epochs,
            schedule=schedule,
            learning_rate=self.learning_rate,
            patience=self.patience if self.early_stopping and not partial else None,
            restore_best_weights=self.restore_best_weights,
            goes_on=goes_on,
            callbacks=self.callbacks,
            report=report,
            checkpoint=checkpoint,
            keeps_interrupted=self.on_interrupt == "keep",
            verbose=bool(self.verbose),
        )

        self.history_ = _joined(self.history_, history) if goes_on else history
        self.n_iter_ = len(self.history_["loss"])
        self.classes_ = labels
        self.image_shape_ = image_shape
        self._loan = loan
        self.temperature_ = 1.0
        if self.calibrate and held_out is not None:
            self._calibrate(held_out)
        self._seed_entropy = entropy
        self._partial_recipe = self._compiled_with() if partial else None
        if report is not None:
            report.finish()
        if checkpoint is not None:
            checkpoint.forget()
        return self

    def _calibrate(self, held_out: Examples) -> None:
        rows = held_out.rows
        try:
            self.temperature_ = best_temperature(
                self._uncalibrated(held_out.images[rows]),
                held_out.codes[rows],
                None if held_out.weights is None else held_out.weights[rows],
            )
        except KeyboardInterrupt:
            if self.on_interrupt != "keep":
                raise
            warnings.warn(
                "The calibration was interrupted: what was learned is kept, and not calibrated.",
                stacklevel=2,
            )

    def _borrow(self, train: Examples, labels: np.ndarray, seed: int) -> _keras.Loan:
        """Return the loan of a new, compiled model."""
        from . import _keras

        statistics = None
        if self.standardize:
            statistics = _keras.image_statistics(train.images, train.rows)
        model = _keras.build_model(
            get_network(self.model) if isinstance(self.model, str) else self.model,
            meta=_keras.meta(train.images, labels),
            statistics=statistics,
            dtype_policy=self._dtype_policy(),
            seed=seed,
        )
        self._compile(model)
        return _keras.lend(model)

    def _compile(self, model: Any) -> None:
        from . import _keras

        _keras.compile_model(
            model,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
        )

    def _checkpoint(
        self, model: Any, feed: _keras.Batches, validation_batches: _keras.Batches | None
    ) -> _keras.Checkpoint | None:
        if self.checkpoint is None:
            return None
        if not isinstance(self.random_state, Integral):
            raise ValueError(
                "checkpoint needs random_state to be an int, by which a fit that was broken off is "
                f"known again; got {self.random_state!r}."
            )
        from . import _keras

        description = _keras.description(model)
        if description is None:
            raise ValueError(
                "checkpoint needs a network that Keras can describe: model.to_json() failed, so "
                "this fit cannot be told from others."
            )
        recipe = (
            self.epochs,
            self.schedule,
            self.learning_rate,
            self.patience if self.early_stopping else None,
            self.restore_best_weights,
        )
        return _keras.Checkpoint(
            self.checkpoint,
            (description, model.get_weights(), feed, validation_batches, recipe),
        )

    def _validation_examples(
        self, X_val: Any, y_val: Any, labels: np.ndarray, image_shape: tuple[int, int, int]
    ) -> Examples | None:
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together.")
        if X_val is None:
            return None
        images, y_val = check_images(self, X_val, y_val, reset=False, names=("X_val", "y_val"))
        images = images_of_shape(images, image_shape, "X_val")
        codes = encode(y_val, labels, "y_val")
        return Examples(images, codes, None, np.arange(len(images)))

    def _keeps_optimizer(self) -> bool:
        """Whether the last call was a partial fit that would be compiled alike now."""
        recipe = getattr(self, "_partial_recipe", None)
        return recipe == self._compiled_with() and self._loan.model.optimizer is not None

    def _compiled_with(self) -> tuple[Any, ...]:
        return self.optimizer, self.weight_decay, self.label_smoothing

    def _entropy(self, goes_on: bool) -> int:
        """Return the number that seeds everything in this fit."""
        if goes_on and self.random_state is None:
            return self._seed_entropy
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        if self.random_state is None:
            return int(np.random.SeedSequence().generate_state(1)[0])
        return int(self.random_state.randint(np.iinfo(np.int32).max))

    def _dtype_policy(self) -> str:
        if not self.mixed_precision:
            return "float32"
        half = "bfloat16" if self.mixed_precision in (True, "bfloat16") else "float16"
        return f"mixed_{half}"

    # ------------------------------------------------------------------ predicting

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of every class.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images of the shape that the classifier was fitted on.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Rows that sum to 1, columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        images = check_images(self, X, reset=False)
        images = images_of_shape(images, self.image_shape_)
        return with_temperature(self._uncalibrated(images), self.temperature_)

    def _uncalibrated(self, images: np.ndarray) -> np.ndarray:
        answers = self._loan.predict(images, self.batch_size, shift=self.test_time_shift)
        if answers.shape[1] == 1:
            return np.hstack([1 - answers, answers])
        return answers / answers.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the logarithm of the probability of every class.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Finite: probabilities too small for a float count as the smallest one.
        """
        return np.log(np.maximum(self.predict_proba(X), np.finfo(np.float64).tiny))

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the most probable label of every image.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images.

        Returns
        -------
        ndarray of shape (n,)
            Labels, of the kind that ``fit`` was given.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    # ------------------------------------------------------------------ state

    @property
    def model_(self) -> keras.Model:
        """The trained network, its normalization included."""
        return self._of_fit("_loan").hand_out()

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of every epoch."""
        return self._of_fit("history_")["loss"]

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy on the validation rows after every epoch, or None without such rows."""
        return self._of_fit("history_").get("val_accuracy")

    def _of_fit(self, name: str) -> Any:
        if name not in vars(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return vars(self)[name]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_loan")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_partial_recipe", None)
        if "_loan" in state:
            from ._keras import model_to_state

            state["model_"] = model_to_state(state.pop("_loan").model)
            if not self._keeps_optimizer():
                state["model_"].pop("optimizer", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" not in state:
            super().__setstate__(state)
            return
        from . import _keras

        of_model = state["model_"]
        super().__setstate__({name: state[name] for name in state if name != "model_"})
        model = _keras.model_from_state(of_model)
        if "optimizer" in of_model:
            self._validate_params()
            self._compile(model)
            _keras.set_optimizer(model, of_model["optimizer"])
            self._partial_recipe = self._compiled_with()
        self._loan = _keras.lend(model)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _joined(
    before: dict[str, list[float]], after: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Return two histories as one, NaN where one of them lacks a name."""
    n_before, n_after = len(before["loss"]), len(after["loss"])
    return {
        name: before.get(name, [np.nan] * n_before) + after.get(name, [np.nan] * n_after)
        for name in {**before, **after}
    }
