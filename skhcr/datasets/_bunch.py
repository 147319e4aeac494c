"""The common form of all data sets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from .._messages import counted
from ._data_bunch import DataBunch
from ._remote import RemoteFile, fetch_file
from ._sklearn_bunch import Bunch


def image_bunch(
    images: np.ndarray,
    target: np.ndarray,
    target_names: np.ndarray,
    descr: str,
    return_X_y: bool,
    as_frame: bool,
    *,
    groups: np.ndarray | None = None,
    **more: Any,
) -> Any:
    """Return images and labels in scikit-learn's form.

    Parameters
    ----------
    images : ndarray of shape (n, height, width), dtype uint8
        The images.
    target : ndarray of shape (n,)
        Their labels.
    target_names : ndarray of shape (n_classes,)
        The classes, in the data set's order.
    descr : str
        Name of the description's file, without extension.
    return_X_y : bool
        Whether to return ``(images, target)`` instead.
    as_frame : bool
        Whether to return flat rows and labels as pandas objects, and both together as ``frame``.
    groups : ndarray of shape (n,), default=None
        Writers.
    **more
        Further entries.
    """
    data: Any = images.reshape(len(images), -1)
    labels: Any = target
    frame = None
    if as_frame:
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("as_frame=True needs pandas: pip install pandas") from error

        data = pd.DataFrame(data, columns=[f"pixel{i}" for i in range(data.shape[1])], copy=False)
        labels = pd.Series(target, name="target")
        frame = pd.concat([data, labels], axis=1)
    if return_X_y:
        return (data if as_frame else images), labels
    return DataBunch(
        images=images,
        data=data,
        target=labels,
        target_names=target_names,
        frame=frame,
        groups=groups,
        DESCR=description(descr),
        **more,
    )


def file_bunch(
    filenames: np.ndarray, target: np.ndarray, groups: np.ndarray | None, place: str
) -> Bunch:
    """Return image files and labels in scikit-learn's form.

    Parameters
    ----------
    filenames : ndarray of shape (n,)
        Paths of the files.
    target : ndarray of shape (n,)
        Their labels.
    groups : ndarray of shape (n,) or None
        Writers or other groups.
    place : str
        The location of the files, for the description, such as "in letters".
    """
    target_names, counts = np.unique(target, return_counts=True)
    lines = [f"{name}: {count}" for name, count in zip(target_names, counts, strict=True)]
    return DataBunch(
        filenames=filenames,
        target=target,
        target_names=target_names,
        groups=groups,
        DESCR="\n".join([f"{counted(len(filenames), 'image file')} {place}, by class:", *lines]),
    )


def description(name: str) -> str:
    """Return the description of a data set."""
    return resources.files(__package__).joinpath("descr", f"{name}.rst").read_text(encoding="utf-8")


def read_parts(
    parts: Mapping[str, Sequence[RemoteFile]],
    subset: str,
    read: Callable[[Path], np.ndarray],
    *options: Any,
) -> list[np.ndarray]:
    """Fetch and read the files of a subset, and join its parts.

    Parameters
    ----------
    parts : mapping of str to sequence of RemoteFile
        The files of every part, images before labels.
    subset : str
        Name of a part, or "all".
    read : callable
        Returns the array in a file.
    *options
        All parameters of :func:`fetch_file` except the first.

    Returns
    -------
    list of ndarray
        Images and labels.
    """
    found = [
        [read(fetch_file(file, *options)) for file in parts[name]] for name in joined(parts, subset)
    ]
    return [np.concatenate(arrays) for arrays in zip(*found, strict=True)]


def joined(parts: Collection[str], subset: str) -> list[str]:
    """Return the parts of a subset.

    Raises
    ------
    ValueError
        If there is no such subset.
    """
    if subset == "all":
        return list(parts)
    if subset not in parts:
        names = ", ".join(repr(name) for name in [*parts, "all"])
        raise ValueError(f"subset must be one of {names}. Got {subset!r} instead.")
    return [subset]
