"""Canonical JSON: one value, one sequence of bytes, so that a hash of it means something.

Problem: payloads and leaves are hashed here and checked by programs in other languages.
Method: RFC 8785 (JCS) restricted to what facts hold: string-keyed dicts, lists, strings, whole numbers, true, false, null.
Floats are refused, since their text is where implementations differ. `json` does the escaping, which for these types
is exactly RFC 8785's when keys are sorted by UTF-16 code units.
Cost: O(n log k) for k keys. Guarantee: equal to the `rfc8785` package on its whole common domain (tests compare).
"""

import json
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
