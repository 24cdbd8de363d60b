"""Who answers for this? A question by place, category and day. Nothing on the page is about a person: everybody may ask."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.errors import Absent, Invalid
from pianqu.rooms.directory import queries
from pianqu.rooms.directory.queries import OrganisationCard, Responsibility, Trouble
from pianqu.rooms.directory.views import shown
from pianqu.rooms.directory.views.shown import Categories, Choice, Name

TROUBLES = 8
"""Gaps and overlaps that the page names; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One category's answer in words."""

    category: Choice
    trouble: str
    lead: Name | None
    candidates: tuple[Name, ...]
    assisting: tuple[Name, ...]
    list_kind: str
    list_word: str
    level: str
    article: str
    source: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A street with its communities, as a select offers them."""

    street: Choice
    communities: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A gap or overlap of the lists in words, with where to look at it."""

    kind: str
    category: str
    place: str
    place_code: str
    on: date
    candidates: tuple[Name, ...]


@never_cache
@require_safe
def who_answers(request: HttpRequest, *, categories: Categories, face: str = "desk") -> HttpResponse:
    """The form, and for a place every category's answer (or one's) with the list, its article and dates."""
    choices = shown.category_choices(categories)
    groups, places = _places()
    on, day_error = shown.asked_day(request)
    place_code, category = request.GET.get("place", ""), request.GET.get("category", "")
    chosen = [category] if category in choices else list(choices)
    answers = queries.answers_at(place_code, on, chosen) if place_code in places else {}
    context = {
        "base": f"ui/{face}.html",
        "is_desk": face == "desk" and request.user.is_authenticated,
        "groups": groups,
        "categories": choices.values(),
        "place": places.get(place_code),
        "place_code": place_code,
        "category": category if category in choices else "",
        "day": shown.shown_day(on),
        "answers": _answers(answers, choices),
        "error": day_error,
        "place_error": bool(place_code) and place_code not in places,
        **_troubles(face, on, choices, places, asked=bool(answers)),
    }
    return render(request, "directory/who_answers.html", context)


@never_cache
@require_safe
def who_answers_json(request: HttpRequest, *, categories: Categories) -> JsonResponse:
    """The same question for programs: one category, one place, one day. Raises Absent and Invalid as problem+json."""
    (on, wrong_day), category = shown.asked_day(request), request.GET.get("category", "")
    place = queries.organisations([request.GET.get("place", "")]).get(request.GET.get("place", ""))
    if wrong_day:
        raise Invalid("day-wrong", _("That is no day. Please write 2026-01-31."))
    if place is None or place.kind not in {"street", "town", "community", "village"}:
        raise Absent("place-absent", _("There is no such place. Please choose one from the list."))
    if category not in {card.code for card in categories()}:
        raise Absent("category-absent", _("There is no such category."))
    found = queries.who_answers(category=category, place_code=place.code, on=on)
    return JsonResponse({"category": category, "place": place.code, "on": on.isoformat(), **asdict(found)})


def _places() -> tuple[list[Group], dict[str, Name]]:
    """Streets with their communities, and the name of each; the directory's own, in one statement."""
    cards = queries.all_organisations("street", "town", "community", "village")
    named = {card.code: shown.organisation_name(card) for card in cards}

    def choice(card: OrganisationCard) -> Choice:
        return Choice(code=card.code, name=named[card.code].text)

    streets = [card for card in cards if card.kind in {"street", "town"}]
    groups = [
        Group(
            street=choice(street),
            communities=tuple(choice(card) for card in cards if card.parent_code == street.code),
        )
        for street in streets
    ]
    return groups, named


def _answers(found: Mapping[str, Responsibility], choices: Mapping[str, Choice]) -> list[Answer]:
    codes = {code for one in found.values() for code in (one.lead, *one.assisting, *one.candidates) if code}
    names = shown.names(codes) if codes else {}
    return [
        Answer(
            category=choices[code],
            trouble=one.trouble,
            lead=names.get(one.lead),
            candidates=tuple(names[candidate] for candidate in one.candidates),
            assisting=tuple(names[helper] for helper in one.assisting),
            list_kind=one.list_kind,
            list_word=shown.list_word(one.list_kind),
            level=shown.level_word(one.level),
            article=one.article,
            source=one.source,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for code, one in found.items()
    ]


def _troubles(
    face: str, on: date, choices: Mapping[str, Choice], places: Mapping[str, Name], *, asked: bool
) -> dict[str, object]:
    """What the lists leave open or say twice, for staff who have not asked about a place yet."""
    if face != "desk" or asked or not places:
        return {"troubles": [], "more_troubles": 0, "looked": False}
    found = queries.troubles(on=on, categories=list(choices))
    names = shown.names({code for one in found[:TROUBLES] for code in one.candidates})
    shown_ones = [_wrong(one, choices, places, names) for one in found[:TROUBLES]]
    return {"troubles": shown_ones, "more_troubles": max(0, len(found) - TROUBLES), "looked": True}


def _wrong(one: Trouble, choices: Mapping[str, Choice], places: Mapping[str, Name], names: Mapping[str, Name]) -> Wrong:
    return Wrong(
        kind=one.kind,
        category=choices[one.category].name,
        place=places[one.place_code].text if one.place_code in places else one.place_name,
        place_code=one.place_code,
        on=one.on,
        candidates=tuple(names[code] for code in one.candidates),
    )
