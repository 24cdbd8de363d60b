"""The staff's plain pages: a list and a case. What an official may see and do is decided by queries and rules, not here."""

import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden, Invalid, Problem, Refused
from pianqu.foundation.ids import read_id
from pianqu.foundation.installation import installation
from pianqu.foundation.markup import put
from pianqu.foundation.templatetags.ui import short_moment, state_badge
from pianqu.rooms.casework import forms, queries, rules, services
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.views import joint_work, live, party_lines, platform_part, pressing, shown
from pianqu.rooms.casework.views.grouped import grouped
from pianqu.rooms.casework.views.noted import notes_on, without_notes
from pianqu.rooms.casework.views.offered import chosen_in, offered
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.casework.views.report import picture
from pianqu.rooms.casework.views.suggested import Suggested, suggested
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

_NOBODY = uuid.UUID(int=0)
"""Stands in an address for the id that each row puts there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the list in the words and pieces that the page shows; made here because a template is slow at it."""

    href: str
    code: str
    excerpt: str
    where: SafeString
    badge: SafeString
    opened: str
    clock: SafeString
    extras: str


def account_of(request: HttpRequest) -> uuid.UUID:
    """The account that is signed in; the doors below are behind `login_required`."""
    return uuid.UUID(str(request.user.pk))


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(account_of(request), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        raise Forbidden(
            "no-post", _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        )
    setattr(request, ACTING, actor)
    return actor


@never_cache
@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The matters that this post may see, newest first or what is due first."""
    return list_page(request)


def list_page(request: HttpRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    actor, now, mark = actor_of(request), timezone.now(), queries.mark_now()
    names, categories = shown.Places(), shown.category_names()
    filters, scope = filters_in(request, set(categories)), directory.scope_of(actor)
    page = queries.cases_for(actor, filters=filters, page=request.GET.get("page", ""), now=now)
    words, organisations = _words(categories, names, now), shown.Organisations()
    context = {
        "table": _table(page.rows, replace(words, choose=_("Choose %s")) if rules.may_act_on_many(actor) else words),
        "may_bulk": rules.may_act_on_many(actor),
        "most_at_once": services.MOST_AT_ONCE,
        "page": page,
        "heading": shown.queue_name(filters.queue) if filters.queue else _("All cases"),
        "parties": shown.options(organisations.choices(*PARTY_KINDS), filters.party),
        "by_due": filters.order == queries.DUE,
        "by_risk": filters.order == queries.RISK,
        "likely": query_of(queries.CaseFilter(queue="likely", order=queries.RISK)),
        "order": query_of(filters, order="" if filters.order else queries.DUE),
        "kept": [(kept, "?" + kept.query == query_of(filters)) for kept in queries.filters_of(actor)],
        "query": query_of(filters),
        "refused": refused,
        "typed_name": request.POST.get("name", ""),
        "filters": filters,
        "doubts": _doubts(request, filters),
        "is_filtered": filters != queries.CaseFilter(),
        "states": shown.options(shown.states(), filters.state),
        "category_options": shown.options(categories.values(), filters.category),
        "categories": categories.values(),
        "chosen_place": shown.chosen_place(names, filters.place_code),
        "platforms": shown.options(shown.platforms(), filters.platform),
        "moments": shown.options(shown.moments(), filters.moment),
        "is_wider": filters.party
        or filters.cell_code
        or filters.cell_now
        or filters.since
        or filters.until
        or filters.platform
        or filters.moment,
        "more_queues": shown.more_queues(filters.queue),
        "places": names.options(scope),
        "clusters": shown.options(_clusters(names, scope), filters.cluster_code),
        "cells_now": shown.options(_cells_now(scope, filters.cell_now, now), filters.cell_now),
        "queues": _queues(filters, queries.standing_for(actor, now=now)),
        "everything": query_of(filters, queue=""),
        "older": query_of(filters, page=page.next_page) if page.has_next else "",
        "newest": query_of(filters) if request.GET.get("page") else "",
        "title": directory.title_of_post(actor),
        "mentions": queries.mentions_new(actor),
        **live.on_list(mark, query_of(filters)),
    }
    return render(request, "casework/desk.html", context, status=status)


def _clusters(names: shown.Places, scope: directory.Scope) -> tuple[shown.Choice, ...]:
    """The clusters to choose from; none where one's scope holds a single one, and what lies in none."""
    found = names.clusters(() if scope.everything else scope.stems)
    return found if scope.everything or len(found) > ONE_AND_NONE else ()


def _cells_now(scope: directory.Scope, chosen: str, now: datetime) -> list[shown.Choice]:
    """Cells of today's grid on one's own ground to choose from; none where they are too many: then a code is typed."""
    if scope.everything or not scope.stems:
        return []
    cells = [
        card for card in territory.cells(on=timezone.localdate(now)) if card.community_code.startswith(scope.stems)
    ]
    if not cells or len(cells) > MOST_CELLS:
        return []
    known = [shown.Choice(code=card.code, name=card.name) for card in cells]
    kept = chosen and chosen not in {queries.NONE, *(choice.code for choice in known)}
    return [
        *([shown.Choice(code=chosen, name=chosen)] if kept else []),
        *known,
        shown.Choice(code=queries.NONE, name=_("In no cell")),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A list at the desk's side, with how many stand in it where that asks for something."""

    code: str
    name: str
    href: str
    icon: str
    count: int


ONE_AND_NONE = 2
MOST_CELLS = 150
"""A longer list is no choice."""
_QUEUE_ICONS = {
    "danger": "alarm",
    "mine": "inbox",
    "unassigned": "help-circle",
    "overdue": "alert-triangle",
    "asked": "scale",
    "answered": "message",
}


def _queues(filters: queries.CaseFilter, standing: queries.Standing) -> list[Queue]:
    counts = {
        "danger": standing.danger,
        "mine": standing.mine,
        "unassigned": standing.waiting,
        "overdue": standing.overdue,
        "asked": standing.asked,
        "answered": standing.answered,
    }
    return [
        Queue(
            code=code,
            name=shown.queue_name(code),
            href=query_of(filters, queue=code),
            icon=_QUEUE_ICONS[code],
            count=counts[code],
        )
        for code in queries.QUEUES
    ]


def filters_in(request: HttpRequest, categories: set[str]) -> queries.CaseFilter:
    """What an address asks for; what it does not know is left out."""
    asked = request.GET
    return queries.CaseFilter(
        state=forms.one_of(asked.get("state", ""), [str(state) for state in State]),
        category=forms.one_of(asked.get("category", ""), sorted(categories)),
        place_code=forms.code_of(asked.get("place", "")[:12]),
        text=asked.get("q", "")[:100],
        queue=forms.one_of(asked.get("queue", ""), [*queries.QUEUES, *queries.MORE_QUEUES]),
        platform=forms.one_of(asked.get("platform", ""), [*queries.PLATFORMS, queries.NONE]),
        cell_code=forms.code_of(asked.get("cell", "")[:24]),
        cell_now=forms.code_of(asked.get("cell_now", "")[:24]),
        cluster_code=forms.code_of(asked.get("cluster", "")[:24]),
        party=forms.code_of(asked.get("party", "")[:32]),
        since=forms.day_of(asked.get("since", "")),
        until=forms.day_of(asked.get("until", "")),
        moment=forms.one_of(asked.get("moment", ""), list(queries.MOMENTS)),
        order=forms.one_of(asked.get("order", ""), [queries.DUE, queries.RISK]),
    )


def _doubts(request: HttpRequest, filters: queries.CaseFilter) -> list[str]:
    """What is odd about the days that were asked for: an empty list alone would not say it."""
    doubts = [
        _("“%(day)s” is no day of this century: the list does not go by it.") % {"day": typed[:20]}
        for typed, day in ((request.GET.get("since", ""), filters.since), (request.GET.get("until", ""), filters.until))
        if typed and day is None
    ]
    if filters.since and filters.until and filters.since > filters.until:
        doubts.append(_("The first day is after the last one: no matter can lie between them."))
    return doubts


def query_of(filters: queries.CaseFilter, **changes: str) -> str:
    """The part of an address that asks for it."""
    now = {
        "state": filters.state,
        "category": filters.category,
        "place": filters.place_code,
        "q": filters.text,
        "queue": filters.queue,
        "platform": filters.platform,
        "cell": filters.cell_code,
        "cell_now": filters.cell_now,
        "cluster": filters.cluster_code,
        "party": filters.party,
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
        "moment": filters.moment,
        "order": filters.order,
    }
    return "?" + urlencode({name: value for name, value in {**now, **changes}.items() if value})


def address_of(**wanted: Any) -> str:
    """Where the list stands that shows exactly this."""
    return reverse("casework:desk") + query_of(queries.CaseFilter(**wanted))


@never_cache
@login_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the list that is shown under a name, or drop one."""
    actor, query = actor_of(request), request.META.get("QUERY_STRING", "")
    try:
        if dropped := request.POST.get("drop", ""):
            services.drop_filter(actor=actor, filter_id=read_id(dropped) or _NOBODY, now=timezone.now())
            return redirect("casework:desk")
        shown_query = query_of(filters_in(request, set(shown.category_names()))).removeprefix("?")
        services.save_filter(actor=actor, name=request.POST.get("name", ""), query=shown_query, now=timezone.now())
    except Problem as problem:
        return list_page(request, refused=problem.message, status=problem.status)
    return HttpResponseRedirect(f"{reverse('casework:desk')}?{query}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What every row of one page needs, looked up once."""

    categories: Mapping[str, shown.Choice]
    names: shown.Places
    now: datetime
    href: str
    photos: str
    telephone: str
    choose: str = ""
    """How a row is chosen for an act on many, in words; empty where the list is only read."""


def _words(categories: Mapping[str, shown.Choice], names: shown.Places, now: datetime) -> _Words:
    return _Words(
        categories=categories,
        names=names,
        now=now,
        href=reverse("casework:desk_case", args=[_NOBODY]),
        photos=_("Photos"),
        telephone=_("Telephone"),
    )


def lines_of(rows: Sequence[queries.CaseRow], now: datetime) -> list[Line]:
    """Rows as another page of the desk shows them."""
    words = _words(shown.category_names(), shown.Places(), now)
    return [_line(row, words) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a caller may mean; `asked` once there was something to look for."""

    lines: Sequence[Line]
    asked: bool
    by_code: bool = False


def earlier_rows(rows: Sequence[queries.CaseRow], now: datetime, *, asked: bool, by_code: bool) -> Earlier:
    return Earlier(lines=lines_of(rows, now), asked=asked, by_code=by_code)


def _line(row: queries.CaseRow, words: _Words) -> Line:
    extras = [word for word, there in ((words.photos, row.has_photos), (words.telephone, row.has_contact)) if there]
    return Line(
        href=words.href.replace(str(_NOBODY), str(row.case_id)),
        code=row.shown_code,
        excerpt=row.excerpt or "—",
        where=_where(row, words),
        badge=put("{} {}", state_badge(row.state), shown.danger_mark()) if is_marked(row) else state_badge(row.state),
        opened=short_moment(row.opened_at),
        clock=_clock(row, words.now),
        extras=" · ".join(extras),
    )


def is_marked(row: queries.CaseRow) -> bool:
    """Whether a row says that it may be dangerous: until it is answered."""
    return row.danger and row.state in queries.OPEN


_ROW = (
    '<tr><td>{}<a class="mono pq-link" href="{}">{}</a></td><td><span class="t" dir="auto">{}</span><span class="m">{}</span>'
    '</td><td>{}</td><td>{}</td><td>{}</td><td class="pq-fine">{}</td></tr>'
)


_CHOICE = (
    '<input class="form-check-input pq-choose" type="checkbox" form="bulk" name="case" value="{}" aria-label="{}">'
)


def _table(rows: Sequence[queries.CaseRow], words: _Words) -> SafeString:
    """The rows of the list; a template takes five times as long for fifty of them. Those of this minute are drawn once."""
    drawn = _Drawn.of(words.now)
    return SafeString("\n".join([_drawn(row, words, drawn) for row in rows]))


def _drawn(row: queries.CaseRow, words: _Words, drawn: dict[Hashable, SafeString]) -> SafeString:
    category = words.categories.get(row.category)
    key = (row, get_language(), category.name if category else "", words.names.name(row.place_code), words.choose)
    if key not in drawn:
        x = _line(row, words)
        box = put(_CHOICE, row.case_id, words.choose % x.code) if words.choose else ""
        drawn[key] = put(_ROW, box, x.href, x.code, x.excerpt, x.where, x.badge, x.opened, x.clock, x.extras)
    return drawn[key]


class _Drawn:
    """Rows drawn in this minute, by what they show: the same fifty stand on the lists of many. Older ones are dropped whole."""

    _now: tuple[datetime | None, dict[Hashable, SafeString]] = (None, {})

    @classmethod
    def of(cls, now: datetime) -> dict[Hashable, SafeString]:
        minute = now.replace(second=0, microsecond=0)
        if cls._now[0] != minute or len(cls._now[1]) > MOST_DRAWN:
            cls._now = (minute, {})
        return cls._now[1]


MOST_DRAWN = 2_000


def _clock(row: queries.CaseRow, now: datetime) -> SafeString:
    """What is left until the due date, or how long the answer took."""
    if row.state == State.PAUSED:
        return shown.clock_words("held", _("Paused"))
    if row.due_at is not None:
        standing = "late" if now >= row.due_at else "soon" if row.warn_at and now > row.warn_at else "ok"
        words = shown.clock_words(standing, shown.left(row.due_at, now))
        is_likely = row.risk is not None and row.risk >= queries.LIKELY and now < row.due_at
        return put("{} {}", words, shown.likely_mark()) if is_likely else words
    if row.resolved_at is not None:
        return shown.clock_words("done", _("took %(time)s") % {"time": shown.waited(row.opened_at, row.resolved_at)})
    return mark_safe("")


def _where(row: queries.CaseRow, words: _Words) -> SafeString:
    known, community = words.categories.get(row.category), words.names.name(row.place_code)
    parts = [put("{}", known.name if known else row.category)]
    if community:
        parts.insert(0, put('<span lang="{}">{}</span>', community.lang, community.text))
    if row.landmark:
        parts.append(put("<bdi>{}</bdi>", row.landmark))
    return mark_safe(" · ".join(parts))


@never_cache
@login_required
@require_safe
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One matter as the officials who answer for it see it."""
    return case_page(request, actor_of(request), case_id)


def case_page(
    request: HttpRequest,
    actor: Actor,
    case_id: uuid.UUID,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    card, names, organisations, now = (
        queries.case_for(actor, case_id),
        shown.Places(),
        shown.Organisations(),
        timezone.now(),
    )
    there = queries.around(case_id)
    handled = _handling(actor, card, organisations, now, there)
    context = {
        "case": card,
        "category": shown.category_names().get(card.category),
        "community": names.name(card.place_code),
        "street": names.street(card.place_code) if card.place_code else None,
        "organisation": organisations.full(card.organisation_code),
        "timeline": shown.happened(without_notes(card), organisations),
        **notes_on(actor, card, now),
        "clock": shown.waited(card.opened_at, card.resolved_at or timezone.now()),
        "tiles": installation().tiles,
        "bases": shown.erase_bases(),
        "errors": {},
        "typed": {},
        "replies": offered(actor, card) if there.replies else {},
        **handled,
        **grouped(actor, case_id, card.category, card.place_code, there),
        **pressing.on_page(actor, card, handled["handling"], now, there),
        "continued": queries.continued(actor, case_id) if there.continues or there.is_continued else (),
        "from_list": queries.from_list(case_id) if there.listed else None,
        **platform_part.of_case(actor, card, organisations, there),
        **live.on_case(card),
        **more,
    }
    return render(request, "casework/desk_case.html", context, status=status)


def same(actor: Actor, card: queries.CaseCard, names: shown.Places, now: datetime) -> dict[str, Any]:
    """Matters that may be the same, while somebody works on it."""
    if card.state not in queries.OPEN:
        return {}
    report = queries.ReportedWords(
        words=card.words,
        category=card.category,
        place_code=card.place_code,
        lon=card.lon,
        lat=card.lat,
        landmark=card.landmark,
    )
    opened_at = card.opened_at
    found = queries.candidates_like(actor, report, case_id=card.case_id, opened_at=opened_at, now=now)
    return {"alike": [(one, names.name(one.place_code)) for one in found]}


def _handling(
    actor: Actor, card: queries.CaseCard, organisations: shown.Organisations, now: datetime, there: queries.Around
) -> dict[str, Any]:
    """Parts, clock and choices of one case."""
    handling = queries.handling_for(actor, card.case_id, now=now)
    by_list = None
    if handling.may.dispatch:
        on = timezone.localdate(now)
        by_list = handling.listed or queries.by_list(card.category, card.place_code or "", on)
    party = party_lines.of_case(card, organisations, now) if handling.may.dispatch else None
    first = (party.lead_code if party else "") or (by_list.lead if by_list else "")
    return {
        "party": party,
        "by_list": by_list,
        "by_list_name": organisations.short(by_list.lead) if by_list and by_list.lead else "",
        "handling": handling,
        "may": handling.may,
        "joined_wait": handling.joined > len(handling.children)
        or any(state in queries.OPEN for _id, _code, state in handling.children),
        "left": shown.left(handling.due_at, now),
        "reasons": shown.reasons(handling.forecast.reasons, organisations) if handling.forecast else (),
        "nature": queries.nature_name(handling.nature) if handling.nature else "",
        "natures": shown.natures(),
        "pause_reasons": shown.pause_reasons(),
        "suggestion": _suggestion(card, handling, organisations),
        "categories": shown.category_choices(queries.shipped_categories()) if handling.may.recategorise else (),
        "parties": _parties(card, organisations, party) if handling.may.dispatch or handling.may.join else (),
        "cell": _cell(card, now, may_dispatch=handling.may.dispatch),
        "parts": [(organisations.short(part.organisation_code), part) for part in handling.parts],
        "asked": [(organisations.short(a.organisation_code), a) for a in handling.asked],
        "scores": (5, 4, 3, 2, 1),
        "items": _items(card, organisations, now) if handling.may.give_back or handling.may.object else (),
        **joint_work.around(actor, card, handling, organisations, now, first, there),
    }


def _suggestion(
    card: queries.CaseCard, handling: queries.Handling, organisations: shown.Organisations
) -> Suggested | None:
    """What its words look like, for who sorts it."""
    may = handling.may
    if not (may.dispatch or may.accept or may.recategorise):
        return None
    return suggested(card.words, place_code=card.place_code, organisations=organisations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The cell in which a matter was filed and the one in which it lies today, and whether that one's entry list lets it be
    handed there; None where nobody asks."""

    code: str
    """Of today's cell, to which it can be handed."""
    filed: str
    """Name of the cell and cluster on the day on which it came in."""
    today: str
    """The same for today, where another grid gave it another place; empty where nothing changed."""
    name: str
    entry: territory.EntryAnswer | None


def _cell(card: queries.CaseCard, now: datetime, *, may_dispatch: bool) -> Cell | None:
    """By the grid of the day on which it came in, and by today's where another one came into force while it was open."""
    then, today = timezone.localdate(card.opened_at), timezone.localdate(now)
    home = card.home
    if not card.cell_code and not (home and home.cell_code):
        return None
    code = home.cell_code if home else card.cell_code
    standing = {one.code: one for one in territory.cells(on=today)}.get(code)
    may_enter = may_dispatch and standing is not None
    entry = territory.check_entry(cell_code=code, category=card.category, on=today) if may_enter else None
    filed = _cell_name(card.cell_code, then)
    now_in = _cell_name(code, today) if home and standing else ""
    return Cell(
        code=code,
        filed=filed,
        today=now_in if now_in != filed else "",
        name=standing.name if standing else "",
        entry=entry,
    )


def _cell_name(code: str, on: date) -> str:
    """Cell and cluster of a day; empty where the day's grid has no such cell."""
    found = next((one for one in territory.cells(on=on) if one.code == code), None) if code else None
    if found is None:
        return ""
    cluster = territory.cluster_of(found.community_code, on=on)
    return f"{found.name} · {cluster.name}" if cluster else found.name


def _parties(
    card: queries.CaseCard, organisations: shown.Organisations, party: party_lines.PartyLine | None
) -> Sequence[shown.Choice]:
    """Who can lead or help: departments, streets, centres; of the community and its estate's own whom a list lets be asked."""
    around = (card.place_code, *(party.estate_codes if party else ()))
    own = [
        shown.Choice(code=code, name=organisations.short(code))
        for code in around
        if code and _may_have(card, code, organisations.kind(code))
    ]
    return [*organisations.choices(*PARTY_KINDS), *own]


def _items(card: queries.CaseCard, organisations: shown.Organisations, now: datetime) -> list[tuple[str, str]]:
    """What the lists say of such a matter there, to be cited: item and whose it is."""
    on = timezone.localdate(now)
    found = directory.items_at(category=card.category, place_code=card.place_code, on=on)
    named = {item.article: organisations.short(item.organisation_code) for item in found if item.article}
    return list(named.items())


def _may_have(card: queries.CaseCard, code: str, kind: str) -> bool:
    on = timezone.localdate(timezone.now())
    return directory.may_be_given(
        category=card.category, place_code=card.place_code, organisation_code=code, on=on, kind=kind
    ).allowed


PARTY_KINDS = ("department", "street", "town", "centre")
"""Organisations that can lead or help."""


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def resolve(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Answer who reported it; who joined gets the same answer where that is ticked."""
    actor, reply = actor_of(request), request.POST.get("reply", "")
    answer = services.answer_joined if request.POST.get("joined") == "1" else services.resolve_case
    queries.case_for(actor, case_id)
    try:
        services.act_with_reply_template(
            actor=actor,
            case_id=case_id,
            template_id=chosen_in(request.POST)[0],
            act=partial(answer, actor=actor, case_id=case_id, reply=reply, now=timezone.now()),
            now=timezone.now(),
        )
    except Problem as problem:
        errors = {"reply": problem.message}
        return case_page(
            request,
            actor,
            case_id,
            status=problem.status,
            errors=errors,
            typed=request.POST,
            reply=reply,
            filled="resolve",
            refused_above=problem.message,
        )
    return redirect("casework:desk_case", case_id=case_id)


@login_required
def resolved_without_token(request: HttpRequest) -> HttpResponse:
    """The answer came without its security token: shown again with a fresh one, its words kept."""
    match = request.resolver_match
    case_id, reply = match.kwargs["case_id"] if match else _NOBODY, request.POST.get("reply", "")
    sentence = _("This page was open for too long, so nothing was sent yet. Your answer is still here: send it again.")
    return case_page(
        request, actor_of(request), case_id, status=403, errors={"reply": sentence}, reply=reply, refused_above=sentence
    )


resolve.sent_without_token = resolved_without_token  # type: ignore[attr-defined]  # composition's CSRF page asks for it


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def close(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Put a resolved matter into the archive."""
    actor = actor_of(request)
    queries.case_for(actor, case_id)
    try:
        services.close_case(actor=actor, case_id=case_id, now=timezone.now())
    except Refused as problem:
        return case_page(request, actor, case_id, status=problem.status, refused=problem.message)
    return redirect("casework:desk_case", case_id=case_id)


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def reveal(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Show the contact once, for the reason given; the look is recorded and the person sees it."""
    actor, purpose = actor_of(request), request.POST.get("purpose", "")
    queries.case_for(actor, case_id)
    try:
        contact = services.reveal_contact(actor=actor, case_id=case_id, purpose=purpose, now=timezone.now())
    except Problem as problem:
        errors = {"purpose": problem.message}
        return case_page(request, actor, case_id, status=problem.status, errors=errors, purpose=purpose)
    return case_page(request, actor, case_id, contact=contact)


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def erase(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Destroy what an ended matter says about a person, after the box that says so was ticked."""
    actor, basis = actor_of(request), request.POST.get("basis", "")
    queries.case_for(actor, case_id)
    try:
        if not request.POST.get("sure"):
            raise Invalid("erase-not-sure", _("Please tick that it cannot be undone. Nothing was changed."))
        services.erase_case(actor=actor, case_id=case_id, basis=basis, now=timezone.now())
    except Invalid as problem:
        errors = {"erase": problem.message}
        return case_page(request, actor, case_id, status=problem.status, errors=errors, basis=basis)
    return redirect("casework:desk_case", case_id=case_id)


@login_required
@require_safe
def photo(request: HttpRequest, photo_id: uuid.UUID) -> HttpResponse:
    """A photo of a matter that this post may see."""
    file = queries.photo_for(actor_of(request), photo_id)
    return picture(file.content, file.media_type)
