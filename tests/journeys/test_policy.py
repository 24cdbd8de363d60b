"""The content security policy, and what browsers report about it."""

import json
import logging

import pytest
from django.test import Client

from pianqu.composition.csp import policy
from pianqu.composition.open import reports


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    reports.SEEN.clear()


def report(**body: str) -> bytes:
    return json.dumps({"csp-report": body}).encode()


def send(body: bytes) -> int:
    return Client().post("/csp-report/", data=body, content_type="application/csp-report").status_code


def test_the_policy_allows_nothing_inline_and_no_data_pictures() -> None:
    words = " ".join(word for sources in policy("")["DIRECTIVES"].values() for word in sources)
    assert "unsafe" not in words and "data:" not in words and "*" not in words


def test_a_base_map_enters_the_policy_by_its_host_only() -> None:
    sources = policy("https://{s}.tiles.example/{z}/{x}/{y}.png?key=1")["DIRECTIVES"]["img-src"]
    assert sources[-1] == "https://*.tiles.example"


def test_each_kind_of_violation_is_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    body = report(
        **{"effective-directive": "img-src", "blocked-uri": "data", "document-uri": "http://localhost/?s=secret"}
    )
    with caplog.at_level(logging.WARNING, logger="pianqu.csp"):
        assert [send(body), send(body)] == [204, 204]
    assert list(reports.SEEN.values()) == [2]
    assert len(caplog.records) == 1 and "secret" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"csp-report": 3}', b"x" * 20_000])
def test_what_is_no_report_is_refused(body: bytes) -> None:
    assert send(body) == 400
    assert not reports.SEEN


def test_strangers_cannot_fill_the_memory() -> None:
    for number in range(reports.KINDS_KEPT + 20):
        send(report(**{"effective-directive": "img-src", "blocked-uri": f"http://x/{number}"}))
    assert len(reports.SEEN) == reports.KINDS_KEPT
