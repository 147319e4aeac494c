"""Plain values that represent the values of a choice in a storage."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import combinations
from types import BuiltinMethodType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator

_PLAIN = (bool, int, float, str, type(None))
_LONGEST = 80
_UNKNOWN = "(...)"
# Classes of these packages are identified by their name alone.
_OWN_NAMES = ("sklearn", "skhcr", "keras", "builtins", "__main__")


def labels(values: list[Any]) -> list[Any]:
    """Return a distinct plain value for each of the values."""
    found: list[Any] = []
    for index, value in enumerate(values):
        plain = isinstance(value, _PLAIN) and value not in found  # where True is 1
        found.append(value if plain else f"{index}: {_short(value)}")
    return found


def find_same(values: list[Any], value: Any) -> int | None:
    """Return the position of the value among the others, or None if it is not one of them."""
    for is_it in (lambda other: other is value, lambda other: is_same(other, value)):
        for index, other in enumerate(values):
            if is_it(other):
                return index
    state = _describe(value, (), whole=True)
    found = [i for i, other in enumerate(values) if _describe(other, (), whole=True) == state]
    return found[0] if len(found) == 1 and _UNKNOWN not in state else None


def find_alike(values: list[Any]) -> tuple[int, int] | None:
    """Return the positions of two values of the same description that are not the same."""
    texts = [describe(value) for value in values]
    for one, other in combinations(range(len(values)), 2):
        if texts[one] == texts[other] and not is_same(values[one], values[other]):
            return one, other
    return None


def is_same(one: Any, other: Any) -> bool:
    """Return whether the values are equal; True and 1 are not."""
    if one is other:
        return True
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    try:
        return bool(one == other)
    except Exception:  # of arrays, for example
        return False


def describe(value: Any) -> str:
    """Return a text for the value that is the same in other processes, without addresses."""
    return _describe(value, (), whole=False)


def _short(value: Any) -> str:
    text = " ".join(describe(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... #{_digest(text)}"


def _digest(text: str | bytes) -> str:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _describe(value: Any, holders: tuple[Any, ...], *, whole: bool) -> str:
    """Describe a value inside others; the `whole` of it, or what its class shows of it."""
    if any(value is holder for holder in holders):
        return "..."
    within = partial(_describe, holders=(*holders, value), whole=whole)
    kind = type(value)
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, list | tuple | set | frozenset | Mapping):
        return _container(value, within)
    if isinstance(value, partial):
        return f"partial{_call(within(value.func), value.args, value.keywords, within)}"
    if isinstance(value, MethodType | BuiltinMethodType) and not inspect.ismodule(value.__self__):
        return f"{within(value.__self__)}.{value.__name__}"
    if isinstance(value, FunctionType) and "<" in value.__qualname__:
        return f"{_name(value)} #{_digest(_body(value, within))}"
    if isinstance(value, CodeType):
        return _code(value, within)
    if hasattr(value, "__qualname__"):
        return _name(value)
    if isinstance(value, np.ndarray):
        content = within(value.tolist()) if value.dtype == object else value.tobytes()
        return f"array {value.shape} {value.dtype} #{_digest(content)}"
    try:
        if isinstance(value, FrozenEstimator):
            return _state(value, within)
        if hasattr(value, "get_params"):
            return f"{_name(kind)}({_settings(value, within)})"
        if hasattr(value, "get_config"):
            config = {k: v for k, v in value.get_config().items() if k != "name"}  # is numbered
            return f"{_name(kind)}({_items(config, within, '=')})"
        shows = not whole and kind.__repr__ is not object.__repr__
        if shows and " at 0x" not in (text := repr(value)).lower():
            return text
        return _state(value, within)
    except Exception:  # there is no telling what is in it
        return f"{_name(kind)}{_UNKNOWN}"


def _name(thing: Any) -> str:
    module = getattr(thing, "__module__", None) or "builtins"
    short = module.partition(".")[0] in _OWN_NAMES
    return thing.__qualname__ if short else f"{module}.{thing.__qualname__}"


def _container(value: Any, within: Any) -> str:
    kind = type(value)
    if isinstance(value, Mapping):
        text = f"{{{_items(value, within, ': ', describe_names=True)}}}"
    elif isinstance(value, set | frozenset):
        text = f"{{{', '.join(sorted(map(within, value)))}}}"
    elif isinstance(value, list):
        text = f"[{', '.join(map(within, value))}]"
    else:
        text = f"({', '.join(map(within, value))}{',' * (len(value) == 1)})"
    return text if kind in (list, tuple, set, dict) else f"{_name(kind)}{text}"


def _items(
    items: Mapping[Any, Any], within: Any, between: str, describe_names: bool = False
) -> str:
    names = map(within if describe_names else str, items)
    return ", ".join(
        f"{name}{between}{within(value)}" for name, value in zip(names, items.values(), strict=True)
    )


def _call(name: str, args: Iterable[Any], keywords: Mapping[str, Any], within: Any) -> str:
    parts = [name, *map(within, args)]
    if keywords:
        parts.append(_items(keywords, within, "="))
    return f"({', '.join(parts)})"


def _settings(estimator: Any, within: Any) -> str:
    """Describe the parameters that are not the default."""
    parameters = inspect.signature(type(estimator)).parameters
    defaults = {name: describe(parameter.default) for name, parameter in parameters.items()}
    settings = estimator.get_params(deep=False)
    changed = {n: v for n, v in settings.items() if defaults.get(n) != describe(v)}
    return _items(changed, within, "=")


def _body(function: FunctionType, within: Any) -> str:
    """Describe the code and the closure of an anonymous function."""
    held = []
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # not bound yet
            held.append(None)
    parts = (function.__code__, function.__defaults__, function.__kwdefaults__, held)
    return " ".join(map(within, parts))


def _code(code: CodeType, within: Any) -> str:
    return f"code #{_digest(code.co_code.hex() + within(code.co_names) + within(code.co_consts))}"


def _state(value: Any, within: Any) -> str:
    """Describe the pickled state."""
    reduced = value.__reduce_ex__(2)
    if isinstance(reduced, str):
        return reduced
    _, args, *rest = reduced
    kind = type(value)
    parts = [part for part in args if part is not kind]
    parts += [list(part) if hasattr(part, "__next__") else part for part in rest]
    return f"{_name(kind)}({', '.join(within(part) for part in parts if part is not None)})"
