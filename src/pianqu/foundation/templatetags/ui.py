"""Small pieces of the UI kit that templates need: icons, the badge of a state, dates that people read."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext_lazy

from pianqu.foundation.installation import installation

register = template.Library()

_ICONS = Path(__file__).resolve().parent.parent / "static/vendor/icons/icons.json"
_SVG = (
    '<svg class="icon{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
)


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    loaded: dict[str, str] = json.loads(_ICONS.read_text())
    return loaded


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """An outline icon, hidden from screen readers: the word beside it carries the meaning. KeyError if not vendored."""
    return mark_safe(_SVG.format(f" {extra}" if extra else "", _icons()[name]))


_TONES = {"info": "info-circle", "success": "circle-check", "warning": "alert-triangle", "danger": "alert-circle"}


@register.simple_tag
def tone_icon(tone: str) -> SafeString:
    """The icon of an alert's tone."""
    drawn: SafeString = icon(_TONES.get(tone, "info-circle"))
    return drawn


@register.simple_tag
def map_tiles() -> str:
    """The base map's URL template, or nothing: then the shipped outlines are drawn."""
    return installation().tiles


@register.simple_tag
def demonstration() -> bool:
    """Whether the demo district is loaded here: pages say then that people and matters are synthetic."""
    return installation().is_demonstration


STATES = {
    "opened": ("blue", "inbox", pgettext_lazy("state", "Waiting")),
    "accepted": ("azure", "checks", pgettext_lazy("state", "Accepted")),
    "dispatched": ("azure", "send", pgettext_lazy("state", "Dispatched")),
    "in_progress": ("teal", "player-play", pgettext_lazy("state", "In progress")),
    "returned": ("orange", "arrow-back-up", pgettext_lazy("state", "Returned")),
    "paused": ("purple", "player-pause", pgettext_lazy("state", "Paused")),
    "resolved": ("green", "circle-check", pgettext_lazy("state", "Resolved")),
    "merged": ("secondary", "git-merge", pgettext_lazy("state", "Merged")),
    "reopened": ("orange", "rotate", pgettext_lazy("state", "Reopened")),
    "rated": ("green", "circle-check", pgettext_lazy("state", "Rated")),
    "overdue": ("red", "alert-triangle", pgettext_lazy("state", "Overdue")),
    "closed": ("secondary", "archive", pgettext_lazy("state", "Closed")),
    "withdrawn": ("secondary", "arrow-back-up", pgettext_lazy("state", "Withdrawn")),
    "recorded": ("yellow", "hourglass", pgettext_lazy("state", "Written")),
    "unwitnessed": ("yellow", "hourglass", pgettext_lazy("state", "Waiting for a witness")),
    "covered": ("green", "shield-check", pgettext_lazy("state", "Witnessed with a later one")),
    "witnessed": ("green", "shield-check", pgettext_lazy("state", "Witnessed")),
    "waiting": ("purple", "wifi-off", pgettext_lazy("state", "Waiting for the network")),
    "sealed": ("green", "lock", pgettext_lazy("state", "Sealed")),
}
"""State → colour, icon and word: a badge never speaks by colour alone."""


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """The badge of a state, in the reader's language."""
    return _badge(state, get_language() or "")


@lru_cache(maxsize=128)
def _badge(state: str, _language: str) -> SafeString:
    colour, name, word = STATES[state]
    return format_html('<span class="badge bg-{}-lt">{} {}</span>', colour, icon(name), word)


@register.simple_tag
def state_word(state: str) -> str:
    """The word of a state alone, for lists of choices."""
    return str(STATES[state][2])


@register.filter
def moment(value: datetime | None) -> str:
    """A moment as people here read it: 2026 年 11 月 23 日 08:41, or 23 Nov 2026 08:41."""
    if value is None:
        return ""
    here = timezone.localtime(value)
    if (get_language() or "").startswith("zh"):
        return f"{here.year} 年 {here.month} 月 {here.day} 日 {here:%H:%M}"
    return f"{here.day} {here:%b %Y %H:%M}"


@register.filter
def last_moment(value: datetime | None) -> str:
    """The end of a term: midnight is 24:00 of the day that ends (民法典 第二百零三条)."""
    if value is None:
        return ""
    here = timezone.localtime(value)
    if (here.hour, here.minute) != (0, 0):
        return moment(value)
    last = here - timedelta(days=1)
    if (get_language() or "").startswith("zh"):
        return f"{last.year} 年 {last.month} 月 {last.day} 日 24:00"
    return f"{last.day} {last:%b %Y} 24:00"


@register.filter
def day(value: date) -> str:
    """A day without its year: 11 月 23 日, or 23 Nov."""
    if (get_language() or "").startswith("zh"):
        return f"{value.month} 月 {value.day} 日"
    return f"{value.day} {value:%b}"


@register.filter
def full_day(value: date | None) -> str:
    """A day: 2026 年 11 月 23 日, or 23 Nov 2026."""
    if value is None:
        return ""
    if (get_language() or "").startswith("zh"):
        return f"{value.year} 年 {value.month} 月 {value.day} 日"
    return f"{value.day} {value:%b %Y}"


@register.filter
def month_year(value: date) -> str:
    """A month: 2026 年 10 月, or October 2026."""
    return f"{value.year} 年 {value.month} 月" if (get_language() or "").startswith("zh") else f"{value:%B %Y}"


@register.filter
def short_moment(value: datetime | None) -> str:
    """The same without the year: 11 月 23 日 08:41, or 23 Nov 08:41."""
    if value is None:
        return ""
    here = timezone.localtime(value)
    if (get_language() or "").startswith("zh"):
        return f"{here.month} 月 {here.day} 日 {here.hour:02d}:{here.minute:02d}"
    return f"{here.day} {here:%b} {here.hour:02d}:{here.minute:02d}"


@register.filter
def clock_time(value: datetime | None) -> str:
    """The time of day with seconds: 08:41:07."""
    return "" if value is None else f"{timezone.localtime(value):%H:%M:%S}"


@register.filter
def listed(names: Iterable[str]) -> str:
    """Names side by side: 公安分局、民政局, or with commas."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(names)


@register.filter
def clauses(sentences: Iterable[str]) -> str:
    """Short sentences side by side: with ； or semicolons."""
    return ("；" if (get_language() or "").startswith("zh") else "; ").join(sentences)


@register.filter
def thousands(value: int | None) -> str:
    """184312 → 184 312 with thin spaces, the same in both languages."""
    return "" if value is None else f"{value:,}".replace(",", "\u2009").replace("-", "\u2212")
