"""All departments' grids as one at the desk: the merge, its map, what to close, what each proposed cell takes over."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.foundation.templatetags.ui import thousands
from pianqu.rooms.planning import queries, rules, services
from pianqu.rooms.planning.queries import (
    FAILED,
    MERGE,
    NEW,
    PRESENT,
    Carried,
    CellProposal,
    MergeCard,
    MergeWhole,
    RunCard,
    Uncovered,
)
from pianqu.rooms.planning.services import MergeWish
from pianqu.rooms.planning.views import naming
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.naming import Name
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import PlaceCard

ON_A_PAGE, DUTIES, BARE, TAKERS = 15, 12, 12, 6
NOBODY, CLOSED, MOST_TONES = 4, 3, {1: 1, 2: 2, 3: 5, 4: 8}
"""Tones of the map: a place of nobody, one that was closed, and by how many departments cover the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRow:
    """A place that no department covers."""

    one: Uncovered
    community: Name
    options: tuple[tuple[str, str], ...]
    """Keys and words of who could take it."""
    taken_by: str

    @property
    def hectares(self) -> float:
        return self.one.area_m2 / 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """A duty that several departments have."""

    duty: str
    who: str
    communities: str
    more: int
    places: int
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """A proposed cell in the table."""

    cell: CellProposal
    community: Name
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedRow:
    """What a proposed cell takes over of one department's cell."""

    one: Carried
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for."""

    cell: int
    page: int
    everything: bool

    @classmethod
    def of(cls, given: QueryDict) -> "_Asked":
        return cls(
            cell=_number(given.get("cell", ""), -1),
            page=max(1, _number(given.get("page", ""), 1)),
            everything=given.get("all") == "1",
        )

    def link(self, **changes: object) -> str:
        given: dict[str, object] = {"page": self.page if self.page > 1 else "", "all": "1" if self.everything else ""}
        return f"?{urlencode({name: value for name, value in {**given, **changes}.items() if value != ''})}"


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


@never_cache
@login_required
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """On to the newest merge; before the first one the form that asks for it."""
    actor = actor_of(request)
    known = queries.merges()
    if known:
        return redirect("planning:merge", merge_id=known[0].merge_id)
    return render(request, "planning/merge_first.html", _form_context(request, actor))


@never_cache
@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Let the worker merge the grids of a day."""
    actor, typed = actor_of(request), request.POST
    day = naming.day_of(typed.get("on", ""))
    try:
        if day is None:
            raise Invalid("day-wrong", _("Write the first day like 2026-12-01."))
        wish = MergeWish(
            mode=typed.get("mode", NEW),
            with_own=typed.get("with_own") == "1",
            least=_number(typed.get("least", ""), 0),
            most=_number(typed.get("most", ""), 0),
        )
        merge_id = services.ask_merge(actor=actor, on=day, wish=wish, now=timezone.now())
    except Problem as problem:
        context = {**_form_context(request, actor), "error": str(problem.message)}
        return render(request, "planning/merge_first.html", context, status=problem.status)
    return redirect("planning:merge", merge_id=merge_id)


