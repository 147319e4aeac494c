"""Fingerprints of the files that a saved model was trained on.

With them, an evaluation on training images is recognized. They are 64-bit hashes of the contents of
files. Of more than 4,096 files, the smallest hashes are stored: a random sample of the contents,
which any other set of files can be compared with.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ._archive import LoadError, read_archive, write_archive

_MEMBER = "trained_on.bin"
_MOST = 4096
_HASH = np.dtype("<u8")


def add_fingerprints(path: Path, files: Iterable[str | os.PathLike[str]]) -> None:
    """Add the fingerprints of training files to a saved model."""
    manifest, members = read_archive(path)
    members[_MEMBER] = np.unique(_hashes(files))[:_MOST].tobytes()
    write_archive(path, manifest, members)


def share_trained_on(path: Path, files: Iterable[str | os.PathLike[str]]) -> float:
    """Return the share of files that a model was trained on, estimated if it had many.

    It is 0 if the model has no fingerprints.
    """
    try:
        stored = read_archive(path)[1].get(_MEMBER, b"")
    except (LoadError, OSError):  # an exported model, or the name of a pretrained one
        return 0.0
    known = np.frombuffer(stored, _HASH, count=len(stored) // _HASH.itemsize)
    if not len(known):
        return 0.0
    hashes = _hashes(files)
    if len(known) >= _MOST:
        hashes = hashes[hashes <= known.max()]
    return float(np.isin(hashes, known).mean()) if len(hashes) else 0.0


def _hashes(files: Iterable[str | os.PathLike[str]]) -> np.ndarray:
    digests = (hashlib.blake2b(Path(file).read_bytes(), digest_size=8).digest() for file in files)
    return np.frombuffer(b"".join(digests), _HASH)
