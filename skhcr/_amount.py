"""How long to train, and in batches of which size, by the number of rows."""

from __future__ import annotations

# Of a fit on many rows.
EPOCHS, BATCH_SIZE = 30, 64
# Of a fit on few: at least so many updates, of a batch that is at least so large.
_UPDATES, _SMALLEST_BATCH = 900, 8
# More passes over the same few rows teach nothing.
_MOST_EPOCHS = 100


def batch_size_for(n_rows: int) -> int:
    """Return the largest number of rows in an update.

    Of few rows, so many that an epoch of smaller batches has as many updates as one of thirty of
    the usual size.

    Examples
    --------
    >>> from skhcr._amount import batch_size_for
    >>> [batch_size_for(n) for n in (50, 300, 1000, 1900, 13440)]
    [8, 10, 33, 63, 64]
    """
    return min(BATCH_SIZE, max(_SMALLEST_BATCH, n_rows // 30))


def epochs_for(n_rows: int, batch_size: int) -> int:
    """Return the number of passes over the rows that come to enough updates.

    Examples
    --------
    >>> from skhcr._amount import epochs_for
    >>> [epochs_for(n, 8) for n in (20, 50, 240)], epochs_for(13440, 64)
    ([100, 100, 30], 30)
    """
    n_batches = -(-n_rows // batch_size)
    return max(EPOCHS, min(_MOST_EPOCHS, -(-_UPDATES // n_batches)))
