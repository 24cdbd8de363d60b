"""How the organisations stand to each other: the reporting line as a tree, or a list of those whose name was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.rooms.directory import queries
from pianqu.rooms.directory.queries import OrganisationCard
from pianqu.rooms.directory.views import shown
from pianqu.rooms.directory.views.shown import Categories, Name

ICONS = {"centre": "current-location", "department": "scale", "station": "flag", "village": "leaf", "property": "key"}
ORDER = ("district", "centre", "department", "station", "street", "town", "community", "village")
FOUND = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An organisation with those that report to it. `serves` is whom a station serves."""

    code: str
    name: Name
    kind: str
    icon: str
    serves: Name | None
    below: tuple["Node", ...] = ()
    line: tuple[Name, ...] = ()


@never_cache
@login_required
@require_safe
def organisations(request: HttpRequest, *, categories: Categories) -> HttpResponse:
    """The tree, or with `?q=` the organisations whose name or code holds the words."""
    shown.actor_of(request)
    cards = {card.code: card for card in queries.all_organisations()}
    asked = request.GET.get("q", "").strip()[:60]
    tops = [card for card in cards.values() if card.parent_code not in cards]
    context = {
        "asked": asked,
        "found": _found(asked, cards) if asked else [],
        "tree": [] if asked else [_node(card, _children(cards), cards) for card in tops],
        "count": len(cards),
    }
    return render(request, "directory/organisations.html", context)


def _found(asked: str, cards: Mapping[str, OrganisationCard]) -> list[Node]:
    words = asked.casefold()
    hits = [
        card
        for card in cards.values()
        if words in f"{card.code} {card.name} {card.short_name} {card.name_en}".casefold()
    ]
    return [_node(card, {}, cards, with_line=True) for card in hits[:FOUND]]


def _children(cards: Mapping[str, OrganisationCard]) -> dict[str, list[OrganisationCard]]:
    below: dict[str, list[OrganisationCard]] = {}
    for card in cards.values():
        if card.parent_code in cards and card.parent_code != card.code:
            below.setdefault(card.parent_code, []).append(card)
    for children in below.values():
        children.sort(key=lambda card: (ORDER.index(card.kind) if card.kind in ORDER else len(ORDER), card.code))
    return below


def _node(
    card: OrganisationCard,
    below: Mapping[str, list[OrganisationCard]],
    cards: Mapping[str, OrganisationCard],
    *,
    with_line: bool = False,
) -> Node:
    served = cards.get(card.serves_code)
    return Node(
        code=card.code,
        name=shown.organisation_name(card),
        kind=shown.kind_word(card.kind),
        icon=ICONS.get(card.kind, "building-community"),
        serves=shown.organisation_name(served) if served else None,
        below=tuple(_node(child, below, cards) for child in below.get(card.code, ())),
        line=_line(card, cards) if with_line else (),
    )


def _line(card: OrganisationCard, cards: Mapping[str, OrganisationCard]) -> tuple[Name, ...]:
    """The names above, nearest first; the house refuses circles, and this stops at one."""
    line: list[str] = []
    above = card.parent_code
    while above in cards and above not in line:
        line.append(above)
        above = cards[above].parent_code
    return tuple(shown.organisation_name(cards[code]) for code in line)
