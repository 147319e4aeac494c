"""Number of epochs and batch size, depending on the number of rows."""

from __future__ import annotations

# For a fit on many rows.
EPOCHS, BATCH_SIZE = 30, 64
_SMALLEST_BATCH = 8
# For a fit on few rows: minimum updates and images, and maximum epochs.
_UPDATES, _SEEN, _MOST_EPOCHS = 900, 12_000, 250


def batch_size_for(n_rows: int) -> int:
    """Return the maximum number of rows in an update.

    For few rows, batches are smaller, so that an epoch has at least thirty updates.

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
