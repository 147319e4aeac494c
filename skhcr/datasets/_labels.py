"""Labels in file names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

import numpy as np

from .._lookalikes import warn_of_lookalikes


def labels_from_filenames(
    filenames: Iterable[str | os.PathLike[str]], pattern: str | re.Pattern[str]
) -> np.ndarray:
    r"""Extract the labels of images from their file names.

    Parameters
    ----------
    filenames : iterable of str or path-like
        Paths. Only the last part of each is used; :func:`load_image_folder` gets labels from
        folders.
    pattern : str or compiled pattern
        A regular expression, searched for in each name. Its only group, or its group named
        ``label``, is the label: ``r"label_(\d+)"``.

    Returns
    -------
    ndarray of str of shape (n,)
        The labels, in Unicode's composed form (NFC).

    Raises
    ------
    ValueError
        If the pattern has no such group, or a name does not match.

    Warns
    -----
    UserWarning
        If labels differ only in invisible marks or in the form of a letter.

    Examples
    --------
    >>> from skhcr.datasets import labels_from_filenames
    >>> labels_from_filenames(["test/id_1_label_5.png", "test/id_2_label_12.png"], r"label_(\d+)")
    array(['5', '12'], dtype='<U2')
    """
    expression = re.compile(pattern)
    group: str | int = "label" if "label" in expression.groupindex else 1
    if group == 1 and expression.groups != 1:
        raise ValueError(
            "pattern must have one group in parentheses, which finds the label, or a group named "
            "label, such as r'label_(\\d+)'. "
            f"Got {expression.pattern!r} instead, which has {expression.groups} groups."
        )
    paths = list(filenames)
    labels = []
    for index, path in enumerate(paths):
        match = expression.search(PurePath(path).name)
        # The group itself may be optional and absent.
        if match is None or match[group] is None:
            raise ValueError(
                f"The name of the file at index {index}, {str(path)!r}, does not match "
                f"{expression.pattern!r}."
            )
        labels.append(unicodedata.normalize("NFC", match[group]))
    warn_of_lookalikes(labels)
    return np.array(labels, dtype=str)
