"""Checks of an estimator written by skops, before skops reads it.

skops asks for trust in types and functions by the names in a file. These checks ensure that a name
is used according to its kind - a type is not called, a function is not a type - and that reading
needs no more memory than the file's size accounts for.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from ._archive import LoadError, check_members

_SCHEMA = "schema.json"
# Sparse matrices are compressed: together they may expand to this many bytes, or the file size.
_UNPACKED = 2**26

_SCALARS = r"numpy\.(str_|bool_?|u?int\d+|float\d+)"
# Kinds of nodes, and what they may call themselves. Of functions, types and objects, which are not
# called, skops asks for trust in the name.
_NODES = {
    "BytesNode": r"builtins\.bytes",
    "DTypeNode": r"numpy\.dtype",
    "DefaultDictNode": r"collections\.defaultdict",
    "DictNode": r"builtins\.dict|collections\.OrderedDict|sklearn\.utils\._bunch\.Bunch",
    "FunctionNode": r".*",
    "JsonNode": r".*",
    "ListNode": r"builtins\.list",
    "LossNode": r"sklearn\..*",
    "MaskedArrayNode": r"numpy\.ma\.(core\.)?MaskedArray",
    "NdArrayNode": rf"numpy\.ndarray|{_SCALARS}",
    "ObjectNode": r".*",
    "RandomStateNode": r"numpy\.random\.mtrand\.RandomState",
    "SetNode": r"builtins\.(frozen)?set",
    "SliceNode": r"builtins\.slice",
    "SparseMatrixNode": r"scipy\.sparse\..*",
    "TreeNode": r"sklearn\.tree\._tree\.Tree",
    "TupleNode": r"builtins\.tuple",
    "TypeNode": r".*",
    "_DictWithDeprecatedKeysNode": r"sklearn\..*",
}
_OBJECTS = ("LossNode", "ObjectNode", "SparseMatrixNode", "TreeNode")
_KEYS = rf"builtins\.(str|int|float|bool|NoneType)|{_SCALARS}"
# How often the arrays in a file may be referred to, on average; small ones do not count.
_REFERENCES = 10
_DEEPEST = 200


def check_estimator(data: bytes) -> None:
    """Raise an error for an unsafe estimator file.

    Raises
    ------
    LoadError
        If arrays do not have their declared size, or contain objects; or if nodes have kinds that
        call functions, have wrong names, or expand to more data than is written.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_members(archive, len(data))
        members = {name: archive.read(name) for name in archive.namelist()}
    room = max(_UNPACKED, len(data))
    for name, content in members.items():
        room -= _check_member(name, content, room)
    _Nodes(members).check(json.loads(members[_SCHEMA]))


def objects_in(data: bytes) -> set[str]:
    """Return the full names of the types of all objects in an estimator written by skops."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [json.loads(archive.read(_SCHEMA))]
    found = set()
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if part.get("__loader__") in _OBJECTS:
                found.add(f"{part.get('__module__')}.{part.get('__class__')}")
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return found


def networks_in(data: bytes) -> list[dict[str, Any]]:
    """Return the networks in an estimator written by skops.

    For each, its configuration as JSON, and the names of the members with its weights; incomplete
    networks are omitted.
    """
    return [
        {
            "config": json.loads(content["config"]["content"]),
            "weights": [node["file"] for node in content["weights"]["content"] if "file" in node],
        }
        for content in _dicts_in(data, {"config", "weights", "dtype_policy"})
    ]


def arrays_in(data: bytes, names: Collection[str]) -> dict[str, str]:
    """Return the members with the arrays of a dict in an estimator written by skops.

    The dict is the one with these names as its keys; there must be one in the estimator.
    """
    (content,) = (found for found in _dicts_in(data, set(names)) if found.keys() == set(names))
    return {name: content[name]["file"] for name in names}


def _dicts_in(data: bytes, keys: set[str]) -> list[dict[str, Any]]:
    """Return the dicts in an estimator that have these keys, and others."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [json.loads(archive.read(_SCHEMA))]
    found = {}
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            content = part.get("content")
            if isinstance(content, dict) and keys <= set(content):
                found[str(part.get("__id__"))] = content
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return list(found.values())


