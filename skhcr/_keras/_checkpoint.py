"""Checkpoints, from which an interrupted fit resumes."""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np

from .._atomic import replacing
from ._state import variables_of

_META = "fit"


class Checkpoint(keras.callbacks.Callback):
    """Saves the complete state of a fit after every epoch.

    It comes after the callbacks whose state it saves: numbers and strings that have changed since
    their creation, and lists of arrays.

    Parameters
    ----------
    folder : path
        Folder of the file; created if missing.
    fit : object
        Everything that distinguishes this fit from others. Its hash is the file name, so that any
        number of fits may share a folder.

    Attributes
    ----------
    epochs_done : int
        Number of completed epochs of the interrupted fit; 0 for a new fit.

    Raises
    ------
    OSError
        If the folder cannot be created or the file cannot be read. A later write error, for example
        on a full disk, is only a warning: the training continues.
    """

    def __init__(self, folder: str | os.PathLike[str], fit: Any) -> None:
        super().__init__()
        versions = [version(name) for name in ("keras", "tensorflow")]
        self._path = Path(folder).expanduser() / f"{joblib.hash((fit, versions))}.npz"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._callbacks: Iterable[keras.callbacks.Callback] = ()
        self._history: dict[str, list[float]] = {}
        self._as_made: dict[str, dict[str, Any]] = {}
        self._meta: dict[str, Any] = {"epochs_done": 0, "is_stopped": False, "history": {}}
        self._arrays: dict[str, np.ndarray] = {}
        with suppress(FileNotFoundError):
            self._read()

    @property
    def epochs_done(self) -> int:
        return self._meta["epochs_done"]

    @property
    def is_stopped(self) -> bool:
        """Whether a callback has ended the fit after these epochs."""
        return self._meta["is_stopped"]

    def watch(
        self, history: dict[str, list[float]], callbacks: Iterable[keras.callbacks.Callback]
    ) -> None:
        """Also save these; the history is filled when the weights are restored."""
        self._history, self._callbacks = history, callbacks
        self._as_made = {
            key: _plain_values(callback) for key, callback in _numbered(callbacks).items()
        }

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self.epochs_done:
            return
        with self._damaged():
            for i, variable in enumerate(variables_of(self.model)):
                variable.assign(self._arrays[f"variable {i}"])
            for key, callback in _numbered(self._callbacks).items():
                for name, value in self._meta["callbacks"].get(key, {}).items():
                    if isinstance(value, dict):
                        length = value["length"]
                        value = [self._arrays[f"{key} {name} {i}"] for i in range(length)]
                    setattr(callback, name, value)
        self._arrays = {}
        self._history.update(self._meta["history"])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        arrays = {
            f"variable {i}": keras.ops.convert_to_numpy(variable)
            for i, variable in enumerate(variables_of(self.model))
        }
        states: dict[str, dict[str, Any]] = {}
        for key, callback in _numbered(self._callbacks).items():
            state = states[key] = {}
            as_made = self._as_made[key]
            for name, value in _plain_values(callback).items():
                if name not in as_made or value != as_made[name]:
                    state[name] = value
            for name, value in vars(callback).items():
                if isinstance(value, list) and all(isinstance(v, np.ndarray) for v in value):
                    state[name] = {"length": len(value)}
                    arrays |= {f"{key} {name} {i}": array for i, array in enumerate(value)}
        meta = {
            "epochs_done": epoch + 1,
            "is_stopped": bool(self.model.stop_training),
            "history": {k: [float(v) for v in values] for k, values in self._history.items()},
            "callbacks": states,
        }
        arrays[_META] = np.array(json.dumps(meta))
        try:
            with replacing(self._path) as part:
                np.savez(part, **arrays)
        except OSError as error:
            warnings.warn(f"The checkpoint of this epoch was not saved: {error}", stacklevel=2)

    def delete(self) -> None:
        """Delete the file: the fit is complete."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(f"The checkpoint is not needed any more, but: {error}", stacklevel=2)

    def _read(self) -> None:
        with self._path.open("rb") as file, self._damaged():
            with np.load(file, allow_pickle=False) as data:
                self._arrays = dict(data)
            meta = json.loads(self._arrays.pop(_META).item())
            self._meta = {
                "epochs_done": int(meta["epochs_done"]),
                "is_stopped": bool(meta["is_stopped"]),
                "history": {name: list(values) for name, values in meta["history"].items()},
                "callbacks": dict(meta["callbacks"]),
            }

    @contextmanager
    def _damaged(self) -> Iterator[None]:
        """Name the file in the error about a changed or damaged checkpoint."""
        try:
            yield
        except Exception as error:
            raise OSError(
                f"{str(self._path)!r} is not a checkpoint of a fit, or a damaged one ({error}). "
                "Delete it to train from scratch."
            ) from error


def _plain_values(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Return the attributes that are numbers, strings or None."""
    return {
        name: value.item() if isinstance(value, np.number) else value
        for name, value in vars(callback).items()
        if isinstance(value, bool | int | float | str | np.number | None)
    }


def _numbered(callbacks: Iterable[keras.callbacks.Callback]) -> dict[str, keras.callbacks.Callback]:
    """Return callbacks by class name, numbered within a class."""
    n_of_kind: Counter[str] = Counter()
    numbered = {}
    for callback in callbacks:
        kind = type(callback).__qualname__
        numbered[f"{kind} {n_of_kind[kind]}"] = callback
        n_of_kind[kind] += 1
    return numbered