def _form_context(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    wish, typed, grids = MergeWish(), request.POST, queries.grids_on(timezone.localdate())
    return {
        "grids": grids,
        "grid_names": naming.between().join(card.name for card in grids),
        "english": naming.in_english(),
        "may_plan": rules.may_plan(actor),
        "on": typed.get("on", timezone.localdate().isoformat())[:10],
        "mode": typed.get("mode", NEW),
        "modes": [
            (NEW, _("Propose cells anew, within the communities")),
            (PRESENT, _("Keep the present cells and join every place to one")),
        ],
        "with_own": typed.get("with_own", "1" if request.method != "POST" else "") == "1",
        "least": typed.get("least", str(wish.least))[:5],
        "most": typed.get("most", str(wish.most))[:5],
    }


# one merge -----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def merge(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """A merge with its map and tables; `?cell=` opens a proposed cell."""
    return _show(request, actor_of(request), merge_id)


def _show(request: HttpRequest, actor: Actor, merge_id: uuid.UUID, problem: Problem | None = None) -> HttpResponse:
    card = queries.merge_card(merge_id)
    context = {
        **_form_context(request, actor),
        "card": card,
        "merges": queries.merges(),
        "error": str(problem.message) if problem else "",
        **_run_context(card),
    }
    if card.kept_at:
        context |= _whole_context(card, queries.merge_whole(merge_id), _Asked.of(request.GET))
    return render(request, "planning/merge.html", context, status=problem.status if problem else 200)


def _run_context(card: MergeCard) -> dict[str, Any]:
    run = queries.latest_run(card.merge_id, kinds=(MERGE,), now=timezone.now()) if not card.kept_at else None
    return {"card": card, "run": run, "failed": _failure(run) if run and run.state == FAILED else ""}


def _failure(run: RunCard) -> str:
    said = " ".join(queries.sentences(run.details))
    return said or _("The computation failed (%(reason)s).") % {"reason": run.reason}


@never_cache
@login_required
@require_safe
def progress(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """How far it is, for the page that waits; once it is done the page is asked to look again."""
    actor_of(request)
    card = queries.merge_card(merge_id)
    context = _run_context(card)
    answer = render(request, "planning/_merge_run.html", context)
    run = context["run"]
    if card.kept_at or run is None or run.is_over:
        answer["HX-Refresh"] = "true"
    return answer


def _whole_context(card: MergeCard, whole: MergeWhole, asked: _Asked) -> dict[str, Any]:
    places = territory.places()
    bare = whole.uncovered()
    duties = whole.twice if asked.everything else whole.twice[:DUTIES]
    cells = whole.proposals
    last = max(1, -(-len(cells) // ON_A_PAGE))
    page = min(asked.page, last)
    shown = cells[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    chosen = cells[asked.cell] if 0 <= asked.cell < len(cells) else None
    return {
        "whole": whole,
        "stats": _stats(card, whole),
        "books": _books(),
        "bare": [_bare_row(whole, one, places) for one in (bare if asked.everything else bare[:BARE])],
        "bare_more": 0 if asked.everything else max(0, len(bare) - BARE),
        "duties": [_duty_row(whole, row, places) for row in duties],
        "duties_more": len(whole.twice) - len(duties),
        "cells": [_cell_row(cell, places, asked) for cell in shown],
        "misfits": sum(not cell.fits for cell in cells),
        "page": page,
        "last": last,
        "before": asked.link(page=page - 1) if page > 1 else "",
        "after": asked.link(page=page + 1) if page < last else "",
        "everything": asked.link(all="1"),
        "chosen": _cell_row(chosen, places, asked) if chosen else None,
        "carried": _carried(whole, chosen) if chosen else [],
        "findings": naming.told(queries.told_findings(queries.merge_findings(card.merge_id)))[:100],
        "choices": [(name, naming.layer_name(name)) for name in _layer_names(whole)],
        "band": (card.asked["least"], card.asked["most"]),
        "is_new": card.asked["mode"] == NEW,
        "households": sum(whole.households),
        "outside": whole.content["outside"],
        "key": _key(),
    }


def _stats(card: MergeCard, whole: MergeWhole) -> list[tuple[int, str, str]]:
    """Counts with their words, and the tone of those that ask for something."""
    left = len(whole.left)
    return [
        (len(whole.departments), _("departments' grids"), ""),
        (card.atoms, _atoms(card.atoms, len(whole.households)), ""),
        (left, _("places that nobody answers for"), "danger" if left else "success"),
        (len(whole.twice), _("duties covered twice"), ""),
        (len(whole.proposals), _("cells"), ""),
    ]


def _atoms(atoms: int, plots: int) -> str:
    if plots == atoms:
        return _("places that no border crosses")
    words = _("places that no border crosses; with large ones halved %(plots)s plots")
    return words % {"plots": thousands(plots)}


def _books() -> list[tuple[str, str]]:
    return [
        ("places", _("Places (atoms)")),
        ("cells", _("Merged cells")),
        ("duties", _("Duties, and those covered twice")),
        ("workers", _("Workers carried over")),
        ("renames", _("Renames: old code to new code")),
    ]


def _layer_names(whole: MergeWhole) -> list[str]:
    return [layer.name for layer in whole.layers] + [queries.MERGED]


def _key() -> list[tuple[int, str]]:
    """The map's tones in words."""
    return [
        (NOBODY, _("nobody")),
        (CLOSED, _("closed: taken by a neighbour")),
        *(
            (
                tone,
                ngettext("%(n)s department", "%(n)s departments", count) % {"n": f"{count}+" if count == 4 else count},
            )
            for count, tone in MOST_TONES.items()
        ),
    ]


def _bare_row(whole: MergeWhole, one: Uncovered, places: Mapping[str, PlaceCard]) -> BareRow:
    closing = one.closing
    taken_by = ""
    if closing:
        layer = next((layer for layer in whole.departments if layer.grid_id == closing.grid_id), None)
        taken_by = naming.cell_word(whole, layer.name, closing.code) if layer else whole.proposals[closing.cell].name
    return BareRow(
        one=one,
        community=naming.place_name(places, one.community_code),
        options=tuple((taker.key, naming.taker_word(whole, taker)) for taker in one.takers[:TAKERS]),
        taken_by=taken_by,
    )


def _duty_row(whole: MergeWhole, row: queries.DutyTwice, places: Mapping[str, PlaceCard]) -> DutyRow:
    names = [naming.place_name(places, code).text for code in row.communities]
    between = naming.between()
    return DutyRow(
        duty=row.duty,
        who=between.join(row.layers),
        communities=between.join(names[:3]),
        more=max(0, len(names) - 3),
        places=len(row.places),
        households=row.households,
    )


def _cell_row(cell: CellProposal, places: Mapping[str, PlaceCard], asked: _Asked) -> CellRow:
    return CellRow(
        cell=cell, community=naming.place_name(places, cell.community_code), link=asked.link(cell=cell.number)
    )


def _carried(whole: MergeWhole, cell: CellProposal) -> list[CarriedRow]:
    rows = [row for row in whole.carried if row.cell == cell.number]
    return [CarriedRow(one=row, percent=round(100 * row.share)) for row in rows]


# acts ----------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_POST
def close(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """One place goes to the neighbour that was chosen, or all that are left by the longest border."""
    actor, typed = actor_of(request), request.POST
    try:
        if typed.get("place"):
            services.close_place(
                actor=actor,
                merge_id=merge_id,
                place=_number(typed["place"], -1),
                taker=typed.get("taker", ""),
                now=timezone.now(),
            )
        else:
            services.close_all_places(actor=actor, merge_id=merge_id, now=timezone.now())
    except Problem as problem:
        return _show(request, actor, merge_id, problem)
    return redirect(f"{request.path.removesuffix('close/')}#bare")


@never_cache
@login_required
@require_POST
def draft(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """The proposed cells become a draft, to be changed on the map and adopted."""
    actor = actor_of(request)
    day = queries.merge_card(merge_id).on.isoformat()
    title = request.POST.get("title", "").replace("\x00", "").strip() or _("Cells merged on %(day)s") % {"day": day}
    try:
        draft_id = services.start_draft(actor=actor, title=title, merge_id=merge_id, now=timezone.now())
    except Problem as problem:
        return _show(request, actor, merge_id, problem)
    return redirect("planning:draft", draft_id=draft_id)


# the map -------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def merge_map(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """Places by how many departments cover them, or one proposed cell and its neighbours' ground."""
    actor_of(request)
    whole, asked = queries.merge_whole(merge_id), _Asked.of(request.GET)
    shapes = queries.merge_shapes(merge_id)
    drawn = [place for place in _asked_for(whole, asked) if shapes[place]]
    bare = set(whole.bare)
    features = [_feature(whole, place, shapes[place], asked, is_bare=place in bare) for place in drawn]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _asked_for(whole: MergeWhole, asked: _Asked) -> Sequence[int]:
    """All places, or those of the community in which the chosen cell lies."""
    if not 0 <= asked.cell < len(whole.proposals):
        return range(len(whole.areas))
    home = whole.proposals[asked.cell].community_code
    return [place for place, community in enumerate(whole.communities) if community == home]


def _feature(whole: MergeWhole, place: int, geometry: Any, asked: _Asked, *, is_bare: bool) -> dict[str, Any]:
    covering, cell = whole.covering[place], whole.proposals[whole.part[place]]
    tone = CLOSED if is_bare and place in whole.closings else NOBODY if is_bare else MOST_TONES[min(len(covering), 4)]
    told = {
        "level": "cell",
        "kind": "special" if is_bare else "ordinary",
        "tone": tone,
        "here": cell.number == asked.cell,
        "tip": f"{naming.covering_words(whole, covering) or _('nobody')} → {cell.name}",
        "href": f"?cell={cell.number}#cell",
    }
    return {"type": "Feature", "properties": told, "geometry": geometry}
