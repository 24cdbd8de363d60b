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


class Names:
    """Categories and places in the reader's language, read once for a page."""

    def __init__(self) -> None:
        self.english = (get_language() or "").startswith("en")
        self.cards = {card.code: card for card in casework.categories()}
        self.places = territory.places()

    def matter(self, category: str, place_code: str, state: str, at: date) -> Matter:
        """A matter in words."""
        card, (place, lang) = self.cards.get(category), self.place(place_code)
        return Matter(
            icon=card.icon if card else "file-text",
            category=(card.name_en if self.english else card.name_zh) if card else category,
            place=place,
            place_lang=lang,
            state=state,
            day=at,
        )

    def place(self, code: str) -> tuple[str, str]:
        """A place's name with the language it is in; empty where it is not known."""
        place = self.places.get(code)
        if place is None:
            return "", "zh-CN"
        in_english = self.english and bool(place.name_en)
        return (place.name_en, "en") if in_english else (place.short_name or place.name, "zh-CN")


def _recent() -> list[Matter]:
    rows = casework.public_recent(RECENT)
    if not rows:
        return []
    names = Names()
    return [names.matter(row.category, row.street_code, row.state, row.day) for row in rows]
