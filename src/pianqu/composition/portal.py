"""The portal's first page: three doors, what came in lately without anybody's words, and figures with their denominator."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pianqu.composition.outline import district_outline
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory

RECENT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A matter as everybody may see it."""

    icon: str
    category: str
    place: str
    place_lang: str
    state: str
    day: date


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What one can do here, and how it goes."""
    counts = casework.counts()
    context = {
        "matters": _recent(),
        "counts": counts,
        "answered": counts.answered,
        "answered_percent": f"{100 * counts.answered / counts.opened:.1f}" if counts.opened else "",
        "sealed": ledger.sealed_size(),
        "outline": district_outline(),
    }
    return render(request, "composition/home.html", context)


def _recent() -> list[Matter]:
    rows = casework.public_recent(RECENT)
    if not rows:
        return []
    english = (get_language() or "").startswith("en")
    cards, places = {card.code: card for card in casework.categories()}, territory.places()
    made = []
    for row in rows:
        card, place = cards.get(row.category), places.get(row.street_code)
        in_english = bool(english and place and place.name_en)
        made.append(
            Matter(
                icon=card.icon if card else "file-text",
                category=(card.name_en if english else card.name_zh) if card else row.category,
                place=(place.name_en if in_english else place.short_name or place.name) if place else "",
                place_lang="en" if in_english else "zh-CN",
                state=row.state,
                day=row.day,
            )
        )
    return made
