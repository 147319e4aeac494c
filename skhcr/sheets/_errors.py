"""Errors and warnings about sheets that cannot be cut."""


class SheetError(ValueError):
    """Raised for an image without a complete, readable sheet.

    Examples
    --------
    >>> import tempfile
    >>> import warnings
    >>> import numpy as np
    >>> from skhcr.sheets import SheetError, cut_sheets
    >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     sheets = cut_sheets([np.zeros((80, 60), np.uint8)], folder)
    >>> isinstance(sheets.failures[0].cause, SheetError)
    True
    """


class SheetWarning(UserWarning):
    """Issued when some images could not be cut; all others were."""
