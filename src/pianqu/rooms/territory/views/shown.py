"""How the grid is put into words for a page, and what a higher floor hands in."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from pianqu.foundation.actor import ACTING, CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory.queries import PlaceCard
from pianqu.rooms.territory.services import NewCell, NewCluster


class Checked(Protocol):
    """What a file holds, as composition's import reports it."""

    @property
    def cells(self) -> list[NewCell]: ...
    @property
    def clusters(self) -> list[NewCluster]: ...
    @property
    def faults(self) -> list[str]: ...
    @property
    def notices(self) -> list[str]: ...


class Files(Protocol):
    """Grids as GeoJSON. `features_of` raises Invalid, `exported` Absent."""

    def features_of(self, content: bytes) -> list[Any]: ...
    def checked(self, features: list[Any], *, crs: str) -> Checked: ...
    def exported(self, *, on: date, crs: str) -> dict[str, Any]: ...


class Category(Protocol):
    """What a higher room tells of a category."""

    @property
    def code(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...


Categories = Callable[[], Sequence[Category]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in."""

    text: str
    lang: str = "zh-CN"


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def place_name(card: PlaceCard | None, code: str) -> Name:
    """A place as people say it; the code of one that nobody knows."""
    if card is None:
        return Name(text=code, lang="en")
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.short_name or card.name)


def category_names(categories: Iterable[Category]) -> dict[str, str]:
    english = in_english()
    return {card.code: card.name_en if english else card.name_zh for card in categories}


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = directory.acting(uuid.UUID(str(request.user.pk)), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    setattr(request, ACTING, actor)
    return actor


def day_of(text: str) -> date | None:
    """A day as a form sends it; None for what is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def kind_word(kind: str, special_kind: str = "") -> str:
    """What a kind of cell is called."""
    return {
        "ordinary": pgettext("cell", "Ordinary"),
        "special": pgettext("cell", "Special"),
        "micro": pgettext("cell", "Micro"),
        "market": pgettext("cell", "Market"),
        "campus": pgettext("cell", "Campus"),
        "hospital": pgettext("cell", "Hospital"),
        "park": pgettext("cell", "Industrial park"),
        "office": pgettext("cell", "Office block"),
    }.get(special_kind or kind, kind)


def role_word(role: str) -> str:
    """What somebody is in a cell (1+3+N)."""
    return {
        "leader": pgettext("cell", "Cell leader"),
        "full_time": pgettext("cell", "Full-time worker"),
        "part_time": pgettext("cell", "Part-time worker"),
        "adviser": pgettext("cell", "Adviser"),
        "other": pgettext("cell", "Other helper"),
    }.get(role, role)
