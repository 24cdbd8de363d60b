"""The component sheet: documentation for whoever builds pages, and the page that proves the strict policy."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pianqu.foundation.templatetags.ui import STATES


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """Every component with sample words; `?errors=1` shows a form that was refused, `?empty=1` lists without rows."""
    rows = [] if request.GET.get("empty") else _communities()
    context = {
        "states": list(STATES),
        "rows": rows,
        "errors": _errors() if request.GET.get("errors") else [],
        "timeline": _timeline(),
        "facts": [(_("Code"), "8K3F-27QH"), (_("Category"), _("Roads and paving")), (_("Place"), "育才社区")],
        "steps": [_("Told"), _("Accepted"), _("Being done"), _("Done")],
        "bars": {"labels": [row["name"] for row in rows[:6]], "series": [{"type": "bar", "data": _values(rows[:6])}]},
        "lines": _lines(),
        "shapes": static("ui/example.geojson"),
    }
    return render(request, "open/components.html", context)


@require_safe
def sheet_row(request: HttpRequest) -> HttpResponse:
    """The part that HTMX fetches on the sheet."""
    return render(request, "open/_component_row.html", {"count": 37})


_NAMES = (
    "青柏社区",
    "望江社区",
    "桂园社区",
    "新桥社区",
    "南塘社区",
    "育才社区",
    "翠湖社区",
    "双桥社区",
    "石井社区",
    "东岸社区",
    "长河社区",
    "松林社区",
)
_OPEN = (12, 31, 8, 24, 44, 17, 27, 5, 36, 21, 14, 9)


def _communities() -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in zip(_NAMES, _OPEN, strict=True)]


def _values(rows: list[dict[str, Any]]) -> list[int]:
    return [row["count"] for row in rows]


def _errors() -> list[tuple[str, str]]:
    return [
        ("s-words", _("Please say in a few words what it is about.")),
        ("s-phone", _("Please check the phone number.")),
    ]


def _timeline() -> list[dict[str, Any]]:
    return [
        {
            "icon": "circle-check",
            "tone": "p",
            "title": _("Resolved"),
            "when": "11-23 10:05",
            "by": _("Roads team"),
            "text": _("The cover was replaced and the paving levelled."),
        },
        {
            "icon": "message",
            "tone": "w",
            "title": _("The resident added something"),
            "when": "11-22 18:40",
            "text": _("It is worse after rain."),
            "quote": True,
        },
        {"icon": "inbox", "tone": "", "title": _("Received"), "when": "11-22 08:12", "by": _("Service window")},
    ]


def _lines() -> dict[str, Any]:
    days = [f"11-{day:02}" for day in range(9, 21)]
    real = [31, 28, 35, 40, 33, 30, 36, 41, 39, None, None, None]
    ahead = [None] * 8 + [39, 40, 42, 41]
    band = {
        "type": "band",
        "name": _("80% range"),
        "low": [None] * 8 + [39, 36, 35, 33],
        "high": [None] * 8 + [39, 44, 49, 50],
    }
    return {
        "labels": days,
        "unit": _("cases"),
        "min": 0,
        "series": [
            {"type": "line", "name": _("Counted"), "data": real},
            {"type": "line", "name": _("Expected"), "data": ahead, "dashed": True},
            band,
        ],
    }
