"""The four parties of a place and what they promised, as the desk's pages and everybody's show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import OrganisationCard
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.queries import (
    COMMITTEE,
    COMPANY,
    GRID,
    OWNERS,
    PARTY_ROLES,
    PROPERTY,
    DutyLine,
    EstateCard,
    Neighbourhood,
    PartyCard,
    PromiseCard,
)
from pianqu.rooms.territory.views import shown
from pianqu.rooms.territory.views.shown import Name

ICONS = {COMPANY: "building", COMMITTEE: "building-community", OWNERS: "users", GRID: "map-pin"}
NAMED = 6
"""Estates of one company that are named one by one."""
STATES = {
    "open": ("azure", "clock"),
    "overdue": ("red", "alert-triangle"),
    "kept": ("green", "circle-check"),
    "late": ("yellow", "circle-check"),
    "broken": ("orange", "circle-x"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An organisation of a party: how its office is reached, for which estates it works."""

    code: str
    name: Name
    phone: str
    estates: tuple[str, ...]
    more: int
    """Estates that are not named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One of the four, whether anybody is named or not."""

    role: str
    word: str
    icon: str
    bodies: tuple[Body, ...]
    posts: int
    nobody: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a list says of a party and a category."""

    word: str
    who: Name
    article: str
    source: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """A category with what each of the four has of it, in their order."""

    name: str
    cells: tuple[tuple[str, tuple[Duty, ...]], ...]
    """(word of the party, its duties)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """A promise as a line."""

    card: PromiseCard
    role: str
    who: Name
    where: str
    state: str
    word: str
    tone: str
    icon: str
    told_by: Name | None


class Names:
    """Organisations by code in the reader's language, some seconds old at most."""

    def __init__(self) -> None:
        self.cards: Mapping[str, OrganisationCard] = {card.code: card for card in directory.every_organisation()}

    def name(self, code: str) -> Name:
        card = self.cards.get(code)
        if card is None:
            return Name(text=code, lang="en")
        english = shown.in_english() and card.name_en
        return Name(text=card.name_en, lang="en") if english else Name(text=card.short_name)


def role_words() -> dict[str, str]:
    """The four parties in words."""
    return {
        COMPANY: pgettext("party", "Property company"),
        COMMITTEE: pgettext("party", "Residents' committee"),
        OWNERS: pgettext("party", "Owners' committee"),
        GRID: pgettext("party", "Grid workers"),
    }


def _nobody() -> dict[str, str]:
    return {
        COMPANY: _("No property company is entered for an estate here."),
        COMMITTEE: _("No residents' committee is entered here."),
        OWNERS: _("The estates here have no owners' committee."),
        GRID: _("Nobody is named for the cell yet."),
    }


def state_words() -> dict[str, str]:
    """How a promise stands."""
    return {
        "open": pgettext("promise", "Not due yet"),
        "overdue": pgettext("promise", "Overdue"),
        "kept": pgettext("promise", "Kept"),
        "late": pgettext("promise", "Kept late"),
        "broken": pgettext("promise", "Not kept"),
    }


def _verbs() -> dict[str, str]:
    return {
        "handle": pgettext("power", "answers"),
        "assist": pgettext("power", "helps"),
        "approve": pgettext("power", "approves"),
        "decide": pgettext("power", "decides"),
        "cell": pgettext("power", "may be handed it"),
    }


def parties(cards: Iterable[PartyCard], known: Iterable[EstateCard], names: Names) -> tuple[Party, ...]:
    """All four in their order, those without anybody too."""
    words, nobody, estates = role_words(), _nobody(), {card.code: card.name for card in known}
    told = list(cards)
    return tuple(
        Party(
            role=role,
            word=words[role],
            icon=ICONS[role],
            bodies=tuple(_body(card, estates, names) for card in told if card.role == role),
            posts=max((card.posts for card in told if card.role == role), default=0),
            nobody=nobody[role],
        )
        for role in PARTY_ROLES
    )


def _body(card: PartyCard, estates: Mapping[str, str], names: Names) -> Body:
    return Body(
        code=card.organisation_code,
        name=names.name(card.organisation_code),
        phone=card.phone,
        estates=tuple(estates.get(code, code) for code in card.estate_codes[:NAMED]),
        more=max(0, len(card.estate_codes) - NAMED),
    )


def duties(lines: Sequence[DutyLine], categories: Mapping[str, str], names: Names) -> tuple[DutyRow, ...]:
    """Who answers for what, property matters first, each with list, article and day."""
    words, verbs = role_words(), _verbs()
    codes = dict.fromkeys((*PROPERTY, *(line.category for line in lines)))
    return tuple(
        DutyRow(
            name=categories.get(code, code),
            cells=tuple(
                (
                    words[role],
                    tuple(
                        Duty(
                            word=verbs.get(line.verb, line.verb),
                            who=names.name(line.organisation_code),
                            article=line.article,
                            source=line.source,
                            since=line.since,
                        )
                        for line in lines
                        if line.category == code and line.role == role
                    ),
                )
                for role in PARTY_ROLES
            ),
        )
        for code in codes
    )


def promise_rows(
    cards: Iterable[PromiseCard], places: Mapping[str, str], names: Names, today: date
) -> tuple[PromiseRow, ...]:
    """Promises as lines; `places`: names of cells and clusters by code."""
    roles, states = role_words(), state_words()
    return tuple(_promise_row(card, places, names, today, roles, states) for card in cards)


def _promise_row(
    card: PromiseCard,
    places: Mapping[str, str],
    names: Names,
    today: date,
    roles: Mapping[str, str],
    states: Mapping[str, str],
) -> PromiseRow:
    state, at = card.standing(today), card.cell_code or card.cluster_code
    return PromiseRow(
        card=card,
        role=roles[card.role],
        who=names.name(card.organisation_code),
        where=places.get(at, at),
        state=state,
        word=states[state],
        tone=STATES[state][0],
        icon=STATES[state][1],
        told_by=names.name(card.told_by) if card.told_by else None,
    )


def place_names(on: date) -> dict[str, str]:
    """Names of the day's cells and clusters by code."""
    found = {card.code: card.name for card in queries.cells(on=on)}
    return {**found, **{card.code: card.name for card in queries.clusters(on=on)}}


def led_by(where: Neighbourhood, names: Names, on: date) -> tuple[Name, directory.Responsibility] | None:
    """Whom the lists name for property matters in a cell; None where it is nobody or several, and for clusters."""
    named = queries.prevailing(where, category=PROPERTY[0], on=on)
    return (names.name(named.lead), named) if named and named.lead else None
