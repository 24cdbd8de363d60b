"""The four parties of every cell and cluster on the desk: who they are, what they answer for, rounds and promises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.rooms.territory import queries, rules, services
from pianqu.rooms.territory.queries import EstateCard, Neighbourhood, PartyCard, PersonCard, PromiseCount, RoundCard
from pianqu.rooms.territory.views import neighbour_forms, party_cards, shown, staffing
from pianqu.rooms.territory.views.neighbour_forms import Failed, PromiseForm, TellForm
from pianqu.rooms.territory.views.party_cards import Names, PromiseRow
from pianqu.rooms.territory.views.shown import Categories, Files, Name

ON_A_PAGE = 25
PROMISES_SHOWN = 12
NO_COUNT = PromiseCount(open=0, overdue=0)
ONLY = ("open", "overdue")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """A cell with its four parties as a line."""

    name: str
    kind: str
    community: Name
    estates: tuple[str, ...]
    companies: tuple[Name, ...]
    committees: tuple[Name, ...]
    posts: int
    count: PromiseCount
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """A cluster as a line, with how many of its estates have a company and a committee."""

    name: str
    cells: int
    estates: int
    with_company: int
    with_committee: int
    count: PromiseCount
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """A round as a line, with the form for one more promise where the reader may enter one."""

    card: RoundCard
    where: str
    took_part: tuple[tuple[str, Name], ...]
    form: PromiseForm | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for."""

    cluster: str
    words: str
    only: str
    page: int

    def link(self, **changes: object) -> str:
        told = {"cluster": self.cluster, "q": self.words, "only": self.only, **changes}
        return f"?{urlencode({name: value for name, value in told.items() if value})}"


class _District:
    """Everything that the list is made from, asked once."""

    def __init__(self, on: date) -> None:
        self.clusters, cells = queries.neighbourhoods(on=on)
        self.cells = [one for one in cells if one.cell_kind != queries.MICRO]
        self.estates = queries.estates(on=on)
        self.people: Mapping[str, tuple[PersonCard, ...]] = queries.all_people(on=on)
        self.by_cell, self.by_cluster = queries.promise_counts(on=on)
        self.phones = queries.community_phones(on)
        self.places = queries.places()
        self.names = Names()

    def count(self, where: Neighbourhood) -> PromiseCount:
        """Of a cell alone; of a cluster with all its cells."""
        if where.kind == "cell":
            return self.by_cell.get(where.code, NO_COUNT)
        counts = [self.by_cell.get(code, NO_COUNT) for code in where.cell_codes]
        counts.append(self.by_cluster.get(where.code, NO_COUNT))
        return PromiseCount(open=sum(one.open for one in counts), overdue=sum(one.overdue for one in counts))

    def parties(self, where: Neighbourhood) -> tuple[PartyCard, ...]:
        return queries.parties_among(where, self.estates, self.people, self.phones)

    def asked(self, asked: _Asked) -> list[Neighbourhood]:
        """The cells asked for, those with overdue and open promises first."""
        found = [
            one
            for one in self.cells
            if asked.cluster in ("", one.cluster_code)
            and self._fits(one, asked.words)
            and (not asked.only or getattr(self.count(one), asked.only))
        ]
        return sorted(found, key=lambda one: (not self.count(one).overdue, not self.count(one).open, one.code))

    def _fits(self, where: Neighbourhood, words: str) -> bool:
        if not words or words in where.name or words in where.code:
            return True
        return any(words in card.name for card in queries.estates_in(where, self.estates))


