"""GeoReport answers: both formats say the same, whatever words are in them."""

import json
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.open311 import ITEMS, as_json, as_xml

LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
RECORD = st.dictionaries(st.sampled_from(["code", "description", "status", "long"]), LEAF, max_size=4)


@given(rows=st.lists(RECORD, max_size=5))
def test_xml_holds_what_json_holds(rows: list[dict[str, Any]]) -> None:
    root = ET.fromstring(as_xml(rows, "services"))
    assert root.tag == "services" and [child.tag for child in root] == ["service"] * len(rows)
    for child, row in zip(root, json.loads(as_json(rows)), strict=True):
        assert {leaf.tag: leaf.text or "" for leaf in child} == {name: said(value) for name, value in row.items()}


def said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    kept = "".join(
        c for c in str(value) if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    return kept.replace("\r\n", "\n").replace("\r", "\n")


def test_lists_within_records_have_their_own_names() -> None:
    answer = {
        "service_code": "roads",
        "attributes": [{"code": "landmark", "values": [{"key": "1", "name": "<桥> & 路"}]}],
    }
    root = ET.fromstring(as_xml(answer, "service_definition"))
    assert root.findtext("attributes/attribute/values/value/name") == "<桥> & 路"
    assert set(ITEMS) >= {"services", "service_requests", "service_request_updates", "errors"}
