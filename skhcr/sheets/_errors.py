"""What is said when a sheet cannot be cut."""


class SheetError(ValueError):
    """Raised for an image that shows no whole sheet, or none that can be read.

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
