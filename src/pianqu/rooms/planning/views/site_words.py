"""Studies of sites in words: names in the reader's language, amounts with their unit, why there is no plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from pianqu.foundation.templatetags.ui import thousands
from pianqu.kernels import suppression
from pianqu.rooms.planning.queries import HOUSEHOLDS, Candidate, RunCard, StudyCard
from pianqu.rooms.territory.queries import PlaceCard

FEWEST = suppression.K
"""Fewer than so many are said to be few, and not how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in."""

    text: str
    lang: str = "zh-CN"


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def place_name(card: PlaceCard | None, code: str) -> Name:
    """A place as people say it; the code of one that nobody knows any more."""
    if card is None:
        return Name(text=code, lang="en")
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.short_name or card.name)


def candidate_name(one: Candidate) -> Name:
    return Name(text=one.name_en, lang="en") if in_english() and one.name_en else Name(text=one.name)


def questions() -> dict[str, tuple[str, str]]:
    """What can be asked: its name, and what it is good for."""
    return {
        "coverage": (_("Most within the walk"), _("as many as possible reach a site within the minutes")),
        "median": (_("Shortest ways together"), _("all together walk as little as possible")),
        "centre": (_("Shortest longest way"), _("whoever walks farthest walks as little as possible")),
    }


def demands() -> dict[str, str]:
    return {"households": _("Households (roll of buildings)"), "cases": _("Matters of the last twelve months")}


def presents() -> dict[str, str]:
    """What becomes of present service points."""
    return {
        "keep": _("All stay"),
        "free": _("They may be closed"),
        "none": _("Not looked at"),
    }


def kind_words() -> dict[str, str]:
    """Kinds of candidates and of present points."""
    return {
        "school": pgettext("site", "School"),
        "hospital": pgettext("site", "Hospital"),
        "commercial": pgettext("site", "Shops"),
        "community": pgettext("site", "Middle of a community"),
        **point_kinds(),
    }


def point_kinds() -> dict[str, str]:
    """Kinds of present service points."""
    return {
        "centre": pgettext("site", "Cluster centre"),
        "window": pgettext("site", "Convenience window"),
        "mediation": pgettext("site", "Mediation room"),
        "care": pgettext("site", "Care for the old"),
        "health": pgettext("site", "Health service"),
        "culture": pgettext("site", "Culture"),
    }


def amount(many: int, demand: str) -> str:
    """So many households, or matters."""
    shown = thousands(many)
    if demand == HOUSEHOLDS:
        return ngettext("%(n)s household", "%(n)s households", many) % {"n": shown}
    return ngettext("%(n)s matter", "%(n)s matters", many) % {"n": shown}


def unit(demand: str) -> str:
    """The unit at the head of a column."""
    return pgettext("unit", "households") if demand == HOUSEHOLDS else pgettext("unit", "matters")


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def is_told(part: int, whole: int) -> bool:
    """Whether a number may stand on a page: neither it nor what is left of the whole are so few."""
    return not (0 < part < FEWEST or 0 < whole - part < FEWEST)


def counted(part: int, whole: int) -> str:
    """The number, or as much of it as may be told."""
    if 0 < part < FEWEST:
        return _("fewer than 5")
    return thousands(part) if is_told(part, whole) else _("at least %(n)s") % {"n": thousands(least(part, whole))}


def least(part: int, whole: int) -> int:
    """The number, or the smallest that it can be by what is told of it."""
    if is_told(part, whole):
        return part
    return max(0, whole - FEWEST + 1) if part >= FEWEST else 0


def share(part: int, whole: int) -> str:
    """Percent of a number that may be told; else nothing."""
    return percent(part, whole) if is_told(part, whole) else ""


def brought(before: int, after: int, whole: int, demand: str) -> str:
    """How many more, as far as it does not give away how few there were or are left."""
    more = after - before
    if 0 < more < FEWEST:
        return _("fewer than %(n)s") % {"n": amount(FEWEST, demand)}
    if is_told(before, whole) and is_told(after, whole):
        return amount(more, demand)
    floor = max(FEWEST, least(after, whole) - max(before, FEWEST))
    return _("at least %(n)s") % {"n": amount(floor, demand)}


def minutes(value: float) -> str:
    """A walk, to a tenth of a minute below a quarter of an hour where it is no whole number."""
    shown = f"{value:.0f}" if value >= 15 or value == round(value) else f"{value:.1f}"
    return _("%(n)s min") % {"n": shown}


def how_good(card: StudyCard) -> str:
    """Whether a better plan is possible, and how much better at most."""
    so_far = f"{told} " if (told := stopped(card)) else ""
    return so_far + _proof(card)


def stopped(card: StudyCard) -> str:
    """Said of sites for which nobody looked to the end."""
    if not card.is_stopped:
        return ""
    return _("The search was stopped: these are the best sites that were found until then.")


def _proof(card: StudyCard) -> str:
    if card.is_proved:
        return _("Proved: no plan is better by this aim.")
    if card.gap >= 1:
        return _("No proof: how much better another plan could be is not known.")
    gap = f"{100 * card.gap:.1f}" if card.gap >= 0.001 else "0.1"
    return _("No proof: another plan could be better by %(gap)s at most.") % {"gap": f"{gap}%"}


def why_not(run: RunCard) -> tuple[str, ...]:
    """Why a computation gave no answer: every reason that the search named, or what happened."""
    if run.details:
        return tuple(told(one) for one in run.details)
    reasons: Mapping[str, str] = {
        "study-no-demand": _("Nothing was counted that a site could serve: no households, or no matters with a place."),
        "study-large": _("There are too many points and candidates to be searched. Choose fewer kinds of candidates."),
        "stumbled": _("Three tries came to nothing. Please tell the operator; what you asked is kept."),
    }
    return (reasons.get(run.reason, _("It could not be computed. Please tell the operator; what you asked is kept.")),)


def told(detail: Sequence[Any]) -> str:
    """A sentence of a kernel with its values, in the reader's language."""
    words, values = detail
    filled = {name: told(value) if isinstance(value, list) else value for name, value in values.items()}
    said = _(words)
    return said % filled if filled else said


def reach_told(name: str, total: str, beyond: str) -> str:
    """What the map says of a community."""
    return _("%(name)s: %(total)s, of them %(beyond)s beyond the walk") % {
        "name": name,
        "total": total,
        "beyond": beyond,
    }


def few_told(name: str) -> str:
    """The same where so few are beyond that it is not told how many."""
    return _("%(name)s: not told, for fewer than five could be found out") % {"name": name}