def _check_member(name: str, content: bytes, room: int) -> int:
    """Return the number of bytes that a member expands to, beyond its own."""
    if content.startswith(b"\x93NUMPY"):
        check_array(name, content)
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > room:
            raise LoadError(f"its member {name!r} claims to be larger than the file")
        for array in archive.namelist():
            check_array(array, archive.read(array))
    return unpacked


def check_array(name: str, content: bytes) -> None:
    """Raise an error for a NumPy array without its declared size, or with objects."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = read(file)
    except Exception as error:  # of NumPy's, which parses the header as Python
        raise LoadError(f"its array {name!r} is damaged") from error
    if dtype.hasobject:
        raise LoadError(f"its array {name!r} contains Python objects")
    declared = dtype.itemsize
    for length in shape:
        declared *= length  # Python integers do not overflow
    nothing = not dtype.itemsize and 0 not in shape  # as many items as one likes
    if declared != len(content) - file.tell() or nothing:
        raise LoadError(f"its array {name!r} does not have its declared size")


class _Nodes:
    """The nodes of a schema.

    skops writes an object with two references in full both times, and reads it once. To read
    exactly the written data, nodes with the same number must be equal, and a member must belong to
    one number.
    """

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self._members = members
        self._contents: dict[Any, bytes] = {}
        self._owners: dict[str, Any] = {}
        self._room = max(_UNPACKED, _REFERENCES * sum(map(len, members.values())))

    def check(self, part: Any, depth: int = 0) -> bytes:
        """Raise an error for problems in a part; return a hash of it, without numbers."""
        if depth > _DEEPEST:
            raise LoadError("the estimator in it is nested too deeply")
        is_node = isinstance(part, dict) and not all(
            isinstance(part.get(name, {}), dict) for name in ("__loader__", "__id__")
        )
        if is_node:
            self._check_node(part)
        digest = hashlib.blake2b(type(part).__name__.encode(), digest_size=16)
        for key, value in _children(part):
            digest.update(repr(key).encode("utf-8", "backslashreplace"))
            if isinstance(value, dict | list):
                digest.update(self.check(value, depth + 1))
            else:
                digest.update(repr(value).encode("utf-8", "backslashreplace"))
        found = digest.digest()
        number = part.get("__id__") if is_node else None
        if number is not None and self._contents.setdefault(number, found) != found:
            raise LoadError("two objects of the estimator in it have the same number")
        return found

    def _check_node(self, node: dict[str, Any]) -> None:
        kind = node.get("__loader__")
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if kind not in _NODES:
            raise LoadError(f"it contains {name!r} as a {kind!r}, which is never loaded")
        if not re.fullmatch(_NODES[kind], name):
            raise LoadError(f"it holds {name!r} as a {kind!r}")
        if kind == "DictNode":
            _check_labels(node["content"].get("classes_"))
            for key in node["key_types"]["content"]:
                found = f"{key.get('__module__')}.{key.get('__class__')}"
                if key.get("__loader__") != "TypeNode" or not re.fullmatch(_KEYS, found):
                    raise LoadError(f"it contains a dict with keys of type {found!r}")
        if "file" in node:
            number, file = node.get("__id__"), node["file"]
            if not number or self._owners.setdefault(file, number) != number:
                raise LoadError(
                    f"two objects of the estimator in it are in the same member, {file!r}"
                )
            self._room -= len(self._members[file])
            if self._room < 0:
                raise LoadError("the estimator in it refers to its arrays too often")


def _check_labels(node: Any) -> None:
    """Raise an error for labels that are no array.

    NumPy makes one of a list, in which every label takes as much memory as the longest.
    """
    if node is None or node.get("__loader__") == "NdArrayNode":
        return
    several = node.get("content")  # outputs, each with labels of its own
    if not isinstance(several, list) or any(
        one.get("__loader__") != "NdArrayNode" for one in several
    ):
        raise LoadError("its labels are no array")


def _children(part: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(part, dict):
        for key, value in sorted(part.items()):
            if key not in ("__id__", "file") or isinstance(value, dict | list):
                yield key, value
    else:
        yield from enumerate(part)
