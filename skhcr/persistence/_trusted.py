"""Types that are safe for any state in a file."""

from __future__ import annotations

from sklearn import (
    compose,
    decomposition,
    dummy,
    ensemble,
    frozen,
    impute,
    linear_model,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neural_network,
    pipeline,
    preprocessing,
)
from sklearn.linear_model import _sgd_fast
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch

from .._compat import AdamOptimizer, SGDOptimizer
from ..classifier import CNNClassifier
from ..images import AugmentingSampler, ImageAugmenter, ImageLoader, InkNormalizer, PixelScaler
from ..merging import MergedLabels
from ..networks import CNN, KerasNetwork, ResNet, Transfer
from ..writers import WriterAdapter

# scikit-learn estimators that predict and transform in Python and NumPy, which check shapes and
# indices. Compiled code of others - support vectors, trees, neighbors, clusters - does not.
_OF_SKLEARN = {
    compose: "ColumnTransformer TransformedTargetRegressor",
    decomposition: "PCA TruncatedSVD",
    dummy: "DummyClassifier DummyRegressor",
    ensemble: "AdaBoostClassifier BaggingClassifier StackingClassifier VotingClassifier",
    frozen: "FrozenEstimator",
    impute: "SimpleImputer",
    linear_model: "LinearRegression LogisticRegression LogisticRegressionCV Perceptron Ridge "
    "RidgeClassifier RidgeClassifierCV SGDClassifier",
    model_selection: "GridSearchCV RandomizedSearchCV "
    "GroupKFold GroupShuffleSplit KFold ShuffleSplit StratifiedGroupKFold StratifiedKFold "
    "StratifiedShuffleSplit",
    multiclass: "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier",
    multioutput: "ClassifierChain MultiOutputClassifier",
    naive_bayes: "GaussianNB",
    neural_network: "MLPClassifier",
    pipeline: "FeatureUnion Pipeline",
    preprocessing: "FunctionTransformer LabelBinarizer LabelEncoder MaxAbsScaler MinMaxScaler "
    "OneHotEncoder OrdinalEncoder RobustScaler StandardScaler",
    _sgd_fast: "Hinge Log ModifiedHuber SquaredHinge",
}


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


HARMLESS = frozenset(
    _name(kind)
    for kind in (
        # Their state consists of parameters, arrays and a network's configuration, which are
        # checked.
        CNN,
        CNNClassifier,
        AugmentingSampler,
        ImageAugmenter,
        ImageLoader,
        InkNormalizer,
        KerasNetwork,
        MergedLabels,
        PixelScaler,
        ResNet,
        Transfer,
        WriterAdapter,
        Bunch,
        AdamOptimizer,
        SGDOptimizer,
        type(check_scoring(CNNClassifier())),
        *(
            getattr(module, name)
            for module, names in _OF_SKLEARN.items()
            for name in names.split()
            if hasattr(module, name)  # compiled losses have other names in other versions
        ),
    )
)


def trusted_types() -> list[str]:
    """Return the types that :func:`load` trusts by default, for other readers of skops files.

    Returns
    -------
    list of str
        Full names, for ``skops.io.load(path, trusted=...)`` and for ``skops_trusted_types`` of
        MLflow.

    See Also
    --------
    load : Load a file, with checks that skops does not have.

    Notes
    -----
    ``skops.io.load`` builds a network of any layers named in a file, and trusts all scikit-learn
    estimators: use it only for files from people you trust.

    Examples
    --------
    >>> import skops.io
    >>> from skhcr import CNNClassifier
    >>> from skhcr.persistence import trusted_types
    >>> data = skops.io.dumps(CNNClassifier(epochs=3))
    >>> skops.io.loads(data, trusted=trusted_types()).epochs
    3
    """
    return sorted(HARMLESS)
