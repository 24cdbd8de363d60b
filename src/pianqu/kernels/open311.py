"""GeoReport v2 as text: answers of an Open311 server written as JSON or XML from one plain value.

Problem: every answer exists in two formats that must say the same. Method: an answer is a list of flat records, or one record,
whose values are None, true or false, numbers, texts, and lists of records; JSON takes it as it is, XML names the elements.
Source: Open311 GeoReport API v2 specification; FixMyStreet's service request updates extension. Cost: O(size).
Guarantee: what XML cannot hold (control characters) is left out, so that every answer can be read back.
"""

import json
import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Record = Mapping[str, object]

ITEMS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""List → what one of its members is called in XML."""
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(answer: object) -> str:
    """The answer as JSON."""
    return json.dumps(answer, ensure_ascii=False)


def as_xml(answer: object, root: str) -> str:
    """The same answer as XML with the root element `root`."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_element(root, answer)}'


def _element(name: str, value: object) -> str:
    if value is None:
        return f"<{name}/>"
    return f"<{name}>{_content(name, value)}</{name}>"


def _content(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "".join(_element(str(key), inner) for key, inner in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element(ITEMS[name], inner) for inner in value)
    return escape(_FORBIDDEN.sub("", str(value)))
