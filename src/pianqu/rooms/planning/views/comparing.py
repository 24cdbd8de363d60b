"""Before and after, side by side: what moves, whose boundaries are broken, how even it becomes; and how it came about."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.facts import REGISTRY
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import DraftState, FiguresCard, Written
from pianqu.rooms.planning.views import cards
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.figures import moved, percent, tones


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A figure before and after."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An area of another system that lies in several clusters."""

    label: str
    area: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change in the history."""

    number: int
    words: str
    units: int
    digest: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact of the ledger about this draft, with its receipt."""

    label: str
    by: str
    at: datetime
    link: str
    is_sealed: bool


@never_cache
@login_required
@require_safe
def compare(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The grid in force beside the plan."""
    state = queries.draft_state(actor_of(request), draft_id, now=timezone.now())
    written = queries.units_of(state.units_id)
    rows = moved(written, state)
    context = {
        "card": cards.head(state, "planning:compare"),
        "page": cards.page(state, written, -1),
        "pairs": pairs(state),
        "moved": rows,
        "moved_units": sum(len(row.units) for row in rows),
        "moved_households": sum(row.households for row in rows),
        "broken": broken(state),
        "told": told(state, written, f"{reverse('planning:units', args=[state.id])}?d={state.units_digest}"),
    }
    return render(request, "planning/compare.html", context)


def pairs(state: DraftState) -> tuple[Pair, ...]:
    """Figures of both; a dash where nothing is in force."""
    return tuple(
        Pair(name=name, label=label, before=_of(state.now_figures, name), after=_of(state.figures, name))
        for name, label in (
            (
                "clusters",
                pgettext("planning", "Clusters") if state.level == "clusters" else pgettext("planning", "Cells"),
            ),
            ("deviation", _("Largest deviation")),
            ("cut", _("Borders cut")),
            ("splits", _("Areas split")),
            ("moved", _("Households moved")),
        )
    )


def _of(figures: FiguresCard | None, name: str) -> str:
    if figures is None:
        return "—"
    if name == "clusters":
        return str(len(figures.loads))
    return percent(figures.deviation) if name == "deviation" else f"{getattr(figures, name):,}".replace(",", "\u2009")


def broken(state: DraftState) -> tuple[Broken, ...]:
    return tuple(
        Broken(label=one.label, area=one.area, clusters=tuple(state.names[cluster]["name"] for cluster in one.clusters))
        for one in state.broken
    )


def told(state: DraftState, written: Written, units: str) -> Mapping[str, Any]:
    """What the script of the two maps needs. The same cluster has the same colour on both sides."""
    shades = tones(written, state.part, len(state.names))
    by_code = {one["code"]: shades[number] for number, one in enumerate(state.names) if one["code"]}
    home = written.units.home
    before = tones(written, home, len(written.now)) if written.now else ()
    return {
        "units": units,
        "before": {
            "part": list(home),
            "names": [one["name"] for one in written.now],
            "tones": [by_code.get(one["code"], before[number]) for number, one in enumerate(written.now)],
        },
        "after": {"part": list(state.part), "names": [one["name"] for one in state.names], "tones": list(shades)},
        "words": {
            "before": _("Map of what is in force; the tables below tell what changes"),
            "after": _("Map of the plan; the tables below tell what changes"),
        },
    }


@never_cache
@login_required
@require_safe
def history(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Who changed what, and what the ledger has of it."""
    state = queries.draft_state(actor_of(request), draft_id, now=timezone.now())
    context = {
        "card": cards.head(state, "planning:history"),
        "steps": [_step(one) for one in queries.changes(draft_id)],
        "facts": _facts(draft_id),
        "digests": (
            (_("Units"), state.units_digest),
            (pgettext("planning", "Plan"), state.digest),
        ),
    }
    return render(request, "planning/history.html", context)


def _step(one: queries.ChangeCard) -> Step:
    return Step(
        number=one.number, words=_kind(one.kind), units=one.moved, digest=one.digest, by=one.who, at=one.made_at
    )


def _kind(kind: str) -> str:
    return {
        "paint": pgettext("change", "Moved"),
        "lock": pgettext("change", "Locked"),
        "unlock": pgettext("change", "Unlocked"),
        "split": pgettext("change", "Split"),
        "merge": pgettext("change", "Joined"),
        "centre": pgettext("change", "Centre set"),
        "rename": pgettext("change", "Renamed"),
        "settings": pgettext("change", "Settings changed"),
        "undo": pgettext("change", "Taken back"),
        "choose": pgettext("change", "Computed plan taken"),
        "repair": pgettext("change", "Repaired near by"),
    }.get(kind, kind)


def _facts(draft_id: uuid.UUID) -> list[Recorded]:
    """Newest first."""
    items = ledger.history(f"plan:{draft_id}")
    bodies = directory.organisations({item.organisation_code for item in items})
    return [
        Recorded(
            label=str(REGISTRY[item.kind].label) if item.kind in REGISTRY else item.kind,
            by=bodies[item.organisation_code].short_name
            if item.organisation_code in bodies
            else item.organisation_code,
            at=item.at,
            link=f"{reverse('ledger_find')}?what={item.position + 1}" if item.position is not None else "",
            is_sealed=item.position is not None,
        )
        for item in reversed(items)
    ]
