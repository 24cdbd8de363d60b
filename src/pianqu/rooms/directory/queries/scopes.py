"""What an actor may see: territory x department, decided here for every table."""

from dataclasses import dataclass

from pianqu.foundation.actor import Actor
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.queries.organisations import line_below, tree
from pianqu.rooms.directory.queries.prevailing import stem, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A row is inside if one of these organisations answers for it (条), if it lies in one of these areas (块), or if both hold
    for a pair of `crossed`: a department's station sees its department's matters on its own ground."""

    organisation_codes: frozenset[str]
    area_codes: frozenset[str]
    everything: bool
    crossed: frozenset[tuple[str, str]] = frozenset()

    def sees(self, organisation_code: str, place_code: str) -> bool:
        """Whether a row of this organisation in this place is inside."""
        if self.everything or organisation_code in self.organisation_codes:
            return True
        return any(within(place_code, area) for area in self.area_codes) or any(
            organisation_code == code and within(place_code, area) for code, area in self.crossed
        )

    @property
    def stems(self) -> tuple[str, ...]:
        """What the place codes of everything in `area_codes` begin with: for a filter on a column of place codes."""
        return tuple(sorted({stem(area) for area in self.area_codes}))


NOTHING = Scope(organisation_codes=frozenset(), area_codes=frozenset(), everything=False)
EVERYTHING = Scope(organisation_codes=frozenset(), area_codes=frozenset(), everything=True)


def scope_of(actor: Actor) -> Scope:
    """The scope of the actor's organisation, from the tree of organisations.

    A job of the installation, the district and its centre see everything; a resident sees nothing through this (the holder of a
    receipt is let in elsewhere).
    """
    if actor.kind != "post":
        return EVERYTHING if actor.kind == "system" else NOTHING
    own = actor.organisation_code
    standing = [card for card in tree(own).cards if not card.ended]
    kinds = {card.code: card.kind for card in standing}
    parent_of = {card.code: card.parent_code for card in standing}
    if own not in kinds:
        return NOTHING
    if rules.is_whole_district(kinds[own], kinds.get(parent_of[own], "")):
        return EVERYTHING
    return _scope(own, kinds, parent_of)


def _scope(own: str, kinds: dict[str, str], parent_of: dict[str, str]) -> Scope:
    ground = tree().ground.get(own, frozenset())
    below = line_below(own, parent_of) if kinds[own] not in rules.SOCIETY else frozenset()
    codes = frozenset({own}) | {code for code in below if kinds[code] not in rules.SOCIETY}
    if kinds[own] in rules.STREETS | rules.COMMUNITIES:
        return Scope(organisation_codes=codes, area_codes=ground | {own}, everything=False)
    if kinds[own] == "centre":
        return Scope(organisation_codes=codes, area_codes=ground, everything=False)
    crossed = frozenset((parent_of[own], area) for area in ground) if kinds[own] == "station" else frozenset()
    return Scope(organisation_codes=codes, area_codes=frozenset(), everything=False, crossed=crossed)
