"""Hears what browsers report about the content security policy: each report means a page of ours is wrong."""

import json
import logging
from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

LONGEST = 16_384
KINDS_KEPT = 200
SEEN: Counter[tuple[str, str]] = Counter()
"""(directive, blocked address) → how often since this process started. Bounded, so that strangers cannot fill it."""
_log = logging.getLogger("pianqu.csp")


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Count a report; write each kind to the log once. Browsers send it without a token, and it changes nothing."""
    body = request.read(LONGEST + 1)
    report = _parsed(body) if len(body) <= LONGEST else {}
    if not report:
        return HttpResponse(status=400)
    kind = (
        _short(report.get("effective-directive") or report.get("violated-directive")),
        _short(report["blocked-uri"]),
    )
    if kind in SEEN or len(SEEN) < KINDS_KEPT:
        SEEN[kind] += 1
        if SEEN[kind] == 1:
            _log.warning("policy violation: %s blocked %s on %s", *kind, _short(report.get("document-uri")))
    return HttpResponse(status=204)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        report = json.loads(body)["csp-report"]
    except (ValueError, KeyError, TypeError):
        return {}
    return report if isinstance(report, dict) and "blocked-uri" in report else {}


def _short(value: object) -> str:
    """One line without the parts of an address that could be personal."""
    return "".join(char for char in str(value).partition("?")[0] if char.isprintable())[:120]
