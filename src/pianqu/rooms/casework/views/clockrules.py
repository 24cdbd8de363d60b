"""The district's own terms: which hold, a draft, what it would move before it is applied, and what was in force before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem, Refused
from pianqu.foundation.tables import FORMS, Cell, Column
from pianqu.rooms.casework import forms, queries, rules, services
from pianqu.rooms.casework.queries import LocalTerm, Preview, Shift, Tally, VersionCard
from pianqu.rooms.casework.views import shown, termlines
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.casework.views.termlines import Line, Wrong

OTHER = "clock-draft-changed"
"""A refusal whose answer shows both: what a colleague wrote, and what was typed."""
MOST_WORDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """A term that holds, in words."""

    nature: str
    category: str
    term: str
    version: int
    """0 for the pack's."""
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version in words."""

    card: VersionCard
    terms: Sequence[str]
    is_current: bool
    is_ahead: bool
    is_being_applied: bool
    percent: int


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What holds, the form of a draft, and the versions; sent, the draft is kept and its preview shown, or it is dropped."""
    actor, now = actor_of(request), timezone.now()
    if request.method != "POST":
        return _page(request, actor, now)
    rules.check_may_set_clocks(actor)
    lines, seen = termlines.typed(request.POST), request.POST.get("seen")
    terms, places, wrong = termlines.parsed(lines)
    try:
        if request.POST.get("step") == "drop":
            services.drop_clock_draft(actor=actor, seen=seen, now=now)
            return redirect("casework:clock_rules")
        if wrong:
            return _page(request, actor, now, typed=lines, wrong=wrong)
        services.draft_clock_rules(actor=actor, terms=terms, seen=seen, now=now)
    except services.WrongTerm as term:
        return _page(request, actor, now, typed=lines, wrong={(places[term.at], term.part): term.message})
    except Problem as problem:
        return _page(request, actor, now, problem=problem, typed=lines)
    return redirect("casework:clock_preview")


def _page(
    request: HttpRequest,
    actor: Actor,
    now: datetime,
    *,
    problem: Problem | None = None,
    typed: Sequence[Line] = (),
    wrong: Wrong | None = None,
    back_to: int | None = None,
) -> HttpResponse:
    """The page; `typed` are lines of a form that could not be taken, `back_to` a version that would replace a draft."""
    cards, names = queries.clock_versions(now=now), _Names()
    today = timezone.localdate(now)
    current = queries.clock_rules(on=today)
    draft = next((card for card in cards if card.state == queries.DRAFT), None)
    lines = termlines.marked(typed, wrong or {}) or termlines.lines_of(draft.terms if draft else current.terms)
    is_other = problem is not None and problem.code == OTHER
    versions = [_version(card, current.version, names, now) for card in cards if card.state != queries.DRAFT]
    context = {
        "holds": _holds(current, names),
        "current": current.version,
        "may_set": rules.may_set_clocks(actor),
        "draft": draft,
        "basis": queries.clock_basis(),
        "drafted": [names.term(one) for one in draft.terms] if draft else [],
        "drafter": queries.clock_drafter() if is_other or back_to is not None else "",
        "is_other": is_other,
        "nothing_left": problem is not None and problem.code == "clock-draft-none",
        "back_to": back_to,
        "asks": back_to is not None,
        "words": request.POST.get("words", "")[:MOST_WORDS],
        "usual": [line for line in lines if not line.category and line.usual],
        "special": [line for line in lines if not line.usual],
        "natures": shown.natures(),
        "categories": shown.category_names().values(),
        "units": [(unit, termlines.unit_name(unit)) for unit in termlines.UNITS],
        "versions": versions,
        "goes_on": any(one.is_being_applied for one in versions),
        "errors": termlines.listed(lines),
        "error": problem.message if problem else "",
    }
    status = problem.status if problem else Invalid.status if wrong else 200
    return render(request, "casework/clock_rules.html", context, status=status)


class _Names:
    """What codes are called here, looked up once."""

    def __init__(self) -> None:
        self.categories = shown.category_names()

    def category(self, code: str) -> str:
        known = self.categories.get(code)
        return known.name if known else code

    def term(self, one: LocalTerm) -> str:
        what = queries.nature_name(one.nature)
        said = f"{what} · {self.category(one.category)}" if one.category else what
        return _("%(what)s: %(term)s") % {"what": said, "term": queries.term_words(one.amount, one.unit)}


