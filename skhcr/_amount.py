"""How long to train, and in batches of which size, by the number of rows."""

from __future__ import annotations

# Of a fit on many rows.
EPOCHS, BATCH_SIZE = 30, 64
_SMALLEST_BATCH = 8
# Of a fit on few rows: at least so many updates, and images seen, in at most so many epochs.
_UPDATES, _SEEN, _MOST_EPOCHS = 900, 12_000, 250


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
    """Return the number of passes over the rows that come to enough updates and images.

    Examples
    --------
    >>> from skhcr._amount import epochs_for
    >>> [epochs_for(n, 8) for n in (20, 50, 240)], epochs_for(13440, 64)
    ([250, 240, 50], 30)
    """
    n_batches = -(-n_rows // batch_size)
    enough = max(-(-_UPDATES // n_batches), _SEEN // n_rows)
    return max(EPOCHS, min(_MOST_EPOCHS, enough))
