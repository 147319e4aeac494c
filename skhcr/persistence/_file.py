"""``save`` and ``load``: whole pipelines in one file, without pickle."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from .._answering._keeping import Keeping, keeping, restrict_to_builtin_layers
from ..images._ink_version import LaterVersionError
from ._archive import LoadError, check_format, damaged, naming, read_archive, write_archive
from ._changed import changed, without_folder
from ._export import described
from ._ready import ESTIMATOR as _ESTIMATOR
from ._ready import ready_member, untranslated
from ._schema import check_estimator, objects_in
from ._trusted import HARMLESS
from ._versions import installed_versions, naming_later_versions

FORMAT = 1
_COMPILED = ("sklearn.", "scipy.")


class UntrustedTypesError(LoadError):
    """A file needs types or functions that are not trusted.

    Attributes
    ----------
    types : list of str
        Their full names.
    """

    def __init__(self, message: str, types: list[str]) -> None:
        super().__init__(message)
        self.types = types


def save(
    estimator: Any,
    path: str | os.PathLike[str],
    *,
    include_optimizer: bool = False,
    half: bool = False,
) -> Path:
    """Save a fitted estimator or pipeline in one file.

    The file contains parameters, arrays and the configuration of networks: no pickle and no code.
    It is written completely or not at all; an existing file stays until then.

    Parameters
    ----------
    estimator : estimator
        A fitted :class:`skhcr.CNNClassifier`, a pipeline, or another scikit-learn estimator.
    path : path
        Output path; by convention with the extension ``.skhcr``.
    include_optimizer : bool, default=False
        Whether to also save the state of optimizers after ``partial_fit``, so that the next
        ``partial_fit`` continues exactly. Files become two or three times as large. A ``fit``
        starts with a new optimizer, also with `warm_start`, and continues exactly without this.
    half : bool, default=False
        Whether to store networks' weights in half precision, which halves the file. Probabilities
        change by about 0.001; networks still compute in 32 bits.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    TypeError
        If the estimator contains objects that cannot be saved without pickle, such as Keras
        callbacks, an optimizer that is not given by name, or a function that cannot be imported.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Load it again.

    Notes
    -----
    A loaded network with the usual layers predicts with ONNX Runtime. Other networks need
    TensorFlow to predict; saving them gives a warning.

    For a network given as a function, the file contains the function's importable name. To load it,
    the function must be importable and trusted. The locations of caches and checkpoints are not
    saved.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_digits
    >>> from skhcr import CNN, CNNClassifier, load, save
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(CNN(filters=(8,), dense=()), epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(classifier, os.path.join(folder, "digits.skhcr"))
    ...     again = load(path)
    >>> bool((again.predict(X) == classifier.predict(X)).all())
    True
    """
    check_is_fitted(estimator)
    path = Path(path).expanduser()
    try:
        with keeping(Keeping(include_optimizer, half)):
            data = skops.io.dumps(changed(estimator, without_folder))
        check_estimator(data)
        unknown = _unknown(data)
    except Exception as error:
        reason = f"{error}.{_instead_of(estimator)}"
        raise TypeError(f"The estimator cannot be saved without pickle: {reason}") from error
    lost = [name for name in unknown if not _is_importable_function(name)]
    if lost:
        raise TypeError(
            "The estimator cannot be saved without pickle, because it contains "
            f"{', '.join(lost)}. Set parameters such as callbacks to None, and specify optimizers "
            f"and networks by name or as objects of skhcr.networks.{_instead_of(estimator)}"
        )
    odd = untranslated(data)
    if odd:
        warnings.warn(
            "The saved model needs TensorFlow to predict and starts more slowly: its network has "
            f"{' and '.join(sorted(set(odd)))}, which skhcr cannot translate for ONNX Runtime.",
            stacklevel=2,
        )
    members = {_ESTIMATOR: data, **_ready(estimator, data)}
    write_archive(path, {"format": FORMAT, "versions": installed_versions()}, members)
    return path


def _ready(estimator: Any, data: bytes) -> dict[str, bytes]:
    """Return the members for :func:`load_exported`; empty if it does not support the estimator."""
    try:
        metadata, scaled, classifier = described(estimator)
    except TypeError:
        return {}
    return ready_member(
        metadata,
        data,
        scaled=scaled,
        shift=classifier.test_time_shift,
        temperature=classifier.temperature_,
        scores=classifier._normality if hasattr(classifier, "offset_") else None,
    )


def load(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Any:
    """Load a file written by :func:`save`.

    Code from the file is never run, and nothing is written, however untrusted the file is.

    Parameters
    ----------
    path : path
        The file.
    trusted : sequence of str, default=()
        Full names of types and functions, beyond :func:`trusted_types`, that may be imported: check
        each before you trust it. An :class:`UntrustedTypesError` names those that a file needs.
        They include scikit-learn estimators with compiled code that does not validate its state,
        such as support vector machines and nearest neighbors.

    Returns
    -------
    estimator
        The saved estimator.

    Raises
    ------
    UntrustedTypesError
        If the file needs types or functions that are not trusted.
    LoadError
        If it is damaged, in a newer format, or not such a file.
    OSError
        If it cannot be read.

    See Also
    --------
    save : Save an estimator.
    trusted_types : The types that are trusted by default.
    """
    path = Path(path).expanduser()
    with naming(path):
        return _load(path, list(trusted))


def _load(path: Path, trusted: list[str]) -> Any:
    manifest, members = read_archive(path)
    with naming_later_versions(manifest.get("versions")):
        check_format(manifest.get("format"), FORMAT)
        if _ESTIMATOR not in members:
            raise LoadError("not a skhcr archive: it has no estimator")
        return _estimator(members[_ESTIMATOR], path, trusted)


def _estimator(data: bytes, path: Path, trusted: list[str]) -> Any:
    with damaged("the estimator in it is damaged"):
        check_estimator(data)
        needed = {*_unknown(data), *_compiled(data)}
        unknown = sorted(needed.difference(trusted))
    if unknown:
        names = ", ".join(map(ascii, unknown))  # safe on terminals
        raise UntrustedTypesError(
            f"{str(path)!r} needs {names}, {_what_they_could_do(unknown)}. If you trust them, "
            f"and the author of the file, load(path, trusted=[{names}]).",
            unknown,
        )
    with (
        damaged("the estimator in it is damaged"),
        restrict_to_builtin_layers(trusted),
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        # A pipeline has no state except its steps.
        warnings.filterwarnings("ignore", ".* estimator Pipeline ", InconsistentVersionWarning)
        try:
            estimator = skops.io.loads(data, trusted=[*HARMLESS, *trusted])
        except LaterVersionError as error:
            raise LoadError("a later version of skhcr wrote it: update skhcr") from error
        estimator = changed(estimator, _harmless)
    _tell_once(told)  # outside: if warnings are errors, the file is not damaged
    return estimator


def _tell_once(told: list[warnings.WarningMessage]) -> None:
    """Repeat warnings, but only once for the same warning from several steps."""
    places = {(str(one.message), one.category, one.filename, one.lineno): one for one in told}
    for one in places.values():
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _harmless(name: Any, value: Any) -> Any:
    if "doc_link" in str(name):
        raise LoadError("it changes the display of an estimator in notebooks")
    return without_folder(name, value)  # one chosen by the author of the file


def _unknown(data: bytes) -> list[str]:
    types = skops.io.get_untrusted_types(data=data)
    return [name for name in types if name not in HARMLESS]


def _compiled(data: bytes) -> list[str]:
    """Return the types that skops trusts, but whose compiled code does not validate its state."""
    names = objects_in(data).difference(HARMLESS)
    return [name for name in names if name.startswith(_COMPILED)]


def _what_they_could_do(names: list[str]) -> str:
    if all(name.startswith(_COMPILED) for name in names):
        return "whose compiled code a crafted file can crash, or worse"
    return "which could do anything: check them"


def _instead_of(search: Any) -> str:
    """Return advice on saving a search; empty for other estimators."""
    if not hasattr(search, "best_estimator_") or not _is_saved(search.best_estimator_):
        return ""
    lost = [name for name, value in vars(search).items() if not _is_saved(value)]
    return (
        f" In this {type(search).__name__}, these parts cannot be saved: {', '.join(lost)}. Save "
        "its best_estimator_ instead, which has the same predictions."
    )


def _is_saved(value: Any) -> bool:
    try:
        data = skops.io.dumps(value)
        check_estimator(data)
        return all(map(_is_importable_function, _unknown(data)))
    except Exception:
        return False


def _is_importable_function(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    found = getattr(sys.modules.get(module), attribute, None)
    return module != "__main__" and callable(found) and not isinstance(found, type)
