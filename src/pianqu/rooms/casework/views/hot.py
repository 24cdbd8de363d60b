"""Hot issues: what many people said of one problem at one place and time, by how hot it is now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.installation import installation
from pianqu.foundation.markup import put, put_each
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import LONG, SHORT, HotCard
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, lines_of

TALL = 24
"""Height of a spark in its own units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hot:
    """A hot issue in the words of the page."""

    card: HotCard
    href: str
    category: str
    place: shown.Name | None
    wider: shown.Name | None
    """The street, where the place is a community."""
    spark: SafeString
    days: str
    heat: str
    weight: int
    """Of 100, beside the hottest one."""


@never_cache
@login_required
@require_safe
def hot(request: HttpRequest) -> HttpResponse:
    """The list, hottest first; `days` chooses between two weeks and a quarter. Nothing chosen: two weeks if there is anything."""
    actor, asked, runs = actor_of(request), request.GET.get("days", ""), queries.hot_runs()
    span = LONG if asked == str(LONG) else SHORT
    cards = queries.hot_issues(actor, span_days=span)
    is_quiet = not cards and not asked and SHORT in runs
    if is_quiet:
        span, cards = LONG, queries.hot_issues(actor, span_days=LONG)
    found = _shown(cards)
    context = {
        "issues": [one for one in found if one.card.street_code],
        "unplaced": [one for one in found if not one.card.street_code],
        "span": span,
        "spans": [(SHORT, _("Two weeks")), (LONG, _("A quarter"))],
        "run": runs.get(span),
        "is_quiet": is_quiet and bool(cards),
    }
    return render(request, "casework/hot.html", context)


@never_cache
@login_required
@require_safe
def hot_one(request: HttpRequest, issue_id: uuid.UUID) -> HttpResponse:
    """One issue: why its matters are one, when they came, which they are, and what can be done about their cause."""
    actor, now = actor_of(request), timezone.now()
    page = queries.hot_issue(actor, issue_id)
    issue = _shown([page.card])[0]
    cause = next((row for row in queries.root_causes(actor) if row.cause_id == page.card.cause_id), None)
    context = {
        "issue": issue,
        "lines": lines_of(page.rows, now),
        "more": page.card.seen - len(page.rows),
        "unseen": page.card.matters - page.card.seen,
        "unlinked": len(page.unlinked),
        "cause": cause,
        "causes": [row for row in queries.causes_to_link(actor) if row != cause] if page.unlinked else [],
        "may_link_more": cause is not None and bool(page.unlinked) and cause in queries.causes_to_link(actor),
        "may_open": queries.may_open_cause(actor, page.card.place_code or page.card.street_code),
        "days": _days(page.card),
        "tiles": installation().tiles,
    }
    return render(request, "casework/hot_one.html", context)


def _shown(cards: Sequence[HotCard]) -> list[Hot]:
    names, categories = shown.Places(), shown.category_names()
    top = max((card.heat for card in cards), default=0.0) or 1.0
    return [
        _hot(card, names, categories[card.category].name if card.category in categories else "", top) for card in cards
    ]


def _hot(card: HotCard, names: shown.Places, category: str, top: float) -> Hot:
    street = names.name(card.street_code) if card.street_code else None
    place = names.name(card.place_code) if card.place_code else street
    return Hot(
        card=card,
        href=reverse("casework:hot_one", args=[card.issue_id]),
        category=category or card.category,
        place=place,
        wider=street if card.place_code else None,
        spark=_spark(card),
        days=_span(card),
        heat=f"{card.heat:.1f}",
        weight=round(100 * card.heat / top),
    )


def _span(card: HotCard) -> str:
    days = (timezone.localdate(card.last_at) - timezone.localdate(card.first_at)).days + 1
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _spark(card: HotCard) -> SafeString:
    """Matters of each day as bars; three days are one bar over a quarter."""
    step = 1 if len(card.daily) <= 2 * SHORT else 3
    bars = [sum(card.daily[n : n + step]) for n in range(len(card.daily) % step, len(card.daily), step)]
    top = max(bars, default=0) or 1
    drawn = (
        (
            4 * n,
            TALL - max(2, round(TALL * bar / top)) if bar else TALL - 1,
            max(2, round(TALL * bar / top)) if bar else 1,
        )
        for n, bar in enumerate(bars)
    )
    rects = put_each("", '<rect x="{}" y="{}" width="3" height="{}"/>', drawn)
    box = f"0 0 {4 * len(bars)} {TALL}"
    return put('<svg class="pq-spark" viewBox="{}" preserveAspectRatio="none" aria-hidden="true">{}</svg>', box, rects)


def _days(card: HotCard) -> list[tuple[date, int]]:
    """Days on which something came in, the latest first."""
    today = timezone.localdate(card.found_at)
    return [(today - timedelta(days=ago), n) for ago, n in enumerate(reversed(card.daily)) if n]
