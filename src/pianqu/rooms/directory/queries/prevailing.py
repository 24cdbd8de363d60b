"""Which power prevails where: pure thinking over the lines of the duty lists, used by questions and by the import's report.

Order: what departments took back (收回) before everything, since it may never be pushed down; then the most specific
ground: community before cluster before street before district. Helpers (配合) are added, they never lead.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pianqu.rooms.directory import rules

GAP, OVERLAP = "gap", "overlap"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCard:
    """One line of a duty list, or (list_kind sent_down) what an upper organisation lets a cluster decide."""

    power_id: uuid.UUID
    verb: str
    category: str
    area_code: str
    level: str
    organisation_code: str
    list_kind: str
    article: str
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibility:
    """Who answers for a category in a place."""

    lead: str
    """Code of the organisation that answers; empty in a gap and where lists contradict each other."""
    assisting: tuple[str, ...]
    list_kind: str
    level: str
    article: str
    source: str
    valid_from: date | None
    valid_to: date | None
    power_id: uuid.UUID | None
    trouble: str
    """Empty, `gap` (nobody is named) or `overlap` (several are: `candidates`)."""
    candidates: tuple[str, ...]


def is_street(code: str) -> bool:
    return len(code) == 12 and code.endswith("000") and not code.endswith("000000")


def is_community(code: str) -> bool:
    return len(code) == 12 and not code.endswith("000")


def stem(area_code: str) -> str:
    """What the codes of all places in an area begin with."""
    if is_community(area_code):
        return area_code
    return area_code[:9] if is_street(area_code) else area_code[:6]


def within(place_code: str, area_code: str) -> bool:
    """Whether a place lies in an area; every place lies in itself."""
    return place_code.startswith(stem(area_code))


def around(place_code: str) -> tuple[str, ...]:
    """Codes of all areas in which a place lies, itself first; the district by its short and its long code."""
    street = f"{place_code[:9]}000" if is_community(place_code) else ""
    district = place_code[:6]
    return tuple(filter(None, (place_code, street, district, f"{district}000000")))


def covers(power: PowerCard, place_code: str, grounds: Mapping[str, frozenset[str]]) -> bool:
    """Whether a power reaches a place. A cluster's reaches only the communities that its centre serves, if these are known."""
    if not within(place_code, power.area_code):
        return False
    ground = grounds.get(power.organisation_code) if power.level == "cluster" else None
    return ground is None or any(within(place_code, area) for area in ground)


def rank(power: PowerCard) -> int:
    """How specific a power is."""
    if is_community(power.area_code):
        return 3
    if power.level == "cluster":
        return 2
    return 1 if is_street(power.area_code) else 0


def foremost(powers: Iterable[PowerCard]) -> tuple[PowerCard, ...]:
    """The powers that prevail among those of one verb, category and place."""
    given = list(powers)
    pool = [power for power in given if power.list_kind == rules.TAKEN_BACK] or given
    top = max((rank(power) for power in pool), default=0)
    return tuple(power for power in pool if rank(power) == top)


def responsibility(powers: Sequence[PowerCard]) -> Responsibility:
    """The answer from all handling and assisting powers that reach a place on a day."""
    winners = foremost(power for power in powers if power.verb == rules.HANDLE)
    codes = sorted({power.organisation_code for power in winners})
    one = winners[0] if len(codes) == 1 else None
    helping = {power.organisation_code for power in powers if power.verb == rules.ASSIST} - set(codes)
    return Responsibility(
        lead=one.organisation_code if one else "",
        assisting=tuple(sorted(helping)),
        list_kind=one.list_kind if one else "",
        level=one.level if one else "",
        article=one.article if one else "",
        source=one.source if one else "",
        valid_from=one.valid_from if one else None,
        valid_to=one.valid_to if one else None,
        power_id=one.power_id if one else None,
        trouble="" if one else OVERLAP if codes else GAP,
        candidates=tuple(codes),
    )


def in_force(power: PowerCard, on: date) -> bool:
    return power.valid_from <= on and (power.valid_to is None or on < power.valid_to)
