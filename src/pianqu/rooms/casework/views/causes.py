"""Root causes: the list, one of them, the form that opens one, and a table of acts like that of matters."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem, as_problem
from pianqu.foundation.ids import read_id
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.lifecycle import CauseState
from pianqu.rooms.casework.queries import CauseRow, Measured
from pianqu.rooms.casework.services import NewCause
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import PARTY_KINDS, actor_of, case_page, lines_of
from pianqu.rooms.casework.views.posted import posted

LEADS = (*PARTY_KINDS, "community", "village")
TERM = timedelta(days=30)
"""By when a form proposes that it is settled."""
Typed = QueryDict

_STATES = {
    CauseState.OPENED: ("blue", "inbox"),
    CauseState.WORKING: ("teal", "player-play"),
    CauseState.WATCHED: ("purple", "eye"),
    CauseState.CLOSED: ("green", "circle-check"),
}


def state_name(state: str) -> str:
    return {
        CauseState.OPENED: pgettext("root cause", "Opened"),
        CauseState.WORKING: pgettext("root cause", "Being worked on"),
        CauseState.WATCHED: pgettext("root cause", "Effect watched"),
        CauseState.CLOSED: pgettext("root cause", "Closed"),
    }[CauseState(state)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A root cause in the words of a list."""

    row: CauseRow
    category: str
    place: shown.Name | None
    lead: str
    state: str
    tone: str
    icon: str
    is_late: bool


def _lines(rows: Sequence[CauseRow], today: date) -> list[Line]:
    names, categories, organisations = shown.Places(), shown.category_names(), shown.Organisations()
    return [
        Line(
            row=row,
            category=categories[row.category].name if row.category in categories else row.category,
            place=names.name(row.place_code) if row.place_code else None,
            lead=organisations.short(row.lead_code),
            state=state_name(row.state),
            tone=_STATES[CauseState(row.state)][0],
            icon=_STATES[CauseState(row.state)][1],
            is_late=row.closed_at is None and row.due_on < today,
        )
        for row in rows
    ]


@never_cache
@login_required
@require_safe
def causes(request: HttpRequest) -> HttpResponse:
    """Those that are worked on, what is due first; or those that are closed."""
    actor, closed = actor_of(request), request.GET.get("closed") == "1"
    rows = queries.root_causes(actor, closed=closed)
    context = {"lines": _lines(rows, timezone.localdate()), "closed": closed, "most": len(rows) == queries.MOST_CAUSES}
    return render(request, "casework/causes.html", context)


