"""Which of the four parties of an estate the lists name for a property matter: a suggestion for who dispatches."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.queries.cases import CaseCard
from pianqu.rooms.territory import queries as territory


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySuggestion:
    """The lists' answer among the four, and whether that party gave the matter back before: then a person chooses."""

    answer: territory.PartyAnswer
    gave_back: bool

    @property
    def lead_code(self) -> str:
        """The party to choose beforehand; empty where it is none of the four or one that gave it back, and where the words name
        another estate than the one in which the place lies."""
        return self.answer.lead if self.answer.role and not self.gave_back and self.answer.also is None else ""


def party_suggestion(card: CaseCard, *, now: datetime) -> PartySuggestion | None:
    """For a matter that the actor sees; None where it is no property matter or lies in no known estate. Few statements."""
    answer = party_answer(card, now)
    if answer is None:
        return None
    back = Task.objects.filter(
        case_id=card.case_id, role="lead", organisation_code=answer.lead, state__in=("returned", "objected")
    )
    return PartySuggestion(answer=answer, gave_back=bool(answer.role) and back.exists())


def party_answer(case: Case | CaseCard, now: datetime) -> territory.PartyAnswer | None:
    """The territory's answer for a case, by its words, its point or its cell."""
    return territory.party_for(
        category=case.category,
        community_code=case.place_code or "",
        cell_code=case.cell_code,
        lon=case.lon,
        lat=case.lat,
        words=f"{case.landmark}\n{case.words}",
        on=timezone.localdate(now),
    )
