"""What the lists say among the four parties of an estate 物居业网, as the page of a property matter shows it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.rooms.casework import queries
from pianqu.rooms.casework.views import shown
from pianqu.rooms.territory import queries as territory


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """The suggestion in words. `lead_code` is chosen beforehand; empty where a person has to choose."""

    estate: str
    how: str
    also: str
    """Another estate, which the words name."""
    role: str
    lead: str
    lead_code: str
    article: str
    source: str
    since: date | None
    gave_back: bool
    others: tuple[str, ...]
    """Those whom lists name at once."""
    entry_list: str
    entry_article: str
    estate_codes: tuple[str, ...]


def of_case(card: queries.CaseCard, organisations: shown.Organisations, now: datetime) -> PartyLine | None:
    """For a matter that lies in an estate; None for all others."""
    found = queries.party_suggestion(card, now=now)
    if found is None:
        return None
    answer = found.answer
    return PartyLine(
        estate=answer.estate.name,
        how=hows().get(answer.how, ""),
        also=answer.also.name if answer.also else "",
        role=roles().get(answer.role, ""),
        lead=organisations.short(answer.lead) if answer.lead else "",
        lead_code=found.lead_code,
        article=answer.article,
        source=answer.source,
        since=answer.since,
        gave_back=found.gave_back,
        others=tuple(organisations.short(code) for code in answer.candidates if not answer.lead),
        entry_list=answer.entry_list,
        entry_article=answer.entry_article,
        estate_codes=_bodies(answer.estate, *([answer.also] if answer.also else [])),
    )


def _bodies(*estates: territory.EstateCard) -> tuple[str, ...]:
    """Companies and committees of these estates."""
    return tuple(code for card in estates for code in (card.property_code, card.owners_code) if code)


def hows() -> dict[str, str]:
    """How the estate was known."""
    return {
        "name": _("its name stands in the words"),
        "near": _("the point lies at one of its buildings"),
        "cell": _("it is the only estate of the cell"),
    }


def roles() -> dict[str, str]:
    """The four parties."""
    return {
        territory.COMPANY: pgettext("party", "property company"),
        territory.COMMITTEE: pgettext("party", "residents' committee"),
        territory.OWNERS: pgettext("party", "owners' committee"),
        territory.GRID: pgettext("party", "grid workers"),
    }
