"""Departments' grids in words: what kinds of grids are called, how findings, numbers and cells are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import get_language, pgettext

from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import COMMUNITY, MERGED, OWN, LayerCard, MergeWhole, Taker
from pianqu.rooms.territory.queries import PlaceCard

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in."""

    text: str
    lang: str = "zh-CN"


def system_word(system: str) -> str:
    """What a kind of department's grid is called."""
    return {
        "police": pgettext("department grid", "Public security"),
        "party": pgettext("department grid", "Party building"),
        "urban": pgettext("department grid", "Urban management"),
        "environment": pgettext("department grid", "Ecology and environment"),
        "market": pgettext("department grid", "Market supervision"),
        "safety": pgettext("department grid", "Emergency and work safety"),
        "health": pgettext("department grid", "Health"),
        "other": pgettext("department grid", "Other"),
    }.get(system, system)


def systems() -> list[tuple[str, str]]:
    return [(code, system_word(code)) for code in queries.SYSTEMS]


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def place_name(places: "Mapping[str, PlaceCard]", code: str) -> Name:
    """A place as people say it; the code of one that nobody knows."""
    card = places.get(code)
    if card is None:
        return Name(text=code or "—", lang="en")
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.short_name or card.name)


def layer_name(layer: str) -> Name:
    """A system of a merge: the grids' own names, and words of ours for the rest."""
    own = {
        COMMUNITY: pgettext("merge layer", "Communities"),
        OWN: pgettext("merge layer", "Present cells of the district"),
        MERGED: pgettext("merge layer", "Merged cells"),
    }
    return Name(text=own[layer], lang="") if layer in own else Name(text=layer)


def told(sentences: Sequence[str]) -> tuple[str, ...]:
    """Findings that name layers by our words for them."""
    words = {COMMUNITY: layer_name(COMMUNITY).text, OWN: layer_name(OWN).text}
    return tuple(_renamed(sentence, words) for sentence in sentences)


def _renamed(sentence: str, words: "Mapping[str, str]") -> str:
    for layer, word in words.items():
        if sentence.startswith((f"{layer}:", f"{layer},", f"{layer}：", f"{layer}，", f"{layer} ")):
            return word + sentence[len(layer) :]
    return sentence


def between() -> str:
    """What stands between names in a row."""
    return ", " if in_english() else "、"


def taker_word(whole: MergeWhole, taker: Taker) -> str:
    """Who could take a place, as a list offers it."""
    if taker.grid_id is None:
        name = whole.proposals[taker.cell].name
        return pgettext("taker", "%(name)s (merged cell)") % {"name": name}
    return cell_word(whole, taker.layer, taker.code)


def cell_word(whole: MergeWhole, layer: str, code: str) -> str:
    """A department's cell: first its own name, which is what tells it from others where there is little room."""
    return f"{whole.names_of(layer).get(code, code)} · {layer}"


def covering_words(whole: MergeWhole, covering: Sequence[tuple[LayerCard, str]]) -> str:
    """Who covers a place, for the map's tip."""
    return " · ".join(f"{layer.name} {whole.names_of(layer.name).get(code, code)}" for layer, code in covering)


def day_of(text: str) -> date | None:
    """A day as a form sends it; None for what is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
