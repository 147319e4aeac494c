"""Checksums of downloaded files."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

_md5 = partial(hashlib.md5, usedforsecurity=False)


class Check(Protocol):
    """Checks a file."""

    def problem(self, path: Path) -> str | None:
        """Return the problem with the file, or None."""

    def __str__(self) -> str: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class _Digest:
    expected: str
    kind: ClassVar[str]

    def problem(self, path: Path) -> str | None:
        """Return the problem with the file, or None."""
        found = self.digest(path)
        return None if found == self.expected else f"its {self.kind} is {found}"

    def digest(self, path: Path) -> str:
        """Return the digest of the file, in hexadecimal digits."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.kind} {self.expected}"


class SHA256(_Digest):
    """SHA-256 of the file."""

    kind = "SHA-256"

    def digest(self, path: Path) -> str:
        """Return the digest of the file, in hexadecimal digits."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class MD5(_Digest):
    """MD5 of the file, for publishers that provide nothing better."""

    kind = "MD5"

    def digest(self, path: Path) -> str:
        """Return the digest of the file, in hexadecimal digits."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest()


class GitBlob(_Digest):
    """The git object name of a file's content."""

    kind = "git blob id"

    def digest(self, path: Path) -> str:
        """Return the digest of the file, in hexadecimal digits."""
        sha1 = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: sha1).hexdigest()


class ZipCheck:
    """What a zip file must hold; every file in it must be whole."""

    def problem(self, path: Path) -> str | None:
        """Return what is wrong with the file, or None if nothing is."""
        try:
            with zipfile.ZipFile(path) as archive:
                if (problem := self.problem_of(archive)) is not None:
                    return problem
                damaged = archive.testzip()
                return None if damaged is None else f"{damaged} in it is damaged"
        except zipfile.BadZipFile as error:
            return f"it is not a zip file ({error})"

    def problem_of(self, archive: zipfile.ZipFile) -> str | None:
        """Return what the file lacks, or None if nothing."""
        raise NotImplementedError


class UnpackedMD5(_Digest):
    """MD5 of the content of a gzip file."""

    kind = "MD5 when unpacked"

    def digest(self, path: Path) -> str:
        """Return the digest of the content, or the error of unpacking it."""
        try:
            with gzip.open(path) as file:
                return hashlib.file_digest(file, _md5).hexdigest()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            return f"not available ({error})"
