"""Digests of exported files.

The last characters of a file are the SHA-256 of the bytes before them: in ONNX the value of the
last entry of the metadata, in LiteRT the comment of the zip archive.
"""

from __future__ import annotations

import hashlib

from ._archive import LoadError

DIGEST_KEY = "sha256"
NO_DIGEST = "0" * 64  # the end of a file before :func:`with_digest`


def with_digest(data: bytes) -> bytes:
    """Return the bytes with their digest at the end, where :data:`NO_DIGEST` is."""
    before = data[: -len(NO_DIGEST)]
    return before + hashlib.sha256(before).hexdigest().encode()


def check_digest(data: bytes) -> None:
    """Raise an error if the bytes do not match their digest."""
    before, digest = data[: -len(NO_DIGEST)], data[-len(NO_DIGEST) :]
    if hashlib.sha256(before).hexdigest().encode() != digest:
        raise LoadError("its checksum is wrong: it is damaged, or another program has changed it")
