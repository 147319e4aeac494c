"""The folder of the data sets."""

from __future__ import annotations

import os
from pathlib import Path

_VARIABLE = "SKHCR_DATA_HOME"
_DEFAULT = "~/skhcr_data"


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the data sets.

    It is, in this order, `data_home`, the environment variable ``SKHCR_DATA_HOME``, or
    ``~/skhcr_data``. Unlike :func:`sklearn.datasets.get_data_home`, this function does not create
    the folder; the first download does.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder to use instead of the default one. A leading ``~`` stands for the home folder.

    Returns
    -------
    pathlib.Path
        The folder; it may not exist yet.

    Examples
    --------
    >>> from skhcr.datasets import get_data_home
    >>> get_data_home("/srv/data").as_posix()
    '/srv/data'
    """
    if data_home is None:
        # An empty variable counts as unset; otherwise data would be written to the current folder.
        data_home = os.environ.get(_VARIABLE) or _DEFAULT
    return Path(data_home).expanduser()
