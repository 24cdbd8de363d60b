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
from pianqu.rooms.directory.views import asking, shown
from pianqu.rooms.directory.views.asking import Failed
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
    return tree_page(request, categories)


def tree_page(
    request: HttpRequest, categories: Categories, *, failed: Failed | None = None, status: int = 200
) -> HttpResponse:
    """The page, with the form of administrators."""
    may_change = queries.may_change_directory(shown.actor_of(request))
    cards = {card.code: card for card in queries.all_organisations()}
    asked = request.GET.get("q", "").strip()[:60]
    tops = [card for card in cards.values() if card.parent_code not in cards]
    context = {
        "asked": asked,
        "found": _found(asked, cards) if asked else [],
        "tree": [] if asked else [_node(card, _children(cards), cards) for card in tops],
        "count": len(cards),
        "may_change": may_change,
        "forms": [asking.add_organisation(cards, failed)] if may_change else [],
        "failed": failed,
    }
    return render(request, "directory/organisations.html", context, status=status)


@never_cache
@login_required
@require_safe
def organisation(request: HttpRequest, code: str, *, categories: Categories) -> HttpResponse:
    """One organisation: its line, its posts with who holds them, its ground, what it became."""
    return one_page(request, categories, code=code)


def one_page(
    request: HttpRequest,
    categories: Categories,
    *,
    code: str = "",
    failed: Failed | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with the forms of administrators. Raises Absent."""
    actor = shown.actor_of(request)
    card = queries.organisation(code or str(request.POST.get("organisation", "")))
    cards = {other.code: other for other in queries.all_organisations()}
    may_change = not card.ended and queries.may_change_directory(actor)
    after = queries.organisations(queries.successors(card.code))
    context = {
        "card": card,
        "node": _node(card, _children(cards), cards, with_line=True),
        "ground": [shown.organisation_name(cards.get(area), area) for area in sorted(queries.areas_of(card.code))],
        "posts": [(post, asking.post_kind_word(post.kind)) for post in queries.held_posts([card.code])],
        "after": [(other.code, shown.organisation_name(other)) for other in after.values()],
        "may_change": may_change,
        "forms": [asking.appoint(card, failed), asking.set_superior(card, cards, failed)] if may_change else [],
        "failed": failed,
    }
    return render(request, "directory/organisation.html", context, status=status)


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