# the list ------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def page(request: HttpRequest, *, categories: Categories, files: Files) -> HttpResponse:
    """Promises that wait, clusters, and the cells asked for with their four parties."""
    shown.actor_of(request)
    today, asked = timezone.localdate(), _asked(request.GET)
    district = _District(today)
    found = district.asked(asked)
    last = max(1, -(-len(found) // ON_A_PAGE))
    number = min(asked.page, last)
    here = next((one for one in district.clusters if one.code == asked.cluster), None)
    waiting = queries.all_promises(
        cell_codes=here.cell_codes if here else None,
        cluster_code=asked.cluster,
        only_open=True,
        overdue_on=today if asked.only == "overdue" else None,
    )
    context = {
        "asked": asked,
        "clusters": [_cluster_row(one, district) for one in district.clusters],
        "options": [(one.code, one.name) for one in district.clusters],
        "promises": _shown(waiting[:PROMISES_SHOWN], district, today),
        "more": len(waiting) - PROMISES_SHOWN,
        "overdue": sum(one.standing(today) == "overdue" for one in waiting),
        "waiting": len(waiting),
        "cells": [_cell_row(one, district) for one in found[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]],
        "found": len(found),
        "page": number,
        "last": last,
        "before": asked.link(page=number - 1) if number > 1 else "",
        "after": asked.link(page=number + 1) if number < last else "",
    }
    return render(request, "territory/neighbours.html", context)


def _asked(given: QueryDict) -> _Asked:
    number, only = given.get("page", ""), given.get("only", "")
    return _Asked(
        cluster=given.get("cluster", "")[:24],
        words=given.get("q", "").strip()[:40],
        only=only if only in ONLY else "",
        page=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 and int(number) else 1,
    )


def _shown(cards: Sequence[queries.PromiseCard], district: _District, today: date) -> list[tuple[PromiseRow, str]]:
    places = {one.code: one.name for one in (*district.cells, *district.clusters)}
    rows = party_cards.promise_rows(cards, places, district.names, today)
    return [(row, _link("cell" if row.card.cell_code else "cluster", _at(row.card))) for row in rows]


def _at(card: queries.PromiseCard | RoundCard) -> str:
    return card.cell_code or card.cluster_code


def _link(kind: str, code: str) -> str:
    return reverse("territory:neighbour" if kind == "cell" else "territory:neighbour_cluster", args=[code])


def _cluster_row(where: Neighbourhood, district: _District) -> ClusterRow:
    own = queries.estates_in(where, district.estates)
    return ClusterRow(
        name=where.name,
        cells=len(where.cell_codes),
        estates=len(own),
        with_company=sum(bool(card.property_code) for card in own),
        with_committee=sum(bool(card.owners_code) for card in own),
        count=district.count(where),
        link=_link("cluster", where.code),
    )


def _cell_row(where: Neighbourhood, district: _District) -> CellRow:
    cards, community = district.parties(where), where.community_codes[0]
    return CellRow(
        name=where.name,
        kind=shown.kind_word(where.cell_kind),
        community=shown.place_name(district.places.get(community), community),
        estates=tuple(card.name for card in queries.estates_in(where, district.estates)),
        companies=tuple(district.names.name(c.organisation_code) for c in cards if c.role == queries.COMPANY),
        committees=tuple(district.names.name(c.organisation_code) for c in cards if c.role == queries.OWNERS),
        posts=max((c.posts for c in cards), default=0),
        count=district.count(where),
        link=_link("cell", where.code),
    )


# one cell or cluster -------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, code: str, *, categories: Categories, files: Files, kind: str = "cell") -> HttpResponse:
    """The four parties side by side, who answers for what, rounds and promises, and the forms of who may use them."""
    actor, today = shown.actor_of(request), timezone.localdate()
    where = _found(kind, code, today)
    if request.method != "POST":
        return _show(request, actor, where, categories)
    act = request.POST.get("act", "")
    try:
        if act not in _ACTS:
            raise Absent("act-absent", _("There is no such act."))
        done = _ACTS[act](actor, where, request.POST)
    except Forbidden:
        raise
    except Problem as problem:
        failed = Failed(act, request.POST.get("key", ""), request.POST, str(problem.message))
        return _show(request, actor, where, categories, failed=failed, status=problem.status)
    messages.success(request, done)
    return redirect(_link(where.kind, where.code))


def _found(kind: str, code: str, on: date) -> Neighbourhood:
    try:
        return queries.neighbourhood(kind, code[:24], on=on)
    except Absent as absent:
        raise Http404 from absent


def _show(
    request: HttpRequest,
    actor: Actor,
    where: Neighbourhood,
    categories: Categories,
    *,
    failed: Failed | None = None,
    status: int = 200,
) -> HttpResponse:
    today, names = timezone.localdate(), Names()
    every = queries.estates(on=today, community_codes=where.community_codes)
    own = queries.estates_in(where, every)
    people = queries.people_of(where.code, on=today) if where.kind == "cell" else ()
    told = queries.parties_of(where, on=today)
    may = rules.may_go_round(actor, queries.circle_of(where, on=today))
    places = party_cards.place_names(today)
    pairs = tuple((card.role, card.organisation_code) for card in told)
    promises = party_cards.promise_rows(queries.promises_of(where), places, names, today)
    context = {
        "where": where,
        "kind": shown.kind_word(where.cell_kind) if where.cell_kind else "",
        "community": _communities(where)[0] if where.kind == "cell" else None,
        "cluster": places.get(where.cluster_code, ""),
        "parties": party_cards.parties(told, own, names),
        "people": staffing.rows(people),
        "duties": party_cards.duties(
            queries.duties_of(where, told, on=today), shown.category_names(categories()), names
        ),
        "led_by": party_cards.led_by(where, names, today),
        "estates": [_estate_line(card, names, places) for card in own],
        "promises": [(row, _tell(row, may, failed)) for row in promises],
        "rounds": [_round_row(card, places, names, may, failed) for card in queries.rounds_of(where)],
        "round_form": neighbour_forms.round_form(pairs, names, failed) if may and len(pairs) > 1 else None,
        "may": may,
        "cells": _cells(where) if where.kind == "cluster" else (),
        "today": today,
        **_arranged(request, actor, where, every, names, failed, today),
    }
    return render(request, "territory/neighbour.html", context, status=status)


def _communities(where: Neighbourhood) -> list[Name]:
    places = queries.places()
    return [shown.place_name(places.get(code), code) for code in where.community_codes]


def _cells(where: Neighbourhood) -> list[tuple[str, str]]:
    """Its cells, without those that lie in another one."""
    inside = set(where.cell_codes)
    known = queries.cells(on=timezone.localdate())
    return [
        (card.name, _link("cell", card.code)) for card in known if card.code in inside and card.kind != queries.MICRO
    ]


def _estate_line(card: EstateCard, names: Names, places: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "card": card,
        "company": names.name(card.property_code) if card.property_code else None,
        "committee": names.name(card.owners_code) if card.owners_code else None,
        "cells": [places.get(code, code) for code in card.cell_codes],
    }


def _tell(row: PromiseRow, may: bool, failed: Failed | None) -> TellForm | None:
    return neighbour_forms.tell_form(str(row.card.promise_id), failed) if may else None


def _round_row(card: RoundCard, places: Mapping[str, str], names: Names, may: bool, failed: Failed | None) -> RoundRow:
    words = party_cards.role_words()
    ordered = sorted(card.parties, key=lambda pair: (queries.PARTY_ROLES.index(pair[0]), pair[1]))
    return RoundRow(
        card=card,
        where=places.get(_at(card), _at(card)),
        took_part=tuple((words[role], names.name(code)) for role, code in ordered),
        form=neighbour_forms.promise_form(ordered, names, str(card.round_id), failed) if may else None,
    )


def _arranged(
    request: HttpRequest,
    actor: Actor,
    where: Neighbourhood,
    known: Sequence[EstateCard],
    names: Names,
    failed: Failed | None,
    today: date,
) -> Mapping[str, object]:
    """The form of estates, for who may arrange those of the place."""
    codes = where.community_codes[:1]
    may_set = bool(codes) and rules.may_set_estate(actor, queries.leaders_of(codes[0], on=today))
    if not may_set:
        return {"may_set": False}
    asked = request.GET.get("estate", "")[:32]
    return {
        "may_set": True,
        "estate_form": neighbour_forms.estate_form(where, known, asked, names, failed),
        "estate_open": bool(asked) or (failed is not None and failed.act in ("estate", "end")),
        "end_error": failed.message if failed and failed.act == "end" else "",
    }


# acts ----------------------------------------------------------------------------------------------------------------


def _hold(actor: Actor, where: Neighbourhood, typed: QueryDict) -> str:
    services.hold_round(
        actor=actor,
        kind=where.kind,
        code=where.code,
        day=neighbour_forms.day(typed.get("day", "")),
        parties=neighbour_forms.took_part(typed),
        promises=neighbour_forms.promised(typed),
        now=timezone.now(),
    )
    return _("The round is entered.")


def _promise(actor: Actor, where: Neighbourhood, typed: QueryDict) -> str:
    services.make_promise(
        actor=actor,
        round_id=neighbour_forms.read_id(typed.get("key", "")),
        promise=neighbour_forms.one_promise(typed),
        now=timezone.now(),
    )
    return _("The promise is entered.")


def _told(actor: Actor, where: Neighbourhood, typed: QueryDict) -> str:
    services.tell_promise(
        actor=actor,
        promise_id=neighbour_forms.read_id(typed.get("key", "")),
        verdict=typed.get("verdict", ""),
        on=neighbour_forms.day(typed.get("on", "")),
        words=typed.get("words", ""),
        now=timezone.now(),
    )
    return _("It is written down, with who told it.")


def _set(actor: Actor, where: Neighbourhood, typed: QueryDict) -> str:
    today = timezone.localdate()
    known = queries.estates(on=today, community_codes=where.community_codes)
    item, starts = neighbour_forms.new_estate(typed, known)
    changed = services.set_estates(actor=actor, items=[item], valid_from=starts, now=timezone.now())
    return _("The estate is set.") if changed else _("The estate stands so already. Nothing was changed.")


def _end(actor: Actor, where: Neighbourhood, typed: QueryDict) -> str:
    services.end_estate(
        actor=actor, code=typed.get("key", ""), on=neighbour_forms.day(typed.get("on", "")), now=timezone.now()
    )
    return _("The estate ends on that day.")


_ACTS: Mapping[str, Callable[[Actor, Neighbourhood, QueryDict], str]] = {
    "round": _hold,
    "promise": _promise,
    "tell": _told,
    "estate": _set,
    "end": _end,
}
