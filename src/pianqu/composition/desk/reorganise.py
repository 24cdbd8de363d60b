"""Merging and splitting organisations: what is asked, a preview of what passes over, then the report that can be printed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.composition import reorganising
from pianqu.composition.desk.who import administrator, called, colleague, in_english
from pianqu.composition.reorganising import Report
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem, as_problem
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import OrganisationCard
from pianqu.rooms.directory.services import NewOrganisation, Reorganisation, Share
from pianqu.rooms.ledger import queries as ledger

MERGE, SPLIT = "merge", "split"
KINDS = ("department", "station", "street", "town", "centre", "community", "village", "party", "social", "property")
NEW = "new"
"""Stands for an organisation that begins with the merger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What goes from one organisation to another."""

    old: str
    new: str
    matters: int = 0
    parts: int = 0
    powers: int = 0
    posts: int = 0
    send_downs: int = 0
    duties: int = 0
    areas: int = 0
    lines: int = 0


@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The form; with what was asked its preview; carried out, the way to the report."""
    actor = administrator(request)
    if request.method != "POST":
        return _shown(request, QueryDict(), status=200)
    typed, now = request.POST, timezone.now()
    try:
        plan = _plan(typed, now)
        if typed.get("step") == "carry-out":
            return _carried_out(actor, plan, typed, now)
        told = reorganising.preview(actor=actor, plan=plan, now=now)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return _shown(request, typed, error=problem.message, status=problem.status)
    return _shown(request, typed, report=told, plan=plan, status=200)


def _carried_out(actor: Actor, plan: Reorganisation, typed: QueryDict, now: datetime) -> HttpResponse:
    seen, key = str(typed.get("seen", "")), str(typed.get("key", ""))
    reorganising.carry_out(actor=actor, plan=plan, seen=seen, key=key, now=now)
    rest = urlencode({"with": plan.of[1:]}, doseq=True)
    return redirect(reverse("reorganised", args=[plan.of[0]]) + (f"?{rest}" if rest else ""))


# what was typed ------------------------------------------------------------------------------------------------------


def _plan(typed: QueryDict, now: datetime) -> Reorganisation:
    """The plan in the form. Raises Invalid."""
    of, how, on = tuple(code for code in typed.getlist("of") if code), typed.get("how", MERGE), timezone.localdate(now)
    if not of:
        raise Invalid("reorganise-of", _("Please choose which organisations are reorganised."))
    if how == SPLIT:
        return _split(typed, of, on)
    target = str(typed.get("target", ""))
    if not target:
        raise Invalid("reorganise-target", _("Please choose who takes everything over."))
    if target == NEW:
        begins = _new(typed, of[0])
        return Reorganisation(of=of, rest_to=begins.code, on=on, begins=(begins,))
    return Reorganisation(of=of, rest_to=target, on=on)


def _split(typed: QueryDict, of: tuple[str, ...], on: date) -> Reorganisation:
    """The old one goes on with everything that the new one does not take."""
    if len(of) > 1:
        raise Invalid("reorganise-one", _("Please split one organisation at a time."))
    categories, areas = tuple(typed.getlist("categories")), tuple(typed.getlist("areas"))
    posts = tuple(_ids(typed.getlist("posts")))
    if not (categories or areas or posts):
        raise Invalid("reorganise-share", _("Please say what the new one takes: categories, places, or people."))
    begins = _new(typed, of[0])
    share = Share(to_code=begins.code, categories=categories, area_codes=areas, post_ids=posts)
    return Reorganisation(of=of, rest_to=of[0], on=on, begins=(begins,), shares=(share,))


