"""Canonical JSON: one value, one sequence of bytes, so that a hash of it means something.

Problem: payloads and leaves are hashed here and checked by programs in other languages.
Method: RFC 8785 (JCS) restricted to what facts hold: string-keyed dicts, lists, strings, whole numbers, true, false, null.
Floats are refused, since their text is where implementations differ. `json` does the escaping, which for these types
is exactly RFC 8785's when keys are sorted by UTF-16 code units.
Cost: O(n log k) for k keys; `Shape` sorts and quotes the keys of like dicts once, for a quarter of the time.
Guarantee: equal to the `rfc8785` package on its whole common domain, and a shape's text to `encode` (tests compare).
"""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring as quoted
from typing import Any

LIMIT = 2**53 - 1
"""Beyond it a JavaScript reader would round."""

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(value: Any) -> bytes:
    """The canonical bytes. Raises TypeError for a float or foreign type, ValueError for a huge int or broken text."""
    try:
        return _dumps(_ordered(value)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text with half a surrogate pair has no canonical form") from error


class Shape:
    """The canonical form of dicts that all have the same keys."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._names = sorted(keys, key=_utf16)
        self._form = ",".join(quoted(name).replace("%", "%%") + ":%s" for name in self._names)

    def text(self, values: Mapping[str, Any]) -> str:
        """The canonical form as text; of more keys only the shape's. Raises what `encode` raises, KeyError for a missing key."""
        made = [quoted(v) if type(v) is str else text(v) for v in map(values.__getitem__, self._names)]
        return f"{{{self._form % tuple(made)}}}"


def text(value: Any) -> str:
    """What `encode` gives as UTF-8. Half a surrogate pair shows only there."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if (kind is tuple or kind is list) and not value:
        return "[]"
    return _dumps(_ordered(value))


def _ordered(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) > LIMIT:
            raise ValueError(f"{value} is beyond ±(2^53-1) and would be rounded by other readers")
        return int(value)
    if isinstance(value, dict):
        return _ordered_dict(value)
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form here: use text, whole numbers, lists and dicts")


def _ordered_dict(value: dict[Any, Any]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("keys must be text")
    keys = sorted(value) if all(key.isascii() for key in value) else sorted(value, key=_utf16)
    return {key: _ordered(value[key]) for key in keys}


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