# opening -------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_one(request: HttpRequest) -> HttpResponse:
    """The form, filled in from the hot issue or matter that its address names; sent, the root cause is opened with them."""
    actor = actor_of(request)
    source = _source(request, actor)
    if request.method != "POST":
        return _opening(request, actor, source)
    typed = request.POST
    item = NewCause(
        title=typed.get("title", ""),
        hypothesis=typed.get("hypothesis", ""),
        category=typed.get("category", ""),
        place_code=forms.code_of(typed.get("place", "")[:12]),
        lead_code=typed.get("lead", ""),
        due_on=forms.day_of(typed.get("due", "")),
    )
    try:
        cause_id = services.open_root_cause(actor=actor, item=item, case_ids=source.case_ids, now=timezone.now())
    except Problem as problem:
        return _opening(request, actor, source, problem=problem)
    return redirect("casework:cause", cause_id=cause_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """From what a root cause is opened."""

    case_ids: tuple[uuid.UUID, ...] = ()
    category: str = ""
    place_code: str = ""
    title: str = ""
    phrases: tuple[str, ...] = ()


def _source(request: HttpRequest, actor: Actor) -> Source:
    if issue := read_id(request.GET.get("issue", "")):
        page = queries.hot_issue(actor, issue)
        card = page.card
        place = card.place_code or card.street_code
        return Source(
            case_ids=page.unlinked,
            category=card.category,
            place_code=place,
            title="、".join(card.phrases[:2]),
            phrases=card.phrases,
        )
    if case_id := read_id(request.GET.get("case", "")):
        matter = queries.case_for(actor, case_id)
        return Source(case_ids=(case_id,), category=matter.category, place_code=matter.place_code)
    return Source()


ERROR_FIELDS = {
    "cause-title": "title",
    "words-empty": "hypothesis",
    "words-too-long": "hypothesis",
    "category-unknown": "category",
    "place-unknown": "place",
    "cause-lead": "lead",
    "cause-due": "due",
}


def _opening(request: HttpRequest, actor: Actor, source: Source, *, problem: Problem | None = None) -> HttpResponse:
    names, organisations, typed = shown.Places(), shown.Organisations(), request.POST
    chosen = {
        "title": typed.get("title", source.title),
        "hypothesis": typed.get("hypothesis", ""),
        "due": typed.get("due", (timezone.localdate() + TERM).isoformat()),
    }
    field = ERROR_FIELDS.get(problem.code, "above") if problem else ""
    context = {
        "source": source,
        "typed": chosen,
        "query": request.META.get("QUERY_STRING", ""),
        "errors": {field: problem.message} if problem else {},
        "categories": shown.options(shown.category_names().values(), typed.get("category", source.category)),
        "places": shown.options(_places(names, source), typed.get("place", source.place_code)),
        "leads": shown.options(organisations.choices(*LEADS), typed.get("lead", "")),
        "may_open": queries.may_open_cause(actor, source.place_code),
    }
    return render(request, "casework/cause_open.html", context, status=problem.status if problem else 200)


def _places(names: shown.Places, source: Source) -> list[shown.Choice]:
    """Streets, and the community from which it comes."""
    streets = [shown.Choice(code=code, name=f"— {name.text}") for code, name in names.streets()]
    own = names.chosen(source.place_code) if source.place_code else None
    known = {choice.code for choice in streets}
    return [*([own] if own and own.code not in known else []), *streets]


# one of them ---------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def cause(request: HttpRequest, cause_id: uuid.UUID) -> HttpResponse:
    """One root cause: what is supposed, what is done, what belongs to it, whether it helped."""
    return _page(request, actor_of(request), cause_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    cause_id: uuid.UUID,
    *,
    name: str = "",
    problem: Problem | None = None,
) -> HttpResponse:
    now, organisations = timezone.now(), shown.Organisations()
    page = queries.root_cause(actor, cause_id, now=now)
    context = {
        "page": page,
        "line": _lines([page.row], timezone.localdate(now))[0],
        "opened_by": organisations.short(page.row.opened_by),
        "measures": [(one, organisations.short(one.organisation_code)) for one in page.measures],
        "matters": lines_of(page.matters, now),
        "ids": [row.case_id for row in page.matters],
        "steps": [_step(step, organisations) for step in page.steps],
        "measured": _in_words(page.measured),
        "parties": shown.options(organisations.choices(*LEADS), request.POST.get("organisation", page.row.lead_code)),
        "today": timezone.localdate(now),
        "term": (timezone.localdate(now) + timedelta(days=14)).isoformat(),
        "errors": {name: problem.message} if problem else {},
        "typed": request.POST,
    }
    return render(request, "casework/cause.html", context, status=problem.status if problem else 200)


def _step(step: queries.CauseStep, organisations: shown.Organisations) -> tuple[str, str, Any, str]:
    """Icon, words, moment, who."""
    known = {
        "casework.cause-opened": ("flag", _("Root cause opened")),
        "casework.cause-linked": ("link", _("Matters linked")),
        "casework.cause-unlinked": ("arrows-split", _("A matter taken out")),
        "casework.measure-planned": ("clipboard-list", _("Measure planned")),
        "casework.measure-ended": ("check", _("Measure ended")),
        "casework.cause-took-effect": ("eye", _("Measures took effect")),
        "casework.cause-closed": ("circle-check", _("Root cause closed")),
        "casework.cause-reopened": ("rotate", _("Root cause reopened")),
    }
    name, words = known.get(step.kind, ("file-text", _("Something was recorded")))
    return name, words, step.at, organisations.short(step.organisation_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The measured effect in words, and its weeks."""

    sentence: str
    detail: str
    weeks: Sequence[tuple[date, int, int, bool]]
    """First day, here, elsewhere, whether measures worked already."""
    chart: Mapping[str, Any]
    tone: str


def _in_words(found: Measured | None) -> Told | None:
    if found is None:
        return None
    weeks = [
        (found.first + timedelta(weeks=n), here, found.elsewhere[n], n >= found.weeks_before)
        for n, here in enumerate(found.here)
    ]
    series = [
        {"name": _("Here"), "type": "bar", "data": list(found.here)},
        {"name": _("Rest of the district"), "type": "bar", "data": list(found.elsewhere)},
    ]
    chart = {"labels": [f"{day:%m-%d}" for day, _h, _e, _w in weeks], "series": series, "unit": _("matters")}
    sentence, detail, tone = _verdict(found)
    return Told(sentence=sentence, detail=detail, weeks=weeks, chart=chart, tone=tone)


def _verdict(found: Measured) -> tuple[str, str, str]:
    after = len(found.here) - found.weeks_before
    if after == 0:
        return _("No whole week is over since the measures took effect."), "", "secondary"
    known = found.effect
    if known is None:
        return _("Too few to tell: chance alone could make this difference."), "", "secondary"
    came = sum(found.here[found.weeks_before :])
    detail = _("%(came)s came in here; %(expected)s were to be expected from before and from elsewhere.") % {
        "came": came,
        "expected": f"{known.expected:.1f}",
    }
    share = {"ratio": f"{known.ratio:.2f}", "low": f"{known.low:.2f}", "high": f"{known.high:.2f}"}
    detail += " " + _("Ratio %(ratio)s; in 95 of 100 cases it lies between %(low)s and %(high)s.") % share
    said = {
        "fewer": (_("Fewer came in than the rest of the district would have let one expect."), "green"),
        "more": (_("More came in than the rest of the district would have let one expect."), "orange"),
        "unclear": (_("No difference can be told from the rest of the district yet."), "secondary"),
    }
    sentence, tone = said[known.verdict]
    return sentence, detail, tone


# acts ----------------------------------------------------------------------------------------------------------------


def _measure(typed: Typed) -> Mapping[str, Any]:
    return {
        "words": typed.get("words", ""),
        "organisation_code": typed.get("organisation", ""),
        "due_on": forms.day_of(typed.get("due", "")),
    }


def _ended(typed: Typed) -> Mapping[str, Any]:
    return {"measure_id": read_id(typed.get("measure", "")) or uuid.UUID(int=0), "done": typed.get("done") == "1"}


def _codes(actor: Actor, typed: Typed) -> Mapping[str, Any]:
    """Matters by the codes that were typed, or those of a hot issue."""
    if issue := read_id(typed.get("issue", "")):
        return {"case_ids": queries.hot_issue(actor, issue).unlinked}
    codes = typed.get("codes", "").replace("，", " ").replace(",", " ").split()
    return {"case_ids": [queries.id_of(actor, code) for code in codes[:100]]}


@dataclass(frozen=True, slots=True)
class Act:
    verb: Callable[..., object]
    takes: Callable[[Actor, Typed], Mapping[str, Any]]


ACTS: dict[str, Act] = {
    "link": Act(services.link_to_cause, _codes),
    "unlink": Act(
        services.unlink_from_cause,
        lambda _actor, typed: {"case_id": read_id(typed.get("case", "")) or uuid.UUID(int=0)},
    ),
    "plan": Act(services.plan_measure, lambda _actor, typed: _measure(typed)),
    "end": Act(services.end_measure, lambda _actor, typed: _ended(typed)),
    "take-effect": Act(
        services.take_effect, lambda _actor, typed: {"effective_on": forms.day_of(typed.get("day", ""))}
    ),
    "close": Act(services.close_root_cause, lambda _actor, typed: {"words": typed.get("words", "")}),
    "reopen": Act(services.reopen_root_cause, lambda _actor, typed: {"words": typed.get("words", "")}),
}


@never_cache
@login_required
@posted("casework:cause", by="cause_id")
def act(request: HttpRequest, cause_id: uuid.UUID, name: str) -> HttpResponse:
    """Do it, or show the root cause as it is now, with the reason and everything that was typed."""
    actor = actor_of(request)
    if name not in ACTS:
        raise Http404
    queries.check_sees_cause(actor, cause_id)
    try:
        given = ACTS[name].takes(actor, request.POST)
        ACTS[name].verb(actor=actor, cause_id=cause_id, now=timezone.now(), **given)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return _page(request, actor, cause_id, name=name, problem=problem)
    return redirect("casework:cause", cause_id=cause_id)


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def link_case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Link one matter from its own page; back there."""
    actor, cause_id = actor_of(request), read_id(request.POST.get("cause", ""))
    if cause_id is None:
        queries.case_for(actor, case_id)
        return case_page(
            request, actor, case_id, status=422, refused=_("Please choose a root cause. Nothing was changed.")
        )
    services.link_case_to_cause(actor=actor, case_id=case_id, cause_id=cause_id, now=timezone.now())
    return redirect("casework:desk_case", case_id=case_id)