def _holds(current: queries.ClockRules, names: _Names) -> list[Holds]:
    """Every nature with its term, then what some categories have of their own."""
    found = []
    for nature, rule in queries.pack_rules().items():
        own = [one for one in current.terms if one.nature == nature]
        usual = current.term(nature, "")
        is_own = any(not one.category for one in own)
        found.append(
            Holds(
                nature=queries.nature_name(nature),
                category="",
                term=queries.term_words(usual.amount, str(usual.unit)),
                version=current.version if is_own else 0,
                basis=rule.instrument,
            )
        )
        found += [
            Holds(
                nature=queries.nature_name(nature),
                category=names.category(one.category),
                term=queries.term_words(one.amount, one.unit),
                version=current.version,
            )
            for one in own
            if one.category
        ]
    return found


def _version(card: VersionCard, current: int, names: _Names, now: datetime) -> Version:
    is_ahead = card.from_date is not None and card.from_date > timezone.localdate(now)
    return Version(
        card=card,
        terms=[names.term(one) for one in card.terms],
        is_current=card.number == current,
        is_ahead=is_ahead,
        is_being_applied=card.also_open and card.finished_at is None and not is_ahead,
        percent=min(99, 100 * card.looked // card.to_look_at) if card.to_look_at else 0,
    )


# before it is applied ------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """What the draft would move, with the form that puts it in force."""
    return _preview(request, actor_of(request), timezone.now())


def _preview(request: HttpRequest, actor: Actor, now: datetime, *, problem: Problem | None = None) -> HttpResponse:
    rules.check_may_set_clocks(actor)
    draft = queries.clock_draft()
    if draft is None:
        return _page(request, actor, now, problem=problem) if problem else redirect("casework:clock_rules")
    found, names, organisations = queries.preview_clocks(actor, draft.rules, now=now), _Names(), shown.Organisations()
    today = timezone.localdate(now)
    context = {
        "draft": draft,
        "terms": [names.term(one) for one in draft.terms],
        "found": found,
        "tallies": [_tally_row(one, organisations) for one in found.by_organisation],
        "rows": [_row(one, names, organisations) for one in found.shifts[: queries.SHOWN]],
        "most": queries.SHOWN,
        "is_cut": len(found.shifts) > queries.SHOWN,
        "earlier_by": _size(found.total.most_earlier),
        "later_by": _size(found.total.most_later),
        "today": today,
        "from_date": request.POST.get("from_date", "") or today.isoformat(),
        "also_open": bool(request.POST.get("also_open")),
        "words": request.POST.get("words", ""),
        "error": problem.message if problem else "",
        "wrong": problem.code if problem else "",
        "now": now,
    }
    return render(request, "casework/clock_preview.html", context, status=problem.status if problem else 200)


def _tally_row(one: Tally, organisations: shown.Organisations) -> Mapping[str, Any]:
    return {
        "name": organisations.short(one.organisation_code),
        "tally": one,
        "earlier_by": _size(one.most_earlier),
        "later_by": _size(one.most_later),
    }


def _row(one: Shift, names: _Names, organisations: shown.Organisations) -> Mapping[str, Any]:
    return {
        "shift": one,
        "category": names.category(one.category),
        "nature": queries.nature_name(one.nature),
        "who": organisations.short(one.organisation_code),
        "way": way_of(one),
    }


def way_of(one: Shift) -> str:
    """Which way a date goes, and by how much."""
    size = _size(abs(one.by))
    return _("%(size)s earlier") % {"size": size} if one.by < timedelta() else _("%(size)s later") % {"size": size}


def _size(span: timedelta) -> str:
    """Days, or hours below one."""
    hours = round(span.total_seconds() / 3600)
    if hours < 24:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@never_cache
@login_required
@require_safe
def preview_book(request: HttpRequest) -> HttpResponse:
    """Every date that the draft would move, as a workbook."""
    actor, now = actor_of(request), timezone.now()
    rules.check_may_set_clocks(actor)
    draft = queries.clock_draft()
    if draft is None:
        raise Absent("clock-draft-none", _("There is no draft any more: a colleague put it in force or dropped it."))
    content = workbook(queries.preview_clocks(actor, draft.rules, now=now))
    answer = HttpResponse(content, content_type=FORMS["xlsx"].media_type)
    answer["Content-Disposition"] = f'attachment; filename="clocks-v{draft.number}-preview.xlsx"'
    return answer


def workbook(found: Preview) -> bytes:
    """A line for every matter that would move."""
    names, organisations, out = _Names(), shown.Organisations(), BytesIO()
    columns = [
        Column(name="code", heading=_("Code")),
        Column(name="nature", heading=pgettext("nature", "Kind")),
        Column(name="category", heading=_("Category")),
        Column(name="who", heading=_("Who has it")),
        Column(name="before", heading=_("Due now"), kind="moment"),
        Column(name="after", heading=_("Due then"), kind="moment"),
        Column(name="days", heading=_("Days later"), kind="real"),
        Column(name="remark", heading=_("Remark")),
    ]
    table = FORMS["xlsx"].begin(out, columns, _("What the draft would move"))
    table.add([_cells(one, names, organisations) for one in found.shifts])
    table.finish()
    return out.getvalue()


def _cells(one: Shift, names: _Names, organisations: shown.Organisations) -> tuple[Cell, ...]:
    return (
        one.shown_code,
        queries.nature_name(one.nature),
        names.category(one.category),
        organisations.short(one.organisation_code),
        one.before,
        one.after,
        round(one.by.total_seconds() / 86_400, 2),
        remark(one),
    )


def remark(one: Shift) -> str:
    """What somebody should know about it beside the dates."""
    if one.paused:
        return _("paused: as if its clock ran again now")
    if one.late_now:
        return _("would be overdue at once")
    return _("would not be overdue any more") if one.relieved else ""


@never_cache
@login_required
@posted("casework:clock_preview")
def enforce(request: HttpRequest) -> HttpResponse:
    """Put the draft in force."""
    actor, now = actor_of(request), timezone.now()
    try:
        day = forms.day_of(request.POST.get("from_date", ""))
        if day is None:
            raise Invalid("clock-day", _("Please choose a day from today on, within a year. Nothing was put in force."))
        services.enforce_clock_rules(
            actor=actor,
            seen=request.POST.get("seen", ""),
            from_date=day,
            also_open=bool(request.POST.get("also_open")),
            words=request.POST.get("words", ""),
            now=now,
        )
    except Problem as problem:
        return _preview(request, actor, now, problem=problem)
    return HttpResponseRedirect(reverse("casework:clock_rules") + "#versions")


@never_cache
@login_required
@posted("casework:clock_rules")
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Draft an earlier version again; 0 is the pack's terms alone. Where a draft stands there, first ask whether it may go."""
    actor, now = actor_of(request), timezone.now()
    card = queries.clock_version(number) if number else None
    if number and card is None:
        raise Absent("clock-version-absent", _("There is no such version of the terms."))
    terms, basis = card.terms if card else (), queries.clock_basis()
    draft = queries.clock_draft()
    if draft is not None and request.POST.get("seen") != draft.digest and rules.may_set_clocks(actor):
        return _page(request, actor, now, problem=_would_replace(draft), back_to=number)
    try:
        services.draft_clock_rules(actor=actor, terms=terms, back_to=number, seen=basis, now=now)
    except Refused as refused:
        return _page(request, actor, now, problem=refused, back_to=number)
    return redirect("casework:clock_preview")


def _would_replace(draft: VersionCard) -> Refused:
    sentence = _("Draft %(n)d stands here and would be replaced. Nothing was changed yet.") % {"n": draft.number}
    return Refused("clock-draft-stands", sentence)


@never_cache
@login_required
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """The versions alone: the page asks for them again while one is being applied."""
    actor, now = actor_of(request), timezone.now()
    cards, names = queries.clock_versions(now=now), _Names()
    current = queries.clock_rules(on=timezone.localdate(now)).version
    versions = [_version(card, current, names, now) for card in cards if card.state != queries.DRAFT]
    context = {
        "versions": versions,
        "current": current,
        "may_set": rules.may_set_clocks(actor),
        "goes_on": any(one.is_being_applied for one in versions),
    }
    return render(request, "casework/_clock_versions.html", context)
