"""The classifier: scikit-learn outside, Keras inside."""

from __future__ import annotations

import os
import threading
import warnings
from contextlib import suppress
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._amount import BATCH_SIZE, batch_size_for, epochs_for
from ._answering._graph import CannotConvert
from ._answering._kept import KeptNetwork
from ._answers import check_adjustments, check_probabilities
from ._calibration import best_temperature, with_temperature
from ._compat import (
    CallbackSupportMixin,
    HasMethods,
    Interval,
    StrOptions,
    with_callbacks,
)
from ._conflicts import check_settings
from ._epoch_report import EpochReport, epoch_report
from ._fit_parts import (
    augmentation_of,
    batches_of,
    checkpoint_of,
    entropy_of,
    joined,
    new_network,
    seeds_of,
)
from ._normality import (
    Normality,
    check_normality,
    learn_normality,
    letter_features,
    normality,
)
from ._outputs import Outputs
from ._renamed import with_new_names
from ._rollback import all_or_nothing
from ._validation import (
    LabeledImages,
    TrainingData,
    check_images,
    check_training_data,
    images_of_shape,
)
from .images import ImageAugmenter
from .networks import get_network

if TYPE_CHECKING:
    import keras

    from ._keras import Recipe, TrainedNetwork


_CONVERTING = threading.Lock()  # held while a loaded network becomes a Keras network


def _has_score(classifier: CNNClassifier) -> bool:
    if hasattr(classifier, "_network") and not hasattr(classifier, "offset_"):
        raise AttributeError(
            f"This {type(classifier).__name__} has no normality scores: only fit learns them; "
            "partial_fit, from_keras and versions before 0.1 do not."
        )
    return True


class CNNClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Convolutional network that classifies images of characters.

    A scikit-learn classifier that trains a Keras network. It supports cloning, searches,
    cross-validation and pickling. Images may be uint8 or float, of any scale, with the shape ``(n,
    height, width)``, ``(n, height, width, channels)`` or flat ``(n, n_pixels)``.

    Parameters
    ----------
    model : str, network object or callable, default="resnet"
        The network: the name of a preset (see :func:`skhcr.networks.list_networks`), a parameter
        object such as :class:`skhcr.networks.CNN`, :class:`skhcr.networks.ResNet` or
        :class:`skhcr.networks.Transfer`, or a function ``f(meta, ...)`` that returns a Keras model
        for ``meta["image_shape_"]`` and ``meta["n_classes_"]``, in scikeras' convention. Bind
        further arguments of a function with :func:`functools.partial`. The parameters of presets
        and objects can be set and searched, for example as ``model__width``.
    optimizer : str, keras.optimizers.Optimizer or class, default="adamw"
        The optimizer. An instance is copied for every fit.
    learning_rate : float, "auto" or None, default="auto"
        The learning rate; with ``schedule="onecycle"`` its peak. "auto" is 0.01 for an optimizer
        given by name or class, and the instance's own rate otherwise. None always keeps the
        optimizer's own.
    weight_decay : float, "auto" or None, default="auto"
        Decoupled weight decay of all weights except biases and batch normalization. "auto" is 0.05
        for an optimizer given by name or class, and the instance's own otherwise. None always keeps
        the optimizer's own, 0 turns it off.
    schedule : {"auto", "onecycle", "plateau", "constant"}, default="auto"
        Schedule of the learning rate. "onecycle" rises over a quarter of the steps and falls along
        a cosine [1]_. "plateau" halves the rate after 3 epochs in which the validation loss (the
        training loss without validation rows) did not improve. "auto" is "onecycle", or "constant"
        if the learning rate is the optimizer's own or `optimizer` or `callbacks` change it: a
        ``LearningRateSchedule``, ``LearningRateScheduler`` or ``ReduceLROnPlateau``.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" is 30, and up to 250 if 30 epochs would mean fewer
        than 900 weight updates or 12,000 images.
    batch_size : int or "auto", default="auto"
        Maximum number of rows in an update, and in a step of ``predict``. "auto" is 64. Updates use
        fewer rows if there are fewer than 1,920 training rows: a thirtieth of them, but at least 8.
        ``partial_fit`` always uses 64, because the total number of rows is unknown.
    label_smoothing : float, default=0.1
        Share of a label's weight that is spread over all classes [2]_. It improves labels, but
        makes probabilities less extreme: if you use probabilities, set it to 0, or use `calibrate`.
    calibrate : bool, default=False
        Whether to hold out rows, as early stopping does, and to divide the logarithms of all
        probabilities by the temperature that fits these rows, with their weights, best [3]_. This
        changes no label, only the probabilities.
    test_time_shift : int, default=0
        Maximum shift, in pixels, in test-time augmentation: probabilities are averaged over the
        image and its copies shifted by up to this many pixels in both directions, (2 * shift +
        1)**2 views in total. 1 makes prediction nine times as expensive and usually slightly more
        accurate.
    early_stopping : bool, default=False
        Whether to stop after `patience` epochs without a better validation loss. By default,
        training uses all rows and holds out none.
    validation_fraction : float, default=0.1
        Fraction of the rows that early stopping and calibration hold out, stratified, and by whole
        `groups` if these are given. Neither it nor `groups` is used if ``X_val`` is passed to
        ``fit``.
    patience : int, default=5
        Epochs without a better validation loss after which early stopping stops.
    restore_best_weights : bool, default=True
        Whether early stopping returns to the weights of the best epoch; in a fit that continues
        another, to the initial weights if no epoch is better.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with ``sample_weight``.
    standardize : bool, default=True
        Whether to subtract the training images' mean and divide by their standard deviation,
        channel by channel. The values become part of the network.
    image_shape : tuple of int or None, default=None
        Shape (height, width) or (height, width, channels) of the images in flat rows. By default,
        rows are square gray images; other rows are padded with zeros to a square.
    augmenter : ImageAugmenter or None, default=None
        Augments the training images in every epoch, like :class:`skhcr.ImageAugmenter` as the
        pipeline step before this one. Use this parameter if there are other steps in between. Its
        parameters can be searched, for example as ``augmenter__rotation``.
    warm_start : bool, default=False
        Whether ``fit`` continues from the network and weights of the last fit, with a new optimizer
        and schedule. If `model` changes, only the choice of trainable layers (`trainable` of
        :class:`skhcr.networks.Transfer`) takes effect at once. All other changes, and those of
        `standardize`, `image_shape` and `mixed_precision`, take effect in the next fit that trains
        from scratch.
    checkpoint_folder : path or None, default=None
        Folder for the state of training after every epoch. If a fit is interrupted, because its
        process was killed for example, call it again with the same data, parameters and seed
        (`random_state` must be an int): it resumes after its last complete epoch and ends with the
        weights of an uninterrupted fit. Many fits, of a search for instance, may share a folder;
        each deletes its file when it completes. For `callbacks`, the checkpoint contains changed
        numbers and strings, and lists of arrays. None saves no checkpoints.
    on_interrupt : {"raise", "keep"}, default="raise"
        Effect of Ctrl-C on ``fit``. "raise" leaves the estimator as it was before; "keep" warns and
        keeps the current weights if at least one epoch is complete: the best weights with
        `early_stopping` and `restore_best_weights`, else the latest.
    callbacks : list of Keras callbacks or None, default=None
        Further callbacks: instances, which are copied for every fit, or classes or functions that
        make one. For scikit-learn's own callbacks use ``set_callbacks``.
    mixed_precision : bool or {"bfloat16", "float16"}, default=False
        Whether to compute in mixed precision, which is faster on many GPUs and on processors with
        AVX-512 BF16 or AMX. True means "bfloat16".
    random_state : int, RandomState or None, default=None
        Seed for initial weights, dropout, shuffling, the validation split and augmentation. An int
        makes predictions reproducible on the same machine. Global random states are not changed.
    verbose : int, default=0
        1 shows one progress bar for the whole fit. In a notebook, this is a line of text, which
        needs no ipywidgets and stays in the saved notebook.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of values in an image, regardless of its layout.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X was a data frame.
    image_shape_ : tuple of int
        Height, width and channels of the network's input.
    model_ : keras.Model
        The trained network, including its normalization.
    history_ : dict of str to list of float
        Loss, accuracy, learning rate and, with validation rows, ``val_loss`` and ``val_accuracy``
        of every epoch. Losses are weighted, accuracies are not.
    loss_curve_ : list of float
        Training loss of every epoch.
    validation_scores_ : list of float or None
        Accuracy on the validation rows after every epoch (NaN for epochs of a continued fit without
        such rows); None if there never were any.
    temperature_ : float
        Divisor of the logarithms of probabilities; above 1, the network was overconfident. 1.0
        without `calibrate`.
    offset_ : float
        The threshold of :meth:`score_samples`: 99 % of the held-out rows (``X_val``, early stopping
        or calibration) score at least this. Without held-out rows, it is 99 % of a fifth of the
        training rows, whose scores are higher than those of other letters. Not available after
        ``partial_fit``.
    n_iter_ : int
        Number of trained epochs, including those of earlier fits with `warm_start`.
    epochs_ : int
        Planned number of epochs of the last fit: `epochs`, or the value for "auto".
    batch_size_ : int
        Maximum number of rows in an update of the last fit.

    See Also
    --------
    skhcr.ImageLoader : Reads image files.
    skhcr.ImageAugmenter : Augments training images, as a step before this one.

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
        "learning_rate": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"}), None],
        "weight_decay": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"}), None],
        "schedule": [StrOptions({"auto", "onecycle", "plateau", "constant"})],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
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
        "augmenter": [ImageAugmenter, None],
        "warm_start": ["boolean"],
        "checkpoint_folder": [str, os.PathLike, None],
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
    epochs_: int
    batch_size_: int
    temperature_: float
    offset_: float
    _normality: Normality
    _network: TrainedNetwork | KeptNetwork
    _seed_entropy: int

    def __init__(
        self,
        model: Any = "resnet",
        *,
        optimizer: Any = "adamw",
        learning_rate: float | str | None = "auto",
        weight_decay: float | str | None = "auto",
        schedule: str = "auto",
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
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
        augmenter: ImageAugmenter | None = None,
        warm_start: bool = False,
        checkpoint_folder: str | os.PathLike[str] | None = None,
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
        self.augmenter = augmenter
        self.warm_start = warm_start
        self.checkpoint_folder = checkpoint_folder
        self.on_interrupt = on_interrupt
        self.callbacks = callbacks
        self.mixed_precision = mixed_precision
        self.random_state = random_state
        self.verbose = verbose

    def set_params(self, **params: Any) -> CNNClassifier:
        """Set parameters of the classifier, of its network and of its augmenter.

        Parameters
        ----------
        **params : dict
            Names and values. Parameters of a network that is a name, such as ``model__width``,
            set `model` to the network of that name first.

        Returns
        -------
        CNNClassifier
            The classifier.

        Raises
        ------
        ValueError
            If there is no such parameter, or what it is of has no parameters.

        Examples
        --------
        >>> from skhcr import CNNClassifier
        >>> CNNClassifier("lenet5").set_params(model__dropout=0.5).model.dropout
        0.5
        """
        own = self.get_params(deep=False) | params
        for name in list(params):
            holder, separator, inner = name.partition("__")
            if not separator or holder not in own or hasattr(own[holder], "set_params"):
                continue
            if holder != "model" or not isinstance(own[holder], str):
                instead = {"model": "ResNet()", "augmenter": "ImageAugmenter()"}.get(holder)
                hint = f" Give an object that has, such as {holder}={instead}." if instead else ""
                raise ValueError(
                    f"{name!r} cannot be set: {holder}={own[holder]!r} has no parameter "
                    f"{inner!r}.{hint}"
                )
            params[holder] = own[holder] = get_network(own[holder])
        return super().set_params(**params)

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
            Training images, of any numeric dtype. Images from :class:`skhcr.ImageAugmenter` are
            augmented in every epoch, as are all images with an `augmenter`.
        y : array-like of shape (n,)
            Labels: strings, numbers or booleans, of at least two classes.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows; only their ratios matter. Rows of weight 0 are ignored.
        X_val, y_val : array-like, default=None
            Validation images and labels. They are scored after every epoch, and early stopping, the
            "plateau" schedule and calibration use them.
        groups : array-like of shape (n,), default=None
            Groups of rows, such as writers, that are not split when validation rows are held out.

        Returns
        -------
        CNNClassifier
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are invalid, or the training diverges. The estimator is then
            unchanged.
        """
        return self._fit(X, y, sample_weight=sample_weight, X_val=X_val, y_val=y_val, groups=groups)

    @all_or_nothing
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> CNNClassifier:
        """Train one more epoch, on all of these rows, at a constant learning rate.

        Nothing is held out, calibrated, or saved in `checkpoint_folder`. The optimizer's state is
        kept between calls. Pickles do not contain it; files of :func:`skhcr.save` do with
        ``include_optimizer=True``. The normalization is learned from the rows of the first call.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Training images.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels of all calls. Required in the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.

        Returns
        -------
        CNNClassifier
            The estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or differs later, or y contains an unknown
            label.
        """
        if classes is None and not hasattr(self, "_network"):
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return self._fit(X, y, classes=classes, sample_weight=sample_weight, partial=True)

    def _fit(self, X: Any, y: Any, *, partial: bool = False, **given: Any) -> CNNClassifier:
        self._validate_params()
        check_settings(
            self,
            partial=partial,
            has_validation_rows=given.get("X_val") is not None,
            has_groups=given.get("groups") is not None,
        )
        continued = hasattr(self, "_network") and (partial or self.warm_start)
        entropy = entropy_of(self.random_state, self._seed_entropy if continued else None)
        seeds = seeds_of(entropy)
        data = check_training_data(
            self,
            X,
            y,
            continued=continued,
            holds_out=(self.early_stopping or self.calibrate) and not partial,
            split_seed=seeds.split,
            **given,
        )
        n_rows = len(data.train.rows)
        batch_size = self._batch_size(n_rows, partial)
        recipe = self._recipe(partial, self._epochs(n_rows, batch_size))
        if continued:
            network = self._network_in_keras()
            network.prepare(self.model, recipe, partial=partial)
        else:
            network = new_network(
                self.model,
                data,
                recipe,
                standardize=self.standardize,
                mixed_precision=self.mixed_precision,
                seed=seeds.initial_weights,
            )
        batches = batches_of(
            data,
            network.n_outputs,
            augmentation_of(self.augmenter, X, data.train.images),
            batch_size=batch_size,
            batch_size_held_out=self._prediction_batch_size,
            seed=(entropy, self.n_iter_ if continued else 0),
        )
        report = checkpoint = None
        if not partial:
            report = self._report(data, network, X, y, given["sample_weight"], recipe.epochs)
            checkpoint = checkpoint_of(
                self.checkpoint_folder, self.random_state, network, batches, recipe
            )
        history = network.train(
            *batches,
            recipe,
            continued=continued,
            partial=partial,
            report=report,
            checkpoint=checkpoint,
        )
        if continued:
            history = joined(self.history_, history)
        temperature = self._best_temperature(network, data.held_out)
        learned = None if partial else self._learn_normality(network, data, entropy)
        self._set_fitted(network, data.classes, data.image_shape, history, temperature, entropy)
        self._set_normality(learned)
        self.epochs_, self.batch_size_ = recipe.epochs, batch_size
        if report is not None:
            report.finish()
        if checkpoint is not None:
            checkpoint.delete()
        return self

    def _set_fitted(
        self,
        network: TrainedNetwork,
        classes: np.ndarray,
        image_shape: tuple[int, int, int],
        history: dict[str, list[float]],
        temperature: float,
        seed_entropy: int,
    ) -> None:
        """Set all fitted attributes but those that describe X."""
        self._network = network
        self.classes_ = classes
        self.image_shape_ = image_shape
        self.history_ = history
        self.n_iter_ = len(history["loss"])
        self.temperature_ = temperature
        self._seed_entropy = seed_entropy

    def _batch_size(self, n_rows: int, partial: bool) -> int:
        if isinstance(self.batch_size, str):
            return BATCH_SIZE if partial else batch_size_for(n_rows)
        return self.batch_size

    def _epochs(self, n_rows: int, batch_size: int) -> int:
        if isinstance(self.epochs, str):
            return epochs_for(n_rows, batch_size)
        return self.epochs

    @property
    def _prediction_batch_size(self) -> int:
        """Maximum number of rows per batch in prediction."""
        return BATCH_SIZE if isinstance(self.batch_size, str) else self.batch_size

    def _recipe(self, partial: bool, epochs: int = 1) -> Recipe:
        from ._keras import Recipe

        return Recipe(
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
            schedule="constant" if partial else self.schedule,
            epochs=1 if partial else epochs,
            patience=self.patience if self.early_stopping and not partial else None,
            restore_best_weights=self.restore_best_weights,
            callbacks=self.callbacks,
            keep_interrupted=self.on_interrupt == "keep",
            verbose=bool(self.verbose),
        )

    def _report(
        self,
        data: TrainingData,
        network: TrainedNetwork,
        X: Any,
        y: Any,
        sample_weight: Any,
        epochs: int,
    ) -> EpochReport | None:
        """Return the report of epochs for scikit-learn's callbacks."""
        fitted_now = {
            "classes_": data.classes,
            "image_shape_": data.image_shape,
            "_network": network,
            "temperature_": 1.0,
        }
        return epoch_report(self, X, y, sample_weight, epochs, lambda: fitted_now)

    def _best_temperature(self, network: TrainedNetwork, held_out: LabeledImages | None) -> float:
        """Return the temperature fitted to held-out rows, or 1.0 without calibration."""
        if held_out is None or not self.calibrate:
            return 1.0
        rows = held_out.rows
        try:
            return best_temperature(
                network.predict(
                    held_out.images[rows], self._prediction_batch_size, shift=self.test_time_shift
                ),
                held_out.encoded[rows],
                None if held_out.weights is None else held_out.weights[rows],
            )
        except KeyboardInterrupt:
            if self.on_interrupt != "keep":
                raise
            warnings.warn(
                "The calibration was interrupted: the trained weights are kept, without "
                "calibration.",
                stacklevel=2,
            )
            return 1.0

    def _learn_normality(
        self, network: TrainedNetwork, data: TrainingData, entropy: int
    ) -> tuple[Normality, float] | None:
        """Return the parameters of :meth:`score_samples` and the threshold; None if interrupted."""

        def features_of(images: np.ndarray) -> np.ndarray:
            return network.features(images, self._prediction_batch_size)

        try:
            return learn_normality(features_of, data.train, data.held_out, seeds_of(entropy).split)
        except KeyboardInterrupt:
            if self.on_interrupt != "keep":
                raise
            warnings.warn(
                "Fitting the normality scores was interrupted: score_samples is not available.",
                stacklevel=2,
            )
            return None

    def _set_normality(self, learned: tuple[Normality, float] | None) -> None:
        if learned is not None:
            self._normality, self.offset_ = learned
        elif hasattr(self, "offset_"):  # of another network, before this fit
            del self._normality, self.offset_

    # ------------------------------------------------------------------ predicting

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of every class.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images of the same shape as in ``fit``.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Rows that sum to 1, columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        images = check_images(self, X, reset=False)
        images = images_of_shape(images, self.image_shape_)
        probabilities = self._network.predict(
            images, self._prediction_batch_size, shift=self.test_time_shift
        )
        check_probabilities(probabilities)
        return with_temperature(probabilities, self.temperature_)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the logarithm of the probability of every class.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Finite: probabilities too small for a float are replaced by the smallest one.
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
            Labels, of the same type as in ``fit``.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    @available_if(_has_score)
    def score_samples(self, X: ArrayLike) -> np.ndarray:
        """Return the similarity of images to the training images.

        Images with a score below ``offset_`` are probably none of the letters: they show something
        else, two letters, or part of a letter. Their labels are not always wrong.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, n_pixels)
            Images.

        Returns
        -------
        ndarray of shape (n,), float64
            Higher is more normal, as in scikit-learn's outlier detectors.

        Notes
        -----
        A ridge regression, which `fit` computes from features without further training, separates
        the training images from images composed of them: two images over or beside each other,
        parts of several images, half an image, mirrored and turned images. Its inputs are the
        network's features, averaged over its maps and whitened by the covariance within classes,
        their absolute values, the logarithm of the Mahalanobis distance to the nearest class [2]_,
        and the logarithm of the sum of exponentials of the logits [1]_. The median score of the
        held-out rows is 0, and 80 % of their scores span 1. `test_time_shift` does not affect the
        score. For networks that contain other networks, the score is the last input alone. In files
        of earlier versions, it is the last input minus the distance, each divided by its spread.

        References
        ----------
        .. [1] W. Liu, X. Wang, J. Owens and Y. Li, "Energy-based out-of-distribution detection",
           NeurIPS 2020.
        .. [2] K. Lee, K. Lee, H. Lee and J. Shin, "A simple unified framework for detecting
           out-of-distribution samples and adversarial attacks", NeurIPS 2018.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skhcr import CNN, CNNClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> classifier = CNNClassifier(CNN(filters=(16,), dense=(32,)), epochs=10, random_state=0)
        >>> classifier.fit(X[:1000], y[:1000], X_val=X[1000:1400], y_val=y[1000:1400]).classes_
        array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        >>> letters, noise = X[1400:], X[1400:, ::-1] * X[:397]
        >>> is_known = classifier.score_samples(letters) >= classifier.offset_
        >>> is_noise_known = classifier.score_samples(noise) >= classifier.offset_
        >>> bool(is_known.mean() > 0.9 > 0.5 > is_noise_known.mean())
        True
        """
        check_is_fitted(self)
        return normality(self._normality, self._features(X))

    def _outputs(self, X: ArrayLike, with_features: bool) -> Outputs:
        probabilities = self.predict_proba(X)
        if not hasattr(self, "offset_"):
            return Outputs(probabilities)
        features, kept = self._features(X), self._normality
        of_letters = letter_features(kept, features, len(self.classes_)) if with_features else None
        return Outputs(probabilities, normality(kept, features), of_letters)

    def _features(self, X: ArrayLike) -> np.ndarray:
        images = check_images(self, X, reset=False)
        images = images_of_shape(images, self.image_shape_)
        return self._network.features(images, self._prediction_batch_size)

    # ------------------------------------------------------------------ state

    @property
    def model_(self) -> keras.Model:
        """The trained network, including its normalization, with standard Keras layers."""
        self._fitted_attribute("_network")
        return self._network_in_keras().show()

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of every epoch."""
        return self._fitted_attribute("history_")["loss"]

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy on the validation rows after every epoch, or None without such rows."""
        return self._fitted_attribute("history_").get("val_accuracy")

    def _network_in_keras(self) -> TrainedNetwork:
        """Return the Keras network; a loaded network is converted permanently."""
        from ._keras import TrainedNetwork

        with _CONVERTING:
            if isinstance(self._network, KeptNetwork):
                self._network = TrainedNetwork.from_kept(self._network)
            return self._network

    def _fitted_attribute(self, name: str) -> Any:
        if name not in vars(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return vars(self)[name]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_network" in state:
            network = state.pop("_network")
            is_kept = isinstance(network, KeptNetwork)
            state["model_"] = network.to_state(*([] if is_kept else [self._recipe(partial=True)]))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = {"augmenter": None, **with_new_names(self, state)}
        of_model = state.pop("model_", None)
        super().__setstate__(state)
        if of_model is None:
            return
        self._network = self._network_from_state(of_model)
        if hasattr(self._network, "n_outputs"):  # instead of a deprecated alias
            self._check_loaded()

    def _network_from_state(self, of_model: dict[str, Any]) -> TrainedNetwork | KeptNetwork:
        recipe = None
        if "optimizer" in of_model:  # it will be trained
            self._validate_params()
            recipe = self._recipe(partial=True)
        else:
            with suppress(CannotConvert):
                return KeptNetwork(of_model)
        from ._keras import TrainedNetwork

        return TrainedNetwork.from_state(of_model, recipe)

    def _check_loaded(self) -> None:
        """Raise an error for fitted attributes that do not match the network."""
        n_classes = max(self._network.n_outputs, 2)
        if len(np.unique(self.classes_)) != n_classes or len(self.classes_) != n_classes:
            raise ValueError(
                f"its network has {n_classes} classes, but there are {len(self.classes_)} labels"
            )
        takes = self._network.image_shape
        if tuple(self.image_shape_) != takes:
            raise ValueError(
                f"its network expects images of shape {takes}, not {self.image_shape_}"
            )
        check_adjustments(self.temperature_, self.test_time_shift, takes)
        if "_normality" in vars(self) or "offset_" in vars(self):
            check_normality(vars(self).get("_normality"), vars(self).get("offset_"))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
