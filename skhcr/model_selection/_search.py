"""A search that learns from its trials and prunes those that are not promising."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar, Self
from uuid import uuid4

import numpy as np
import optuna
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import ArrayLike
from optuna.trial import FrozenTrial
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils.validation import indexable

from .._compat import (
    BaseSearchCV,
    HasMethods,
    Interval,
    StrOptions,
    check_method_params,
    with_callbacks,
)
from ._callbacks import SearchCallbacks, TrialCallbacks
from ._folds import Folds
from ._grid import whole_grid
from ._progress import Progress, quiet_optuna
from ._results import check_completed, cv_results, fold_results
from ._space import Space
from ._states import finished_trials
from ._storage import hiding_password, open_storage
from ._study import (
    check_is_continued,
    default_pruner,
    default_sampler,
    in_memory,
    open_study,
    params_of,
)
from ._trials import Objective, TrialLoop, run_worker


class OptunaSearchCV(BaseSearchCV):
    """Parameter search by cross-validation that learns from trials, prunes, resumes and scales out.

    It behaves like scikit-learn's searches: it supports cloning, nesting in ``cross_val_score``,
    and whole pipelines. It differs in the choice of candidates: Optuna's samplers [1]_ prefer
    regions with good trials, and pruning ends unpromising trials early.

    Parameters
    ----------
    estimator : estimator
        The estimator to tune: a classifier or a pipeline.
    param_distributions : dict, list of dicts or callable
        Maps parameter names (``imageloader__size``, ``cnnclassifier__model__width``) to lists of
        values, Optuna distributions, or frozen scipy distributions. With several dicts, each trial
        uses one of them. A study resumes only with the same values in the same order. Or a function
        of the trial that returns the parameters, for conditional spaces::

            def space(trial):
                name = trial.suggest_categorical("network", ["lenet", "resnet"])
                if name == "lenet":
                    return {"model": "lenet"}
                return {"model": ResNet(width=trial.suggest_int("width", 8, 32))}

        See :func:`search_space` for predefined ones.
    n_trials : int or None, default=50
        Number of finished trials - complete, pruned or failed - at which the search ends, including
        earlier trials of a resumed study. No two trials have the same parameters: the search ends
        when a finite space is exhausted. None searches until then, or until `timeout`.
    timeout : float or None, default=None
        Seconds after which no new trial begins.
    cv : int, splitter, iterable or None, default=None
        As for :class:`~sklearn.model_selection.GridSearchCV`. Rows are split once, and all trials
        use the same folds.
    scoring : str, callable, list, tuple, dict or None, default=None
        As for :class:`~sklearn.model_selection.GridSearchCV`. Greater is better.
    sampler : optuna.samplers.BaseSampler or None, default=None
        None stands for Optuna's default, TPE, seeded by `random_state`. If it stops the study, like
        :class:`optuna.samplers.GridSampler` after its grid, the search ends.
    pruner : optuna.pruners.BasePruner or None, default=None
        None stands for ``MedianPruner(n_startup_trials=5, n_warmup_steps=100)``: after five
        complete trials, a trial ends after the first fold in which it is worse than half of the
        complete ones. To turn pruning off, use :class:`optuna.pruners.NopPruner`; any other pruner
        also monitors the first epochs of networks.
    storage : path, str, optuna.storages.BaseStorage or None, default=None
        Storage of the trials: None for memory, a path for a journal file, or a URL such as
        ``postgresql://user@host/database`` for a database, which processes on many machines may
        share; the representation of the search hides its password. With ``n_jobs`` of 2 or more, an
        object must support pickling.
    study_name : str or None, default=None
        Name of the study in the storage. If there is a study of this name, the search resumes it.
        None gives the study a new name.
    n_jobs : int or None, default=None
        Number of processes that run trials.
    refit : bool, str or callable, default=True
        As for :class:`~sklearn.model_selection.GridSearchCV`.
    error_score : "raise" or float, default=np.nan
        Score of a fold that could not be fitted or scored. A trial without a finite score has
        failed; the search continues, and raises an error if no fit succeeded.
    return_train_score : bool, default=False
        Whether ``cv_results_`` also contains the scores of training rows, as in
        :class:`~sklearn.model_selection.GridSearchCV`.
    study_callbacks : list of callables or None, default=None
        Called with the study and the trial after every finished trial, like the callbacks of
        Optuna's ``optimize``, in the process that ran it. A callback that stops the study ends the
        search: ``[optuna.study.MaxTrialsCallback(20, states=(TrialState.COMPLETE,))]``.
    random_state : int, RandomState or None, default=None
        Seed of the default sampler. Set the estimator's own separately. With several processes, the
        order of trials is random.
    verbose : int, default=0
        1 shows a line with the number of trials, the best score, the number of pruned trials, and
        the approximate remaining time.

    Attributes
    ----------
    cv_results_ : dict of ndarrays
        With the keys of :class:`~sklearn.model_selection.GridSearchCV`, one row for every finished
        trial, and also ``trial_number`` and ``trial_state`` ("complete", "pruned" or "failed").
        Scores of folds that were not evaluated, and their means, are NaN.
    best_estimator_ : estimator
        Fitted with the best parameters on all rows. Only with `refit`.
    best_params_ : dict
        Parameters of the best complete trial.
    best_score_ : float
        Its mean score over the folds.
    best_index_ : int
        Its row in ``cv_results_``.
    study_ : optuna.Study
        A copy of the study in memory, for Optuna's tools.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Duration of the last fit in seconds.
    scorer_ : callable or dict
        The scorers.
    classes_ : ndarray
        Labels, if the estimator is a classifier. Only with `refit`.
    n_features_in_ : int
        Same as in ``best_estimator_``.

    See Also
    --------
    search_space : Predefined spaces for networks, recipes and augmentation.
    skhcr.inspection.SearchDisplay : Pictures of a search.

    Notes
    -----
    **Pruning.** Folds are fitted and scored as in :class:`~sklearn.model_selection.GridSearchCV`,
    and the pruner checks their mean after each fold. If you pass a pruner, a
    :class:`skhcr.CNNClassifier` is first trained for a third of its epochs on part of the first
    fold's training rows. The pruner checks each epoch by the accuracy on the other part - its
    ``validation_fraction``, of whole groups if ``fit`` gets groups. Steps reported to Optuna are
    percentages of the epochs, then 100 for the first fold, 200 for the second, and so on.

    **First trial.** With the default sampler and a dict of distributions, the first trial has the
    estimator's own parameters, and those of a network that is the only one in the dict. Values that
    the dict does not contain are sampled instead. If it contains all of them, the best score is at
    least that of these parameters, unless your pruner ends the first trial.

    **Crashes.** The storage contains the results of a process after every fold, and complete trials
    are never lost. When the search resumes, it finds trials left running by dead processes - at
    once on the same machine, by the heartbeat of databases on others - and replaces them.

    References
    ----------
    .. [1] T. Akiba et al., "Optuna: a next-generation hyperparameter optimization framework", KDD
       2019.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from skhcr.model_selection import OptunaSearchCV
    >>> from scipy.stats import loguniform
    >>> X, y = load_digits(return_X_y=True)
    >>> search = OptunaSearchCV(
    ...     SVC(), {"C": loguniform(0.01, 10), "kernel": ["linear", "rbf"]},
    ...     n_trials=5, cv=3, random_state=0,
    ... ).fit(X[:300], y[:300])
    >>> search.best_score_ > 0.8
    True
    >>> search.predict(X[300:303]).shape
    (3,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit"])],
        "param_distributions": [Mapping, list, callable],
        "n_trials": [Interval(Integral, 1, None, closed="left"), None],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "cv": ["cv_object"],
        "scoring": [str, callable, list, tuple, dict, None],
        "sampler": [optuna.samplers.BaseSampler, None],
        "pruner": [optuna.pruners.BasePruner, None],
        "storage": [str, os.PathLike, optuna.storages.BaseStorage, None],
        "study_name": [str, None],
        "n_jobs": [Integral, None],
        "refit": ["boolean", str, callable],
        "error_score": [StrOptions({"raise"}), Real],
        "return_train_score": ["boolean"],
        "study_callbacks": [list, tuple, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Mapping[str, Any]
        | list[Mapping[str, Any]]
        | Callable[[optuna.Trial], Mapping[str, Any]],
        *,
        n_trials: int | None = 50,
        timeout: float | None = None,
        cv: Any = None,
        scoring: Any = None,
        sampler: optuna.samplers.BaseSampler | None = None,
        pruner: optuna.pruners.BasePruner | None = None,
        storage: str | os.PathLike[str] | optuna.storages.BaseStorage | None = None,
        study_name: str | None = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        study_callbacks: Sequence[Callable[[optuna.Study, FrozenTrial], None]] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_trials = n_trials
        self.timeout = timeout
        self.cv = cv
        self.scoring = scoring
        self.sampler = sampler
        self.pruner = pruner
        self.storage = storage
        self.study_name = study_name
        self.n_jobs = n_jobs
        self.refit = refit
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.study_callbacks = study_callbacks
        self.random_state = random_state
        self.verbose = verbose

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, hiding_password(value) if name == "storage" else value)

    @with_callbacks
    def fit(self, X: Any, y: ArrayLike | None = None, **params: Any) -> Self:
        """Run the search, and fit the best parameters on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the estimator: arrays, paths, data frames.
        y : array-like of shape (n_samples,), default=None
            Labels.
        **params : dict
            ``groups`` for the splitter, and for the rows that pruning holds out; all others for the
            estimator's ``fit``. Values of the same length as `X` are split with it. With
            scikit-learn's metadata routing, each goes to the objects that request it.

        Returns
        -------
        OptunaSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If a parameter is invalid, all fits failed, or no trial was completed.
        """
        self._validate_params()
        space = Space(self.param_distributions)
        self._check_it_ends(space)
        scorer, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = check_method_params(X, params)
        routed = self._get_routed_params_for_fit(params)
        callbacks = SearchCallbacks(self, X, y, params)

        splitter = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = list(splitter.split(X, y, **routed.splitter.split))
        if not splits:
            raise ValueError("No fits were performed. Was the CV iterator empty?")
        self.n_splits_ = len(splits)
        self.multimetric_ = isinstance(self.scoring, list | tuple | dict)
        if self.multimetric_ and not isinstance(self.refit, str):
            raise ValueError(
                "With several scores, refit must be the name of the score to maximize; got "
                f"refit={self.refit!r}."
            )
        folds = Folds(
            estimator=clone(self.estimator),
            X=X,
            y=y,
            splits=splits,
            scorer=scorer,
            fit_params=routed.estimator.fit,
            score_params=routed.scorer.score,
            groups=params.get("groups"),
            error_score=self.error_score,
            return_train_score=self.return_train_score,
        )
        with quiet_optuna(), ExitStack() as stack:
            trial_callbacks = stack.enter_context(callbacks.trials())
            loop, study = self._prepare(folds, space, trial_callbacks, stack)
            self._run(loop, study, space.size)
            trials = finished_trials(study)
            self.study_ = in_memory(study)
        check_completed(trials, self.error_score)
        results = self._results(trials, space)
        self._choose(results, refit_metric)
        if self.refit:
            self._refit(X, y, routed.estimator.fit, callbacks)
        self.scorer_ = getattr(scorer, "_scorers", scorer)
        self.cv_results_ = results
        callbacks.end()
        return self

    def _prepare(
        self, folds: Folds, space: Space, callbacks: TrialCallbacks, stack: ExitStack
    ) -> tuple[TrialLoop, optuna.Study]:
        """Open the study, and make its trial runner."""
        storage = self.storage
        if storage is None and effective_n_jobs(self.n_jobs) > 1:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="skhcr-search-"))
            storage = os.path.join(folder, "journal")
        opened = stack.enter_context(open_storage(storage))
        own = space.labels_of(self.estimator) if self.sampler is None else {}
        study = open_study(opened, self.study_name, space, own)
        check_is_continued(study, folds.splits)
        study.pruner = self.pruner or default_pruner()
        n_known = len(study.get_trials(deepcopy=False))
        sampler = deepcopy(self.sampler) or default_sampler(self.random_state, n_known)
        study.sampler = whole_grid(sampler)
        names_metric = isinstance(self.refit, str) and not isinstance(self.scoring, str | None)
        objective = Objective(
            folds=folds,
            space=space,
            metric=str(self.refit) if names_metric else None,
            check_refit=self._check_refit_for_multimetric,
            prunes_epochs=not isinstance(self.pruner, optuna.pruners.NopPruner | None),
            callbacks=callbacks,
        )
        loop = TrialLoop(
            objective=objective,
            storage=storage,
            study_name=study.study_name,
            search=uuid4().hex,
            sampler=study.sampler,
            pruner=study.pruner,
            callbacks=tuple(self.study_callbacks or ()),
            n_trials=self.n_trials,
            deadline=None if self.timeout is None else time.time() + self.timeout,
        )
        return loop, study

    def _check_it_ends(self, space: Space) -> None:
        if self.n_trials is None:
            if self.timeout is None and space.size is None and not self.study_callbacks:
                raise ValueError("A search with n_trials=None never ends; set timeout.")
        elif space.size is not None and space.size < self.n_trials:
            warnings.warn(
                f"The total space of parameters {space.size} is smaller than "
                f"n_trials={self.n_trials}. Running {space.size} trials.",
                UserWarning,
                stacklevel=3,
            )

    def _run(self, loop: TrialLoop, study: optuna.Study, size: int | None) -> None:
        n_jobs = effective_n_jobs(self.n_jobs)
        n_trials = min((n for n in (self.n_trials, size) if n is not None), default=None)
        shown = bool(self.verbose)
        with Progress(study, n_trials, shown=shown, timeout=self.timeout):
            if n_jobs == 1:
                only_repeats = loop.run(study)
            else:
                calls = (delayed(run_worker)(loop, i, n_jobs) for i in range(n_jobs))
                only_repeats = any(Parallel(n_jobs=n_jobs)(calls))
        if only_repeats:
            warnings.warn(
                "The search ended because the sampler drew only known parameters many times in a "
                "row: the space may have no others.",
                UserWarning,
                stacklevel=3,
            )

    def _results(self, trials: list[FrozenTrial], space: Space) -> dict[str, Any]:
        """Return ``cv_results_`` of finished trials."""
        params = [params_of(trial, space, self.study_.study_name) for trial in trials]
        folds = fold_results(trials, self.n_splits_)
        if isinstance(folds[0]["test_scores"], dict):
            self.multimetric_ = True  # a function may return several scores, too
        return cv_results(trials, params, folds, self._format_results)

    def _choose(self, results: dict[str, Any], metric: str) -> None:
        metric = self.refit if self.multimetric_ and isinstance(self.refit, str) else metric
        self.best_index_ = self._select_best_index(self.refit, metric, results)
        self.best_params_ = results["params"][self.best_index_]
        if not callable(self.refit):
            self.best_score_ = float(results[f"mean_test_{metric}"][self.best_index_])

    def _refit(self, X: Any, y: Any, params: dict[str, Any], callbacks: SearchCallbacks) -> None:
        best = clone(self.best_params_, safe=False)
        self.best_estimator_ = clone(self.estimator).set_params(**best)
        labels = () if y is None else (y,)
        begin = time.time()
        with callbacks.refit(self.best_estimator_):
            self.best_estimator_.fit(X, *labels, **params)
        self.refit_time_ = time.time() - begin
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