def _ids(texts: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Invalid("reorganise-posts", _("Please choose the people from the list.")) from None


def _new(typed: QueryDict, like: str) -> NewOrganisation:
    """The new organisation: of the same kind and under the same superior as the old one."""
    old = directory.organisation(like)
    code, name, short = (" ".join(str(typed.get(field, "")).split()) for field in ("code", "name", "short_name"))
    usable = code.replace("-", "").isascii() and code.replace("-", "").isalnum() and 2 <= len(code) <= 32
    if not usable or code != code.lower():
        sentence = _("The new organisation needs a code of digits, small letters and hyphens, like 330205-housing.")
        raise Invalid("reorganise-code", sentence)
    if not 1 <= len(name) <= 80 or len(short) > 40:
        raise Invalid("reorganise-name", _("The new organisation needs a name of at most 80 characters."))
    return NewOrganisation(
        code=code,
        kind=old.kind,
        name=name,
        short_name=short or name[:40],
        parent_code=old.parent_code,
        serves_code=old.serves_code,
    )


# what is shown -------------------------------------------------------------------------------------------------------


def _shown(
    request: HttpRequest,
    typed: QueryDict,
    *,
    error: str = "",
    report: Report | None = None,
    plan: Reorganisation | None = None,
    status: int,
) -> HttpResponse:
    cards = {card.code: card for card in directory.all_organisations(*KINDS)}
    of = typed.getlist("of")
    english = in_english()
    fresh = {item.code: item.short_name for item in plan.begins} if plan else {}
    context = {
        "typed": typed,
        "of": of,
        "how": typed.get("how", MERGE),
        "groups": _groups(cards),
        "places": _groups({code: card for code, card in cards.items() if card.kind in ("street", "town")}),
        "areas": typed.getlist("areas"),
        "categories": [(card.code, card.name_en if english else card.name_zh) for card in casework.categories()],
        "chosen": typed.getlist("categories"),
        "posts": [(str(post.post_id), post.name, post.title) for post in directory.held_posts(of)]
        if len(of) == 1
        else (),
        "going": typed.getlist("posts"),
        "error": error,
        "rows": _rows(report, cards, fresh) if report else (),
        "report": report,
        "seen": reorganising.word_of(report) if report else "",
        "key": secrets.token_urlsafe(16),
        "again": [(name, value) for name in typed if name not in _OWN for value in typed.getlist(name)],
    }
    return render(request, "composition/reorganise.html", context, status=status)


_OWN = ("csrfmiddlewaretoken", "step", "seen", "key")
"""Fields that a preview's own form says anew."""


def _groups(cards: Mapping[str, OrganisationCard]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Organisations by kind, as a select offers them."""
    ordered = sorted(cards.values(), key=lambda card: (KINDS.index(card.kind), card.code))
    words = _kinds()
    return [
        (words.get(kind, kind), [(card.code, called(card, card.code)) for card in group])
        for kind, group in groupby(ordered, key=lambda card: card.kind)
    ]


def _kinds() -> dict[str, str]:
    return {
        "department": _("Departments"),
        "station": _("Stations"),
        "street": _("Subdistricts"),
        "town": _("Towns"),
        "centre": _("Centres"),
        "community": _("Communities"),
        "village": _("Villages"),
        "party": _("Party organisations"),
        "social": _("Social organisations"),
        "property": _("Property companies"),
    }


def _rows(report: Report, cards: Mapping[str, OrganisationCard], fresh: Mapping[str, str]) -> list[Row]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for one in report.bodies.passed:
        own = counts.setdefault((one.old_code, one.new_code), {})
        own |= {name: getattr(one, name) for name in ("powers", "posts", "send_downs", "duties", "areas", "lines")}
    for handed in report.matters.handed:
        own = counts.setdefault((handed.old_code, handed.new_code), {})
        own |= {"matters": handed.led + handed.received, "parts": handed.helped}
    names = {code: called(card, code) for code, card in cards.items()} | dict(fresh)
    return [Row(old=names.get(old, old), new=names.get(new, new), **own) for (old, new), own in sorted(counts.items())]


@never_cache
@login_required
@require_safe
def done(request: HttpRequest, code: str) -> HttpResponse:
    """What passed over when an organisation was reorganised the last time, from the ledger. Raises Absent."""
    colleague(request)
    codes = [code, *request.GET.getlist("with")[:20]]
    facts = [item for one in codes for item in ledger.history(f"organisation:{one}") if item.kind in _TOLD]
    if not facts:
        raise Absent("reorganised-absent", _("This organisation was never merged or split."))
    latest = max(item.at for item in facts)
    told = [item for item in facts if item.at == latest]
    names = directory.organisations({item.fact[name] for item in told for name in ("old_code", "new_code")})
    context = {
        "at": latest,
        "rows": _told_rows([item.fact for item in told], names),
        "ended": sorted({called(names.get(item.fact["old_code"]), "") for item in told if item.fact.get("old_ends")}),
        "code": code,
    }
    return render(request, "composition/reorganised.html", context)


_TOLD = ("directory.organisation-reorganised", "casework.cases-handed-over")


def _told_rows(facts: Sequence[Mapping[str, Any]], names: Mapping[str, OrganisationCard]) -> list[Row]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for fact in facts:
        own = counts.setdefault((fact["old_code"], fact["new_code"]), {})
        if "led" in fact:
            own |= {"matters": fact["led"] + fact["received"], "parts": fact["helped"]}
        else:
            lists = {"powers": "power_ids", "posts": "post_ids", "send_downs": "send_down_ids", "duties": "duty_ids"}
            lists |= {"areas": "area_codes", "lines": "line_codes"}
            own |= {name: len(fact.get(listed, ())) for name, listed in lists.items()}
    return [
        Row(old=called(names.get(old), old), new=called(names.get(new), new), **own)
        for (old, new), own in sorted(counts.items())
    ]
